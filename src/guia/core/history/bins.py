"""Observations summed up by series and step of time."""

from dataclasses import dataclass

import numpy as np

from guia.core.columns import Batch, Float64, Int32, Int64, Quality


@dataclass(frozen=True, slots=True)
class Bins:
    """One row per series and bin that holds a value; sorted by (series, bin)."""

    series: Int32
    bin: Int64
    """Start of the bin, UTC nanoseconds."""
    mean: Float64
    low: Float64
    high: Float64
    count: Int64


def binned(batch: Batch, start: int, step_ns: int) -> Bins:
    """Bins of a batch sorted by (series, observed), from `start` on. MISSING values do not count."""
    batch = batch.take(batch.quality != Quality.MISSING)
    number = (batch.observed - start) // step_ns
    if not len(batch):
        none = np.zeros(0, np.int64)
        return Bins(batch.series, none, batch.value, batch.value, batch.value, none)
    new = np.ones(len(batch), np.bool_)
    new[1:] = (batch.series[1:] != batch.series[:-1]) | (number[1:] != number[:-1])
    first = np.flatnonzero(new)
    count = np.diff(np.append(first, len(batch)))
    return Bins(
        batch.series[first],
        start + number[first] * step_ns,
        np.add.reduceat(batch.value, first) / count,
        np.minimum.reduceat(batch.value, first),
        np.maximum.reduceat(batch.value, first),
        count,
    )
