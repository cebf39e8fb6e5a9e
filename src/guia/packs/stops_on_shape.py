"""Where the stops of a trip lie along its shape: the sequence of offsets that never goes back."""

import numpy as np

from guia.core.columns import Float64
from guia.core.place import step_lengths_m

_REACH_M = 80.0
_CANDIDATES = 12


def stop_offsets(shape: Float64, stops: Float64) -> tuple[Float64, Float64]:
    """Offset along the shape and distance from it of each stop, metres; `shape` (P,2) and `stops` (n,2) in metres.

    Of all non-decreasing sequences of nearby places it takes the one with the least sum of squared distances
    (dynamic programming, as Viterbi 1967). A loop's last stop so falls on its end although it is also its start.
    """
    steps = step_lengths_m(shape)
    run = np.concatenate([[0.0], np.cumsum(steps)])
    offsets, gaps = zip(*(_candidates(shape, steps, run, stop) for stop in stops), strict=True)
    cost = gaps[0] ** 2
    back: list[np.ndarray] = []
    for k in range(1, len(stops)):
        ahead = offsets[k][:, None] > offsets[k - 1][None, :] + 1.0
        ways = np.where(ahead, cost[None, :], np.inf)
        best = ways.argmin(axis=1)
        reached = ways[np.arange(len(best)), best]
        penalty = np.where(np.isfinite(reached), reached, cost.min() + 4 * _REACH_M**2)
        cost = penalty + gaps[k] ** 2
        back.append(best)
    chosen = [int(cost.argmin())]
    for best in reversed(back):
        chosen.append(int(best[chosen[-1]]))
    chosen.reverse()
    found = np.array([offsets[k][c] for k, c in enumerate(chosen)])
    far = np.array([gaps[k][c] for k, c in enumerate(chosen)])
    return np.maximum.accumulate(found), far


def _candidates(shape: Float64, steps: Float64, run: Float64, stop: Float64) -> tuple[Float64, Float64]:
    """Offsets and distances of the places on the shape that are locally nearest to a stop, nearest dozen."""
    a, d = shape[:-1], np.diff(shape, axis=0)
    t = np.clip(((stop - a) * d).sum(axis=1) / np.maximum((d**2).sum(axis=1), 1e-9), 0, 1)
    gap = np.hypot(*(a + t[:, None] * d - stop).T)
    left = np.concatenate([[np.inf], gap[:-1]])
    right = np.concatenate([gap[1:], [np.inf]])
    local = np.flatnonzero((gap <= left) & (gap <= right) & (gap <= max(_REACH_M, gap.min() + 1)))
    local = local[np.argsort(gap[local], kind="stable")][:_CANDIDATES]
    return run[local] + t[local] * steps[local], gap[local]


def cut(shape: Float64, start_m: float, end_m: float) -> Float64:
    """The part of a (P,2) polyline between two offsets, ends included."""
    run = np.concatenate([[0.0], np.cumsum(step_lengths_m(shape))])
    inner = (run > start_m + 0.01) & (run < end_m - 0.01)
    ends = np.array([start_m, end_m])
    first, last = np.column_stack([np.interp(ends, run, shape[:, k]) for k in (0, 1)])
    return np.vstack([first, shape[inner], last])
