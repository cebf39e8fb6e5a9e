"""Bus lines on the net: GTFS trips matched to edges, with a place for every stop.

Stops are points beside the road. Each has a few candidate edges; the sequence whose driving time plus distance from
the poles is least wins (Viterbi, as in Newson and Krumm, 2009, with driving time for the transition).
"""

from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import numpy as np

from guia.core.columns import Float64, Int32
from guia.formats.gtfs.feed import Feed
from guia.packs import Pack
from guia.packs.network import BUS, RoadNetwork
from guia.twin.roads import Roads, walk_back

BUS_ROUTE_TYPES = ("3", "700", "702", "704")
CANDIDATES = 5
REACH_M = 60.0
SECONDS_PER_METRE = 0.6
"""What a metre between pole and road costs in the match."""
WRONG_SIDE_S = 15.0
"""What a pole on the far side of a one-way edge costs."""
LONGEST_HOP_S = 900.0
"""Free driving time beyond which two stops do not follow each other."""
LEAST_STOPS = 3


@dataclass(frozen=True)
class Line:
    """One sequence of stops, driven by the trips that share it."""

    trips: Int32
    """Rows in GTFS `trips` of the trips that drive it."""
    stop: Int32
    """(s,) rows in GTFS `stops`."""
    sequence: Int32
    """(s,) GTFS stop_sequence."""
    scheduled_s: Int32
    """(s,) seconds from the first departure to the arrival, by timetable."""
    edges: Int32
    """The path driven."""
    place: Int32
    """(s,) index in `edges` of the edge that has the stop."""
    offset_m: Float64
    """(s,) where on that edge."""


@dataclass(frozen=True)
class Candidates:
    """Places where stops may lie on the network: rows first[i] : first[i+1] belong to stop i."""

    first: Int32
    edge: Int32
    offset_m: Float64
    cost_s: Float64

    def of(self, stop: int) -> slice:
        """Rows of one stop."""
        return slice(int(self.first[stop]), int(self.first[stop + 1]))


def match_lines(pack: Pack, roads: Roads, *, left_hand: bool) -> tuple[list[Line], int]:
    """All bus lines of the timetable that can be driven, and how many could not."""
    feed = pack.gtfs
    patterns = _patterns(feed)
    if not patterns:
        return [], 0
    found = _candidates(pack, roads, left_hand)
    used = np.unique(np.concatenate([found.edge[found.of(s)] for stops in patterns for s in stops] or [[]]))
    origins = used.astype(np.int32)
    seconds, before = roads.from_edges(origins, limit_s=LONGEST_HOP_S)
    row = {int(e): i for i, e in enumerate(origins)}
    lines, lost = [], 0
    for stops, trips in patterns.items():
        line = _match(feed, trips, np.array(stops), found, seconds, before, row, roads)
        lines += [line] if line else []
        lost += line is None
    return lines, lost


def _patterns(feed: Feed) -> dict[tuple[int, ...], list[int]]:
    """Stop sequences of bus trips, each with its trips."""
    kind = feed.text("routes", "route_type")
    times = feed.stop_times
    patterns: dict[tuple[int, ...], list[int]] = {}
    for trip, route in enumerate(feed.trip_route):
        stops = times.stop[times.first[trip] : times.first[trip + 1]]
        if route >= 0 and kind[route] in BUS_ROUTE_TYPES and len(stops) >= LEAST_STOPS and stops.min() >= 0:
            patterns.setdefault(tuple(map(int, stops)), []).append(trip)
    return patterns


def _candidates(pack: Pack, roads: Roads, left_hand: bool) -> Candidates:
    """Edges near every stop that buses may use, nearest first."""
    network = pack.network
    lonlat = pack.gtfs.stop_lonlat
    known = np.isfinite(lonlat).all(axis=1)
    spots = np.where(known[:, None], lonlat, 0.0)
    index = network.nearest(pack.projection, BUS)
    point, snap = index.within(spots[:, 0], spots[:, 1], REACH_M)
    xy = pack.projection.points(spots)
    wrong = _far_side(network, pack, snap.segment, snap.offset_m, xy[point], left_hand)
    cost = snap.distance_m * SECONDS_PER_METRE + wrong * WRONG_SIDE_S
    order = np.lexsort((cost, point))
    point, cost = point[order], cost[order]
    edge, offset = snap.segment[order], snap.offset_m[order]
    begin = np.searchsorted(point, np.arange(len(spots) + 1))
    rank = np.arange(len(point)) - begin[point]
    keep = (rank < CANDIDATES) & np.isfinite(roads.seconds[edge])
    first = np.concatenate([[0], np.cumsum(np.bincount(point[keep], minlength=len(spots)))])
    return Candidates(first.astype(np.int32), edge[keep].astype(np.int32), offset[keep], cost[keep])


def _far_side(
    network: RoadNetwork, pack: Pack, segment: Int32, offset_m: Float64, stop_xy: Float64, left_hand: bool
) -> Float64:
    """1 where a stop lies on the side of the segment on which nobody boards, 0 elsewhere."""
    xy = pack.projection.points(network.points)
    side = np.zeros(len(segment))
    for i, (s, along) in enumerate(zip(segment, offset_m, strict=True)):
        line = xy[network.first_point[s] : network.first_point[s + 1]]
        run = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
        piece = int(np.clip(np.searchsorted(run, along) - 1, 0, len(line) - 2))
        dx, dy = line[piece + 1] - line[piece]
        px, py = stop_xy[i] - line[piece]
        side[i] = dx * py - dy * px
    return (side < 0 if left_hand else side > 0).astype(np.float64)


def _match(
    feed: Feed,
    trips: list[int],
    stops: Int32,
    found: Candidates,
    seconds: Float64,
    before: Int32,
    row: dict[int, int],
    roads: Roads,
) -> Line | None:
    """The line of one stop sequence; None where less than two thirds of its stops can be joined by driving."""
    times = feed.stop_times
    rows = np.arange(times.first[trips[0]], times.first[trips[0] + 1])
    kept, cost, back = [], None, []
    for i, stop in enumerate(stops):
        here = np.arange(*found.of(int(stop)).indices(len(found.edge)))
        if len(here) == 0:
            continue
        if cost is None:
            kept, cost, back = [(i, here)], found.cost_s[here], [np.full(len(here), -1)]
            continue
        hop = _hop_s(found, kept[-1][1], here, seconds, row, roads)
        total = cost[:, None] + hop
        if not np.isfinite(total).any():
            continue
        kept.append((i, here))
        back.append(total.argmin(axis=0))
        cost = total.min(axis=0) + found.cost_s[here]
    if cost is None or len(kept) < max(LEAST_STOPS, 2 * len(stops) / 3):
        return None
    choice = [int(np.argmin(cost))]
    for arrows in reversed(back[1:]):
        choice.append(int(arrows[choice[-1]]))
    chosen = [here[c] for (_, here), c in zip(kept, reversed(choice), strict=True)]
    edges, place = _drive([int(found.edge[c]) for c in chosen], before, row)
    at = rows[[i for i, _ in kept]]
    scheduled = times.arrival_s[at] - times.departure_s[at[0]]
    return Line(
        np.array(trips, np.int32),
        stops[[i for i, _ in kept]].astype(np.int32),
        times.sequence[at],
        np.maximum(scheduled, 0).astype(np.int32),
        np.array(edges, np.int32),
        np.array(place, np.int32),
        found.offset_m[chosen],
    )


def _hop_s(
    found: Candidates, a: Int32, b: Int32, seconds: Float64, row: dict[int, int], roads: Roads
) -> Float64:
    """(len(a), len(b)) free driving seconds between candidate places; infinite where none or backwards."""
    start, end = found.edge[a], found.edge[b]
    between = seconds[np.ix_([row[int(e)] for e in start], end)]
    gone = roads.seconds[start] * (found.offset_m[a] / roads.length_m[start])
    come = roads.seconds[end] * (found.offset_m[b] / roads.length_m[end])
    hop = between - gone[:, None] + come[None, :]
    backwards = (start[:, None] == end[None, :]) & (found.offset_m[b][None, :] <= found.offset_m[a][:, None])
    return np.where(backwards, np.inf, np.maximum(hop, 0.0))


def _drive(stops: list[int], before: Int32, row: dict[int, int]) -> tuple[list[int], list[int]]:
    """The path through the stops' edges, and where in it each stop's edge stands."""
    edges, place = [stops[0]], [0]
    for a, b in pairwise(stops):
        if b != a:
            edges += walk_back(before[row[a]], a, b)[1:]
        place.append(len(edges) - 1)
    return edges, place


def departures(feed: Feed, lines: list[Line], day: date) -> Int32:
    """(d,3) start second, row in `lines` and row in `trips` of the bus trips of a service day, by time.

    A frequency entry gives a trip every headway.
    """
    runs = feed.runs_on(day)
    line_of = {int(trip): i for i, line in enumerate(lines) for trip in line.trips}
    frequencies, times = feed.frequencies, feed.stop_times
    repeated = set(map(int, frequencies.trip))
    rows: list[tuple[int, int, int]] = []
    for trip, start, end, headway in zip(
        frequencies.trip, frequencies.start_s, frequencies.end_s, frequencies.headway_s, strict=True
    ):
        if runs[trip] and int(trip) in line_of and headway > 0:
            rows += [(second, line_of[int(trip)], int(trip)) for second in range(start, end, headway)]
    for trip in map(int, np.flatnonzero(runs)):
        if trip not in repeated and trip in line_of:
            rows.append((int(times.departure_s[times.first[trip]]), line_of[trip], trip))
    return np.array(sorted(rows), np.int32).reshape(-1, 3)
