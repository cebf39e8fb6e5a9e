"""Routes by car and on foot over the pack's network, on the speeds that the traffic brain foresees."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from guia.capabilities.routes import Place, Route, Step
from guia.core.clock import MINUTE, SECOND
from guia.core.columns import Float64, Int32
from guia.core.errors import InvalidInput, NotFound
from guia.core.hub import Hub
from guia.core.ids import urn
from guia.core.place import NearestSegments
from guia.domains.traffic.rules import USUAL_RATIO, level
from guia.domains.traffic.streets import complete
from guia.engines.graph.successors import Successors, successors
from guia.engines.graph.travel import Ends, Path, Speeds, fastest, leave_at
from guia.packs.network import CAR, FOOT
from guia.packs.pack import Pack

WALK_MS = 1.33
"""Walking speed, 4.8 km/h (HCM 2010, chapter 4: 4.0 ft/s with many older walkers, 4.4 without)."""
WALK_SHARE = 0.15
"""Four of five walkers are within this share of it."""
SLOT_S = 300.0
SLOTS = 13
SHARED = 0.3
"""Correlation assumed between the speed errors of two segments of a route."""
NEAR_M, FAR_M = 25.0, 300.0
"""Ends snap to all segments this much farther than the nearest one; none beyond the second is used."""


@dataclass(frozen=True, slots=True)
class Graph:
    """Segments in driving or walking direction: row r is segment `segment[r]`, walked backwards where `back[r]`."""

    arcs: Successors
    length_m: Float64
    segment: Int32
    back: np.ndarray
    index: NearestSegments


class Router:
    """Finds routes; implements `guia.capabilities.routes.Routes`."""

    def __init__(self, pack: Pack, hub: Hub) -> None:
        self._pack = pack
        self._hub = hub
        self._kept: tuple[int, list[Speeds]] = (-1, [])

    def route(self, start: Place, goal: Place, mode: str, depart: int) -> Route:
        """The way that arrives first, leaving at `depart`; see the protocol."""
        if mode not in ("car", "foot"):
            raise InvalidInput(f"no routes by {mode!r}", place="query mode", remedy="ask for car or foot")
        graph = self._car if mode == "car" else self._foot
        low, median, high = self._car_speeds(depart) if mode == "car" else self._foot_speeds
        shift_s = (depart % (5 * MINUTE)) / SECOND if mode == "car" else 0.0
        for reach_m in (NEAR_M, FAR_M):
            ends = [self._ends(graph, p, reach_m) for p in (start, goal)]
            path = fastest(graph.arcs, graph.length_m, median, *ends, shift_s)
            if path is not None:
                return self._told(graph, path, (low, median, high), mode, depart, shift_s)
        raise NotFound(
            f"there is no way by {mode} between these places",
            place="query from, to",
            remedy="try a place on another street, or another mode",
        )

    @cached_property
    def _car(self) -> Graph:
        net = self._pack.network
        allowed = net.allows(CAR)
        arcs = successors(net.from_node, net.to_node, net.turns, net.reverse, allowed)
        rows = np.arange(len(net), dtype=np.int32)
        return Graph(
            arcs, net.length_m, rows, np.zeros(len(net), bool), net.nearest(self._pack.projection, CAR)
        )

    @cached_property
    def _foot(self) -> Graph:
        """Walkers may go both ways on one-way streets, and turn as they like."""
        net = self._pack.network
        rows = np.arange(len(net), dtype=np.int32)
        both = np.concatenate([rows, rows])
        back = np.arange(len(both)) >= len(net)
        start = np.concatenate([net.from_node, net.to_node])
        end = np.concatenate([net.to_node, net.from_node])
        allowed = net.allows(FOOT)[both] & ~(back & (net.reverse[both] >= 0))
        opposite = np.where(net.reverse[both] >= 0, net.reverse[both], np.where(back, both, both + len(net)))
        arcs = successors(start, end, np.empty((0, 2), np.int32), opposite.astype(np.int32), allowed)
        index = net.nearest(self._pack.projection, FOOT)
        return Graph(arcs, net.length_m[both], both, back, index)

    @cached_property
    def _foot_speeds(self) -> list[Speeds]:
        rows = 2 * len(self._pack.network)
        return [
            Speeds(SLOT_S, np.full((rows, 1), WALK_MS * share))
            for share in (1 - WALK_SHARE, 1.0, 1 + WALK_SHARE)
        ]

    def _car_speeds(self, depart: int) -> list[Speeds]:
        """Speeds at quantiles 0.1, 0.5, 0.9 in slots of five minutes from the slot of `depart` on."""
        slot = depart // (5 * MINUTE)
        if self._kept[0] != slot:
            self._kept = (slot, [self._foreseen(slot, q) for q in (0.1, 0.5, 0.9)])
        return self._kept[1]

    def _foreseen(self, slot: int, quantile: float) -> Speeds:
        net = self._pack.network
        ids = self._hub.ids([f"{urn('RoadSegment', self._pack.name, str(s))}|speed" for s in net.id])
        usual = net.free_speed_kmh * {0.1: 0.6, 0.5: USUAL_RATIO, 0.9: 1.0}[quantile]
        columns = []
        last = usual
        for k in range(SLOTS):
            middle = (slot * 5 + k * 5) * MINUTE + 150 * SECOND
            speed = self._hub.forecast_latest(ids, middle, quantile)
            last = np.where(np.isnan(speed), last, speed)
            columns.append(last)
        return Speeds(SLOT_S, np.maximum(np.column_stack(columns), 1.0) / 3.6)

    def _ends(self, graph: Graph, place: Place, reach_m: float) -> Ends:
        """The segments near a place, both directions where both are open; NotFound where there is none."""
        _, near = graph.index.within([place[0]], [place[1]], FAR_M)
        if len(near.segment) == 0:
            raise NotFound(
                f"no street within {FAR_M:.0f} m of {place[0]:.5f},{place[1]:.5f}",
                place="query from, to",
                remedy="choose a place nearer to a street of this city",
            )
        keep = near.distance_m <= near.distance_m.min() + reach_m
        segment, offset = near.segment[keep], near.offset_m[keep]
        length = graph.length_m[segment]
        offset = np.clip(offset, 0, length)
        if len(graph.segment) > len(self._pack.network):
            one_way = self._pack.network.reverse[segment] < 0
            segment = np.concatenate([segment, segment[one_way] + len(self._pack.network)])
            offset = np.concatenate([offset, (length - offset)[one_way]])
        return Ends(segment.astype(np.int32), offset)

    def _told(
        self,
        graph: Graph,
        path: Path,
        speeds: tuple[Speeds, Speeds, Speeds],
        mode: str,
        depart: int,
        shift_s: float,
    ) -> Route:
        """The path as people are told it."""
        low, median, high = speeds
        base = depart - int(shift_s * SECOND)
        expected = path.arrival_s - shift_s
        early = expected - self._margin(graph, path, median, high, mode)
        late = expected + self._margin(graph, path, median, low, mode)
        segments = graph.segment[path.segments]
        return Route(
            mode=mode,
            depart=depart,
            arrive=base + int(path.arrival_s * SECOND),
            arrive_early=depart + int(early * SECOND),
            arrive_late=depart + int(late * SECOND),
            distance_m=float(_metres(graph, path).sum()),
            coordinates=self._drawn(graph, path),
            steps=self._steps(graph, path, median, mode),
            segments=tuple(str(s) for s in self._pack.network.id[segments]),
        )

    def _margin(self, graph: Graph, path: Path, median: Speeds, other: Speeds, mode: str) -> float:
        """Seconds by which arrival may differ: single segments' differences, partly correlated."""
        metres = _metres(graph, path)
        part = [
            leave_at(other.by_slot, other.slot_s, s, m, t) - leave_at(median.by_slot, median.slot_s, s, m, t)
            for s, m, t in zip(path.segments, metres, path.entered_s, strict=True)
        ]
        each = np.abs(np.array(part))
        shared = 1.0 if mode == "foot" else SHARED
        return float(np.sqrt(shared * each.sum() ** 2 + (1 - shared) * (each**2).sum()))

    def _drawn(self, graph: Graph, path: Path) -> Float64:
        """(P,2) degrees of the path, cut at its ends."""
        net, projection = self._pack.network, self._pack.projection
        parts = []
        for row in path.segments.tolist():
            line = projection.points(net.line(int(graph.segment[row])))
            parts.append(line[::-1] if graph.back[row] else line)
        whole = np.concatenate(parts)
        run = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(whole, axis=0).T))])
        last = float(graph.length_m[path.segments[-1]])
        start, end = path.start_m, run[-1] - (last - path.end_m)
        inner = (run > start) & (run < end)
        cut = [[np.interp(at, run, whole[:, 0]), np.interp(at, run, whole[:, 1])] for at in (start, end)]
        xy = np.concatenate([cut[:1], whole[inner], cut[1:]])
        return np.round(np.column_stack(projection.to_lonlat(*xy.T)), 6)

    def _steps(self, graph: Graph, path: Path, speeds: Speeds, mode: str) -> tuple[Step, ...]:
        """Stretches of one street name."""
        net = self._pack.network
        metres = _metres(graph, path)
        leaves = np.append(path.entered_s[1:], path.arrival_s)
        seconds = leaves - path.entered_s
        found: list[tuple[dict[str, str], list[int]]] = []
        for k, row in enumerate(path.segments.tolist()):
            names = complete(net.names(int(graph.segment[row])))
            if found and found[-1][0] == names:
                found[-1][1].append(k)
            else:
                found.append((names, [k]))
        steps = []
        for names, rows in found:
            distance, duration = float(metres[rows].sum()), float(seconds[rows].sum())
            free_s = float(
                (metres[rows] / (net.free_speed_kmh[graph.segment[path.segments[rows]]] / 3.6)).sum()
            )
            ratio = np.array([free_s / duration if duration > 0 else 1.0])
            steps.append(Step(names, distance, duration, int(level(ratio)[0]) if mode == "car" else None))
        return tuple(steps)


def _metres(graph: Graph, path: Path) -> Float64:
    """Metres travelled on each segment of a path."""
    metres = graph.length_m[path.segments].copy()
    if len(metres) == 1:
        return np.array([path.end_m - path.start_m])
    metres[0] -= path.start_m
    metres[-1] = path.end_m
    return metres
