"""The twin's memory across restarts: SUMO's own state beside what the twin knows around it."""

from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from guia.core.clock import MINUTE, SECOND
from guia.twin.city import TwinCity
from guia.twin.controller import Controller, find_plan
from guia.twin.detectors import Faults
from guia.twin.fleet import Bus
from guia.twin.probes import Probes
from guia.twin.site import Site

VERSION = 2
RESUME_WITHIN_NS = 30 * MINUTE
"""A city that stood still for longer has another time of day: it is filled anew instead."""


class Saved(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept beside SUMO's state."""

    version: int
    net: str
    """Name of the net's file, a hash of the roads."""
    vehicles: str
    """Name of SUMO's state file."""
    now_ns: int
    now_s: int
    trips: int
    controllers: dict[str, dict[str, Any]]
    buses: list[dict[str, Any]]
    fleet_numbers: dict[str, list[int]]
    probes: dict[str, Any]
    out_until: list[int]
    bias: list[float]
    random: list[dict[str, Any]]
    """States of the generators of traffic and of sensors."""


def save(city: TwinCity, faults: Faults, sensors_rng: np.random.Generator, folder: Path) -> None:
    """Write the state; the one before stays valid until the new one is whole."""
    vehicles = folder / f"vehicles-{city.now_ns // SECOND}.xml.gz"
    city.sim.save(vehicles)
    saved = Saved(
        version=VERSION,
        net=city.site.net.name,
        vehicles=vehicles.name,
        now_ns=city.now_ns,
        now_s=city.sim.now_s,
        trips=city.trips,
        controllers={name: _of_controller(c) for name, c in city.controllers.items()},
        buses=[msgspec.to_builtins(bus) for bus in city.fleet.buses.values()],
        fleet_numbers=city.fleet.free,
        probes=msgspec.to_builtins(city.probes),
        out_until=faults.out_until.tolist(),
        bias=faults.bias.tolist(),
        random=[city.rng.bit_generator.state, sensors_rng.bit_generator.state],
    )
    part = folder / "part-twin.json"
    part.write_bytes(msgspec.json.encode(saved, enc_hook=_plain))
    part.replace(folder / "twin.json")
    for old in folder.glob("vehicles-*.xml.gz"):
        if old != vehicles:
            old.unlink()


def find(site: Site, folder: Path, now_ns: int) -> Saved | None:
    """The saved state, if it is of this net and not too old; None where the city must be filled anew."""
    try:
        saved = msgspec.json.decode((folder / "twin.json").read_bytes(), type=Saved)
    except (OSError, msgspec.MsgspecError):
        return None
    fits = saved.version == VERSION and saved.net == site.net.name and (folder / saved.vehicles).exists()
    return saved if fits and 0 <= now_ns - saved.now_ns <= RESUME_WITHIN_NS else None


def restore(city: TwinCity, saved: Saved) -> Faults:
    """Put back what stood around SUMO, which has loaded its own state; the detectors' faults."""
    junctions = {j.id: j for j in city.site.pack.signals}
    city.trips = saved.trips
    for name, body in saved.controllers.items():
        if name in city.site.lights:
            city.controllers[name] = _to_controller(junctions[name], body)
    city.show_lights()
    city.slow_streets(city.local(city.now_ns))
    city.fleet.buses = {b["name"]: Bus(**b) for b in saved.buses}
    city.fleet.shift(city.now_ns - saved.now_ns)
    city.fleet.free = {k: list(v) for k, v in saved.fleet_numbers.items()}
    city.probes = Probes({k: tuple(v) for k, v in saved.probes["cars"].items()}, list(saved.probes["free"]))
    city.rng.bit_generator.state = saved.random[0]
    return Faults(np.array(saved.out_until, np.int64), np.array(saved.bias))


def zero_of(saved: Saved, now_ns: int) -> int:
    """Instant of SUMO's second 0, so that the saved moment becomes the present one, to the minute."""
    return (now_ns - saved.now_s * SECOND) // MINUTE * MINUTE


def _of_controller(c: Controller) -> dict[str, Any]:
    return {
        "plan": c.plan.number,
        "position": c.position,
        "aspect": c.aspect,
        "elapsed_s": c.elapsed_s,
        "wanted": None if c.wanted is None else c.wanted.number,
        "commanded": c.commanded,
        "scheduled": c.scheduled,
    }


def _to_controller(junction: Any, body: dict[str, Any]) -> Controller:
    wanted = body["wanted"]
    return Controller(
        junction,
        find_plan(junction, body["plan"]),
        body["position"],
        body["aspect"],
        body["elapsed_s"],
        None if wanted is None else find_plan(junction, wanted),
        body["commanded"],
        body["scheduled"],
    )


def _plain(value: Any) -> Any:
    """NumPy numbers as Python's."""
    return value.item() if isinstance(value, np.generic) else value.tolist()
