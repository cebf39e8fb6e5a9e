"""Series are defined once; bad rows are told apart from good ones, each with its reason."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny_city import NOW, speed

from guia.core.clock import MINUTE
from guia.core.columns import Batch
from guia.core.errors import InvalidInput
from guia.core.registry import Registry, entity_type
from guia.core.series import Series
from guia.core.validate import MOST_LISTED, REASONS, validate


def registry(*specs):
    found = Registry()
    for number, series in found.changes(specs):
        found.put(number, series)
    return found


def test_ids_are_dense_and_stay():
    known = registry(speed(1), speed(2))
    changes = known.changes([speed(2), speed(3), speed(1, upper=9), speed(3)])
    assert [(n, s.upper, s.entity[-1]) for n, s in changes] == [(2, None, "3"), (0, 9, "1")]


def test_the_last_of_several_definitions_of_one_series_counts():
    changes = registry().changes([speed(1), speed(1, upper=5)])
    assert [(n, s.upper) for n, s in changes] == [(0, 5)]


def test_unknown_names_get_the_missing_id():
    assert registry(speed(1)).ids([speed(1).name, "nobody|x"], missing=-7).tolist() == [0, -7]


@pytest.mark.parametrize(
    "series",
    [
        Series(entity="", attribute="speed"),
        Series(entity="urn:x", attribute=""),
        Series(entity="urn:x", attribute="a|b"),
        Series(entity="urn x", attribute="b"),
        Series(entity="urn:x", attribute="b", label="true"),
        Series(entity="urn:x", attribute="b", lower=2, upper=1),
    ],
)
def test_unsound_definitions_are_refused(series):
    with pytest.raises(InvalidInput):
        registry(series)


def test_entity_types():
    assert entity_type("urn:ngsi-ld:RoadSegment:macau:17") == "RoadSegment"
    assert entity_type("../../etc/passwd") == "Other"


def reason_of(series, observed, value, quality, known, now):
    """One row at a time, as the rules read."""
    if not 0 <= series < len(known):
        return "unknown-series"
    if not np.isfinite(value):
        return "not-a-number"
    spec = known.get(np.array([series]))[0]
    if spec.lower is not None and value < spec.lower:
        return "below-lower-bound"
    if spec.upper is not None and value > spec.upper:
        return "above-upper-bound"
    if observed > now + 5 * MINUTE:
        return "in-the-future"
    if observed < 0:
        return "before-1970"
    if quality > 3:
        return "unknown-quality"
    return None


rows = st.tuples(
    st.integers(-2, 4),
    st.sampled_from([NOW, NOW + 5 * MINUTE, NOW + 5 * MINUTE + 1, -1, 0, 2**63 - 1, -(2**63)]),
    st.sampled_from([0.0, -0.1, 200.0, 200.1, np.nan, np.inf, -np.inf, 1e308]),
    st.integers(0, 5),
)


@given(st.lists(rows, max_size=30))
def test_verdicts_equal_a_slow_reference(sent):
    known = registry(speed(0, lower=0, upper=200), speed(1), speed(2, upper=200))
    batch = Batch(
        *(np.array([r[n] for r in sent], t) for n, t in enumerate((np.int32, np.int64, np.float64, np.uint8)))
    )
    expected = [reason_of(*row, known, NOW) for row in sent]
    verdict = validate(batch, known, NOW)
    if verdict is None:
        assert not any(expected)
        return
    assert [REASONS[r][0] if r else None for r in verdict.reasons.tolist()] == expected
    listed = verdict.listed(batch, known)
    assert [(r.row, r.reason) for r in listed] == [(n, r) for n, r in enumerate(expected) if r]
    assert sum(verdict.counts().values()) == len(listed)


def test_columns_of_different_length_are_refused_with_the_lengths():
    batch = Batch(np.zeros(3, np.int32), np.zeros(2, np.int64), np.zeros(3), np.zeros(3, np.uint8))
    with pytest.raises(InvalidInput, match="3 series, 2 observed"):
        validate(batch, registry(speed(0)), NOW)


def test_a_flood_of_bad_rows_is_counted_but_not_listed_whole():
    batch = Batch.of(np.full(100_000, 77), NOW, 1.0)
    verdict = validate(batch, registry(speed(0)), NOW)
    assert verdict.counts() == {"unknown-series": 100_000}
    assert len(verdict.listed(batch, registry(speed(0)))) == MOST_LISTED
