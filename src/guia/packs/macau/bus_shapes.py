"""Unnamed streets that the bus routes' shapes reveal.

The shapes of the bus routes were drawn along OpenStreetMap: their vertices are those of its streets. Where a shape runs
on no named street it runs on an unnamed one: slip roads, turning lanes, terminals, missing from the named streets and
there with geometry and direction. Where a shape runs against a one-way street, that way is opened to buses alone.
"""

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import shapely
from scipy.spatial import cKDTree

from guia.core.columns import Float64
from guia.core.place import LocalProjection
from guia.packs.macau.pieces import Cuts, Pieces, attached, gap_to, pieces_of, with_cuts
from guia.packs.network import BUS, EVERYBODY
from guia.packs.streets import Street

_SAME_M = 1.5
_ALIGNED = 0.9
_ON_M = 0.5
"""A step runs against a street only where both its ends lie on it: beside it may run a lane of its own."""
_ATTACH_M = 4.0


def with_unnamed_streets(streets: list[Street], facts: Path, projection: LocalProjection) -> list[Street]:
    """The streets, with vertices added where unnamed ones leave them, and the unnamed ones, one-way each."""
    spots, edges = _edges(streets, facts, projection)
    pieces = pieces_of(streets, projection)
    along, against = _on_street(pieces, spots, edges)
    cuts: Cuts = {}
    added = []
    for wanted, access, key in (
        (~along & ~against, EVERYBODY, "unnamed"),
        (against & ~along, BUS, "bus lane"),
    ):
        for chain in chains([edge for edge, wants in zip(edges, wanted, strict=True) if wants]):
            xy = spots[chain].copy()
            for end in (0, -1):
                place = attached(xy[end], pieces, cuts, _ATTACH_M)
                if place is not None:
                    xy[end] = place
            lonlat = np.round(np.column_stack(projection.to_lonlat(*xy.T)), 7)
            added.append(Street(lonlat, "unclassified", access=access, key=key))
    return [*with_cuts(streets, cuts, projection), *added]


def _edges(
    streets: list[Street], facts: Path, projection: LocalProjection
) -> tuple[Float64, list[tuple[int, int]]]:
    """Vertices of all shapes in metres, those of streets in their place, and the directed steps between them."""
    routes = json.loads((facts / "mini-macau" / "bus-routes.json").read_text(encoding="utf-8"))
    lines = [np.round(np.array(r["geometry"]["geometry"]["coordinates"], float), 6) for r in routes]
    lonlat, number = np.unique(np.concatenate(lines), axis=0, return_inverse=True)
    spots = projection.points(lonlat)
    known = projection.points(np.concatenate([s.lonlat for s in streets]))
    gap, nearest = cKDTree(known).query(spots)
    spots[gap <= _SAME_M] = known[nearest[gap <= _SAME_M]]
    starts = np.concatenate([[0], np.cumsum([len(x) for x in lines])])
    found = {
        (int(a), int(b))
        for low, high in pairwise(starts)
        for a, b in zip(number[low : high - 1], number[low + 1 : high], strict=True)
        if np.hypot(*(spots[a] - spots[b])) > 0.05
    }
    return spots, sorted(found)


def _on_street(pieces: Pieces, spots: Float64, edges: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    """Whether each step lies on a street that runs its way, and on one that runs against it."""
    start, end = spots[[a for a, _ in edges]], spots[[b for _, b in edges]]
    way = (end - start) / np.hypot(*(end - start).T)[:, None]
    row, piece = pieces.tree.query(shapely.points((start + end) / 2), predicate="dwithin", distance=_SAME_M)
    turn = (way[row] * pieces.way[piece]).sum(axis=1)
    along, against = np.zeros(len(edges), bool), np.zeros(len(edges), bool)
    along[row[(turn >= _ALIGNED) | ((turn <= -_ALIGNED) & pieces.two_way[piece])]] = True
    whole = np.maximum(gap_to(pieces, piece, start[row])[0], gap_to(pieces, piece, end[row])[0]) <= _ON_M
    against[row[(turn <= -_ALIGNED) & whole]] = True
    return along, against


def chains(edges: list[tuple[int, int]]) -> list[list[int]]:
    """Directed steps strung together: each chain ends where the way forks, joins or stops."""
    after: dict[int, list[int]] = {}
    into: dict[int, int] = {}
    for a, b in edges:
        after.setdefault(a, []).append(b)
        into[b] = into.get(b, 0) + 1
    plain = {v for v, out in after.items() if len(out) == 1 and into.get(v, 0) == 1}
    left = set(edges)
    found = []
    for a, b in sorted(edges, key=lambda e: (e[0] in plain, e)):
        if (a, b) not in left:
            continue
        left.discard((a, b))
        chain = [a, b]
        while chain[-1] in plain and (chain[-1], after[chain[-1]][0]) in left:
            step = after[chain[-1]][0]
            left.discard((chain[-1], step))
            chain.append(step)
        found.append(chain)
    return found
