"""Straight pieces of streets with an index: to find what lies on a street, and to hang new roads onto it."""

from dataclasses import dataclass, replace

import numpy as np
import shapely

from guia.core.columns import Float64, Int32
from guia.core.place import LocalProjection
from guia.packs.network import CAR
from guia.packs.streets import Street

Cuts = dict[tuple[int, int], list[Float64]]
"""New vertices in metres by (street, piece of it)."""
_VERTEX_M = 6.0
"""A place this near to a vertex is that vertex."""


@dataclass(frozen=True, slots=True)
class Pieces:
    """Straight pieces of all streets that cars use, with an index."""

    street: Int32
    number: Int32
    start: Float64
    way: Float64
    length: Float64
    two_way: np.ndarray
    tree: shapely.STRtree


def pieces_of(streets: list[Street], projection: LocalProjection) -> Pieces:
    """The pieces of all streets open to cars."""
    owner, number, start, step, both = [], [], [], [], []
    for k, street in enumerate(streets):
        if street.access & CAR:
            xy = projection.points(street.lonlat)
            owner.append(np.full(len(xy) - 1, k))
            number.append(np.arange(len(xy) - 1))
            start.append(xy[:-1])
            step.append(np.diff(xy, axis=0))
            both.append(np.full(len(xy) - 1, street.lanes_back > 0))
    first, delta = np.concatenate(start), np.concatenate(step)
    length = np.maximum(np.hypot(*delta.T), 1e-9)
    lines = shapely.linestrings(np.stack([first, first + delta], axis=1))
    return Pieces(
        np.concatenate(owner).astype(np.int32),
        np.concatenate(number).astype(np.int32),
        first,
        delta / length[:, None],
        length,
        np.concatenate(both),
        shapely.STRtree(lines),
    )


def gap_to(pieces: Pieces, piece: Int32, points: Float64) -> tuple[Float64, Float64]:
    """Distance of points from pieces, and how far along each piece the nearest place is, in metres."""
    out = points - pieces.start[piece]
    t = np.clip((out * pieces.way[piece]).sum(axis=1), 0, pieces.length[piece])
    return np.hypot(*(out - t[:, None] * pieces.way[piece]).T), t


def attached(
    point: Float64, pieces: Pieces, cuts: Cuts, reach_m: float, way: Float64 | None = None
) -> Float64 | None:
    """The nearest place on a street within reach: one of its vertices if that is as good, else a new one.

    Streets that run the given `way` (within 60 degrees) come first; any other serves where there is none.
    """
    spot = shapely.points(point)
    near = pieces.tree.query(spot, predicate="dwithin", distance=reach_m)
    if len(near) == 0:
        return None
    if way is not None:
        turn = pieces.way[near] @ way / max(float(np.hypot(*way)), 1e-9)
        fit = np.where(pieces.two_way[near], np.abs(turn), turn) >= 0.5
        near = near[fit] if fit.any() else near
    gap, t = gap_to(pieces, near, point[None, :])
    k = int(np.lexsort((near, gap))[0])
    piece, at = int(near[k]), float(t[k])
    if at < _VERTEX_M:
        return pieces.start[piece]
    if pieces.length[piece] - at < _VERTEX_M:
        return pieces.start[piece] + pieces.length[piece] * pieces.way[piece]
    place = pieces.start[piece] + at * pieces.way[piece]
    cuts.setdefault((int(pieces.street[piece]), int(pieces.number[piece])), []).append(place)
    return place


def with_cuts(streets: list[Street], cuts: Cuts, projection: LocalProjection) -> list[Street]:
    """The streets with a vertex at every cut, at equal coordinates (1e-7 degrees)."""
    whole = list(streets)
    by_street: dict[int, list[tuple[int, list[Float64]]]] = {}
    for (street, number), places in sorted(cuts.items(), key=lambda c: c[0]):
        by_street.setdefault(street, []).append((number, places))
    for street, changes in by_street.items():
        lonlat = whole[street].lonlat
        for number, places in sorted(changes, key=lambda c: -c[0]):
            start = projection.points(lonlat[number])[0]
            order = sorted(places, key=lambda p: float(np.hypot(*(p - start))))
            new = np.round(np.column_stack(projection.to_lonlat(*np.array(order).T)), 7)
            lonlat = np.insert(lonlat, number + 1, new, axis=0)
        whole[street] = replace(whole[street], lonlat=lonlat)
    return whole
