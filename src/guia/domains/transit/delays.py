"""Delays from now on: a vehicle keeps its delay, give or take what delays were seen to change in as many minutes."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from guia.core.brain import View
from guia.core.clock import MINUTE, SECOND
from guia.core.columns import Float64, Forecasts, Int32, Int64
from guia.domains.transit.model import Day
from guia.engines.forecast.drift import HIGH, LOW, follow
from guia.engines.transit.match import Matched

MODEL = "delay-persistence/1"
LEADS_MIN = np.array([2.0, 5.0, 10.0, 20.0, 30.0])
FIRST_GUESS_S = np.array([30.0, 60.0, 90.0, 150.0, 200.0])
"""Half width of the interval before anything was learned."""
AHEAD_S = 40 * 60
RATE = 0.05


@dataclass(frozen=True)
class Delays:
    """What the transit brain remembers: delays of the last half hour, and how far off persistence was."""

    at: Int64
    """Instant of each remembered delay."""
    run: Int64
    """Which run of which trip."""
    delay_s: Float64
    low_s: Float64
    """0.1-quantile of the change of delay, by lead."""
    high_s: Float64
    issued: int = 0
    """Instant of the last forecasts."""


@dataclass(frozen=True)
class Calls:
    """Names of the series of delays ahead: one for each stop, route and direction."""

    names: list[str]
    pair: Int64
    """Sorted numbers of (stop, route, direction), in the order of `names`."""

    def rows(self, stop: Int32, route: Int32, direction: Int32) -> NDArray[np.intp]:
        """Row of each (stop, route, direction)."""
        return np.searchsorted(self.pair, number(stop, route, direction))


def number(stop: Int32, route: Int32, direction: Int32) -> Int64:
    """One number for a stop, route and direction."""
    return (stop.astype(np.int64) << 24) | (route.astype(np.int64) << 1) | direction.astype(np.int64)


def start() -> Delays:
    """Before anything was heard."""
    none = np.empty(0, np.int64)
    return Delays(none, none, np.empty(0), -FIRST_GUESS_S, FIRST_GUESS_S.copy())


def remember(state: Delays, now: int, run: Int64, delay_s: Float64) -> Delays:
    """Keep the delays of now, forget those of more than half an hour ago."""
    keep = state.at > now - int((LEADS_MIN[-1] + 2) * MINUTE)
    return replace(
        state,
        at=np.concatenate([state.at[keep], np.full(len(run), now, np.int64)]),
        run=np.concatenate([state.run[keep], run]),
        delay_s=np.concatenate([state.delay_s[keep], delay_s]),
    )


def learn(state: Delays, now: int, run: Int64, delay_s: Float64) -> Delays:
    """Compare the delays of now with those of the same runs as many minutes ago as each lead."""
    order = np.argsort(run, kind="stable")
    low, high = state.low_s.copy(), state.high_s.copy()
    for k, minutes in enumerate(LEADS_MIN):
        then = np.abs(now - int(minutes * MINUTE) - state.at) <= 15 * SECOND
        if not then.any() or not len(run):
            continue
        place = np.minimum(np.searchsorted(run[order], state.run[then]), len(run) - 1)
        same = run[order][place] == state.run[then]
        if not same.any():
            continue
        change = delay_s[order][place[same]] - state.delay_s[then][same]
        none = np.zeros(len(change), np.uint8)
        low[k] = follow(low[k : k + 1], change, none, LOW, RATE)[0]
        high[k] = follow(high[k : k + 1], change, none, HIGH, RATE)[0]
    return replace(state, low_s=low, high_s=high)


def ahead(
    state: Delays, day: Day, calls: Calls, matched: Matched, view: View, now: int
) -> tuple[Forecasts, ...]:
    """Delay of each matched vehicle at its calls of the next 40 minutes: quantiles 0.1, 0.5, 0.9, in seconds.

    A call that it has passed before its time is told too, so that nobody waits for a bus that is gone.
    """
    table = day.timetable
    on = np.flatnonzero(matched.trip >= 0)
    if len(on) == 0:
        return ()
    chosen = table.take(matched.trip[on])
    vehicle = chosen.trip_of_call()
    second = (now - day.origin) / SECOND
    delay = matched.delay_s[on][vehicle]
    lead_s = chosen.departure_s + delay - second
    behind = chosen.offset_m < matched.offset_m[on][vehicle] - 20
    coming = np.where(behind, chosen.departure_s > second - 60, (lead_s <= AHEAD_S) & (lead_s >= -60))
    coming[chosen.first[1:] - 1] = False
    vehicle, delay, lead_s = vehicle[coming], delay[coming], lead_s[coming]
    due = chosen.departure_s[coming]
    rows = calls.rows(chosen.stop[coming], chosen.route[vehicle], day.direction[chosen.trip[vehicle]])
    series = view.ids([calls.names[r] for r in rows])
    lead_min = np.maximum(lead_s, 0) / 60
    low, high = (np.interp(lead_min, LEADS_MIN, q) for q in (state.low_s, state.high_s))
    waits = np.where(matched.offset_m[on][vehicle] <= 30, np.maximum(delay, 0), delay)
    low, high = (np.where(behind[coming], 0.0, q) for q in (low, high))
    values = [np.minimum(waits + low, waits), waits, np.maximum(waits + high, waits)]
    known = series >= 0
    n = int(known.sum())
    if n == 0:
        return ()
    target = day.origin + due[known].astype(np.int64) * SECOND
    return (
        Forecasts(
            series=np.tile(series[known], 3),
            issued=np.full(3 * n, now, np.int64),
            target=np.tile(target, 3),
            quantile=np.repeat([0.1, 0.5, 0.9], n),
            value=np.round(np.concatenate([v[known] for v in values])),
            model=MODEL,
        ),
    )
