"""The twin as a process: keeps pace with the city's clock, sends, obeys, saves, and says how far behind it is."""

import logging
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import numpy as np

from guia.core.clock import MINUTE, SECOND, iso
from guia.core.errors import GuiaError, InvalidInput, NotFound
from guia.core.ids import local_part
from guia.packs import Pack
from guia.twin import gtfs_rt, state
from guia.twin.city import TwinCity
from guia.twin.detectors import Faults
from guia.twin.sensors import Sensors
from guia.twin.simulation import Simulation
from guia.twin.site import SEED, Site, prepare
from guia.twin.uplink import Address, Command, Uplink

SAVE_S = 60.0
"""Machine seconds between saved states."""
TELL_S = 5.0
"""Machine seconds between words about itself."""
LATEST_NS = 10 * MINUTE
"""A twin that is further behind gives up catching up: its city skips to the present."""
RUN_PLAN = "signals.run-plan"
log = logging.getLogger("guia.twin")


@dataclass(frozen=True)
class Pace:
    """The city's clock as the twin is told it."""

    start_ns: int
    """City instant at `origin_ns`."""
    origin_ns: int
    """Wall instant."""
    speed: float

    def now(self, wall_ns: int) -> int:
        """City time at a wall instant."""
        return self.start_ns + int((wall_ns - self.origin_ns) * self.speed)


@dataclass
class Twin:
    """A running twin."""

    city: TwinCity
    sensors: Sensors
    uplink: Uplink
    publisher: gtfs_rt.Publisher
    pace: Pace
    folder: Path
    skipped: int = 0
    """Times that it gave up catching up."""

    def second(self) -> None:
        """Live one second and send what it showed."""
        city = self.city
        city.step()
        second = city.now_ns // SECOND
        if second % gtfs_rt.PERIOD_S == 0:
            self.publisher.bodies.update(
                gtfs_rt.messages(
                    city.fleet, city.sim, city.site.pack.gtfs, city.site.pack.projection, city.now_ns,
                    self.sensors.rng,
                )
            )  # fmt: skip
        self.sensors.look(self.uplink)

    def lag_s(self, wall_ns: int) -> float:
        """Seconds of city time behind the city's clock."""
        return (self.pace.now(wall_ns) - self.city.now_ns) / SECOND

    def live(self, running: Callable[[], bool], wall: Callable[[], int] = time.time_ns) -> None:
        """Keep pace until `running` says no."""
        saved = told = wall()
        while running():
            now = wall()
            lag_s = self.lag_s(now)
            if lag_s * SECOND > LATEST_NS:
                self._skip(now)
            elif lag_s >= 1:
                self.second()
            else:
                time.sleep(min(0.2, (1 - lag_s) / self.pace.speed))
            if now - told > TELL_S * SECOND:
                told = now
                self.uplink.tell("twin", self.status(now))
            if now - saved > SAVE_S * SECOND:
                saved = now
                self.save()

    def _skip(self, wall_ns: int) -> None:
        """Call the present what the twin has reached."""
        behind = self.pace.now(wall_ns) - self.city.now_ns
        self.city.zero_ns += behind // MINUTE * MINUTE
        self.city.fleet.shift(behind // MINUTE * MINUTE)
        self.skipped += 1
        log.warning("%d s behind the city: it skips to the present", behind // SECOND)

    def save(self) -> None:
        """Write the state."""
        state.save(self.city, self.sensors.faults, self.sensors.rng, self.folder)

    def status(self, wall_ns: int) -> dict[str, object]:
        """How it goes, for people and for health pages."""
        counts = self.uplink.counts
        return {
            "time": iso(self.city.now_ns // SECOND * SECOND),
            "lag_s": round(self.lag_s(wall_ns), 1),
            "skipped": self.skipped,
            "vehicles": self.city.sim.under_way(),
            "buses": len(self.city.fleet.buses),
            "sent": counts.sent,
            "dropped": counts.dropped,
            "rejected": counts.rejected,
            "commands": counts.commands,
            "problem": counts.problem,
            "label": "synthetic",
        }


def obey(city: TwinCity, local: str, command: Command) -> tuple[bool, str]:
    """Do what a command asks of the junction `local`; whether it will be done, and what happens, as a sentence."""
    try:
        box = city.controllers.get(local)
        if box is None:
            raise NotFound(
                f"there is no junction {local} here", remedy="send commands to a junction's own topic"
            )
        if command.action != RUN_PLAN:
            raise InvalidInput(f"a controller cannot do {command.action}", remedy=f"it knows {RUN_PLAN}")
        named = local_part(str(command.parameters.get("junction", local)))
        if named != local:
            raise InvalidInput(f"the command is for {named}, not for {local}", place="parameters.junction")
        number = command.parameters.get("plan")
        if not isinstance(number, int) or isinstance(number, bool):
            raise InvalidInput("the plan is no whole number", place="parameters.plan")
        return True, box.command(number)
    except GuiaError as error:
        return False, str(error)


def build(site: Site, folder: Path, now_ns: int, seed: int) -> tuple[TwinCity, Faults, np.random.Generator]:
    """The city as it was left, or filled for this moment; with the sensors' faults and randomness."""
    folder.mkdir(parents=True, exist_ok=True)
    sensors_rng = np.random.default_rng([seed, 1])
    saved = state.find(site, folder, now_ns)
    sim = Simulation(site.net, site.additional, seed, None if saved is None else folder / saved.vehicles)
    rng = np.random.default_rng([seed, 0])
    if saved is None:
        city = TwinCity(site, sim, rng, now_ns // MINUTE * MINUTE)
        city.wake()
        return city, Faults.of(len(site.detectors), np.random.default_rng(SEED)), sensors_rng
    city = TwinCity(site, sim, rng, state.zero_of(saved, now_ns))
    faults = state.restore(city, saved)
    sensors_rng.bit_generator.state = saved.random[1]
    return city, faults, sensors_rng


def run(pack: Pack, data: Path, pace: Pace, address: Address, gtfs_rt_port: int, seed: int) -> None:
    """Run the twin until it is told to end (SIGTERM, SIGINT), then save."""
    stop = []

    def end(number: int, _: FrameType | None) -> None:
        stop.append(number)

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    folder = data / pack.name / "twin"
    site = prepare(pack, folder)
    city, faults, rng = build(site, folder, pace.now(time.time_ns()), seed)
    sensors = Sensors(city, rng, faults)
    uplink = Uplink(address, sensors.series(), lambda local, command: obey(city, local, command))
    twin = Twin(city, sensors, uplink, gtfs_rt.Publisher(gtfs_rt_port), pace, folder)
    uplink.start()
    twin.publisher.start()
    log.info("the twin of %s is under way: %s", pack.name, twin.status(time.time_ns()))
    try:
        twin.live(lambda: not stop)
    finally:
        twin.save()
        twin.publisher.stop()
        uplink.stop()
        city.sim.close()
