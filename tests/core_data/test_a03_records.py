"""Payloads come back as they went in, bit for bit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guia.core.columns import Batch, Forecasts
from guia.core.compress import expand, shrink
from guia.core.errors import Corrupt, Unsupported
from guia.core.packing import pack, unpack
from guia.core.records import (
    Row,
    decode_forecasts,
    decode_observations,
    decode_rows,
    encode_forecasts,
    encode_observations,
    encode_rows,
)

instants = st.integers(-(2**63), 2**63 - 1)
numbers = st.floats(width=64)
observations = st.lists(
    st.tuples(st.integers(0, 2**31 - 1), instants, numbers, st.integers(0, 255)), max_size=30
)
issues = st.lists(
    st.tuples(st.integers(0, 2**31 - 1), instants, instants, st.floats(0, 1), numbers), max_size=30
)


def columns(rows, *dtypes):
    return [np.array([row[n] for row in rows], dtype) for n, dtype in enumerate(dtypes)]


def same(a, b):
    return a.dtype == b.dtype and a.tobytes() == b.tobytes()


@given(observations, st.text(max_size=20))
def test_observations(rows, source):
    batch = Batch(*columns(rows, np.int32, np.int64, np.float64, np.uint8))
    found_source, found = decode_observations(encode_observations(source, batch))
    assert found_source == source
    for name in ("series", "observed", "value", "quality"):
        assert same(getattr(found, name), getattr(batch, name))


@given(issues, st.text(max_size=20), st.text(max_size=20))
def test_forecasts(rows, source, model):
    sent = Forecasts(*columns(rows, np.int32, np.int64, np.int64, np.float64, np.float64), model)
    found_source, found = decode_forecasts(encode_forecasts(source, sent))
    assert (found_source, found.model) == (source, model)
    for name in ("series", "issued", "target", "quantile", "value"):
        assert same(getattr(found, name), getattr(sent, name))


@given(
    st.lists(st.sampled_from([0.0, -0.0, np.nan, 1.0, 2.0]), min_size=1, max_size=4),
    st.integers(1, 4),
    st.integers(1, 4),
    st.integers(-3, 3),
)
def test_patterns_come_back_bit_for_bit(axis, repeats, tiles, more):
    whole = np.tile(np.repeat(axis, repeats), tiles)
    column = np.resize(whole, max(0, len(whole) + more))
    found, end = unpack(pack(column, "<f8"), 0, "<f8", len(column))
    assert found.tobytes() == column.tobytes()
    assert end == len(pack(column, "<f8"))


def test_a_grid_is_kept_as_its_axes():
    series, targets, quantiles = np.arange(1000), np.arange(12), np.arange(3)
    columns = (np.repeat(series, 36), np.tile(np.repeat(targets, 3), 1000), np.tile(quantiles, 12_000))
    for column, axis in zip(columns, (series, targets, quantiles), strict=True):
        assert len(pack(column, "<i8")) == 8 + 8 * len(axis)
        assert unpack(pack(column, "<i8"), 0, "<i8", 36_000)[0].tolist() == column.tolist()
    assert len(pack(np.full(1000, 7), "<i8")) == 16


def test_columns_with_strides_are_taken_by_value():
    series = np.arange(20, dtype=np.int32)[::2]
    batch = Batch(series, series.astype(np.int64), series.astype(np.float64), series.astype(np.uint8))
    assert decode_observations(encode_observations("x", batch))[1].series.tolist() == series.tolist()


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(st.lists(st.tuples(st.text(), st.text(), json_values), max_size=5), st.text())
def test_rows(rows, source):
    sent = [Row(*row) for row in rows]
    found = decode_rows(encode_rows(source, sent))
    assert found.source == source
    assert found.rows == sent


def test_columns_of_another_version_are_refused():
    payload = bytearray(encode_observations("x", Batch.of([1], 2, 3)))
    payload[8] = 99
    with pytest.raises(Corrupt, match="version 99"):
        decode_observations(bytes(payload))


def grid(values):
    series = np.arange(len(values) // 36, dtype=np.int32)
    n = len(series)
    return Forecasts(
        np.tile(series, 36),
        np.full(36 * n, 7),
        np.tile(np.repeat(np.arange(12), n), 3),
        np.repeat([0.1, 0.5, 0.9], 12 * n),
        values,
        "m/1",
    )


def test_a_large_payload_is_compressed_and_comes_back_bit_for_bit():
    rng = np.random.default_rng(1)
    sent = grid(np.round(rng.normal(50, 5, 36_000), 1))
    payload = encode_forecasts("traffic", sent)
    assert len(payload) < 2.5 * len(sent)
    _, found = decode_forecasts(memoryview(payload))
    for name in ("series", "issued", "target", "quantile", "value"):
        assert same(getattr(found, name), np.asarray(getattr(sent, name)))
    rows = [Row("entities", str(n), {"name": "n" * 50}) for n in range(1000)]
    assert len(encode_rows("x", rows)) < 10_000
    assert decode_rows(memoryview(encode_rows("x", rows))).rows == rows
    batch = Batch.of(np.arange(20_000), 5, np.round(rng.normal(50, 5, 20_000)))
    found = decode_observations(memoryview(encode_observations("x", batch)))[1]
    assert same(found.value, batch.value)


def test_small_payloads_noise_and_older_logs_stay_plain():
    batch = Batch.of(np.arange(1000), np.arange(1000), np.arange(1000))
    assert shrink(encode_observations("x", batch)) == encode_observations("x", batch)
    noise = np.random.default_rng(1).bytes(100_000)
    assert shrink(noise) == noise
    plain = b"older " * 20_000
    assert expand(plain) is plain


def test_a_newer_or_damaged_compression_is_refused():
    payload = bytearray(shrink(b"x" * 100_000))
    payload[-5] ^= 255
    with pytest.raises(Corrupt, match="cannot be read"):
        expand(bytes(payload))
    payload[4] = 9
    with pytest.raises(Unsupported, match="way 9"):
        expand(bytes(payload))
