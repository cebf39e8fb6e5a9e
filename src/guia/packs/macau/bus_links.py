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
from guia.packs.macau.pieces import Cuts, Pieces, attached, gap_to, pieces_of, with_cuts
from guia.packs.network import FROM_DSAT, JOINED, MOTOR
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


def join_bus_links(streets: list[Street], facts: Path, projection: LocalProjection) -> Joined:
    """The streets joined with the bus links of `transport/dsat-bus-gis.json`."""
    links = _links(facts, projection)
    pieces = pieces_of(streets, projection)
    spots = [_samples(xy) for xy in links]
    points = np.concatenate([p for p, _ in spots])
    ways = np.concatenate([w for _, w in spots])
    near, along, best = _match(pieces, points, ways)
    owner = np.repeat(np.arange(len(links)), [len(p) for p, _ in spots])
    runs = _runs(points, owner, near, along, links)
    cuts: Cuts = {}
    added = [_street(run, pieces, cuts, projection) for run in runs]
    used = np.unique(pieces.street[best[along]])
    whole = with_cuts(streets, cuts, projection)
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


def _samples(xy: Float64) -> tuple[Float64, Float64]:
    """Points every few metres along a link, both ends among them, and unit directions."""
    run = np.concatenate([[0.0], np.cumsum(step_lengths_m(xy))])
    at = np.linspace(0, run[-1], max(2, int(np.ceil(run[-1] / _STEP_M)) + 1))
    points = np.column_stack([np.interp(at, run, xy[:, k]) for k in (0, 1)])
    piece = np.clip(np.searchsorted(run, at, side="right") - 1, 0, len(xy) - 2)
    step = np.diff(xy, axis=0)[piece]
    return points, step / np.hypot(*step.T)[:, None]


def _match(pieces: Pieces, points: Float64, ways: Float64) -> tuple[np.ndarray, np.ndarray, Int32]:
    """Per sample: is a parallel street near, does it run that way, and the nearest piece that does (or 0)."""
    row, piece = pieces.tree.query(shapely.points(points), predicate="dwithin", distance=_NEAR_M)
    turn = (ways[row] * pieces.way[piece]).sum(axis=1)
    near = np.zeros(len(points), bool)
    near[row[np.abs(turn) >= _ALIGNED]] = True
    good = (turn >= _ALIGNED) | ((turn <= -_ALIGNED) & pieces.two_way[piece])
    row, piece = row[good], piece[good]
    gap = gap_to(pieces, piece, points[row])[0]
    order = np.lexsort((piece, gap, row))
    first = np.unique(row[order], return_index=True)[1]
    along = np.zeros(len(points), bool)
    best = np.zeros(len(points), np.int32)
    along[row[order][first]] = True
    best[row[order][first]] = piece[order][first]
    return near, along, best


def _runs(
    points: Float64, owner: Int32, near: np.ndarray, along: np.ndarray, links: list[Float64]
) -> list[Float64]:
    """Stretches of links that lead over no street: the samples, with the last one before and the first one after.

    A stretch goes on past streets that run against it until one runs along.
    """
    found = []
    for k in range(len(links)):
        rows = np.flatnonzero(owner == k)
        edges = np.flatnonzero(np.diff(np.concatenate([[False], ~along[rows], [False]]).astype(int)))
        for a, b in zip(edges[::2], edges[1::2], strict=True):
            run = points[rows[max(a - 1, 0) : min(b, len(rows) - 1) + 1]]
            long = step_lengths_m(run).sum() >= _LEAST_RUN_M or a == 0 or b == len(rows)
            if long and not near[rows[a:b]].all():
                found.append(run)
    return found


def _street(run: Float64, pieces: Pieces, cuts: Cuts, projection: LocalProjection) -> Street | None:
    """The run as a one-way street whose ends lie on the nearest streets (noted in `cuts`) where any is near."""
    xy = run.copy()
    for end, beside in ((0, 1), (-1, -2)):
        way = (xy[beside] - xy[end]) * (1 if end == 0 else -1)
        place = attached(xy[end], pieces, cuts, _ATTACH_M, way)
        if place is not None:
            xy[end] = place
    xy = xy[np.concatenate([[True], step_lengths_m(xy) > 0.5])]
    if len(xy) < 2:
        return None
    lonlat = np.round(np.column_stack(projection.to_lonlat(*xy.T)), 7)
    return Street(lonlat, "unclassified", access=MOTOR, source=FROM_DSAT, key="dsat")
