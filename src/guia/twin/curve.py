"""When a city drives: the share of a day's trips that start at each time, and which way they go.

Synthetic. The shape follows what road counts of dense Asian cities show in common (a morning peak at 8-9, a lunch
shoulder, the highest hours at 18-19, a long evening on Fridays and Saturdays, a flat Sunday); the figures are Guia's
own assumption, not a count of any city.
"""

import numpy as np
from numpy.typing import ArrayLike

from guia.core.columns import Float64

WORKDAY = np.array([
    1.1, 0.7, 0.5, 0.4, 0.5, 1.2, 3.0, 5.6, 6.9, 5.7, 4.9, 4.9,
    5.2, 5.2, 5.0, 5.2, 5.7, 6.8, 7.3, 6.2, 5.1, 4.5, 3.4, 2.2,
])  # fmt: skip
WEEKEND = np.array([
    1.9, 1.2, 0.8, 0.6, 0.5, 0.8, 1.6, 2.9, 4.0, 4.9, 5.5, 5.9,
    6.0, 5.9, 5.9, 6.0, 6.1, 6.2, 6.1, 5.6, 5.0, 4.6, 3.9, 3.0,
])  # fmt: skip
"""Trips starting in each hour of the local day, of every 100 of that day (the sums are scaled to one)."""
DAY_FACTOR = (1.0, 1.0, 1.0, 1.01, 1.07, 0.97, 0.88)
"""Trips of Monday … Sunday against Monday's."""
HOMEWARD = np.array([
    0.8, 0.8, 0.7, 0.6, 0.3, 0.1, 0.08, 0.1, 0.15, 0.25, 0.35, 0.4,
    0.45, 0.45, 0.45, 0.45, 0.6, 0.78, 0.82, 0.78, 0.75, 0.8, 0.85, 0.85,
])  # fmt: skip
"""Share of the trips of each hour that go home; the others leave it."""


def _hourly(table: Float64, hour: ArrayLike) -> Float64:
    """The table's value at fractional hours, linear between the middles of the hours."""
    return np.interp(
        np.asarray(hour, np.float64) % 24, np.arange(-1, 25) + 0.5, table[np.arange(-1, 25) % 24]
    )


def trips_share(weekday: ArrayLike, hour: ArrayLike) -> Float64:
    """Share of a Monday's trips that start per hour: weekdays 0 (Monday) … 6, fractional local hours; elementwise."""
    day = np.asarray(weekday, np.int64)
    work = _hourly(WORKDAY / WORKDAY.sum(), hour)
    rest = _hourly(WEEKEND / WEEKEND.sum(), hour)
    return np.where(day < 5, work, rest) * np.asarray(DAY_FACTOR)[day]


def homeward_share(hour: ArrayLike) -> Float64:
    """Share of the trips starting at fractional local hours that go home; elementwise."""
    return _hourly(HOMEWARD, hour)


PEAK_SHARE = float(max(trips_share(4, np.arange(0, 24, 0.25))))
"""The largest share of the week (Friday evening): load 1 in what is scaled by it."""


def load(weekday: ArrayLike, hour: ArrayLike) -> Float64:
    """Traffic against the week's peak, 0 … 1; elementwise."""
    return trips_share(weekday, hour) / PEAK_SHARE
