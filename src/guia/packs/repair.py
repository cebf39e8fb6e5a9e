"""Mend a broken street network: labelled connectors where named streets stop short of each other.

A published extract may hold named streets only: the unnamed slip roads between them are missing, and one-way
streets lead nowhere. Connectors join them, shortest and straightest first, until cars get from (nearly) everywhere
to everywhere.
"""

from dataclasses import replace

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import breadth_first_order, connected_components
from scipy.spatial import cKDTree

from guia.core.columns import Float64, Int32
from guia.core.place import LocalProjection
from guia.packs.network import CAR, CONNECTOR, MOTOR
from guia.packs.streets import Street, vertices

REACHES_M = (25.0, 60.0, 120.0, 200.0)
"""Connectors up to the first length are tried first, then longer ones."""
_BEND_M = 40.0
"""A connector that turns back on its street counts as this much longer, per radian beyond a right angle."""
_CANDIDATES = 24


def weld(streets: list[Street], projection: LocalProjection, reach_m: float = 2.0) -> list[Street]:
    """The streets with junctions and street ends that lie within `reach_m` of each other made one vertex.

    What shrinks to a point on the way disappears: pieces shorter than `reach_m` between two junctions.
    """
    number, fixed = vertices(streets)
    starts = np.concatenate([[0], np.cumsum([len(s.lonlat) for s in streets])])
    uses = np.bincount(number)
    uses[number[starts[:-1]]] += 1
    uses[number[starts[1:] - 1]] += 1
    nodes = np.flatnonzero(uses > 1)
    pairs = cKDTree(projection.points(fixed[nodes] / 1e7)).query_pairs(reach_m, output_type="ndarray")
    links = coo_matrix((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(len(nodes),) * 2)
    _, group = connected_components(links, directed=False)
    first = np.full(int(group.max()) + 1, -1)
    first[group[::-1]] = nodes[::-1]
    target = np.arange(len(fixed))
    target[nodes] = first[group]
    lonlat = fixed[target[number]] / 1e7
    whole = [replace(s, lonlat=lonlat[a:b]) for s, a, b in zip(streets, starts, starts[1:], strict=False)]
    return [s for s in whole if np.ptp(s.lonlat, axis=0).max() > 0]


def connect(streets: list[Street], projection: LocalProjection) -> list[Street]:
    """Connectors (source CONNECTOR, one-way) that make the car network strongly connected where they can.

    Works on the directed graph of all vertices. The largest strongly connected part (by length) is the core; every
    part that cannot reach the core, or cannot be reached, gets the cheapest connector within reach: its length plus
    a charge for sharp bends. Never at an inner vertex of a bridge: what passes below is not joined.
    """
    number, fixed = vertices(streets)
    xy = projection.points(fixed / 1e7)
    tail, head = car_arcs(streets, number)
    inner = _inner_bridge(streets, number, len(xy))
    added: list[tuple[int, int]] = []
    for reach in REACHES_M:
        for _ in range(40):
            found = _round(xy, tail, head, inner, reach)
            if not found:
                break
            added += found
            tail = np.concatenate([tail, [a for a, _ in found]]).astype(np.int32)
            head = np.concatenate([head, [b for _, b in found]]).astype(np.int32)
    return [
        Street(fixed[[a, b]] / 1e7, "connector", access=MOTOR, source=CONNECTOR, key=f"connector {a}-{b}")
        for a, b in added
    ]


def car_arcs(streets: list[Street], number: np.ndarray) -> tuple[Int32, Int32]:
    """Directed steps between consecutive vertices that a car may take."""
    tails, heads, at = [], [], 0
    for street in streets:
        chain = number[at : at + len(street.lonlat)]
        at += len(street.lonlat)
        if street.access & CAR == 0:
            continue
        if street.lanes > 0:
            tails.append(chain[:-1])
            heads.append(chain[1:])
        if street.lanes_back > 0:
            tails.append(chain[1:])
            heads.append(chain[:-1])
    return np.concatenate(tails).astype(np.int32), np.concatenate(heads).astype(np.int32)


def _inner_bridge(streets: list[Street], number: np.ndarray, count: int) -> np.ndarray:
    """Mask of the vertices inside bridges (not their ends): no connector may start or end there."""
    inner, at = np.zeros(count, bool), 0
    for street in streets:
        chain = number[at : at + len(street.lonlat)]
        at += len(street.lonlat)
        if street.bridge:
            inner[chain[1:-1]] = True
    return inner


def _round(xy: Float64, tail: Int32, head: Int32, inner: np.ndarray, reach: float) -> list[tuple[int, int]]:
    """Connectors of one round: one for each dead part, and one for each unreachable part."""
    graph = coo_matrix((np.ones(len(tail), np.int8), (tail, head)), shape=(len(xy), len(xy))).tocsr()
    parts, part = connected_components(graph, directed=True, connection="strong")
    length = np.bincount(part[tail], weights=np.hypot(*(xy[head] - xy[tail]).T), minlength=parts)
    core_vertex = int(np.flatnonzero(part == np.argmax(length))[0])
    from_core = np.zeros(len(xy), bool)
    from_core[breadth_first_order(graph, core_vertex, return_predecessors=False)] = True
    to_core = np.zeros(len(xy), bool)
    to_core[breadth_first_order(graph.T.tocsr(), core_vertex, return_predecessors=False)] = True
    used = np.zeros(len(xy), bool)
    used[tail] = used[head] = True
    direction = _directions(xy, tail, head)
    found = []
    for outward, good in ((True, to_core), (False, from_core)):
        bad = used & ~good & ~inner
        ends = _end_parts(part, tail, head, bad, outward=outward)
        starts = np.flatnonzero(bad & np.isin(part, ends))
        targets = np.flatnonzero(used & good & ~inner)
        found += _cheapest(xy, direction, part, starts, targets, reach, outward=outward)
    return found


def _end_parts(part: Int32, tail: Int32, head: Int32, bad: np.ndarray, *, outward: bool) -> np.ndarray:
    """Of the parts in `bad`, those that lead to no other (outward) or that no other leads to."""
    between = part[tail] != part[head]
    leaving = part[tail[between]] if outward else part[head[between]]
    return np.setdiff1d(part[bad], leaving)


def _directions(xy: Float64, tail: Int32, head: Int32) -> tuple[Float64, Float64]:
    """Mean unit vector in which traffic arrives at, and leaves, each vertex; zero where none does."""
    step = xy[head] - xy[tail]
    step = step / np.maximum(np.hypot(*step.T), 1e-9)[:, None]
    both = []
    for end in (head, tail):
        total = np.column_stack([np.bincount(end, weights=step[:, k], minlength=len(xy)) for k in (0, 1)])
        both.append(total / np.maximum(np.hypot(*total.T), 1e-9)[:, None])
    return both[0], both[1]


def _cheapest(
    xy: Float64,
    direction: tuple[Float64, Float64],
    part: Int32,
    starts: np.ndarray,
    targets: np.ndarray,
    reach: float,
    *,
    outward: bool,
) -> list[tuple[int, int]]:
    """For each part of `starts` its cheapest connector to (or, inward, from) one of `targets` within `reach`."""
    if len(starts) == 0 or len(targets) == 0:
        return []
    many = min(_CANDIDATES, len(targets))
    gap, near = cKDTree(xy[targets]).query(xy[starts], k=many, distance_upper_bound=reach)
    gap, near = gap.reshape(len(starts), -1), near.reshape(len(starts), -1)
    row, column = np.nonzero(np.isfinite(gap))
    if len(row) == 0:
        return []
    own, other = starts[row], targets[near[row, column]]
    a, b = (own, other) if outward else (other, own)
    step = (xy[b] - xy[a]) / np.maximum(gap[row, column], 1e-9)[:, None]
    cost = gap[row, column].copy()
    for vector in (direction[0][a], direction[1][b]):
        bend = np.arccos(np.clip((vector * step).sum(axis=1), -1, 1))
        cost += _BEND_M * np.maximum(0, bend - np.pi / 2)
    order = np.lexsort((b, a, cost, part[own]))
    first = np.unique(part[own][order], return_index=True)[1]
    return [(int(a[i]), int(b[i])) for i in order[first]]
