"""J08: journeys against a search over every event of small random timetables."""

import heapq

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from guia.engines.transit.raptor import NEVER, Footpaths, journeys, patterns
from guia.engines.transit.timetable import Timetable


def timetable(trips):
    """Trips as lists of (stop, arrival, departure)."""
    first = np.cumsum([0] + [len(t) for t in trips]).astype(np.int32)
    calls = np.array([c for t in trips for c in t], np.int32).reshape(-1, 3)
    n = len(trips)
    zero = np.zeros(n, np.int32)
    return Timetable(
        first, calls[:, 0].copy(), calls[:, 1].copy(), calls[:, 2].copy(), np.zeros(len(calls)),
        np.arange(n, dtype=np.int32), zero, zero, zero, np.zeros(n, bool),
    )  # fmt: skip


def walks_of(pairs, stops):
    pairs = sorted(pairs)
    first = np.searchsorted([p[0] for p in pairs], np.arange(stops + 1)).astype(np.int32)
    return Footpaths(
        first, np.array([p[1] for p in pairs], np.int32), np.array([p[2] for p in pairs], np.int32)
    )


def slow(trips, pairs, access, egress, depart, rides, change):
    """Earliest arrival at the goal for each number of rides, by search over (stop, rides, how it was reached)."""
    best = [None] * (rides + 1)
    waiting = [(depart + a, 0, s, "ready") for s, a in enumerate(access) if a != NEVER]
    heapq.heapify(waiting)
    seen = set()
    while waiting:
        now, used, stop, how = heapq.heappop(waiting)
        if (used, stop, how, now) in seen:
            continue
        seen.add((used, stop, how, now))
        if how == "ride":
            if egress[stop] != NEVER and (best[used] is None or now + egress[stop] < best[used]):
                best[used] = now + int(egress[stop])
            heapq.heappush(waiting, (now + change, used, stop, "ready"))
            for a, b, w in pairs:
                if a == stop:
                    heapq.heappush(waiting, (now + w, used, b, "ready"))
        elif used < rides:
            for trip in trips:
                for i, (s, _, leaves) in enumerate(trip):
                    if s == stop and leaves >= now:
                        for s2, arrives, _ in trip[i + 1 :]:
                            heapq.heappush(waiting, (arrives, used + 1, s2, "ride"))
    return best


@st.composite
def worlds(draw):
    stops = draw(st.integers(2, 6))
    trips = []
    for _ in range(draw(st.integers(1, 6))):
        size = draw(st.integers(2, 5))
        now, calls = draw(st.integers(0, 30)), []
        for _ in range(size):
            now += draw(st.integers(0, 9))
            leaves = now + draw(st.integers(0, 3))
            calls.append((draw(st.integers(0, stops - 1)), now, leaves))
            now = leaves
        trips.append(calls)
    pair = st.tuples(st.integers(0, stops - 1), st.integers(0, stops - 1), st.integers(0, 10))
    pairs = {(a, b): w for a, b, w in draw(st.lists(pair, max_size=5)) if a != b}
    reach = st.one_of(st.just(int(NEVER)), st.integers(0, 12))
    access = draw(st.lists(reach, min_size=stops, max_size=stops))
    egress = draw(st.lists(reach, min_size=stops, max_size=stops))
    return stops, trips, [(a, b, w) for (a, b), w in pairs.items()], access, egress


@settings(max_examples=300, deadline=None)
@given(worlds(), st.integers(0, 20))
def test_equals_a_search_over_every_event(world, depart):
    stops, trips, pairs, access, egress = world
    table = timetable(trips)
    found = journeys(
        patterns(table, stops), table, walks_of(pairs, stops), np.array(access, np.int32),
        np.array(egress, np.int32), depart, most_rides=4, change_s=2,
    )  # fmt: skip
    expected, best = {}, None
    for rides, arrival in enumerate(slow(trips, pairs, access, egress, depart, 4, 2)):
        if arrival is not None and (best is None or arrival < best):
            best = expected[rides] = arrival
    assert {len(j.rides): j.arrival_s for j in found} == expected
    for journey in found:
        now = depart + access[journey.start]
        at = journey.start
        for ride in journey.rides:
            board = table.stop[ride.board]
            if board != at:
                now += min(w for a, b, w in pairs if (a, b) == (at, board))
            elif ride is not journey.rides[0]:
                now += 2
            assert now <= table.departure_s[ride.board]
            assert table.first[ride.trip] <= ride.board < ride.alight < table.first[ride.trip + 1]
            now, at = int(table.arrival_s[ride.alight]), table.stop[ride.alight]
        assert at == journey.goal
        assert now + egress[at] == journey.arrival_s


def test_trips_that_overtake_are_kept_apart():
    table = timetable([[(0, 0, 0), (1, 20, 20)], [(0, 5, 5), (1, 10, 10)], [(0, 6, 6), (1, 21, 21)]])
    grouped = patterns(table, 2)
    assert np.diff(grouped.first_trip).tolist() == [2, 1]
    found = journeys(
        grouped, table, walks_of([], 2), np.array([0, NEVER], np.int32), np.array([NEVER, 0], np.int32), 0
    )
    assert found[0].arrival_s == 10
