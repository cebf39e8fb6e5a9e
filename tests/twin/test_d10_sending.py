"""What leaves the twin: JSON columns without gaps, protobuf that reads back, nothing that is no number."""

import msgspec
import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from guia.feeds.wire import from_json
from guia.twin.uplink import KEPT, Address, Uplink, columns


@given(arrays(np.float64, st.integers(0, 30)))
def test_columns_hold_the_numbers_and_only_those(values: np.ndarray):
    names = [f"urn:ngsi-ld:X:tiny:{i}|speed" for i in range(len(values))]
    body = columns(names, 1_795_197_600_000_000_000, values)
    finite = np.flatnonzero(np.isfinite(values))
    if len(finite) == 0:
        assert body == b""
        return
    sent = msgspec.json.decode(body)
    assert sent["series"] == [names[i] for i in finite]
    assert sent["observed"] == [1_795_197_600_000_000_000] * len(finite)
    assert np.array_equal(sent["value"], values[finite])


def test_the_citys_own_reader_understands_them():
    read = from_json(columns(["a|b", "c|d"], np.array([5, 6]), np.array([1.5, 2.5])))
    assert [read.names[i] for i in read.index] == ["a|b", "c|d"]
    assert list(read.observed) == [5, 6]
    assert not read.faults


def test_a_closed_line_keeps_the_newest_and_counts_the_rest():
    line = Uplink(Address("tiny", "", "", "", 0), {}, lambda *_: (True, ""))
    for i in range(KEPT + 7):
        line.post("detectors", ["a|b"], i, np.array([1.0]))
    assert line.counts.dropped == 7
    assert len(line._http) == KEPT
