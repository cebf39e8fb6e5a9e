"""Control delay at a signal: uniform plus overflow delay (Highway Capacity Manual 2000, equations 16-9 to 16-12).

Pretimed control (k = 0.5), isolated approach (I = 1), no queue at the start.
"""

import numpy as np
from numpy.typing import ArrayLike

from guia.core.columns import Float64

SATURATION_PER_LANE_H = 1_800.0
"""Vehicles per hour of green and lane: the HCM's 1,900 under ideal conditions, less for a dense city."""


def control_delay_s(
    flow_h: ArrayLike, saturation_h: ArrayLike, green_s: ArrayLike, cycle_s: ArrayLike, period_h: float = 1.0
) -> Float64:
    """Mean control delay per vehicle, seconds, broadcast over the arguments.

    `flow_h` and `saturation_h` in vehicles per hour; `green_s` effective green per cycle of `cycle_s`.
    `period_h` is how long the flow lasts: beyond capacity, the longer the worse.
    """
    flow, saturation, green, cycle = (
        np.asarray(a, np.float64) for a in (flow_h, saturation_h, green_s, cycle_s)
    )
    share = np.clip(green / cycle, 1e-3, 1.0)
    capacity = saturation * share
    ratio = flow / capacity
    uniform = 0.5 * cycle * (1 - share) ** 2 / (1 - np.minimum(1.0, ratio) * share + 1e-12)
    over = ratio - 1
    overflow = 900 * period_h * (over + np.sqrt(over**2 + 4 * ratio / (capacity * period_h)))
    return np.asarray(uniform + overflow)


def junction_delay_h(flow_h: Float64, saturation_h: Float64, green_s: Float64, cycle_s: ArrayLike) -> Float64:
    """Vehicle-hours of delay per hour at a junction: summed over its approaches (last axis)."""
    per_vehicle = control_delay_s(flow_h, saturation_h, green_s, np.asarray(cycle_s)[..., None])
    return np.asarray((flow_h * per_vehicle).sum(axis=-1) / 3600)
