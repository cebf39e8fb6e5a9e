"""Profile drift: the usual value at the target time plus what is left, by then, of the present deviation.

How much is left, and how wrong that proves, is learned from its own past forecasts, horizon by horizon: the share by
recursive least squares through the origin, the interval by following the quantiles of the errors (the step of adaptive
conformal inference, Gibbs and Candès 2021), apart for each class of present state.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from guia.core.columns import Float64, UInt8
from guia.engines.graph.successors import Mask

LOW, HIGH = 0.1, 0.9


@dataclass(frozen=True, slots=True)
class Drift:
    """What was learned, for H horizons and C classes, and the last H forecasts of n series to learn from."""

    product: Float64
    """(H) mean of deviation then times deviation now."""
    square: Float64
    """(H) mean of the squared deviation then; `product / square` is the share that is left."""
    low: Float64
    """(H,C) 0.1-quantile of the errors (truth minus median)."""
    high: Float64
    """(H,C) 0.9-quantile."""
    issued: NDArray[np.int64]
    """(H) number of the issue kept in each place of the ring; -1 none."""
    median: NDArray[np.float16]
    """(H,H,n) by place in the ring and horizon."""
    deviation: NDArray[np.float16]
    """(H,n) deviation at issue."""
    kind: UInt8
    """(H,n) class at issue."""


def start(horizons: int, kinds: int, n: int, half_life: float, spread: float) -> Drift:
    """Before anything was learned: deviations halve in `half_life` steps, errors lie within about `spread`."""
    steps = np.arange(1, horizons + 1)
    share = 0.5 ** (steps / half_life)
    wide = np.outer(np.sqrt(1 - share**2), np.full(kinds, spread))
    return Drift(
        product=share * spread**2,
        square=np.full(horizons, spread**2),
        low=-wide,
        high=wide.copy(),
        issued=np.full(horizons, -1, np.int64),
        median=np.zeros((horizons, horizons, n), np.float16),
        deviation=np.zeros((horizons, n), np.float16),
        kind=np.zeros((horizons, n), np.uint8),
    )


def forecast(
    drift: Drift, usual: Float64, deviation: Float64, kind: UInt8, variance: Float64
) -> tuple[Float64, Float64, Float64]:
    """Low, median and high (H,n): `usual` (H,n) at the targets, `deviation` and class `kind` (n) now.

    `variance` (n) is the uncertainty of the present deviation, beyond that of a well measured one.
    """
    share = np.clip(drift.product / drift.square, 0.0, 1.0)[:, None]
    median = usual + share * deviation
    extra = (1.2816 * share) ** 2 * variance
    return (
        median - np.sqrt(drift.low[:, kind] ** 2 + extra),
        median,
        median + np.sqrt(drift.high[:, kind] ** 2 + extra),
    )


def remember(drift: Drift, issue: int, median: Float64, deviation: Float64, kind: UInt8) -> Drift:
    """Keep issue number `issue` (one per step of the horizons) to learn from when its targets come."""
    place = issue % len(drift.issued)
    medians, deviations = drift.median.copy(), drift.deviation.copy()
    kinds, issued = drift.kind.copy(), drift.issued.copy()
    medians[place], deviations[place], kinds[place], issued[place] = median, deviation, kind, issue
    return replace(drift, median=medians, deviation=deviations, kind=kinds, issued=issued)


def learn(
    drift: Drift, issue: int, truth: Float64, usual: Float64, measured: Mask, rate: float = 0.05
) -> Drift:
    """Learn from every kept forecast whose target is now: `truth` and `usual` (n) where `measured`."""
    if not measured.any():
        return drift
    product, square, low, high = (a.copy() for a in (drift.product, drift.square, drift.low, drift.high))
    now = (truth - usual)[measured]
    for step in range(1, len(drift.issued) + 1):
        place = (issue - step) % len(drift.issued)
        if drift.issued[place] != issue - step:
            continue
        then = drift.deviation[place][measured].astype(np.float64)
        product[step - 1] += rate * (np.mean(then * now) - product[step - 1])
        square[step - 1] += rate * (np.mean(then * then) - square[step - 1])
        error = truth[measured] - drift.median[place, step - 1][measured]
        kind = drift.kind[place][measured]
        low[step - 1] = follow(low[step - 1], error, kind, LOW, rate)
        high[step - 1] = follow(high[step - 1], error, kind, HIGH, rate)
    return replace(drift, product=product, square=np.maximum(square, 1e-6), low=low, high=high)


def follow(quantile: Float64, error: Float64, kind: UInt8, level: float, rate: float) -> Float64:
    """Quantiles (C) of the errors of each class, moved towards what `level` of the new errors lie below."""
    count = np.bincount(kind, minlength=len(quantile))
    below = np.bincount(kind, error < quantile[kind], minlength=len(quantile))
    size = np.bincount(kind, np.abs(error), minlength=len(quantile)) / np.maximum(count, 1)
    moved = quantile + rate * size * np.where(count > 0, level - below / np.maximum(count, 1), 0.0) / (
        LOW * (1 - LOW)
    )
    return np.minimum(moved, 0.0) if level < 0.5 else np.maximum(moved, 0.0)
