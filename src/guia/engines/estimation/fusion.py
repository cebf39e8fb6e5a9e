"""A scalar Kalman filter per place, all places at once (Kalman 1960)."""

import numpy as np

from guia.core.columns import Float64


def predict(
    mean: Float64, variance: Float64, before: Float64, after: Float64, keep: float, drift: float
) -> tuple[Float64, Float64]:
    """Mean and variance one step on, when deviations from a normal value fade.

    `before` and `after` are the normal value at the two instants, `keep` the share of a deviation that is left,
    `drift` the variance that the step adds.
    """
    return after + keep * (mean - before), keep**2 * variance + drift


def fuse(mean: Float64, variance: Float64, observed: Float64, noise: Float64) -> tuple[Float64, Float64]:
    """Mean and variance after measurements of variance `noise`; NaN where there is no measurement."""
    gain = np.where(np.isnan(observed), 0.0, variance / (variance + noise))
    return mean + gain * np.where(gain > 0, observed - mean, 0.0), (1 - gain) * variance


def combine(values: Float64, variances: Float64) -> tuple[Float64, Float64]:
    """Inverse-variance mean of (m,n) independent measurements over m, and its variance; NaN entries do not count.

    Where a column has no measurement: NaN, infinite.
    """
    weight = np.where(np.isnan(values), 0.0, 1.0 / variances)
    total = weight.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return (weight * np.nan_to_num(values)).sum(axis=0) / total, 1.0 / total
