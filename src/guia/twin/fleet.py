"""Buses under way: departures by timetable, dwell at stops, where each is on its line, and how late."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from guia.core.clock import MINUTE, SECOND
from guia.core.columns import Float64, Int32
from guia.packs import Pack
from guia.packs.network import RoadNetwork
from guia.twin.curve import load
from guia.twin.lines import Line, departures
from guia.twin.simulation import Simulation


@dataclass(frozen=True)
class Habits:
    """How buses drive; tuned on measured runs of two routes (see docs/twin.md)."""

    length_m: float = 10.5
    accel: float = 1.2
    speed_factor: float = 1.0
    """Of what the road allows."""
    dwell_s: float = 11.0
    """Median time at a stop when few travel."""
    dwell_peak_s: float = 14.0
    """What the week's busiest hour adds."""
    dwell_spread: float = 0.45
    """Standard deviation of the logarithm."""


@dataclass
class Bus:
    """One bus on a trip."""

    name: str
    """Its fleet number, kept for the trip."""
    line: int
    trip: int
    """Row in GTFS `trips`."""
    day: str
    """Service day, YYYYMMDD."""
    start_s: int
    """Departure, seconds of the service day."""
    left_ns: int
    """Instant of the departure by timetable."""
    ahead: list[int]
    """Indices of the line's stops that it has not yet left."""
    dwell_s: list[float]
    """How long it will stand at each stop of the line."""
    passed: int = -1
    """Index of the last stop of the line that it reached."""
    delay_s: int = 0
    """How late it reached that stop."""


def stops_xml(lines: list[Line], network: RoadNetwork) -> str:
    """SUMO bus stops of all lines: one per place that a line stops at."""
    rows = {}
    for line in lines:
        for place, offset in zip(line.place, line.offset_m, strict=True):
            edge = int(line.edges[place])
            end = min(max(float(offset), 13.0), float(network.length_m[edge]) - 0.5)
            end = max(end, 1.0)
            name = stop_name(edge, float(offset))
            rows[name] = (
                f'<busStop id="{name}" lane="{edge}_0" startPos="{max(0.0, end - 24):.1f}" endPos="{end:.1f}"'
                ' friendlyPos="true"/>'
            )
    return "<additional>\n" + "\n".join(rows[k] for k in sorted(rows)) + "\n</additional>\n"


def stop_name(edge: int, offset_m: float) -> str:
    """Name of the bus stop at a place."""
    return f"{edge}@{offset_m:.0f}"


class Fleet:
    """The buses of a running simulation."""

    def __init__(self, sim: Simulation, pack: Pack, lines: list[Line], habits: Habits) -> None:
        self.lines = lines
        self.buses: dict[str, Bus] = {}
        """By name of the vehicle in the simulation."""
        self.refused = 0
        """Departures that the net could not take."""
        self._sim, self._pack, self._habits = sim, pack, habits
        self._starts: dict[date, Int32] = {}
        routes = pack.gtfs.text("routes", "route_short_name")
        route_of = pack.gtfs.trip_route
        self._short = [str(routes[route_of[line.trips[0]]]) for line in lines]
        self.free: dict[str, list[int]] = {}

    def starts_on(self, day: date) -> Int32:
        """(d,3) departures of a service day: second, line, trip."""
        if day not in self._starts:
            self._starts = {k: v for k, v in self._starts.items() if abs((k - day).days) <= 1}
            self._starts[day] = departures(self._pack.gtfs, self.lines, day)
        return self._starts[day]

    def due(self, day: date, begin_s: int, end_s: int) -> Int32:
        """Departures with begin <= second < end of a service day."""
        rows = self.starts_on(day)
        first, last = np.searchsorted(rows[:, 0], [begin_s, end_s])
        return rows[first:last]

    def depart(
        self, row: Int32, day: date, left_ns: int, hour: float, rng: np.random.Generator, *, late_s: int = 0
    ) -> None:
        """Put a bus on its line; `late_s` after its departure it is put where the timetable has it by then."""
        start_s, number, trip = map(int, row)
        line = self.lines[number]
        at = int(np.searchsorted(line.scheduled_s, late_s, side="right")) - 1 if late_s > 0 else 0
        if late_s > 0 and at >= len(line.stop) - 2:
            return
        name = self._number(self._short[number])
        first = int(line.place[at])
        sumo = self._sim.sumo
        try:
            self._sim.add(name, "bus", [int(e) for e in line.edges[first:]], "base")
        except sumo.TraCIException:
            self.refused += 1
            self._release(name)
            return
        first_stop = at + (late_s > 0)
        dwell = self._dwells(len(line.stop), day.weekday(), hour, rng)
        bus = Bus(
            name,
            number,
            trip,
            f"{day:%Y%m%d}",
            start_s,
            left_ns,
            list(range(first_stop, len(line.stop))),
            dwell.tolist(),
            first_stop - 1,
        )
        self.buses[name] = bus
        self._send(bus)

    def _send(self, bus: Bus) -> None:
        """Tell a bus its next stop, the first of those ahead that it can serve.

        One at a time: SUMO takes two visits of one stop for one, and many lines end where they begin.
        """
        line = self.lines[bus.line]
        while bus.ahead:
            i = bus.ahead[0]
            edge = int(line.edges[line.place[i]])
            place = stop_name(edge, float(line.offset_m[i]))
            try:
                self._sim.sumo.vehicle.setBusStop(bus.name, place, duration=bus.dwell_s[i])
                return
            except self._sim.sumo.TraCIException:
                bus.ahead.pop(0)

    def _dwells(self, count: int, weekday: int, hour: float, rng: np.random.Generator) -> Float64:
        """(count,) seconds at each stop."""
        h = self._habits
        median = h.dwell_s + h.dwell_peak_s * float(load(weekday, hour))
        return median * np.exp(rng.normal(0.0, h.dwell_spread, count))

    def watch(self, now_ns: int) -> None:
        """Note the stops reached and left in the second just simulated, and the buses that are gone."""
        events = self._sim.sumo.simulation
        for name in events.getStopStartingVehiclesIDList():
            bus = self.buses.get(name)
            if bus is not None and bus.ahead:
                line = self.lines[bus.line]
                bus.passed = bus.ahead[0]
                bus.delay_s = (now_ns - bus.left_ns) // SECOND - int(line.scheduled_s[bus.passed])
        for name in events.getStopEndingVehiclesIDList():
            bus = self.buses.get(name)
            if bus is not None and bus.passed in bus.ahead[:1]:
                bus.ahead.pop(0)
                self._send(bus)
        for name in events.getArrivedIDList():
            if name in self.buses:
                self._drop(name)
        if now_ns % MINUTE == 0:
            for name in set(self.buses) - set(self._sim.sumo.vehicle.getLoadedIDList()):
                self._drop(name)

    def shift(self, ns: int) -> None:
        """The city's clock moved on while the buses stood still: they are no later for that."""
        for bus in self.buses.values():
            bus.left_ns += ns

    def _drop(self, name: str) -> None:
        del self.buses[name]
        self._release(name)

    def _number(self, short: str) -> str:
        """A free fleet number of a route."""
        free = self.free.setdefault(short, [])
        number = (
            free.pop(0)
            if free
            else 1 + sum(b.name.rsplit("-", 1)[0] == f"bus-{short}" for b in self.buses.values())
        )
        return f"bus-{short}-{number:02d}"

    def _release(self, name: str) -> None:
        head, number = name.rsplit("-", 1)
        self.free.setdefault(head.removeprefix("bus-"), []).append(int(number))
