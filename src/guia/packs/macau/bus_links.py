"""Join the Transport Bureau's directed bus links with the named streets.

The links are the official bus network: directed and connected, but drawn about 310 m west and 70 m north of the
streets. After the shift most of them lie on a named street; what does not is a road that the streets lack (slip roads,
terminals), and is added with its direction. Streets on which links run are marked as joined: two sources agree.
"""

import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import shapely

from guia.core.columns import Float64, Int32
from guia.core.place import LocalProjection, step_lengths_m
from guia.packs.network import CAR, FROM_DSAT, JOINED, MOTOR
from guia.packs.streets import Street

SHIFT_M = (310.0, -70.0)
"""East and north: measured against the streets (median distance 35 m before, 3 m after)."""
_STEP_M = 6.0
_NEAR_M = 13.0
_ATTACH_M = 25.0
_ALIGNED = np.cos(np.radians(40))
_LEAST_RUN_M = 18.0


@dataclass(frozen=True, slots=True)
class Joined:
    """What the joining made."""

    streets: list[Street]
    """The streets with vertices added where links leave them, those with links marked JOINED, then the new ones."""
    matched_share: float
    """Share of the links' length that lies on a street running that way."""
    against_share: float
    """Share that lies on a street that runs only the other way."""
    added_m: float
    """Length of the links that no street had."""


@dataclass(frozen=True, slots=True)
class _Pieces:
    """Straight pieces of all streets that cars use, with an index."""

    street: Int32
    number: Int32
    start: Float64
    way: Float64
    length: Float64
    two_way: np.ndarray
    tree: shapely.STRtree


def join_bus_links(streets: list[Street], facts: Path, projection: LocalProjection) -> Joined:
    """The streets joined with the bus links of `transport/dsat-bus-gis.json`."""
    links = _links(facts, projection)
    pieces = _pieces(streets, projection)
    spots = [_samples(xy) for xy in links]
    points = np.concatenate([p for p, _ in spots])
    ways = np.concatenate([w for _, w in spots])
    near, along, best = _match(pieces, points, ways)
    owner = np.repeat(np.arange(len(links)), [len(p) for p, _ in spots])
    runs = _runs(points, owner, near, links)
    cuts: dict[tuple[int, int], list[Float64]] = {}
    added = [_street(run, pieces, cuts, projection) for run in runs]
    used = np.unique(pieces.street[best[along]])
    whole = _with_cuts(streets, cuts, projection)
    for k in used:
        whole[k] = replace(whole[k], source=JOINED)
    return Joined(
        [*whole, *(s for s in added if s is not None)],
        float(along.mean()),
        float((near & ~along).mean()),
        float(sum(step_lengths_m(r).sum() for r in runs)),
    )


def _links(facts: Path, projection: LocalProjection) -> list[Float64]:
    """The links in metres, shifted, without repeated points."""
    rows = json.loads((facts / "transport" / "dsat-bus-gis.json").read_text(encoding="utf-8"))["routes"]
    found = []
    for row in rows:
        lonlat = np.round(np.array(row["geometry"]["coordinates"], float), 5)
        xy = projection.points(lonlat) + np.array(SHIFT_M)
        xy = xy[np.concatenate([[True], step_lengths_m(xy) > 0.5])]
        if len(xy) >= 2:
            found.append(xy)
    return found


def _pieces(streets: list[Street], projection: LocalProjection) -> _Pieces:
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
    return _Pieces(
        np.concatenate(owner).astype(np.int32),
        np.concatenate(number).astype(np.int32),
        first,
        delta / length[:, None],
        length,
        np.concatenate(both),
        shapely.STRtree(lines),
    )


def _samples(xy: Float64) -> tuple[Float64, Float64]:
    """Points every few metres along a link, both ends among them, and unit directions."""
    run = np.concatenate([[0.0], np.cumsum(step_lengths_m(xy))])
    at = np.linspace(0, run[-1], max(2, int(np.ceil(run[-1] / _STEP_M)) + 1))
    points = np.column_stack([np.interp(at, run, xy[:, k]) for k in (0, 1)])
    piece = np.clip(np.searchsorted(run, at, side="right") - 1, 0, len(xy) - 2)
    step = np.diff(xy, axis=0)[piece]
    return points, step / np.hypot(*step.T)[:, None]


def _match(pieces: _Pieces, points: Float64, ways: Float64) -> tuple[np.ndarray, np.ndarray, Int32]:
    """Per sample: is a parallel street near, does it run that way, and the nearest piece that does (or 0)."""
    row, piece = pieces.tree.query(shapely.points(points), predicate="dwithin", distance=_NEAR_M)
    turn = (ways[row] * pieces.way[piece]).sum(axis=1)
    near = np.zeros(len(points), bool)
    near[row[np.abs(turn) >= _ALIGNED]] = True
    good = (turn >= _ALIGNED) | ((turn <= -_ALIGNED) & pieces.two_way[piece])
    row, piece = row[good], piece[good]
    gap = _gap(pieces, piece, points[row])[0]
    order = np.lexsort((piece, gap, row))
    first = np.unique(row[order], return_index=True)[1]
    along = np.zeros(len(points), bool)
    best = np.zeros(len(points), np.int32)
    along[row[order][first]] = True
    best[row[order][first]] = piece[order][first]
    return near, along, best


def _gap(pieces: _Pieces, piece: Int32, points: Float64) -> tuple[Float64, Float64]:
    """Distance of points from pieces, and how far along each piece the nearest place is, in metres."""
    out = points - pieces.start[piece]
    t = np.clip((out * pieces.way[piece]).sum(axis=1), 0, pieces.length[piece])
    return np.hypot(*(out - t[:, None] * pieces.way[piece]).T), t


def _runs(points: Float64, owner: Int32, near: np.ndarray, links: list[Float64]) -> list[Float64]:
    """Stretches of links that lie on no street: the samples, with the last one before and the first one after."""
    found = []
    for k in range(len(links)):
        rows = np.flatnonzero(owner == k)
        off = ~near[rows]
        edges = np.flatnonzero(np.diff(np.concatenate([[False], off, [False]]).astype(int)))
        for a, b in zip(edges[::2], edges[1::2], strict=True):
            low, high = max(a - 1, 0), min(b, len(rows) - 1)
            run = points[rows[low : high + 1]]
            if step_lengths_m(run).sum() >= _LEAST_RUN_M or a == 0 or b == len(rows):
                found.append(run)
    return found


def _street(
    run: Float64, pieces: _Pieces, cuts: dict[tuple[int, int], list[Float64]], projection: LocalProjection
) -> Street | None:
    """The run as a one-way street whose ends lie on the nearest streets (noted in `cuts`) where any is near."""
    xy = run.copy()
    for end in (0, -1):
        place = _attached(xy[end], pieces, cuts)
        if place is not None:
            xy[end] = place
    xy = xy[np.concatenate([[True], step_lengths_m(xy) > 0.5])]
    if len(xy) < 2:
        return None
    lonlat = np.round(np.column_stack(projection.to_lonlat(*xy.T)), 7)
    return Street(lonlat, "unclassified", access=MOTOR, source=FROM_DSAT, key="dsat")


def _attached(point: Float64, pieces: _Pieces, cuts: dict[tuple[int, int], list[Float64]]) -> Float64 | None:
    """The nearest place on a street within reach: one of its vertices if that is as good, else a new one."""
    spot = shapely.points(point)
    near = pieces.tree.query(spot, predicate="dwithin", distance=_ATTACH_M)
    if len(near) == 0:
        return None
    gap, t = _gap(pieces, near, point[None, :])
    k = int(np.lexsort((near, gap))[0])
    piece, at = int(near[k]), float(t[k])
    if at < 6.0:
        return pieces.start[piece]
    if pieces.length[piece] - at < 6.0:
        return pieces.start[piece] + pieces.length[piece] * pieces.way[piece]
    place = pieces.start[piece] + at * pieces.way[piece]
    cuts.setdefault((int(pieces.street[piece]), int(pieces.number[piece])), []).append(place)
    return place


def _with_cuts(
    streets: list[Street], cuts: dict[tuple[int, int], list[Float64]], projection: LocalProjection
) -> list[Street]:
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
