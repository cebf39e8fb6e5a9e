"""The simulated city under way: traffic that comes and goes, buses, lights, and the sensors that watch it."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np

from guia.core.clock import SECOND
from guia.core.columns import Float64
from guia.twin import controller
from guia.twin.curve import load
from guia.twin.demand import PEAK_SLOWNESS
from guia.twin.detectors import Detectors
from guia.twin.fleet import Fleet
from guia.twin.friction import allowed_kmh
from guia.twin.probes import SHARE, Probes
from guia.twin.roads import TURN_S
from guia.twin.router import Router
from guia.twin.simulation import Simulation
from guia.twin.site import Site

KINDS = ("car", "motorcycle", "van")
KIND_SHARES = (0.60, 0.31, 0.09)
WARM_MIN = 45
"""Minutes before the start whose trips are looked through for those still under way."""
WARM_BUS_H = 3
REMEMBER_S = 60
REFRESH_S = 5
RECONSIDER_S = 90
"""How often a driver under way looks again for the quickest way, about."""
DECIDED = 3
"""Edges ahead, the present one included, that such a driver keeps to: lanes are chosen there already."""
FRICTION_S = 900


@dataclass
class TwinCity:
    """One city; `step` is a second of its life."""

    site: Site
    sim: Simulation
    rng: np.random.Generator
    zero_ns: int
    """Instant of the simulation's second 0; a whole minute."""
    trips: int = 0
    """Trips begun since the start; numbers them."""
    probes: Probes = field(default_factory=Probes)
    controllers: dict[str, controller.Controller] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.router = Router(self.site.roads, self.site.demand.edge)
        self.fleet = Fleet(self.sim, self.site.pack, self.site.lines, self.site.habits)
        self.detectors = Detectors(self.sim, self.site.pack.network, self.site.detectors)
        self._edges = [(int(e), str(e)) for e in np.flatnonzero(np.isfinite(self.site.roads.seconds))]

    @property
    def now_ns(self) -> int:
        """The city's present, UTC nanoseconds."""
        return self.zero_ns + self.sim.now_s * SECOND

    def local(self, instant_ns: int) -> datetime:
        """Local time of an instant."""
        return datetime.fromtimestamp(instant_ns / SECOND, self.site.pack.timezone)

    def wake(self) -> None:
        """Fill the empty city: controllers in mid-cycle, vehicles and buses in mid-trip."""
        local = self.local(self.now_ns)
        second = self.now_ns // SECOND
        self.controllers = {
            j.id: controller.start(j, local.hour, second)
            for j in self.site.pack.signals
            if j.id in self.site.lights
        }
        self.show_lights()
        self.slow_streets(local)
        hour = local.hour + local.minute / 60
        slow = 1 + (PEAK_SLOWNESS - 1) * float(load(local.weekday(), hour))
        for ago_min in range(WARM_MIN, 0, -1):
            rate = self.site.demand.rate_per_s(local.weekday(), hour - ago_min / 60)
            for _ in range(self.rng.poisson(rate * 60)):
                self._begin_trip(hour, ago_s=ago_min * 60.0 / slow)
        self._wake_buses(local)

    def _wake_buses(self, local: datetime) -> None:
        """Put buses that left within the last hours where the timetable has them."""
        for day, midnight_ns in self._service_days(local):
            now_s = (self.now_ns - midnight_ns) // SECOND
            for row in self.fleet.due(day, now_s - WARM_BUS_H * 3600, now_s):
                left_ns = midnight_ns + int(row[0]) * SECOND
                self.fleet.depart(
                    row, day, left_ns, local.hour, self.rng, late_s=max(1, (self.now_ns - left_ns) // SECOND)
                )

    def _service_days(self, local: datetime) -> list[tuple]:
        """Service days that may still run, with the instant of their midnight: trips go on after it."""
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
        return [
            (day.date(), int(day.timestamp()) * SECOND) for day in (midnight - timedelta(days=1), midnight)
        ]

    def step(self) -> None:
        """A second of city life: departures, lights, movement."""
        second, local = self.sim.now_s, self.local(self.now_ns)
        hour = local.hour + local.minute / 60 + local.second / 3600
        rate = self.site.demand.rate_per_s(local.weekday(), hour)
        for _ in range(self.rng.poisson(rate)):
            self._begin_trip(hour)
        for day, midnight_ns in self._service_days(local):
            now_s = (self.now_ns - midnight_ns) // SECOND
            if now_s < 32 * 3600:
                for row in self.fleet.due(day, now_s, now_s + 1):
                    self.fleet.depart(row, day, midnight_ns + int(row[0]) * SECOND, hour, self.rng)
        self.step_lights(local.hour)
        self.sim.step()
        self.fleet.watch(self.now_ns)
        for name in self.sim.sumo.simulation.getArrivedIDList():
            self.probes.leave(name)
        if second % FRICTION_S == 0:
            self.slow_streets(local)
        if second % REMEMBER_S == 0:
            self.router.remember(self.travel_times())
        if second % REFRESH_S == 0:
            self.router.refresh()
        self._reconsider(second)

    def _begin_trip(self, hour: float, ago_s: float = 0.0) -> None:
        """A trip starts now, or did `ago_s` free-driving seconds ago and is put where it is by now."""
        start, end = (int(self.site.demand.edge[v[0]]) for v in self.site.demand.draw(1, hour, self.rng))
        path = self.router.path(start, end)
        if len(path) < 2:
            return
        if ago_s:
            passed = int(np.searchsorted(np.cumsum(self.site.roads.seconds[path] + TURN_S), ago_s))
            path = path[passed:]
            if len(path) < 2:
                return
        self.trips += 1
        kind = str(self.rng.choice(KINDS, p=KIND_SHARES))
        name = f"{kind}-{self.trips}"
        try:
            self.sim.add(name, kind, path)
        except self.sim.sumo.TraCIException:
            return
        if kind == "car" and self.rng.random() < SHARE / KIND_SHARES[0]:
            self.probes.join(name, self.sim.now_s, self.rng)

    def _reconsider(self, second: int) -> None:
        """Let the next few drivers under way turn to what is the quickest way by now."""
        vehicles = self.sim.sumo.vehicle
        for name in vehicles.getIDList()[second % RECONSIDER_S :: RECONSIDER_S]:
            if name in self.fleet.buses:
                continue
            left = vehicles.getRoute(name)[vehicles.getRouteIndex(name) :]
            if len(left) <= DECIDED:
                continue
            path = self.router.path(int(left[DECIDED - 1]), int(left[-1]))
            ahead = [*left[: DECIDED - 1], *map(str, path)]
            if path and ahead != list(left):
                vehicles.setRoute(name, ahead)

    def step_lights(self, hour: int) -> None:
        """Every controller's second; lights that change are shown."""
        for name, box in self.controllers.items():
            box.follow_timetable(hour)
            if box.step():
                self._show(name, box)

    def show_lights(self) -> None:
        """Show what every controller says: after a start."""
        for name, box in self.controllers.items():
            self._show(name, box)

    def _show(self, name: str, box: controller.Controller) -> None:
        letters = self.site.lights[name].letters(box.stage, box.aspect)
        self.sim.sumo.trafficlight.setRedYellowGreenState(name, letters)

    def slow_streets(self, local: datetime) -> None:
        """Let the hour's life beside the roads slow them."""
        network, hour = self.site.pack.network, local.hour + local.minute / 60
        kmh = allowed_kmh(network.free_speed_kmh, self.site.crowded, local.weekday(), hour)
        for edge, name in self._edges:
            self.sim.sumo.edge.setMaxSpeed(name, kmh[edge] / 3.6)

    def travel_times(self) -> Float64:
        """(n,) seconds that each edge takes at present; infinite where cars may not go."""
        seconds = np.full(len(self.site.roads.seconds), np.inf)
        ask = self.sim.sumo.edge.getTraveltime
        for edge, name in self._edges:
            seconds[edge] = ask(name)
        return seconds
