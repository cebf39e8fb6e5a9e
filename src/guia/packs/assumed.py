"""What a city has not published and a pack assumes: signals with stored plans, and detector places. All synthetic."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from guia.core.columns import Float64, Int32
from guia.core.place import LocalProjection
from guia.packs.network import CAR, ROAD_CLASSES, RoadNetwork
from guia.packs.signals import Interval, Junction, Plan, Stage

_MAIN = tuple(ROAD_CLASSES.index(c) for c in ("motorway", "trunk", "primary", "secondary"))
_CROSSING = (*_MAIN, ROAD_CLASSES.index("tertiary"))
_FLOW = {"motorway": 1200, "trunk": 1000, "primary": 600, "secondary": 450, "tertiary": 300}
"""Vehicles per hour and lane that a road of the class is assumed to bring; 120 for the rest."""
_PLANS = (
    (1, "peak", ((7, 10), (17, 20)), 1.25),
    (2, "off-peak", ((6, 7), (10, 17), (20, 23)), 1.0),
    (3, "night", ((0, 6), (23, 24)), 0.7),
)
MIN_GREEN_S, YELLOW_S, ALL_RED_S = 8, 3, 2
_BOX_M = 15.0
"""Reach of a junction from its node, for the paths of movements."""
_LANE_M = 3.0


@dataclass(frozen=True, slots=True)
class _Movement:
    into: int
    """Segment it comes from."""
    out: int
    start: Float64
    end: Float64
    """Where its path enters and leaves the junction, metres."""


def assume_signals(network: RoadNetwork, projection: LocalProjection, drives_on: str) -> list[Junction]:
    """Signals at the nodes where main roads are crossed, in node order, each with peak, off-peak and night plans.

    A node has signals if cars enter it by at least two roads of class tertiary or more, one of them secondary or
    more, from different directions, and leave it by at least two segments.
    """
    into, out = _arms(network)
    junctions = []
    for node in range(len(network.node_lon)):
        if not _crossed(network, projection, into[node], out[node]):
            continue
        movements = _movements(network, projection, into[node], out[node], drives_on)
        stages = _stages(network, movements)
        if len(stages) >= 2:
            junctions.append(_junction(network, node, movements, stages))
    return junctions


def _arms(network: RoadNetwork) -> tuple[list[list[int]], list[list[int]]]:
    into: list[list[int]] = [[] for _ in network.node_lon]
    out: list[list[int]] = [[] for _ in network.node_lon]
    for i in np.flatnonzero(network.allows(CAR)):
        into[network.to_node[i]].append(int(i))
        out[network.from_node[i]].append(int(i))
    return into, out


def _heading(network: RoadNetwork, projection: LocalProjection, segment: int, *, leaving: bool) -> Float64:
    """Unit vector of travel where a segment meets the node it leaves or enters."""
    xy = projection.points(network.line(segment))
    xy = xy if leaving else xy[::-1]
    run = np.hypot(*(xy - xy[0]).T)
    far = xy[min(int(np.searchsorted(run, _BOX_M)), len(xy) - 1)]
    step = (far - xy[0]) if leaving else (xy[0] - far)
    return np.asarray(step / max(float(np.hypot(*step)), 1e-9))


def _crossed(network: RoadNetwork, projection: LocalProjection, into: list[int], out: list[int]) -> bool:
    roads = [i for i in into if network.road_class[i] in _CROSSING]
    if len(roads) < 2 or len(out) < 2 or not any(network.road_class[i] in _MAIN for i in roads):
        return False
    ends = {int(network.from_node[i]) for i in into} | {int(network.to_node[i]) for i in out}
    if len(ends) < 3 or min(network.length_m[i] for i in roads) < 12:
        return False
    headings = [_heading(network, projection, i, leaving=False) for i in roads]
    crossing = [abs(float(a[0] * b[1] - a[1] * b[0])) for a in headings for b in headings]
    return max(crossing) > np.sin(np.radians(30))


def _movements(
    network: RoadNetwork, projection: LocalProjection, into: list[int], out: list[int], drives_on: str
) -> list[_Movement]:
    """Every way through the node that is no U-turn and not forbidden, with its straight path."""
    side = -1.0 if drives_on == "left" else 1.0
    forbidden = {(int(a), int(b)) for a, b in network.turns}
    found = []
    for i in into:
        for o in out:
            if o == network.reverse[i] or (i, o) in forbidden:
                continue
            a, b = (_heading(network, projection, s, leaving=leave) for s, leave in ((i, False), (o, True)))
            if float(a @ b) < -0.94:
                continue
            start = -a * _BOX_M + side * _LANE_M * np.array([a[1], -a[0]])
            end = b * _BOX_M + side * _LANE_M * np.array([b[1], -b[0]])
            found.append(_Movement(i, o, start, end))
    return found


def conflict(one: _Movement, two: _Movement) -> bool:
    """Whether two movements must not have green together: from different arms into one, or with crossing paths."""
    if one.into == two.into:
        return False
    return one.out == two.out or _cross(one.start, one.end, two.start, two.end)


def _cross(a: Float64, b: Float64, c: Float64, d: Float64) -> bool:
    def side(p: Float64, q: Float64, r: Float64) -> float:
        return float((q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0]))

    return side(a, b, c) * side(a, b, d) < 0 and side(c, d, a) * side(c, d, b) < 0


def _turning(movement: _Movement) -> float:
    """Share of a lane's flow that takes a movement: all of it straight on, less when it turns (assumed)."""
    step = movement.end - movement.start
    along = float(-movement.start @ step) / max(float(np.hypot(*movement.start) * np.hypot(*step)), 1e-9)
    return 1.0 if along > 0.9 else 0.4


def _stages(network: RoadNetwork, movements: list[_Movement]) -> list[tuple[tuple[int, ...], list[int]]]:
    """Conflict-free sets that together hold every movement: straight and weighty ones first, filled up greedily.

    Each with the movements that it is there for: those that no earlier stage holds.
    """
    order = sorted(
        range(len(movements)), key=lambda m: (-_turning(movements[m]), -_flow(network, movements[m].into), m)
    )
    left, stages = list(order), []
    while left:
        stage: list[int] = []
        for m in [*left, *order]:
            if m not in stage and not any(conflict(movements[m], movements[k]) for k in stage):
                stage.append(m)
        stages.append((tuple(sorted(stage)), [m for m in stage if m in left]))
        left = [m for m in left if m not in stage]
    return stages


def _flow(network: RoadNetwork, segment: int) -> float:
    """Assumed vehicles per hour that a segment brings."""
    per_lane = _FLOW.get(ROAD_CLASSES[network.road_class[segment]], 120)
    return float(per_lane * max(int(network.lanes[segment]), 1))


def _junction(
    network: RoadNetwork,
    node: int,
    movements: list[_Movement],
    stages: list[tuple[tuple[int, ...], list[int]]],
) -> Junction:
    def lane_flow(m: int) -> float:
        into = movements[m].into
        return _turning(movements[m]) * _flow(network, into) / max(int(network.lanes[into]), 1)

    weight = np.array([max(lane_flow(m) for m in own) for _, own in stages])
    arms = sorted({m.into for m in movements}, key=lambda i: (-_flow(network, i), i))
    names = {
        k: " / ".join(list(dict.fromkeys(n for i in arms if (n := network.names(i)[k])))[:2])
        for k in ("en", "zh", "pt")
    }
    return Junction(
        id=f"j{network.id[min(arms)]}",
        nodes=(node,),
        lon=float(network.node_lon[node]),
        lat=float(network.node_lat[node]),
        names=names,
        movements=tuple((str(network.id[m.into]), str(network.id[m.out])) for m in movements),
        stages=tuple(Stage(name=chr(65 + k), movements=s) for k, (s, _) in enumerate(stages)),
        plans=tuple(_plan(number, name, hours, scale, weight) for number, name, hours, scale in _PLANS),
    )


def _plan(number: int, name: str, hours: tuple[tuple[int, int], ...], scale: float, weight: Float64) -> Plan:
    """Greens shared by weight within a cycle of 30 s a stage, at least 60 s, times `scale`."""
    cycle = scale * max(60.0, 30.0 * len(weight))
    usable = cycle - len(weight) * (YELLOW_S + ALL_RED_S)
    greens = np.maximum(MIN_GREEN_S, np.round(usable * weight / weight.sum())).astype(int)
    intervals = (
        Interval(stage=k, green_s=int(g), yellow_s=YELLOW_S, all_red_s=ALL_RED_S)
        for k, g in enumerate(greens)
    )
    return Plan(number=number, name=name, hours=hours, intervals=tuple(intervals))


def assume_detectors(
    network: RoadNetwork,
    projection: LocalProjection,
    district: Int32,
    wanted: int,
    least: int = 8,
    signals: Sequence[Junction] = (),
) -> list[str]:
    """Ids of about `wanted` car segments that carry a detector, in network order.

    Every approach to `signals` first: a plan can only be judged where its arms are counted. Then main roads, spread
    out (at least 120 m apart unless in opposite directions), and at least `least` in each district, as far as it has
    roads. `district` is the district number of each segment, -1 for none.
    """
    car = network.allows(CAR) & (network.length_m >= 30)
    rank = np.lexsort((network.id, -network.length_m, -network.lanes, network.road_class))
    rank = rank[car[rank]]
    middle = (network.first_point[:-1] + network.first_point[1:]) // 2
    xy = projection.points(network.points[middle])
    chosen = sorted({network.row[approach] for j in signals for approach, _ in j.movements})
    for d in np.unique(district[district >= 0]):
        missing = least - int((district[chosen] == d).sum())
        chosen += _spread(rank[district[rank] == d], xy, network, chosen, missing)
    rest = rank[network.road_class[rank] <= ROAD_CLASSES.index("tertiary")]
    chosen += _spread(rest, xy, network, chosen, wanted - len(chosen))
    return [str(network.id[i]) for i in sorted(chosen)]


def _spread(
    rank: Int32, xy: Float64, network: RoadNetwork, chosen: list[int], wanted: int, apart_m: float = 120.0
) -> list[int]:
    """Up to `wanted` of `rank`, none closer than `apart_m` to a chosen one that is not its opposite direction."""
    picked: list[int] = []
    for i in rank:
        if len(picked) >= wanted:
            break
        others = np.array([k for k in [*chosen, *picked] if k != network.reverse[i]], np.int64)
        if i not in chosen and (len(others) == 0 or np.hypot(*(xy[others] - xy[i]).T).min() >= apart_m):
            picked.append(int(i))
    return picked
