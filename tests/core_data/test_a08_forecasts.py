"""Forecasts: the newest issue answers, linear between targets; older ones are kept by day of issue."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guia.core.clock import DAY, MINUTE
from guia.core.columns import Forecasts
from guia.core.files import OsFiles
from guia.core.forecasts import NewestForecasts
from guia.core.history.issues import Issues

ISSUED = 20_000 * DAY


def forecasts(rows, model="m/1"):
    """rows: (series, issued, target, quantile, value)."""
    kinds = (np.int32, np.int64, np.int64, np.float64, np.float64)
    return Forecasts(*(np.array([r[n] for r in rows], t) for n, t in enumerate(kinds)), model)


def grid(series, issued, targets, level=0.0):
    return forecasts(
        [(s, issued, t, q, level + s + q) for s in series for t in targets for q in (0.1, 0.5, 0.9)]
    )


rows = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.integers(0, 3),
        st.integers(0, 9),
        st.sampled_from([0.1, 0.5]),
        st.integers(0, 99),
    ),
    min_size=1,
    max_size=20,
    unique_by=lambda r: r[:4],
)


def reference(records, series, target, quantile):
    issues = [(issued, n) for n, rows in enumerate(records) for s, issued, *_ in rows if s == series]
    if not issues:
        return np.nan
    newest, record = max(issues)
    points = {t: v for s, i, t, q, v in records[record] if (s, i, q) == (series, newest, quantile)}
    if not points or not min(points) <= target <= max(points):
        return np.nan
    times = sorted(points)
    return np.interp(target, times, [points[t] for t in times])


@settings(max_examples=100, deadline=None)
@given(st.lists(rows, max_size=4), st.integers(-1, 10), st.sampled_from([0.1, 0.5, 0.9]))
def test_newest_equals_a_slow_reference(records, target, quantile):
    newest = NewestForecasts()
    for record in records:
        newest.apply(forecasts(record))
    asked = np.array([3, 0, 1, 2, -1, 99999], np.int32)
    found = newest.at(asked, target, quantile)
    np.testing.assert_allclose(found, [reference(records, s, target, quantile) for s in asked.tolist()])


def test_issues_that_nothing_refers_to_are_forgotten():
    newest = NewestForecasts()
    for n in range(50):
        newest.apply(grid([0, 1], ISSUED + n, [ISSUED + n + MINUTE]))
    assert len(newest.issues()) <= 9
    assert newest.at(np.array([1], np.int32), ISSUED + 49 + MINUTE).tolist() == [1.5]


def test_ten_thousand_series_answer_in_milliseconds():
    import time

    newest = NewestForecasts()
    targets = ISSUED + np.arange(1, 13) * 5 * MINUTE
    series = np.repeat(np.arange(10_000, dtype=np.int32), 36)
    newest.apply(
        Forecasts(
            series,
            np.full(len(series), ISSUED),
            np.tile(np.repeat(targets, 3), 10_000),
            np.tile([0.1, 0.5, 0.9], 120_000),
            series * 1.0,
            "m/1",
        )
    )
    asked = np.arange(10_000, dtype=np.int32)
    newest.at(asked, ISSUED + 7 * MINUTE)
    begun = time.thread_time()
    found = newest.at(asked, ISSUED + 8 * MINUTE)
    assert time.thread_time() - begun < 0.1
    assert found.tolist() == asked.tolist()


def summary(found):
    return [
        (int(f.issued[0]), f.model, f.series.tolist(), f.target.tolist(), f.value.tolist()) for f in found
    ]


@pytest.mark.parametrize("flushed", [0, 1, 2, 3])
def test_past_issues_are_found_in_memory_and_in_files(tmp_path, flushed):
    issues = Issues(tmp_path, OsFiles())
    for n in range(3):
        if n == flushed:
            issues.flush(8 * n)
        issues.append(
            grid([0, 1], ISSUED + n * DAY // 2, [ISSUED + DAY, ISSUED + 2 * DAY], 10.0 * n), 8 * n, 8 * n + 8
        )
    if flushed == 3:
        issues.flush(24)
    asked = np.array([1], np.int32)
    found = issues.read(asked, ISSUED + DAY, ISSUED + 2 * DAY)
    assert [int(f.issued[0]) for f in found] == [ISSUED, ISSUED + DAY // 2, ISSUED + DAY]
    assert [f.value.tolist() for f in found] == [
        [10.0 * n + 1 + q for q in (0.1, 0.5, 0.9)] for n in range(3)
    ]
    assert len(issues.read(asked, 0, 2**62, issued_before=ISSUED + DAY)) == 2
    assert issues.read(np.array([7], np.int32), 0, 2**62) == []
    assert summary(Issues(tmp_path, OsFiles()).read(asked, 0, 2**62)) == summary(
        issues.read(asked, 0, 2**62)[: 3 if flushed == 3 else flushed]
    )


def test_retention_is_by_day_of_issue(tmp_path):
    issues = Issues(tmp_path, OsFiles())
    for n in range(2):
        issues.append(grid([0], ISSUED + n * DAY, [ISSUED + 9 * DAY]), 8 * n, 8 * n + 8)
    issues.flush(16)
    assert issues.retain(20_001) == 1
    assert len(issues.read(np.array([0], np.int32), 0, 2**62)) == 1
