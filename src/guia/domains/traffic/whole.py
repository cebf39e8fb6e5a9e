"""The city's mean speed on its roads: one figure for the whole network, with a forecast of its own.

The mean is over road length, so that a long bridge counts for more than a lane; what it is not: the mean over drivers.
Its interval is learned from its own errors, since errors of single streets partly cancel.
"""

from dataclasses import dataclass, replace
from datetime import tzinfo

import numpy as np

from guia.core.clock import MINUTE
from guia.core.columns import Float64
from guia.domains.traffic.forecasts import ISSUE_EVERY
from guia.domains.traffic.model import HORIZONS_MIN, RoadState
from guia.domains.traffic.rules import when
from guia.engines.forecast import drift
from guia.engines.forecast.profile import usual
from guia.engines.graph.successors import Mask

ATTRIBUTE = "speed"
LOWEST, HIGHEST = 0.02, 1.2
"""Shares of the free speed within which a forecast stays."""


@dataclass(frozen=True, slots=True)
class Whole:
    """How much each of n segments counts in the city's mean."""

    part: Float64
    """(n) shares of the free mean speed; their sum is 1."""
    free_speed_kmh: float
    """Mean free speed over road length."""

    @classmethod
    def of(cls, length_m: Float64, free_speed_kmh: Float64, car: Mask) -> "Whole":
        """Of the segments open to cars."""
        weight = np.where(car, length_m, 0.0)
        free = weight * free_speed_kmh
        total = float(free.sum())
        mean = total / float(weight.sum()) if total > 0 else 0.0
        return cls(free / total if total > 0 else free, mean)

    def ratio(self, of_segments: Float64) -> float:
        """Mean speed over mean free speed, of the segments' ratios (n)."""
        return float(self.part @ of_segments)


def foresee_whole(state: RoadState, whole: Whole, zone: tzinfo) -> tuple[RoadState, Float64]:
    """Learn from forecasts whose target is now, then issue new ones: as `forecasts.foresee`, for the city as one.

    Returns (Q,1+H,1) shares of the mean free speed: quantiles 0.1, 0.5, 0.9 for now and each horizon.
    """
    issue = state.now // ISSUE_EVERY
    one = np.zeros(1, np.uint8)
    now = np.array([whole.ratio(state.ratio)])
    expected = np.array([whole.ratio(usual(state.profile, when(state.now, zone)))])
    targets = (when(state.now + h * MINUTE, zone) for h in HORIZONS_MIN)
    ahead = np.array([[whole.ratio(usual(state.profile, target))] for target in targets])
    learned = drift.learn(state.whole, issue, now, expected, np.array([True]))
    bounds = drift.forecast(learned, ahead, now - expected, one, np.zeros(1))
    learned = drift.remember(learned, issue, bounds[1], now - expected, one)
    shares = np.concatenate([np.broadcast_to(now, (3, 1, 1)), np.stack(bounds)], axis=1)
    return replace(state, whole=learned), np.clip(shares, LOWEST, HIGHEST)
