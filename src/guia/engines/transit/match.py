"""Which trip a vehicle runs, how far it has come, and how late it is."""

from dataclasses import dataclass

import numpy as np

from guia.core.columns import Float64, Int32
from guia.engines.transit.positions import seconds_at
from guia.engines.transit.shapes import Lines
from guia.engines.transit.timetable import Timetable

REACH_M = 80.0
SECONDS_PER_METRE = 2.0
"""How many seconds of lateness a metre beside the line weighs when several places or trips are possible."""
EARLY_WEIGHT = 2.0
"""A second early weighs as much as so many late: vehicles are held up by anything, but wait for their time."""


@dataclass(frozen=True, slots=True)
class Matched:
    """One row per vehicle; trip -1 and NaN where nothing fits."""

    trip: Int32
    """Row in the timetable."""
    offset_m: Float64
    delay_s: Float64
    """Positive is late."""


def match(
    timetable: Timetable, lines: Lines, xy: Float64, second: Float64, vehicle: Int32, trip: Int32
) -> Matched:
    """The most plausible trip of each of V vehicles, at `xy` (V,2) at `second` (V).

    `vehicle` and `trip` are pairs to choose from: what a vehicle may be running. It is matched to the pair and
    the place along the line that cost least: seconds from the timetable (early ones weigh more), and metres from the
    line.
    """
    pair, offset, beside = _places(lines, timetable.shape[trip], xy[vehicle])
    due = seconds_at(timetable, trip[pair], offset)
    late = second[vehicle[pair]] - due
    cost = np.where(late < 0, -EARLY_WEIGHT * late, late) + SECONDS_PER_METRE * beside
    order = np.lexsort((trip[pair], cost, vehicle[pair]))
    found, first = np.unique(vehicle[pair][order], return_index=True)
    best = order[first]
    n = len(xy)
    out = Matched(np.full(n, -1, np.int32), np.full(n, np.nan), np.full(n, np.nan))
    out.trip[found], out.offset_m[found], out.delay_s[found] = trip[pair][best], offset[best], late[best]
    return out


def _places(lines: Lines, line: Int32, xy: Float64) -> tuple[Int32, Float64, Float64]:
    """All pieces of each point's line within reach: row of the point, offset along the line, metres beside it."""
    counts = lines.first[line + 1] - lines.first[line] - 1
    row = np.repeat(np.arange(len(line), dtype=np.int32), counts)
    point = np.arange(len(row)) + np.repeat(lines.first[line] - (np.cumsum(counts) - counts), counts)
    a = lines.xy[point]
    d = lines.xy[point + 1] - a
    size = lines.run_m[point + 1] - lines.run_m[point]
    share = np.clip(((xy[row] - a) * d).sum(axis=1) / np.maximum(size**2, 1e-12), 0.0, 1.0)
    gap = np.hypot(*(a + share[:, None] * d - xy[row]).T)
    near = gap <= REACH_M
    return row[near], (lines.run_m[point] + share * size)[near], gap[near]
