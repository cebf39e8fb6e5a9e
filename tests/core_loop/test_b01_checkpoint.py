"""Checkpoints give back exactly what they were given, and refuse what is damaged or foreign."""

from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from guia.core import checkpoint
from guia.core.errors import Corrupt, InvalidInput


class Point(msgspec.Struct):
    x: float
    name: str = ""


@dataclass
class Inner:
    values: np.ndarray
    rows: list["Inner"] = field(default_factory=list)


@dataclass(frozen=True)
class Outer:
    inner: Inner
    table: dict[tuple[int, str], Point]
    note: str | None = None


plain = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(max_size=50)
columns = st.sampled_from(["<f8", "<i8", "<i4", "u1", "?", "<U5"]).flatmap(
    lambda dtype: arrays(np.dtype(dtype), array_shapes(min_dims=0, max_dims=3, max_side=4, min_side=0))
)
keys = st.text(max_size=5) | st.integers() | st.tuples(st.integers(0, 9), st.text(max_size=3))
trees = st.recursive(
    plain | columns | st.floats().map(np.float64),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(keys, inner, max_size=4)
        | columns.map(Inner)
        | st.builds(Point, st.floats(), st.text(max_size=4))
    ),
    max_leaves=12,
)


def same(a: object, b: object) -> bool:
    """Equality that looks into arrays, holds NaN equal to itself, and knows 1 from 1.0 and True."""
    if type(a) is not type(b):
        return False
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if isinstance(a, float | np.generic):
        return np.array_equal(a, b, equal_nan=True)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return same(list(a.items()), list(b.items()))
    if isinstance(a, Inner):
        return same(a.values, b.values) and same(a.rows, b.rows)
    if isinstance(a, Point):
        return same(a.x, b.x) and a.name == b.name
    return a == b


@settings(deadline=None)
@given(trees)
def test_a_state_comes_back_equal(state):
    assert same(checkpoint.decode(checkpoint.encode(state)), state)


def test_nested_dataclasses_come_back_as_their_classes(tmp_path: Path):
    state = Outer(Inner(np.arange(3.0), [Inner(np.zeros(0))]), {(1, "a"): Point(2.5, "p")})
    checkpoint.write(tmp_path / "a.ckpt", state)
    found = checkpoint.read(tmp_path / "a.ckpt")
    assert isinstance(found, Outer)
    assert same(found.inner, state.inner)
    assert found.table == state.table
    found.inner.values[0] = 9.0  # a restored array can be written to
    assert [p.name for p in tmp_path.iterdir()] == ["a.ckpt"]


@settings(deadline=None)
@given(st.data())
def test_any_flipped_bit_is_noticed(data):
    good = bytearray(checkpoint.encode({"a": np.arange(20), "b": "text"}))
    at = data.draw(st.integers(0, len(good) - 1))
    good[at] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises((Corrupt, InvalidInput)):
        checkpoint.decode(bytes(good))


@settings(deadline=None)
@given(st.integers(0, 200))
def test_a_cut_file_is_noticed(length):
    good = checkpoint.encode({"a": np.arange(20), "b": "text"})
    if length < len(good):
        with pytest.raises(Corrupt):
            checkpoint.decode(good[:length])


def test_what_cannot_be_kept_is_named_with_its_place():
    with pytest.raises(InvalidInput, match="set") as error:
        checkpoint.encode({"rows": [1, {2}]})
    assert error.value.place == "state['rows'][1]"
    with pytest.raises(InvalidInput):
        checkpoint.encode(np.array([object()]))


def test_a_checkpoint_of_changed_classes_is_refused_not_guessed(monkeypatch: pytest.MonkeyPatch):
    data = checkpoint.encode(Point(1.0))

    class Point2(msgspec.Struct):
        x: float
        name: str = ""
        new: int = 0

    monkeypatch.setitem(globals(), "Point", Point2)
    with pytest.raises(InvalidInput, match="have changed"):
        checkpoint.decode(data)
    monkeypatch.delitem(globals(), "Point")
    with pytest.raises(InvalidInput, match="does not know"):
        checkpoint.decode(data)


def test_a_checkpoint_cannot_name_a_function_to_call():
    forged = msgspec.msgpack.encode({"o": ["os:system", {"command": "true"}]})
    with pytest.raises(InvalidInput):
        checkpoint._unpack(msgspec.msgpack.decode(forged))
