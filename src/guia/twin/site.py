"""Everything that must stand before the twin can run: net, lines, lights and demand of one pack."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from guia.core.columns import Float64, Int32
from guia.packs import Pack
from guia.packs.network import BUS, CAR
from guia.twin.demand import Demand, synthesize
from guia.twin.detectors import loops_xml
from guia.twin.fleet import Habits, stops_xml
from guia.twin.friction import crowding
from guia.twin.lights import Light, light_of, read_heads
from guia.twin.lines import Line, match_lines
from guia.twin.network import build_net
from guia.twin.roads import Roads, read_turns, roads_for
from guia.twin.simulation import TYPES

SEED = 20180417
"""Of what is synthetic but fixed: trip ends, the detectors' own errors."""


@dataclass(frozen=True)
class Site:
    """A pack made ready for SUMO."""

    pack: Pack
    net: Path
    additional: tuple[Path, ...]
    """SUMO files beside the net: vehicle types, loops, bus stops."""
    roads: Roads
    """For cars."""
    demand: Demand
    lines: list[Line]
    lights: dict[str, Light]
    detectors: Int32
    """Edges with loops, in the order of the pack's detectors."""
    habits: Habits
    crowded: Float64
    """(n,) 0 … 1 per segment: how much goes on beside the road."""


def prepare(pack: Pack, folder: Path, habits: Habits | None = None) -> Site:
    """The site of a pack; what SUMO reads is written to `folder`, the net only when the pack changed."""
    habits = habits or Habits()
    network = pack.network
    left_hand = pack.settings("traffic").get("drives_on", "left") == "left"
    net = build_net(network, pack.signals, pack.projection, folder, left_hand=left_hand)
    turns = read_turns(net)
    cars = roads_for(network, turns, CAR)
    lines, _ = match_lines(pack, roads_for(network, turns, BUS), left_hand=left_hand)
    heads = read_heads(net)
    lights = {j.id: light_of(j, heads[j.id], network) for j in pack.signals if j.id in heads}
    known = [network.row[s] for s in pack.detectors if s in network.row]
    detectors = np.array([e for e in known if np.isfinite(cars.seconds[e])], np.int32)
    texts = {
        "types": TYPES.format(
            bus_length=habits.length_m, bus_accel=habits.accel, bus_speed_factor=habits.speed_factor
        ),
        "loops": loops_xml(network, [int(e) for e in detectors]),
        "stops": stops_xml(lines, network),
    }
    files = []
    for name, text in texts.items():
        files.append(folder / f"{name}.add.xml")
        files[-1].write_text(text, encoding="utf-8")
    demand = synthesize(pack, cars, np.random.default_rng(SEED))
    return Site(pack, net, tuple(files), cars, demand, lines, lights, detectors, habits, crowding(pack))
