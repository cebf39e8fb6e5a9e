"""J07: stops along lines, places along lines, and vehicles put on their trips."""

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from guia.engines.transit.match import match
from guia.engines.transit.shapes import along, lines, stops_along
from guia.engines.transit.timetable import Timetable

coordinate = st.integers(-300, 300).map(float)
spot = st.tuples(coordinate, coordinate)


def test_a_loop_that_passes_a_stop_twice_is_followed_in_order():
    square = np.array([[0, 0], [100, 0], [100, 100], [0, 100], [0, 0], [100, 0.0]])
    stops = np.array([[50, 1], [99, 50], [50, 99], [1, 50], [50, -1.0]])
    assert stops_along(square, stops).tolist() == [50, 150, 250, 350, 450]


@settings(max_examples=100, deadline=None)
@given(st.lists(spot, min_size=2, max_size=5, unique=True), st.lists(spot, min_size=1, max_size=4))
def test_no_order_of_pieces_is_closer(points, stops):
    line, wanted = np.array(points), np.array(stops)
    offset = stops_along(line, wanted)
    assert (np.diff(offset) >= -1e-9).all()
    all_lines = lines(line, np.array([0, len(line)], np.int32))
    x, y, _ = along(all_lines, np.zeros(len(stops), np.int32), offset)
    pieces = range(len(line) - 1)
    best = np.inf
    for chosen in itertools.combinations_with_replacement(pieces, len(stops)):
        total = 0.0
        for k, s in zip(chosen, wanted, strict=True):
            d = line[k + 1] - line[k]
            t = np.clip(((s - line[k]) @ d) / max(d @ d, 1e-12), 0, 1)
            total += ((line[k] + t * d - s) ** 2).sum()
        best = min(best, total)
    found = ((np.column_stack([x, y]) - wanted) ** 2).sum()
    same_piece_twice = len(set(np.searchsorted(all_lines.run_m, offset).tolist())) < len(stops)
    assert found >= best - 1e-6
    assert same_piece_twice or found <= best + 1e-6


@settings(max_examples=100, deadline=None)
@given(st.lists(st.lists(spot, min_size=2, max_size=5), min_size=1, max_size=3), st.floats(0, 1))
def test_walking_a_line(many, share):
    first = np.cumsum([0] + [len(m) for m in many]).astype(np.int32)
    every = lines(np.array([p for m in many for p in m]), first)
    for k, points in enumerate(many):
        line = np.array(points)
        steps = np.hypot(*np.diff(line, axis=0).T)
        assert np.isclose(every.length_m()[k], steps.sum())
        at = share * steps.sum()
        x, y, _ = along(every, np.array([k], np.int32), np.array([at]))
        run = np.concatenate([[0], np.cumsum(steps)])
        gap = np.abs(np.interp(at, run, line[:, 0]) - x[0]) + np.abs(np.interp(at, run, line[:, 1]) - y[0])
        assert gap < 1e-4


def straight(starts):
    """Trips along one straight line of 10 km at 10 m/s."""
    n = len(starts)
    first = np.arange(0, 2 * n + 1, 2, dtype=np.int32)
    times = np.array([[s, s + 1000] for s in starts], np.int32).ravel()
    zero = np.zeros(n, np.int32)
    table = Timetable(
        first, np.tile([0, 1], n).astype(np.int32), times, times, np.tile([0.0, 10_000.0], n),
        np.arange(n, dtype=np.int32), zero, zero, zero, np.zeros(n, bool),
    )  # fmt: skip
    return table, lines(np.array([[0, 0], [10_000.0, 0]]), np.array([0, 2], np.int32))


@given(st.floats(0, 9_000), st.floats(-60, 240))
def test_a_vehicle_on_its_named_trip_has_its_delay(offset, delay):
    table, line = straight([0, 600])
    second = np.array([offset / 10 + delay])
    found = match(
        table, line, np.array([[offset, 20.0]]), second, np.zeros(1, np.int32), np.zeros(1, np.int32)
    )
    assert found.trip.tolist() == [0]
    assert np.isclose(found.delay_s[0], delay, atol=0.1)
    assert np.isclose(found.offset_m[0], offset, atol=1.0)


def test_of_two_trips_the_one_nearer_in_time_is_chosen_and_far_away_is_on_none():
    table, line = straight([0, 600])
    xy = np.array([[5_000.0, 0], [5_000.0, 500.0]])
    pairs = np.array([0, 0, 1, 1], np.int32), np.array([0, 1, 0, 1], np.int32)
    found = match(table, line, xy, np.array([1_050.0, 1_050.0]), *pairs)
    assert found.trip.tolist() == [1, -1]
    assert np.isclose(found.delay_s[0], -50)
    assert np.isnan(found.delay_s[1])
    none = np.empty(0, np.int32)
    assert match(table, line, xy, np.zeros(2), none, none).trip.tolist() == [-1, -1]


def test_where_a_loop_passes_twice_a_vehicle_is_rather_late_than_early():
    """The line goes out and comes back beside itself, at 10 m/s."""
    table, _ = straight([0])
    table.offset_m[1] = 4_010.0
    table.arrival_s[1] = table.departure_s[1] = 401
    there_and_back = np.array([[0.0, 0], [2_000, 0], [2_000, 10], [0, 10]])
    loop = lines(there_and_back, np.array([0, 4], np.int32))
    one = np.zeros(1, np.int32)
    for second, offset in ((60.0, 500.0), (150.0, 500.0), (290.0, 3_510.0), (400.0, 3_510.0)):
        found = match(table, loop, np.array([[500.0, 5.0]]), np.array([second]), one, one)
        assert np.isclose(found.offset_m[0], offset, atol=1.0), second
