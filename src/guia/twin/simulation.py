"""SUMO behind a small face: one running city of vehicles. Only one can live in a process (libsumo's own limit).

Microscopic, one-second steps: pulses, queues at red and positions are then those of single vehicles.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from guia.core.errors import Unavailable

STEP_S = 1
GIVING_WAY = 'impatience="1" jmTimegapMinor="0.2"'
"""Who has to give way counts on the others to brake a little, and follows close behind them: on crowded streets
drivers merge in turn. With SUMO's defaults, made for the open road, a lane that gives way passes 20 to 180 vehicles
an hour here, and queues at such places fill the bridges."""
TYPES = f"""<additional>
<vType id="car" vClass="passenger" length="4.4" minGap="2.0" accel="2.4" sigma="0.4" tau="1.1" speedDev="0.1"
 {GIVING_WAY}/>
<vType id="motorcycle" vClass="motorcycle" length="2.0" minGap="1.0" accel="3.5" sigma="0.4" tau="1.0" speedDev="0.1"
 {GIVING_WAY}/>
<vType id="van" vClass="delivery" length="6.0" minGap="2.2" accel="1.8" sigma="0.4" tau="1.2" speedDev="0.08"
 {GIVING_WAY}/>
<vType id="bus" vClass="bus" length="{{bus_length}}" minGap="2.5" accel="{{bus_accel}}" decel="3.0" sigma="0.4"
 tau="1.2" speedFactor="{{bus_speed_factor}}" speedDev="0.05" {GIVING_WAY}/>
</additional>
"""


class Simulation:
    """The vehicles on the net; all times are seconds of its own clock, which begins at 0 or where a state was saved."""

    def __init__(self, net: Path, additional: Sequence[Path], seed: int, state: Path | None = None) -> None:
        self.sumo = load_libsumo()
        options = [
            *("sumo", "--net-file", str(net), "--additional-files", ",".join(map(str, additional))),
            *("--seed", str(seed), "--step-length", str(STEP_S)),
            *OPTIONS,
        ]
        if state is not None:
            options += ["--load-state", str(state)]
        self.sumo.start(options)
        self._starts: set[str] = set(self.sumo.route.getIDList())

    @property
    def now_s(self) -> int:
        """The simulation's own time."""
        return round(self.sumo.simulation.getTime())

    def step(self) -> None:
        """One second passes."""
        self.sumo.simulationStep()

    def under_way(self) -> int:
        """Vehicles on the net."""
        return int(self.sumo.vehicle.getIDCount())

    def add(self, name: str, kind: str, path: Sequence[int], position: str = "random_free") -> None:
        """A vehicle that enters on the first edge of its path: anywhere, or at SUMO's `position` word.

        SUMO keeps named routes for ever, so there is one per first edge and the path is set on the vehicle.
        """
        edges = [str(e) for e in path]
        if edges[0] not in self._starts:
            self.sumo.route.add(edges[0], edges[:1])
            self._starts.add(edges[0])
        self.sumo.vehicle.add(name, edges[0], kind, departLane="best", departPos=position, departSpeed="max")
        self.sumo.vehicle.setRoute(name, edges)

    def save(self, file: Path) -> None:
        """Write the whole state; atomic."""
        part = file.with_name("part-" + file.name)
        self.sumo.simulation.saveState(str(part))
        part.replace(file)

    def close(self) -> None:
        """End the simulation; another may then begin in this process."""
        self.sumo.close()


OPTIONS = (
    "--no-step-log",
    "--no-warnings",
    "--duration-log.disable",
    "--xml-validation=never",
    "--collision.action=none",
    "--max-depart-delay=120",
    "--time-to-teleport=150",
    "--time-to-teleport.highways=0",
    "--no-internal-links",
)
"""A vehicle that cannot move for 150 s is taken past the blockage (SUMO's teleport), one that cannot enter for
120 s stays at home: a synthetic city may jam, not seize up. Without the inside of junctions a step costs half, and
blocked crossings do not occur; right of way and signals hold as before."""


def load_libsumo() -> Any:
    """The libsumo module; Unavailable where it is not installed."""
    os.environ.setdefault("LIBSUMO_AS_TRACI", "quiet")
    try:
        import libsumo
    except ImportError:
        raise Unavailable(
            "libsumo is not installed", remedy="install the extra: `pip install 'guia[twin]'`"
        ) from None
    return libsumo
