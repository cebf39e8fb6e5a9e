"""What the hub holds of vehicles and delays, as the transit service asks for it."""

import numpy as np

from guia.core.clock import MINUTE, SECOND, Clock
from guia.core.columns import Float64
from guia.core.hub import Hub
from guia.core.ids import urn
from guia.domains.transit.heard import Heard, runs
from guia.domains.transit.model import HEARD_S, Day
from guia.domains.transit.schedule import Schedule

MOST_VEHICLES = 10_000
RUNS_KEPT = 10 * SECOND
"""Which trips vehicles run is asked again after so long."""
LINE_FRESH = 3 * MINUTE


class Live:
    """Reads vehicles and delays of one city out of its hub."""

    def __init__(self, schedule: Schedule, hub: Hub, clock: Clock) -> None:
        self._schedule = schedule
        self._hub = hub
        self._clock = clock
        self._runs: tuple[int, dict[str, dict[str, str]]] = (-RUNS_KEPT, {})

    def heard(self, at: int) -> Heard:
        """Vehicles that run trips and were heard of in the minute before `at`."""
        told = self._told(at)
        names = list(told)
        series = [
            self._hub.ids([f"{n}|{a}" for n in names]) for a in ("longitude", "latitude", "speed", "bearing")
        ]
        lon, lat, speed, bearing = (self._hub.latest(s) for s in series)
        fresh = (lon.observed > at - HEARD_S * SECOND) & (lon.observed <= at + SECOND) & ~np.isnan(lat.value)
        rows = np.flatnonzero(fresh & ~np.isnan(lon.value))
        chosen = [names[i] for i in rows]
        columns = (c[rows] for c in (lon.observed, lon.value, lat.value, speed.value, bearing.value))
        return Heard(chosen, *columns, [told[n] for n in chosen])

    def _told(self, at: int) -> dict[str, dict[str, str]]:
        when, told = self._runs
        if not 0 <= at - when < RUNS_KEPT:
            told = runs(self._hub.entities(types=("Vehicle",), limit=MOST_VEHICLES))
            self._runs = (at, told)
        return told

    def delays(self, calls: np.ndarray, trips: np.ndarray, day: Day) -> Float64:
        """(calls,3) low, median and high delay in seconds foreseen for calls; NaN where their line is not heard of."""
        table, city = day.timetable, self._schedule.pack.name
        out = np.full((len(calls), 3), np.nan)
        routes = [
            urn("PublicTransportRoute", city, str(r))
            for r in self._schedule.network.route_id[table.route[trips]]
        ]
        count = self._hub.latest(self._hub.ids([f"{r}|vehicles" for r in routes]))
        heard = (count.value > 0) & (self._clock.now() - count.observed <= LINE_FRESH)
        rows = np.flatnonzero(heard)
        if len(rows) == 0:
            return out
        catalogue = self._schedule.calls
        named = catalogue.rows(
            table.stop[calls[rows]], table.route[trips[rows]], day.direction[table.trip[trips[rows]]]
        )
        series = self._hub.ids([catalogue.names[k] for k in named])
        for row, one in zip(rows.tolist(), series.tolist(), strict=True):
            due = day.origin + int(table.departure_s[calls[row]]) * SECOND
            ask = np.array([one], np.int32)
            out[row] = [self._hub.forecast_latest(ask, due, q)[0] for q in (0.1, 0.5, 0.9)]
        return out
