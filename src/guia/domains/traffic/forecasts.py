"""Forecasts of every segment's speed: issued every five minutes, for the next hour."""

from dataclasses import replace
from datetime import tzinfo

import numpy as np

from guia.core.clock import MINUTE
from guia.core.columns import Float64, Forecasts, Int32
from guia.domains.traffic.model import HORIZONS_MIN, MODEL, QUANTILES, RoadState
from guia.domains.traffic.rules import kind, when
from guia.engines.forecast import drift
from guia.engines.forecast.profile import usual

ISSUE_EVERY = 5 * MINUTE
WELL_MEASURED = 0.08**2
"""Variance of a measured segment; what is above it widens the interval."""


def foresee(state: RoadState, zone: tzinfo) -> tuple[RoadState, Float64]:
    """Learn from the forecasts whose target is now, then issue new ones.

    Returns (Q,1+H,n) shares of free speed: quantiles 0.1, 0.5, 0.9 for now and each horizon.
    """
    issue = state.now // ISSUE_EVERY
    expected = usual(state.profile, when(state.now, zone))
    ahead = np.stack([usual(state.profile, when(state.now + h * MINUTE, zone)) for h in HORIZONS_MIN])
    learned = drift.learn(state.drift, issue, state.ratio, expected, state.seen == state.now)
    classes = kind(state.ratio)
    deviation = state.ratio - expected
    extra = np.maximum(state.variance - WELL_MEASURED, 0.0)
    low, median, high = drift.forecast(learned, ahead, deviation, classes, extra)
    learned = drift.remember(learned, issue, median, deviation, classes)
    spread = 1.2816 * np.sqrt(state.variance)
    now = np.stack([state.ratio - spread, state.ratio, state.ratio + spread])[:, None]
    shares = np.concatenate([now, np.stack([low, median, high])], axis=1)
    return replace(state, drift=learned), np.clip(shares, 0.02, 1.2)


def columns(shares: Float64, free_speed_kmh: Float64, series: Int32, issued: int) -> Forecasts:
    """Shares (Q,1+H,n) of free speed as forecast rows in km/h; segments whose series is -1 are left out."""
    known = series >= 0
    count = int(known.sum())
    speed = np.round(shares[:, :, known] * free_speed_kmh[known], 1)
    targets = issued + np.array([0, *HORIZONS_MIN], np.int64) * MINUTE
    quantiles = np.array(QUANTILES)
    rows = len(quantiles) * len(targets) * count
    return Forecasts(
        series=np.tile(series[known], len(quantiles) * len(targets)).astype(np.int32),
        issued=np.full(rows, issued, np.int64),
        target=np.tile(np.repeat(targets, count), len(quantiles)),
        quantile=np.repeat(quantiles, len(targets) * count),
        value=speed.ravel(),
        model=MODEL,
    )
