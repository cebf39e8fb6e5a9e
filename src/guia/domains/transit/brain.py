"""The transit brain: every half minute how late each line runs, and how late it will be at the stops ahead."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from guia.core.brain import Brain, Outputs, View
from guia.core.clock import MINUTE, SECOND
from guia.core.columns import Batch, Forecasts, Label
from guia.core.ids import urn
from guia.core.series import Series
from guia.domains.transit.delays import Delays, ahead, learn, remember
from guia.domains.transit.delays import start as no_delays
from guia.domains.transit.heard import Heard, on_trips, runs
from guia.domains.transit.model import HEARD_S, Day
from guia.domains.transit.schedule import Schedule
from guia.engines.estimation.tracks import tracks
from guia.engines.transit.match import Matched
from guia.packs.pack import Pack

ISSUE_EVERY = MINUTE
ATTRIBUTES = (("delay", "SEC", -7_200.0, 7_200.0), ("vehicles", "C62", 0.0, 10_000.0))


def build(pack: Path) -> Brain[Delays]:
    """The transit brain of the city pack in folder `pack`."""
    return TransitBrain(Pack.open(pack))


class TransitBrain:
    """Matches the vehicles heard of to the timetable; what it knows of delays is its state."""

    name = "transit"
    period_s = 30
    deadline_s = 10.0
    memory_s = 180

    def __init__(self, pack: Pack) -> None:
        self.city = pack.name
        self.label = max((Label.parse(f.label) for f in pack.feeds), default=Label.REAL).text
        self.schedule = Schedule(pack)
        net = self.schedule.network
        self.routes = [urn("PublicTransportRoute", self.city, str(r)) for r in net.route_id]
        self.calls = self.schedule.calls

    def reads(self) -> list[str]:
        """Positions of vehicles, and its own series (to know their ids)."""
        vehicles = [
            f"urn:ngsi-ld:Vehicle:{self.city}:*|{a}" for a in ("longitude", "latitude", "speed", "bearing")
        ]
        own = [f"urn:ngsi-ld:PublicTransport{kind}:{self.city}:*" for kind in ("Route", "Stop")]
        return [*vehicles, *own]

    def writes(self) -> list[Series]:
        """Median delay and vehicles heard of each line; delay ahead at each stop of each line and direction."""
        lines = [
            Series(
                entity=r, attribute=a, unit=unit, label=self.label, source=self.name, lower=low, upper=high
            )
            for a, unit, low, high in ATTRIBUTES
            for r in self.routes
        ]
        stops = [
            Series(
                entity=name.split("|")[0],
                attribute=name.split("|")[1],
                unit="SEC",
                label=self.label,
                source=self.name,
            )
            for name in self.calls.names
        ]
        return lines + stops

    def start(self) -> Delays:
        """No vehicle heard of, nothing learned."""
        return no_delays()

    def step(self, state: Delays, view: View, now: int, rng: np.random.Generator) -> tuple[Delays, Outputs]:
        """Match, learn from how delays went on, and foresee them at the stops ahead."""
        day = self.schedule.day(now)
        heard = self._heard(view, now)
        matched = on_trips(heard, self.schedule, day)
        fits = matched.trip >= 0
        key = _key(day, matched.trip[fits])
        state = learn(state, now, key, matched.delay_s[fits])
        state = remember(state, now, key, matched.delay_s[fits])
        forecasts: tuple[Forecasts, ...] = ()
        if now - state.issued >= ISSUE_EVERY:
            forecasts = ahead(state, day, self.calls, matched, view, now)
            state = replace(state, issued=now)
        notes = {"vehicles_heard": float(len(heard.id)), "vehicles_matched": float(fits.sum())}
        observations = self._lines(view, day, matched, now)
        return state, Outputs(observations=observations, forecasts=forecasts, notes=notes)

    def _heard(self, view: View, now: int) -> Heard:
        """Vehicles of public transport with a fix in the last minute."""
        told = runs(view.entities("Vehicle"))
        fixes = tracks(view, f"urn:ngsi-ld:Vehicle:{self.city}:*", now - HEARD_S * SECOND, now + 1)
        last = [int(i) for i in fixes.last() if fixes.names[fixes.vehicle[i]] in told]
        names = [fixes.names[fixes.vehicle[i]] for i in last]
        columns = (c[last] for c in (fixes.observed, fixes.lon, fixes.lat, fixes.speed_kmh, fixes.bearing))
        return Heard(names, *columns, [told[n] for n in names])

    def _lines(self, view: View, day: Day, matched: Matched, now: int) -> Batch:
        """Median delay and count per line; a line of which nothing is heard has no delay and count 0."""
        fits = matched.trip >= 0
        route = day.timetable.route[matched.trip[fits]]
        count = np.bincount(route, minlength=len(self.routes))
        order = np.lexsort((matched.delay_s[fits], route))
        delay = matched.delay_s[fits][order]
        first = np.cumsum(count) - count
        some = np.flatnonzero(count)
        median = (delay[first[some] + (count[some] - 1) // 2] + delay[first[some] + count[some] // 2]) / 2
        delays = view.ids([f"{self.routes[r]}|delay" for r in some])
        counts = view.ids([f"{r}|vehicles" for r in self.routes])
        batch = Batch.concat([Batch.of(delays, now, np.round(median)), Batch.of(counts, now, count)])
        return batch.take(batch.series >= 0)


def _key(day: Day, trip: np.ndarray) -> np.ndarray:
    """A number for a run of a trip that stays the same from step to step and over midnight."""
    begins = day.origin // SECOND + day.timetable.start_s[trip]
    return begins.astype(np.int64) << 20 | day.timetable.trip[trip]
