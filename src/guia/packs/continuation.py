"""Join a street that breaks off and goes on straight ahead under the same name.

Connectors that only make everything reachable leave such gaps where there is a way around, however long.
"""

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

from guia.core.place import LocalProjection
from guia.packs.network import CAR, CONNECTOR, MOTOR
from guia.packs.repair import car_arcs
from guia.packs.streets import Street, vertices

_REACH_M = 60.0
_AHEAD = np.cos(np.radians(35))


def continue_streets(streets: list[Street], projection: LocalProjection) -> list[Street]:
    """One-way connectors from where cars reach a street's end to where a street of that name begins straight ahead.

    Within 60 m, both bends below 35 degrees, and only where the way there is now more than three gaps and 30 m long.
    """
    number, fixed = vertices(streets)
    xy = projection.points(fixed / 1e7)
    ends, starts = _ends(streets, number)
    tail, head = car_arcs(streets, number)
    length = np.hypot(*(xy[head] - xy[tail]).T)
    graph = coo_matrix((length, (tail, head)), shape=(len(xy),) * 2).tocsr()
    spots = cKDTree(xy[[v for v, _, _ in starts]])
    made: dict[int, tuple[float, int]] = {}
    for v, before, name in ends:
        for k in spots.query_ball_point(xy[v], _REACH_M):
            w, after, other = starts[k]
            gap = xy[w] - xy[v]
            far = float(np.hypot(*gap))
            if other != name or far < 2.0 or not _straight(xy[v] - xy[before], gap, xy[after] - xy[w]):
                continue
            limit = 3 * far + 30
            if dijkstra(graph, indices=v, limit=limit)[w] > limit and far < made.get(v, (np.inf, 0))[0]:
                made[v] = (far, w)
    return [
        Street(fixed[[v, w]] / 1e7, "connector", access=MOTOR, source=CONNECTOR, key=f"goes on {v}-{w}")
        for v, (_, w) in sorted(made.items())
    ]


def _straight(before: np.ndarray, gap: np.ndarray, after: np.ndarray) -> bool:
    """Whether the gap is straight on from what comes before, and what follows is straight on from the gap."""
    return all(
        float(a @ b) >= _AHEAD * float(np.hypot(*a) * np.hypot(*b)) for a, b in ((before, gap), (gap, after))
    )


def _ends(
    streets: list[Street], number: np.ndarray
) -> tuple[list[tuple[int, int, str]], list[tuple[int, int, str]]]:
    """(vertex, neighbour, name) of each end that cars arrive at, and of each that they leave from."""
    ends, starts, at = [], [], 0
    for street in streets:
        chain = [int(v) for v in number[at : at + len(street.lonlat)]]
        at += len(street.lonlat)
        name = street.names.get("zh") or street.names.get("pt", "")
        if not street.access & CAR or not name or chain[0] == chain[-1]:
            continue
        for lanes, way in ((street.lanes, chain), (street.lanes_back, chain[::-1])):
            if lanes:
                ends.append((way[-1], way[-2], name))
                starts.append((way[0], way[1], name))
    return ends, starts
