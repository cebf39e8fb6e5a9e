"""Journeys by public transport: RAPTOR, round-based search over timetables (Delling, Pajor and Werneck 2012).

Round k finds the earliest arrival at every stop with at most k rides. One stop may be walked from to others after
each ride (footpaths, which must be given complete: they are walked once, not chained).
"""

from dataclasses import dataclass

import numpy as np
from numba import njit

from guia.core.columns import Int32, Int64
from guia.engines.transit.timetable import Timetable

NEVER = np.int32(2**31 - 1)


@dataclass(frozen=True, slots=True)
class Patterns:
    """Trips grouped so that in each group all call at the same stops and none overtakes another.

    Pattern p has stops stop[first_stop[p] : first_stop[p+1]] and trips trip[first_trip[p] : first_trip[p+1]], earliest
    first; the times of its j-th trip at its i-th stop stand at first_time[p] + j * (number of its stops) + i.
    The patterns of stop s are at_pattern[at_first[s] : at_first[s+1]], with their place in the pattern in `at_place`.
    """

    first_stop: Int32
    stop: Int32
    first_trip: Int32
    trip: Int32
    first_time: Int64
    arrival_s: Int32
    departure_s: Int32
    at_first: Int32
    at_pattern: Int32
    at_place: Int32


@dataclass(frozen=True, slots=True)
class Footpaths:
    """Walks between stops as CSR: from stop s to `stop[first[s]:first[s+1]]` in `seconds`."""

    first: Int32
    stop: Int32
    seconds: Int32


@dataclass(frozen=True, slots=True)
class Ride:
    """From boarding to alighting of one trip; `trip` and the calls are rows of the timetable."""

    trip: int
    board: int
    alight: int


@dataclass(frozen=True, slots=True)
class Journey:
    """Rides in order, with the stop walked to before the first and from after the last."""

    arrival_s: int
    rides: tuple[Ride, ...]
    start: int
    goal: int


def patterns(timetable: Timetable, stops: int) -> Patterns:
    """The timetable grouped for the search."""
    groups = _groups(timetable)
    first, counts = timetable.first, np.diff(timetable.first)
    size = np.array([counts[g[0]] for g in groups], np.int64)
    many = np.array([len(g) for g in groups], np.int64)
    trip = np.concatenate([np.empty(0, np.int64), *groups]).astype(np.int32)
    calls = np.arange(int((size * many).sum()))
    starts = np.concatenate([[0], np.cumsum(counts[trip])])[:-1]
    calls = calls - np.repeat(starts, counts[trip]) + np.repeat(first[trip], counts[trip])
    leaders = np.array([g[0] for g in groups], np.int64)
    offset = np.arange(int(size.sum())) - np.repeat(np.cumsum(size) - size, size)
    stop = timetable.stop[np.repeat(first[leaders], size) + offset] if len(groups) else np.empty(0, np.int32)
    pattern = np.repeat(np.arange(len(groups)), size)
    order = np.lexsort((offset, pattern, stop))
    return Patterns(
        first_stop=np.concatenate([[0], np.cumsum(size)]).astype(np.int32),
        stop=stop.astype(np.int32),
        first_trip=np.concatenate([[0], np.cumsum(many)]).astype(np.int32),
        trip=trip,
        first_time=np.concatenate([[0], np.cumsum(size * many)]).astype(np.int64),
        arrival_s=timetable.arrival_s[calls],
        departure_s=timetable.departure_s[calls],
        at_first=np.searchsorted(stop[order], np.arange(stops + 1)).astype(np.int32),
        at_pattern=pattern[order].astype(np.int32),
        at_place=offset[order].astype(np.int32),
    )


def _groups(timetable: Timetable) -> list[np.ndarray]:
    """Rows of trips with equal stops, split so that within a group no trip overtakes an earlier one."""
    first = timetable.first
    by_stops: dict[bytes, list[int]] = {}
    for t in range(len(timetable)):
        by_stops.setdefault(timetable.stop[first[t] : first[t + 1]].tobytes(), []).append(t)
    found: list[np.ndarray] = []
    for members in by_stops.values():
        rows = np.array(members)
        rows = rows[np.argsort(timetable.start_s[rows], kind="stable")]
        size = first[rows[0] + 1] - first[rows[0]]
        calls = first[rows][:, None] + np.arange(size)
        times = np.concatenate([timetable.arrival_s[calls], timetable.departure_s[calls]], axis=1)
        if (np.diff(times, axis=0) >= 0).all():
            found.append(rows)
        else:
            found += _apart(rows, times)
    return found


def _apart(rows: np.ndarray, times: np.ndarray) -> list[np.ndarray]:
    """Groups without overtaking: each trip joins the first group whose last trip it follows everywhere."""
    groups: list[list[int]] = []
    for k in range(len(rows)):
        for group in groups:
            if (times[k] >= times[group[-1]]).all():
                group.append(k)
                break
        else:
            groups.append([k])
    return [rows[g] for g in groups]


@njit(cache=True, nogil=True)
def _board(departure, start, size, trips, place, ready):  # type: ignore[no-untyped-def]
    """First trip of a pattern that leaves its `place`-th stop at `ready` or later; `trips` if none."""
    low, high = 0, trips
    while low < high:
        middle = (low + high) // 2
        if departure[start + middle * size + place] >= ready:
            high = middle
        else:
            low = middle + 1
    return low


@njit(cache=True, nogil=True)
def _ride(  # type: ignore[no-untyped-def]
    p, first_place, first_stop, stop, first_trip, first_time, arrival, departure,
    before, now, how, best_ride, bound, goal_s,
):  # fmt: skip
    """Follow pattern p from its place `first_place` with the stops reached in the round before; the new bound."""
    start = first_time[p]
    size, trips = first_stop[p + 1] - first_stop[p], first_trip[p + 1] - first_trip[p]
    riding, boarded = trips, -1
    for i in range(first_place, size):
        s = stop[first_stop[p] + i]
        if riding < trips:
            here = arrival[start + riding * size + i]
            if here < best_ride[s] and here < bound:
                now[s] = here
                best_ride[s] = here
                how[s] = (p, riding, boarded, i)
                if goal_s[s] < NEVER:
                    bound = min(bound, here + goal_s[s])
        ready = before[s]
        if ready < NEVER and (riding == trips or ready <= departure[start + riding * size + i]):
            sooner = _board(departure, start, size, trips, i, ready)
            if sooner < riding:
                riding, boarded = sooner, i
    return bound


@njit(cache=True, nogil=True)
def _change(by_ride, reach, walked, best, walk_first, walk_stop, walk_s, change_s):  # type: ignore[no-untyped-def]
    """When one can board again after the rides of a round: where one got off, or after a walk."""
    for s in range(len(by_ride)):
        if by_ride[s] < NEVER:
            reach[s] = by_ride[s] + change_s
            best[s] = min(best[s], reach[s])
    for s in range(len(by_ride)):
        if by_ride[s] < NEVER:
            for q in range(walk_first[s], walk_first[s + 1]):
                v, there = walk_stop[q], by_ride[s] + walk_s[q]
                if there < best[v]:
                    best[v] = there
                    reach[v] = there
                    walked[v] = s


@njit(cache=True, nogil=True)
def _rounds(  # type: ignore[no-untyped-def]
    first_stop, stop, first_trip, first_time, arrival, departure, at_first, at_pattern, at_place,
    walk_first, walk_stop, walk_s, ready, goal_s, rides, change_s,
):  # fmt: skip
    """By round: arrival by vehicle at every stop, how (pattern, trip in it, boarded, left), and whence walked."""
    stops, patterns = len(ready), len(first_stop) - 1
    reach = np.full((rides + 1, stops), NEVER)
    reach[0] = ready
    by_ride = np.full((rides + 1, stops), NEVER)
    how = np.full((rides + 1, stops, 4), -1, np.int32)
    walked = np.full((rides + 1, stops), -1, np.int32)
    best, best_ride = ready.copy(), np.full(stops, NEVER)
    bound = NEVER
    earliest = np.full(patterns, NEVER)
    for k in range(1, rides + 1):
        earliest[:] = NEVER
        for s in range(stops):
            if reach[k - 1, s] < NEVER:
                for q in range(at_first[s], at_first[s + 1]):
                    earliest[at_pattern[q]] = min(earliest[at_pattern[q]], at_place[q])
        for p in range(patterns):
            if earliest[p] < NEVER:
                bound = _ride(
                    p, earliest[p], first_stop, stop, first_trip, first_time, arrival, departure,
                    reach[k - 1], by_ride[k], how[k], best_ride, bound, goal_s,
                )  # fmt: skip
        _change(by_ride[k], reach[k], walked[k], best, walk_first, walk_stop, walk_s, change_s)
    return by_ride, how, walked


def journeys(
    grouped: Patterns,
    timetable: Timetable,
    walks: Footpaths,
    access_s: Int32,
    egress_s: Int32,
    depart_s: int,
    most_rides: int = 4,
    change_s: int = 60,
) -> list[Journey]:
    """The best journeys: for each number of rides that helps, the one that arrives first.

    `access_s` and `egress_s` are the walks in seconds from the start to every stop and from every stop to the goal
    (NEVER where too far); changing at one stop takes `change_s`. More rides are told only if they arrive earlier.
    """
    if len(access_s) == 0:
        return []
    ready = np.where(access_s == NEVER, NEVER, access_s.astype(np.int64) + depart_s).astype(np.int32)
    by_ride, how, walked = _rounds(
        grouped.first_stop, grouped.stop, grouped.first_trip, grouped.first_time, grouped.arrival_s,
        grouped.departure_s, grouped.at_first, grouped.at_pattern, grouped.at_place,
        walks.first, walks.stop, walks.seconds, ready, egress_s, most_rides, change_s,
    )  # fmt: skip
    found: list[Journey] = []
    best = int(NEVER)
    for k in range(1, most_rides + 1):
        total = by_ride[k].astype(np.int64) + egress_s
        total[(by_ride[k] == NEVER) | (egress_s == NEVER)] = NEVER
        goal = int(np.argmin(total))
        if total[goal] < best:
            best = int(total[goal])
            found.append(_journey(grouped, timetable, how, walked, k, goal, best))
    return found


def _journey(
    grouped: Patterns, timetable: Timetable, how: Int32, walked: Int32, rides: int, goal: int, arrival_s: int
) -> Journey:
    """The journey behind an arrival, from its last stop back."""
    stop, taken = goal, []
    for k in range(rides, 0, -1):
        pattern, nth, board, alight = (int(v) for v in how[k, stop])
        trip = int(grouped.trip[grouped.first_trip[pattern] + nth])
        first = int(timetable.first[trip])
        taken.append(Ride(trip, first + board, first + alight))
        stop = int(grouped.stop[grouped.first_stop[pattern] + board])
        if k > 1 and walked[k - 1, stop] >= 0:
            stop = int(walked[k - 1, stop])
    return Journey(arrival_s, tuple(taken[::-1]), stop, goal)
