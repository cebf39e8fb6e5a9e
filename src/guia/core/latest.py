"""The newest observation of every series, in arrays indexed by series id."""

import threading

import numpy as np

from guia.core.columns import Batch, Int32, Quality


class Latest:
    """Newest by observed time, then by position. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._batch = blank(np.zeros(0, np.int32))

    def apply(self, batch: Batch) -> None:
        """Take in a batch; batches come in the order of their positions."""
        if not len(batch):
            return
        with self._lock:
            self._grow(int(batch.series.max()) + 1)
            newest = self._batch
            rows = batch.observed >= newest.observed[batch.series]
            if not rows.all():
                batch = batch.take(rows)
            times = batch.observed
            if (times[1:] < times[:-1]).any():
                batch = batch.take(np.argsort(times, kind="stable"))
            # Where a series repeats, NumPy keeps the last assignment: the newest, as rows are in time order.
            newest.observed[batch.series] = batch.observed
            newest.value[batch.series] = batch.value
            newest.quality[batch.series] = batch.quality

    def get(self, series: Int32) -> Batch:
        """Newest observation of each, same order; NaN, time 0 and MISSING where there is none."""
        with self._lock:
            size = len(self._batch)
            known = (series >= 0) & (series < size)
            if known.all():
                taken = self._batch.take(series)
                return Batch(series, taken.observed, taken.value, taken.quality)
            found = blank(series)
            at = series[known]
            found.observed[known] = self._batch.observed[at]
            found.value[known] = self._batch.value[at]
            found.quality[known] = self._batch.quality[at]
            return found

    def copy(self) -> Batch:
        """All of it, one row per series id."""
        with self._lock:
            newest = self._batch
            return Batch(newest.series, newest.observed.copy(), newest.value.copy(), newest.quality.copy())

    def _grow(self, size: int) -> None:
        if size <= len(self._batch):
            return
        bigger = blank(np.arange(max(size, 2 * len(self._batch), 1024), dtype=np.int32))
        n = len(self._batch)
        bigger.observed[:n] = self._batch.observed
        bigger.value[:n] = self._batch.value
        bigger.quality[:n] = self._batch.quality
        self._batch = bigger


def blank(series: Int32) -> Batch:
    """A batch that says of each series: nothing is known."""
    n = len(series)
    return Batch(series, np.zeros(n, np.int64), np.full(n, np.nan), np.full(n, Quality.MISSING, np.uint8))


def seen(latest: Batch) -> Batch:
    """The rows of which something is known."""
    return latest.take((latest.observed != 0) | (latest.quality != Quality.MISSING))
