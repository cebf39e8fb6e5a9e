"""Where the stops of a trip lie along its shape: the sequence of offsets that never goes back."""

import numpy as np

from guia.core.columns import Float64
from guia.core.place import step_lengths_m

_REACH_M = 150.0
"""Beyond this a place on the shape is no candidate; its square is the price of passing a stop over."""
_CANDIDATES = 12


def stop_offsets(shape: Float64, stops: Float64) -> tuple[Float64, Float64]:
    """Offset along the shape and distance from it of each stop, metres; `shape` (P,2) and `stops` (n,2) in metres.

    Of all increasing sequences of nearby places it takes the one with the least sum of squared distances (dynamic
    programming, as Viterbi 1967); a stop may be passed over at a price, and then lies between its neighbours. A
    loop's last stop so falls on its end although it is also its start.
    """
    steps = step_lengths_m(shape)
    run = np.concatenate([[0.0], np.cumsum(steps)])
    offsets, gaps = zip(*(_candidates(shape, steps, run, stop) for stop in stops), strict=True)
    chosen = _best_sequence(offsets, gaps)
    held = sorted(chosen)
    known = np.array([offsets[k][chosen[k]] for k in held])
    found = np.interp(np.arange(len(stops)), held, known)
    far = np.array([gaps[k][chosen[k]] if k in chosen else gaps[k].min() for k in range(len(stops))])
    return found, far


def _best_sequence(offsets: tuple[Float64, ...], gaps: tuple[Float64, ...]) -> dict[int, int]:
    """Chosen candidate of each stop that is not passed over."""
    n, price = len(offsets), _REACH_M**2
    owner = np.repeat(np.arange(n), [len(o) for o in offsets])
    number = np.concatenate([np.arange(len(o)) for o in offsets])
    place, gap = np.concatenate(offsets), np.concatenate(gaps)
    cost = gap**2 + price * owner
    back = np.full(len(place), -1)
    for i in range(len(place)):
        before = np.flatnonzero((owner < owner[i]) & (place < place[i] - 1.0))
        if len(before):
            ways = cost[before] + price * (owner[i] - owner[before] - 1) + gap[i] ** 2
            best = int(ways.argmin())
            if ways[best] < cost[i]:
                cost[i], back[i] = ways[best], before[best]
    at = int((cost + price * (n - 1 - owner)).argmin())
    chosen = {}
    while at >= 0:
        chosen[int(owner[at])] = int(number[at])
        at = int(back[at])
    return chosen


def _candidates(shape: Float64, steps: Float64, run: Float64, stop: Float64) -> tuple[Float64, Float64]:
    """Offsets and distances of the places on the shape that are locally nearest to a stop, at most a dozen."""
    a, d = shape[:-1], np.diff(shape, axis=0)
    t = np.clip(((stop - a) * d).sum(axis=1) / np.maximum((d**2).sum(axis=1), 1e-9), 0, 1)
    gap = np.hypot(*(a + t[:, None] * d - stop).T)
    left = np.concatenate([[np.inf], gap[:-1]])
    right = np.concatenate([gap[1:], [np.inf]])
    local = np.flatnonzero((gap <= left) & (gap <= right) & (gap <= _REACH_M))
    if len(local) == 0:
        local = np.array([gap.argmin()])
    local = local[np.argsort(gap[local], kind="stable")][:_CANDIDATES]
    return run[local] + t[local] * steps[local], gap[local]


def cut(shape: Float64, start_m: float, end_m: float) -> Float64:
    """The part of a (P,2) polyline between two offsets, ends included."""
    run = np.concatenate([[0.0], np.cumsum(step_lengths_m(shape))])
    inner = (run > start_m + 0.01) & (run < end_m - 0.01)
    ends = np.array([start_m, end_m])
    first, last = np.column_stack([np.interp(ends, run, shape[:, k]) for k in (0, 1)])
    return np.vstack([first, shape[inner], last])
