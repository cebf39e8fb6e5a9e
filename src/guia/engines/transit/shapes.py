"""Lines that vehicles follow: where stops lie along them, and where a vehicle is after so many metres."""

from dataclasses import dataclass

import numpy as np

from guia.core.columns import Float64, Int32


@dataclass(frozen=True, slots=True)
class Lines:
    """Polylines in metres as CSR: line i has points xy[first[i] : first[i+1]]; `run_m` is the way from its start."""

    first: Int32
    xy: Float64
    run_m: Float64

    def length_m(self) -> Float64:
        """Length of each line."""
        return self.run_m[self.first[1:] - 1]


def lines(xy: Float64, first: Int32) -> Lines:
    """Lines of (P,2) points in metres."""
    steps = np.hypot(*np.diff(xy, axis=0, prepend=xy[:1]).T)
    steps[first[:-1]] = 0.0
    total = np.cumsum(steps)
    return Lines(first, xy, total - np.repeat(total[first[:-1]], np.diff(first)))


def along(all_lines: Lines, line: Int32, offset_m: Float64) -> tuple[Float64, Float64, Float64]:
    """x, y and compass bearing of the places `offset_m` along the lines `line`, clamped to their ends."""
    lift = 1e8
    key = all_lines.run_m + np.repeat(np.arange(len(all_lines.first) - 1) * lift, np.diff(all_lines.first))
    start, last = all_lines.first[line], all_lines.first[line + 1] - 2
    point = np.clip(np.searchsorted(key, line * lift + offset_m, "right") - 1, start, last)
    a, b = all_lines.xy[point], all_lines.xy[point + 1]
    gap = all_lines.run_m[point + 1] - all_lines.run_m[point]
    share = np.clip((offset_m - all_lines.run_m[point]) / np.maximum(gap, 1e-9), 0.0, 1.0)[:, None]
    x, y = (a + share * (b - a)).T
    dx, dy = (b - a).T
    return x, y, np.degrees(np.arctan2(dx, dy)) % 360


def stops_along(line: Float64, stops: Float64) -> Float64:
    """Offsets in metres of stops (S,2) along one line (P,2), never decreasing, closest in the sum of squares.

    Dynamic programming over the pieces of the line, so that a loop which passes a stop twice is followed in order.
    """
    a, d = line[:-1], np.diff(line, axis=0)
    size = np.hypot(*d.T)
    run = np.concatenate([[0.0], np.cumsum(size)[:-1]])
    towards = ((stops[:, None] - a) * d).sum(axis=2) / np.maximum(size**2, 1e-12)
    share = np.clip(towards, 0.0, 1.0)
    gap2 = ((stops[:, None] - a - share[..., None] * d) ** 2).sum(axis=2)
    cost, came = gap2[0], []
    for row in gap2[1:]:
        best = np.minimum.accumulate(cost)
        came.append(np.maximum.accumulate(np.where(cost <= best, np.arange(len(cost)), 0)))
        cost = best + row
    piece = [int(np.argmin(cost))]
    for back in reversed(came):
        piece.append(int(back[piece[-1]]))
    chosen = np.array(piece[::-1])
    rows = np.arange(len(stops))
    return np.asarray(np.maximum.accumulate(run[chosen] + share[rows, chosen] * size[chosen]))
