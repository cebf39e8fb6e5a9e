"""J06: timetables: headways written out, missing times filled in, days joined."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guia.engines.transit.departures import board, following
from guia.engines.transit.positions import calls_left, seconds_at, under_way
from guia.engines.transit.timetable import Timetable, fill_times, join, write_out


def timetable(trips):
    """Trips as lists of (stop, arrival, departure, offset)."""
    first = np.cumsum([0] + [len(t) for t in trips]).astype(np.int32)
    calls = np.array([c for t in trips for c in t], np.float64).reshape(-1, 4)
    n = len(trips)
    stop, arrival, departure = (calls[:, k].astype(np.int32) for k in range(3))
    rows = np.arange(n, dtype=np.int32)
    return Timetable(
        first, stop, arrival, departure, calls[:, 3].copy(), rows, rows, rows, rows, np.zeros(n, bool)
    )


@st.composite
def some_trips(draw):
    trips = []
    for _ in range(draw(st.integers(1, 5))):
        now, way, calls = draw(st.integers(-50, 50)), 0.0, []
        for _ in range(draw(st.integers(2, 5))):
            now += draw(st.integers(0, 30))
            leaves = now + draw(st.integers(0, 5))
            calls.append((draw(st.integers(0, 3)), now, leaves, way))
            now, way = leaves, way + draw(st.floats(0, 500))
        trips.append(calls)
    return trips


@given(some_trips(), st.data())
def test_taking_and_joining_trips(trips, data):
    table = timetable(trips)
    rows = data.draw(st.lists(st.integers(0, len(trips) - 1), max_size=6))
    shifts = data.draw(st.lists(st.integers(-99, 99), min_size=len(rows), max_size=len(rows)))
    taken = table.take(np.array(rows, np.int64), np.array(shifts, np.int64))
    assert len(taken) == len(rows)
    for k, (row, shift) in enumerate(zip(rows, shifts, strict=True)):
        here = slice(taken.first[k], taken.first[k + 1])
        assert taken.stop[here].tolist() == [c[0] for c in trips[row]]
        assert taken.departure_s[here].tolist() == [c[2] + shift for c in trips[row]]
    both = join([taken, table])
    assert len(both) == len(taken) + len(table)
    assert both.arrival_s.tolist() == taken.arrival_s.tolist() + table.arrival_s.tolist()
    assert both.first[-1] == len(both.stop)


@given(st.integers(0, 3600), st.integers(1, 7200), st.integers(1, 1800), st.booleans())
def test_headways_are_written_out(start, span, headway, exact):
    table = timetable([[(0, 100, 100, 0), (1, 160, 170, 500)], [(0, 5, 5, 0), (1, 9, 9, 1)]])
    column = [np.array([v], np.int32) for v in (0, start, start + span, headway)]
    written = write_out(table, *column, np.array([exact]))
    expected = list(range(start, start + span, headway))
    assert written.start_s.tolist() == [5, *expected]
    assert (written.end_s[1:] - written.start_s[1:] == 60).all()
    assert written.trip.tolist() == [1] + [0] * len(expected)
    assert written.estimated.tolist() == [False] + [not exact] * len(expected)


def test_a_headway_of_nothing_is_ignored():
    table = timetable([[(0, 0, 0, 0), (1, 9, 9, 9)]])
    none = np.array([0], np.int32)
    assert len(write_out(table, none, none, np.array([3600], np.int32), none, np.array([True]))) == 0
    assert (
        len(write_out(table, none, np.array([9], np.int32), none, np.array([60], np.int32), np.array([True])))
        == 0
    )


def test_missing_times_lie_between_by_distance_and_never_run_back():
    first = np.array([0, 4, 6], np.int32)
    arrival = np.array([0, -1, -1, 100, 50, 40], np.int32)
    departure = np.array([10, -1, -1, 100, 55, 40], np.int32)
    offset = np.array([0.0, 250.0, 500.0, 1000.0, 0.0, 10.0])
    a, d = fill_times(first, arrival, departure, offset)
    assert a.tolist()[:4] == [0, 25, 50, 100]
    assert d[0] == 10
    assert a[5] >= d[4] or a[5] >= a[4]
    for k in range(2):
        here = slice(first[k], first[k + 1])
        assert (np.diff(a[here]) >= 0).all()
        assert (d[here] >= a[here]).all()


@settings(max_examples=150, deadline=None)
@given(some_trips(), st.floats(-60, 200))
def test_vehicles_are_where_the_timetable_has_them(trips, second):
    table = timetable(trips)
    running = under_way(table, second)
    for k, calls in enumerate(trips):
        if not calls[0][2] <= second <= calls[-1][1]:
            assert k not in running.trip
            continue
        row = running.trip.tolist().index(k)
        left = max([i for i, c in enumerate(calls) if c[2] <= second], default=0)
        left = min(left, len(calls) - 2)
        here, there = calls[left], calls[left + 1]
        share = min(max((second - here[2]) / max(there[1] - here[2], 1), 0), 1)
        assert running.offset_m[row] == pytest.approx(here[3] + share * (there[3] - here[3]))
        assert running.call[row] == table.first[k] + left
        assert running.speed_ms[row] >= 0


@settings(max_examples=150, deadline=None)
@given(some_trips(), st.floats(-60, 200))
def test_the_call_left_last(trips, second):
    table = timetable(trips)
    rows = np.arange(len(trips), dtype=np.int32)
    left = calls_left(table, rows, second)
    for k, calls in enumerate(trips):
        expected = max([i for i, c in enumerate(calls) if c[2] <= np.floor(second)], default=0)
        assert left[k] == table.first[k] + expected


@settings(max_examples=100, deadline=None)
@given(some_trips(), st.floats(0, 1))
def test_when_a_place_is_passed_is_the_inverse_of_where_one_is(trips, share):
    table = timetable(trips)
    running = under_way(table, 40.0)
    moving = running.speed_ms > 0.1
    back = seconds_at(table, running.trip[moving], running.offset_m[moving])
    assert np.allclose(back, 40.0, atol=1e-6)


@settings(max_examples=100, deadline=None)
@given(some_trips(), st.integers(0, 3), st.integers(-60, 200), st.integers(1, 5))
def test_next_departures_of_a_stop(trips, stop, second, limit):
    table = timetable(trips)
    calls = following(board(table, 4), table, stop, second, limit)
    expected = sorted(
        c[2] for calls_ in trips for c in calls_[:-1] if c[0] == stop and c[2] >= second
    )[:limit]  # fmt: skip
    assert table.departure_s[calls].tolist() == expected
