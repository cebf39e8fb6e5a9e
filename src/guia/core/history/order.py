"""Sorting rows for the files: by group and day, then series, then time; equal rows in order of arrival."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from guia.core.clock import DAY
from guia.core.columns import Int32, Int64


def stable_order(keys: Int32) -> NDArray[np.int64]:
    """Indices that sort `keys`, equal ones in their present order.

    Key and index share one integer, so that the fast sort, which is not stable, has no equal keys to swap.
    """
    packed = keys.astype(np.int64) << 32 | np.arange(len(keys))
    packed.sort()
    return packed & 0xFFFFFFFF


def by_series_and_time(series: Int32, time: Int64) -> NDArray[np.int64]:
    """Indices that sort by series, then time, equal ones in their present order."""
    if len(time) < 2 or not (time[1:] < time[:-1]).any():
        return stable_order(series)
    by_time = np.argsort(time, kind="stable")
    return by_time[stable_order(series[by_time])]


def partition(
    groups: NDArray[np.uint16], series: Int32, time: Int64
) -> Iterator[tuple[int, int, NDArray[np.int64]]]:
    """Group, day since 1970 and sorted row indices of all that occur; `groups` is by series id."""
    key = groups[series].astype(np.int64) << 32 | time // DAY
    if (key == key[0]).all():
        chosen = [(int(key[0]), np.arange(len(key)))]
    else:
        chosen = [(k, np.flatnonzero(key == k)) for k in np.unique(key).tolist()]
    for k, rows in chosen:
        yield k >> 32, k & 0xFFFFFFFF, rows[by_series_and_time(series[rows], time[rows])]
