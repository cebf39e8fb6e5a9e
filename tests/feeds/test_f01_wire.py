"""F01: observations on the wire: what goes out as Arrow or JSON comes in as the same columns."""

import json
import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guia.core.clock import iso
from guia.core.columns import Quality
from guia.core.errors import InvalidInput
from guia.feeds.wire import ARROW, decode, from_arrow, from_json

rows = st.lists(
    st.tuples(
        st.sampled_from(["a|x", "b|y", "澳|z"]),
        st.integers(0, 2**61),
        st.floats(allow_nan=False, allow_infinity=False),
        st.integers(0, 3),
    ),
    max_size=30,
)


def arrow(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


def table(rows, *, dictionary=True, time=None) -> pa.Table:
    names = pa.array([r[0] for r in rows], pa.string())
    observed = pa.array([r[1] for r in rows], pa.int64())
    return pa.table(
        {
            "series": names.dictionary_encode() if dictionary else names,
            "observed": observed.cast(time) if time else observed,
            "value": pa.array([r[2] for r in rows], pa.float64()),
            "quality": pa.array([r[3] for r in rows], pa.uint8()),
        }
    )


def told(columns):
    return [
        (columns.names[i], t, v, q)
        for i, t, v, q in zip(
            columns.index.tolist(),
            columns.observed.tolist(),
            columns.value.tolist(),
            columns.quality.tolist(),
            strict=True,
        )
    ]


@given(rows, st.booleans(), st.sampled_from([None, pa.timestamp("ns", "UTC")]))
def test_arrow_comes_in_as_it_went_out(rows, dictionary, time):
    assert told(from_arrow(arrow(table(rows, dictionary=dictionary, time=time)))) == rows


@given(rows)
def test_json_comes_in_as_it_went_out(rows):
    columns = {
        name: [r[i] for r in rows] for i, name in enumerate(("series", "observed", "value", "quality"))
    }
    assert told(from_json(json.dumps(columns).encode())) == rows


def test_arrow_in_several_batches_with_different_dictionaries_is_joined():
    sink = pa.BufferOutputStream()
    first, second = table([("a|x", 1, 1.0, 0)]), table([("b|y", 2, 2.0, 0)])
    with pa.ipc.new_stream(sink, first.schema) as writer:
        writer.write_table(first)
        writer.write_table(second)
    columns = decode(sink.getvalue().to_pybytes(), ARROW)
    assert told(columns) == [("a|x", 1, 1.0, 0), ("b|y", 2, 2.0, 0)]


def test_times_may_be_text_and_missing_values_null():
    body = {
        "series": ["a|x", "a|x"],
        "observed": [iso(10**18), "2026-11-21T16:00:00+08:00"],
        "value": [1.5, None],
    }
    columns = from_json(json.dumps(body).encode())
    assert columns.observed.tolist() == [10**18, 1795248000 * 10**9]
    assert math.isnan(columns.value[1])
    assert columns.quality.tolist() == [0, Quality.MISSING]


def test_a_row_of_a_wrong_type_is_named_and_the_others_kept():
    body = {
        "series": ["a|x", "a|x", 7, "a|x", "a|x", "a|x"],
        "observed": [1, "noon", 3, 4, True, 6],
        "value": [1.0, 2.0, 3.0, "much", 5.0, 6],
    }
    columns = from_json(json.dumps(body).encode())
    assert columns.rows.tolist() == [0, 5]
    assert columns.value.tolist() == [1.0, 6.0]
    assert [f.row for f in columns.faults] == [1, 2, 3, 4]
    assert all(f.remedy for f in columns.faults)


def test_nulls_of_arrow_never_become_numbers():
    bad = pa.table(
        {
            "series": pa.array(["a|x", None, "a|x"]).dictionary_encode(),
            "observed": pa.array([1, 2, None], pa.int64()),
            "value": pa.array([None, 1.0, 1.0], pa.float64()),
        }
    )
    columns = from_arrow(arrow(bad))
    assert math.isnan(columns.value[0])
    assert columns.names[columns.index[1]] == ""
    assert columns.observed[2] == -1


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"series": []}',
        b'{"series": ["a|x"], "observed": [1], "value": []}',
        b'{"series": "a|x", "observed": 1, "value": 1}',
        b'{"series": ["a|x"], "observed": [1], "value": [NaN]}',
        b'{"series": ["a|x"], "observed": [1], "value": [1], "quality": [0, 0]}',
        b"\xff\xfe\x00",
        b"[" * 100_000,
    ],
)
def test_json_that_is_no_batch_says_what_to_send(body):
    with pytest.raises(InvalidInput) as error:
        from_json(body)
    assert error.value.remedy


def test_qualities_out_of_range_are_the_rows_fault():
    columns = from_json(b'{"series":["a|x","a|x"],"observed":[1,2],"value":[1,2],"quality":[0,300]}')
    assert columns.rows.tolist() == [0]
    assert [f.row for f in columns.faults] == [1]


@given(st.binary(max_size=300), st.integers(0, 400))
def test_damaged_arrow_is_refused_or_read_but_never_crashes(noise, at):
    good = arrow(table([("a|x", 1, 1.0, 0), ("b|y", 2, 2.0, 0)]))
    for body in (noise, good[:at], good[:at] + noise + good[at + len(noise) :]):
        try:
            columns = from_arrow(body)
        except InvalidInput:
            continue
        n = len(columns)
        assert len(columns.observed) == len(columns.value) == len(columns.quality) == n
        assert ((columns.index >= 0) & (columns.index < max(1, len(columns.names)))).all()


@pytest.mark.parametrize(
    "wrong",
    [
        pa.table({"series": ["a|x"], "observed": [1]}),
        pa.table({"series": ["a|x"], "observed": [1.5], "value": [1.0]}),
        pa.table({"series": ["a|x"], "observed": [1], "value": ["much"]}),
        pa.table({"series": [1.5], "observed": [1], "value": [[1.0]]}),
        pa.table({"series": ["a|x"], "observed": pa.array([1], pa.timestamp("ns")), "value": [1.0]}),
        pa.table({"series": ["a|x"], "observed": [1], "value": [1.0], "quality": [999]}),
    ],
)
def test_arrow_of_a_wrong_shape_says_what_to_send(wrong):
    with pytest.raises(InvalidInput) as error:
        from_arrow(arrow(wrong))
    assert error.value.remedy


def test_a_large_batch_is_decoded_in_milliseconds():
    import time

    n = 100_000
    names = [f"urn:ngsi-ld:TrafficDetector:tiny:{i % 1000}|speed" for i in range(n)]
    body = arrow(table(list(zip(names, range(n), np.ones(n).tolist(), [0] * n, strict=True))))
    from_arrow(body)
    begun = time.perf_counter()
    from_arrow(body)
    assert time.perf_counter() - begun < 0.1
