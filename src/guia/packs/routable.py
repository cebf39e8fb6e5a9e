"""How well a network carries cars: what it keeps of the original streets, and which pairs of points it joins."""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from guia.core.columns import Float64
from guia.core.place import LocalProjection, Snap, step_lengths_m
from guia.packs.network import CAR, RoadNetwork
from guia.packs.streets import Street

_NEAR_M = 5.0
_TURNED_DEG = 30.0
BRIDGES = ("嘉樂庇總督大橋", "友誼大橋", "西灣大橋", "澳門大橋")
"""The Macau-Taipa bridges: Governador Nobre de Carvalho, Amizade, Sai Van, Macau."""
_SHORES = ((113.5437, 22.1945), (113.5570, 22.1560))
"""A place on the peninsula and one on Taipa."""


def samples(
    streets: list[Street], projection: LocalProjection, step_m: float
) -> tuple[Float64, Float64, NDArray[np.bool_]]:
    """Points every `step_m` along streets: (n,2) metres, (n,2) unit direction, whether the street is two-way."""
    spots, ways, both = [], [], []
    for street in streets:
        xy = projection.points(street.lonlat)
        lengths = step_lengths_m(xy)
        xy, lengths = xy[np.concatenate([[True], lengths > 0])], lengths[lengths > 0]
        run = np.concatenate([[0.0], np.cumsum(lengths)])
        at = np.arange(step_m / 2, run[-1], step_m) if run[-1] > step_m else np.array([run[-1] / 2])
        piece = np.clip(np.searchsorted(run, at, side="right") - 1, 0, len(lengths) - 1)
        direction = np.diff(xy, axis=0)[piece] / lengths[piece, None]
        spots.append(xy[piece] + (at - run[piece])[:, None] * direction)
        ways.append(direction)
        both.append(np.full(len(at), street.lanes_back > 0))
    return np.concatenate(spots), np.concatenate(ways), np.concatenate(both)


def kept_share(network: RoadNetwork, projection: LocalProjection, originals: list[Street]) -> float:
    """Share of the originals' length with a car segment within 5 m in every direction that the street has."""
    spots, ways, both = samples(originals, projection, 10.0)
    lon, lat = projection.to_lonlat(*spots.T)
    row, snap = network.nearest(projection, CAR).within(lon, lat, _NEAR_M)
    heading = _heading_at(network, projection, snap.segment, snap.offset_m)
    along = (heading * ways[row]).sum(axis=1)
    limit = np.cos(np.radians(_TURNED_DEG))
    there, back = np.zeros(len(spots), bool), np.zeros(len(spots), bool)
    there[row[along >= limit]] = True
    back[row[along <= -limit]] = True
    return float((there & (back | ~both)).mean())


def _heading_at(
    network: RoadNetwork, projection: LocalProjection, segment: NDArray[np.int32], offset: Float64
) -> Float64:
    """(n,2) unit direction of each segment at an offset."""
    xy = projection.points(network.points)
    step = np.concatenate([np.hypot(*np.diff(xy, axis=0).T), [0.0]])
    run = np.concatenate([[0.0], np.cumsum(step)])
    first, last = network.first_point[segment], network.first_point[segment + 1] - 2
    piece = np.clip(np.searchsorted(run, run[first] + offset, side="right") - 1, first, last)
    return (xy[piece + 1] - xy[piece]) / np.maximum(step[piece], 1e-9)[:, None]


def car_graph(network: RoadNetwork, without: NDArray[np.bool_] | None = None) -> csr_matrix:
    """Shortest metres from node to node by car; `without` masks segments that are closed."""
    open_ = network.allows(CAR) if without is None else network.allows(CAR) & ~without
    order = np.argsort(-network.length_m[open_], kind="stable")
    rows, columns = network.from_node[open_][order], network.to_node[open_][order]
    lengths = network.length_m[open_][order]
    n = len(network.node_lon)
    best = {(int(a), int(b)): float(w) for a, b, w in zip(rows, columns, lengths, strict=True)}
    ends = np.array(list(best), dtype=np.int64).reshape(-1, 2)
    return csr_matrix((list(best.values()), (ends[:, 0], ends[:, 1])), shape=(n, n))


def routed_pairs(
    network: RoadNetwork,
    projection: LocalProjection,
    originals: list[Street],
    pairs: int,
    rng: np.random.Generator,
) -> tuple[float, float]:
    """Share of random pairs that route by car both ways, and the median of route length over straight distance.

    Points are drawn uniformly by length on the original streets and snapped to the nearest car segment; a route leaves
    the first segment at its end and enters the second at its start.
    """
    spots, _, _ = samples(originals, projection, 2.0)
    chosen = spots[rng.integers(len(spots), size=(2, pairs))]
    index = network.nearest(projection, CAR)
    a, b = (index.nearest(*projection.to_lonlat(*points.T)) for points in chosen)
    graph = car_graph(network)
    there, back = (_distance(network, graph, x, y) for x, y in ((a, b), (b, a)))
    straight = np.hypot(*(chosen[0] - chosen[1]).T)
    far = np.isfinite(there) & (straight > 200)
    both = np.isfinite(there) & np.isfinite(back)
    return float(both.mean()), float(np.median(there[far] / straight[far]))


def _distance(network: RoadNetwork, graph: csr_matrix, start: Snap, end: Snap) -> Float64:
    """Metres from one snap to another, infinite where there is no way or no snap."""
    known = (start.segment >= 0) & (end.segment >= 0)
    s, e = np.where(known, start.segment, 0), np.where(known, end.segment, 0)
    sources, at = np.unique(network.to_node[s], return_inverse=True)
    between = np.empty(len(s))
    for low in range(0, len(sources), 500):
        mine = (at >= low) & (at < low + 500)
        table = dijkstra(graph, indices=sources[low : low + 500])
        between[mine] = table[at[mine] - low, network.from_node[e[mine]]]
    whole = network.length_m[s] - start.offset_m + between + end.offset_m
    same = (s == e) & (end.offset_m >= start.offset_m)
    return np.where(known, np.where(same, end.offset_m - start.offset_m, whole), np.inf)


def bridges_both_ways(network: RoadNetwork, projection: LocalProjection) -> int:
    """Number of the Macau-Taipa bridges over which, the other three closed, cars get across both ways."""
    index = network.nearest(projection, CAR)
    shores = index.nearest(*np.array(_SHORES).T).segment
    nodes = network.to_node[shores]
    crossed = 0
    for bridge in BRIDGES:
        others = [b for b in BRIDGES if b != bridge]
        graph = car_graph(network, np.isin(network.name_zh, others))
        table = dijkstra(graph, indices=nodes)
        crossed += bool(np.isfinite(table[0, nodes[1]]) and np.isfinite(table[1, nodes[0]]))
    return crossed
