"""Ways round in published bus shapes that no bus drives.

The shapes were drawn by a router on a map of its own. Where that map lacked a new street or the way into a terminal,
a shape goes round by kilometres between two stops that lie close together, and times estimated from its length are
late by half an hour from there on. Where the network has a far shorter way for buses, the shape is led along it.
"""

from itertools import pairwise

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from guia.core.columns import Float64
from guia.core.place import LocalProjection, bearing_deg, step_lengths_m
from guia.engines.graph.successors import successors
from guia.packs.network import BUS, RoadNetwork
from guia.packs.stops_on_shape import cut

_TIMES, _LONGER_M = 3.0, 1_500.0
"""A leg is a way round if it is so many times as long as the way on the network, and so much longer."""
_REACH_M = 40.0
_TURN_DEG = 75.0
_LOOK_M = 20.0


class BusWays:
    """Shortest ways for buses on a network."""

    def __init__(self, network: RoadNetwork, projection: LocalProjection) -> None:
        arcs = successors(
            network.from_node, network.to_node, network.turns, network.reverse, network.allows(BUS)
        )
        before, after = arcs.pairs()
        n = len(network)
        self._length_m = network.length_m
        self._arcs = csr_matrix((self._length_m[after], (before, after)), (n, n))
        self._lines = [projection.points(network.line(i)) for i in range(n)]
        self._projection = projection
        self._index = network.nearest(projection, BUS)

    def between(self, start: Float64, end: Float64, leaves: Float64, reaches: Float64) -> Float64 | None:
        """(P,2) metres: the shortest way between two spots; None where there is none.

        `leaves` and `reaches` are directions (2) of travel at the spots; a zero one is not known.
        """
        best: tuple[float, int, float, int, float, Float64] | None = None
        ends = self._near(end, reaches)
        for first, gone in self._near(start, leaves):
            away, before = dijkstra(self._arcs, indices=first, return_predecessors=True)
            for last, come in ends:
                way = come - gone if first == last else away[last] - gone - self._length_m[last] + come
                if np.isfinite(way) and way > 0 and (best is None or way < best[0]):
                    best = (way, first, gone, last, come, before)
        return None if best is None else self._line(*best[1:])

    def _near(self, spot: Float64, way: Float64) -> list[tuple[int, float]]:
        """Segments (with the offset on them) beside a spot that run its way."""
        lon, lat = self._projection.to_lonlat(*spot)
        _, snap = self._index.within(lon, lat, _REACH_M)
        found = list(zip(snap.segment.tolist(), snap.offset_m.tolist(), strict=True))
        if not way.any():
            return found
        wanted = float(bearing_deg(*way))
        headings = [float(bearing_deg(*(self._lines[s][-1] - self._lines[s][0]))) for s, _ in found]
        return [
            f
            for f, h in zip(found, headings, strict=True)
            if abs((h - wanted + 180) % 360 - 180) <= _TURN_DEG
        ]

    def _line(self, first: int, gone: float, last: int, come: float, before: Float64) -> Float64:
        if first == last:
            return cut(self._lines[first], gone, come)
        chain = [last]
        while chain[-1] != first:
            chain.append(int(before[chain[-1]]))
        inner = [self._lines[s] for s in reversed(chain[1:-1])]
        head = cut(self._lines[first], gone, float(self._length_m[first]))
        return np.vstack([head, *inner, cut(self._lines[last], 0.0, come)])


def without_detours(shape: Float64, offset_m: Float64, ways: BusWays) -> tuple[Float64, Float64]:
    """A shape (P,2) in metres and the stops' offsets along it, with ways round between stops led along the network."""
    run = np.concatenate([[0.0], np.cumsum(step_lengths_m(shape))])

    def at(metre: float) -> Float64:
        return np.array([np.interp(metre, run, shape[:, k]) for k in (0, 1)])

    legs, changed = [], False
    for a, b in pairwise(offset_m.tolist()):
        leg = cut(shape, a, b)
        if b - a > _LONGER_M:
            way = ways.between(at(a), at(b), at(a) - at(a - _LOOK_M), at(b + _LOOK_M) - at(b))
            length = step_lengths_m(way).sum() if way is not None else np.inf
            if way is not None and b - a > max(_TIMES * length, length + _LONGER_M):
                leg, changed = np.vstack([at(a), way, at(b)]), True
        legs.append(leg)
    if not changed:
        return shape, offset_m
    whole = np.vstack(legs)
    run = np.concatenate([[0.0], np.cumsum(step_lengths_m(whole))])
    ends = np.cumsum([len(leg) for leg in legs]) - 1
    keep = np.concatenate([[True], np.diff(run) > 0.01])
    return whole[keep], np.concatenate([[0.0], run[ends]])
