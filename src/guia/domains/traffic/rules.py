"""Verbs of the traffic domain over arrays: levels, slots of the week, the estimate of every segment."""

from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from typing import Any

import numpy as np

from guia.core.clock import MINUTE, SECOND
from guia.core.columns import Float64, Int32, Quality, UInt8
from guia.domains.traffic.model import Measured, RoadState
from guia.engines.estimation.fusion import fuse, predict
from guia.engines.estimation.spread import spread
from guia.engines.forecast.profile import When, learn, usual
from guia.engines.graph.successors import Mask

SLOT = 30 * MINUTE
SLOTS_A_DAY = 48
SLOTS = 3 * SLOTS_A_DAY
"""Three kinds of day: Monday to Friday, Saturday, Sunday."""
LEVEL_FLOORS = np.array([0.85, 0.67, 0.50, 0.30, 0.10])
"""Shares of free speed above which levels 0 to 4 lie. The first four are the HCM 2010 urban street levels of service
A, B, C and E; what the HCM calls F is split at 0.10 to tell a jam from a standstill."""
USUAL_RATIO = 0.75
"""Expected before anything was learned: streets with signals run at about three quarters of free speed."""
FADE_S = 2_700.0
"""A deviation that nobody measures any more fades by 1/e in this time."""
DRIFT_PER_S = 0.15**2 * 2 / FADE_S
"""Variance gained per second, so that an unmeasured deviation is known to about 0.15."""
UNMEASURED = 0.08**2
"""Smallest variance of a segment that is not measured itself."""
LEARNED = 1.5
"""Visits to a slot from which its usual flow is trusted."""
FRESH = 5 * MINUTE
"""Measured longer ago than this, a speed is an estimate."""


def level(ratio: Float64) -> UInt8:
    """Level 0 (free) to 5 (standstill) of speeds over free speed."""
    return (len(LEVEL_FLOORS) - np.searchsorted(LEVEL_FLOORS[::-1], ratio, "right")).astype(np.uint8)


def kind(ratio: Float64) -> UInt8:
    """Class of state in which forecast errors are alike: 0 flowing, 1 slow, 2 jammed."""
    return (level(ratio) // 2).astype(np.uint8)


def slot(instant: int, zone: tzinfo) -> int:
    """Slot of the week (kind of day and half hour, local time) in which an instant lies."""
    local = datetime.fromtimestamp(instant // SECOND, UTC).astimezone(zone)
    day = max(0, local.weekday() - 4)
    return day * SLOTS_A_DAY + local.hour * 2 + local.minute // 30


def when(instant: int, zone: tzinfo) -> When:
    """Where an instant lies between the centres of the slots of the week."""
    early = instant - SLOT // 2
    return When(slot(early, zone), slot(early + SLOT, zone), (early % SLOT) / SLOT)


def estimate(
    state: RoadState, measured: Measured, weights: Any, road_class: UInt8, now: int, zone: tzinfo
) -> RoadState:
    """State of every segment from the last estimate, the usual speed, what was measured, and the neighbours."""
    here = when(now, zone)
    expected = usual(state.profile, here)
    before = usual(state.profile, when(state.now, zone)) if state.now else expected
    passed_s = min((now - state.now) / SECOND, 86_400.0) if state.now else 60.0
    keep = float(np.exp(-passed_s / FADE_S))
    mean, variance = predict(state.ratio, state.variance, before, expected, keep, DRIFT_PER_S * passed_s)

    seen = ~np.isnan(measured.ratio)
    deviation, evidence = spread(weights, road_class, measured.ratio - expected, seen)
    hinted = np.where(seen, measured.ratio, expected + deviation)
    noise = np.where(seen, measured.noise, 0.15**2 + 0.2**2 / evidence)
    mean, variance = fuse(mean, variance, hinted, noise)
    variance = np.where(seen, variance, np.maximum(variance, UNMEASURED))
    mean = np.clip(mean, 0.02, 1.15)

    counted = ~np.isnan(measured.flow_h)
    smooth = np.where(
        np.isnan(state.flow_h), measured.flow_h, state.flow_h + 0.2 * (measured.flow_h - state.flow_h)
    )
    return replace(
        state,
        now=now,
        ratio=mean,
        variance=variance,
        seen=np.where(seen, now, state.seen),
        flow_h=np.where(counted, smooth, state.flow_h),
        profile=learn(state.profile, here, measured.ratio, seen, passed_s / (SLOT / SECOND)),
    )


def learn_flows(state: RoadState, counted_h: Float64, now: int, zone: tzinfo) -> RoadState:
    """Learn the usual flow of the detectors from what they counted this minute (NaN: nothing)."""
    told = ~np.isnan(counted_h)
    return replace(state, flows=learn(state.flows, when(now, zone), counted_h, told, MINUTE / SLOT))


def flow_trend(state: RoadState, zone: tzinfo) -> Float64:
    """Usual flow of the next hour over the usual flow now, by detector; 1 where the slots are not learned yet."""
    here = when(state.now, zone)
    ahead = [when(state.now + k * 15 * MINUTE, zone) for k in range(1, 5)]
    learned = np.min([state.flows.weight[w.low] for w in (here, *ahead)], axis=0) > LEARNED
    base = np.maximum(usual(state.flows, here), 30.0)
    later = np.mean([usual(state.flows, w) for w in ahead], axis=0)
    return np.where(learned, np.clip(later / base, 0.5, 2.0), 1.0)


def quality(seen: Mask | Float64 | Any, now: int) -> UInt8:
    """OK where measured lately, else ESTIMATED, from the instants of the last measurements."""
    return np.where(now - seen <= FRESH, Quality.OK, Quality.ESTIMATED).astype(np.uint8)


def delay_s(segments: Int32, ratio: Float64, length_m: Float64, free_speed_kmh: Float64) -> float:
    """Seconds that a traveller loses on `segments` against free speed."""
    free_s = length_m[segments] / (free_speed_kmh[segments] / 3.6)
    return float((free_s * (1 / np.maximum(ratio[segments], 0.02) - 1)).clip(0).sum())
