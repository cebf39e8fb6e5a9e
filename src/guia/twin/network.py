"""The pack's roads as a SUMO network: plain XML in, netconvert, a `.net.xml` kept by the hash of what went in.

Edges are named by the row of their segment in the pack's network (`"17"`), nodes by theirs, traffic lights by the
id of their junction, so that the twin can go from one world to the other by `int()`.
"""

import hashlib
import subprocess
from pathlib import Path
from xml.sax.saxutils import quoteattr

import numpy as np

from guia.core.errors import InvalidInput, Unavailable
from guia.core.place import LocalProjection
from guia.packs.network import BUS, CAR, EMERGENCY, LORRY, MOTOR, MOTORCYCLE, ROAD_CLASSES, RoadNetwork
from guia.packs.signals import Junction

CLASSES = {
    CAR: "passenger private taxi",
    BUS: "bus coach",
    LORRY: "truck delivery",
    MOTORCYCLE: "motorcycle moped",
    EMERGENCY: "emergency",
}
"""SUMO vehicle classes of each access bit."""
SHORTEST_EDGE_M = 4.0
"""Shorter segments are stretched to this: a vehicle must fit into a cell that a signal can hold."""


def nodes_xml(network: RoadNetwork, junctions: list[Junction], projection: LocalProjection) -> str:
    """Plain XML of the nodes in local metres; those of a signal carry the id of its junction."""
    controlled = {node: j.id for j in junctions for node in j.nodes}
    x, y = projection.to_metres(network.node_lon, network.node_lat)
    rows = []
    for i, (east, north) in enumerate(zip(x, y, strict=True)):
        light = controlled.get(i)
        kind = f'type="traffic_light" tl={quoteattr(light)}' if light else 'type="priority"'
        rows.append(f'<node id="{i}" x="{east:.2f}" y="{north:.2f}" {kind}/>')
    return "<nodes>\n" + "\n".join(rows) + "\n</nodes>\n"


def edges_xml(network: RoadNetwork, projection: LocalProjection) -> str:
    """Plain XML of every segment that motor vehicles may use."""
    xy = projection.points(network.points)
    rows = []
    for i in np.flatnonzero(network.allows(MOTOR)):
        shape = " ".join(
            f"{x:.2f},{y:.2f}" for x, y in xy[network.first_point[i] : network.first_point[i + 1]]
        )
        allow = " ".join(names for bit, names in CLASSES.items() if network.access[i] & bit)
        rows.append(
            f'<edge id="{i}" from="{network.from_node[i]}" to="{network.to_node[i]}"'
            f' numLanes="{max(1, int(network.lanes[i]))}" speed="{network.free_speed_kmh[i] / 3.6:.2f}"'
            f' priority="{len(ROAD_CLASSES) - int(network.road_class[i])}"'
            f' length="{max(SHORTEST_EDGE_M, network.length_m[i]):.2f}" allow="{allow}" shape="{shape}"/>'
        )
    return "<edges>\n" + "\n".join(rows) + "\n</edges>\n"


def turns_xml(network: RoadNetwork) -> str:
    """Plain XML of the forbidden turns."""
    open_ = network.allows(MOTOR)
    rows = [
        f'<delete from="{a}" to="{b}"/>' for a, b in network.turns.reshape(-1, 2) if open_[a] and open_[b]
    ]
    return "<connections>\n" + "\n".join(rows) + "\n</connections>\n"


def build_net(
    network: RoadNetwork,
    junctions: list[Junction],
    projection: LocalProjection,
    folder: Path,
    *,
    left_hand: bool,
) -> Path:
    """The `.net.xml` of these roads in `folder`, made by netconvert unless it stands there already.

    Unavailable where SUMO is not installed, InvalidInput with netconvert's own words where it refuses the network.
    """
    parts = {
        "nod": nodes_xml(network, junctions, projection),
        "edg": edges_xml(network, projection),
        "con": turns_xml(network),
    }
    options = [*NETCONVERT, *(["--lefthand"] if left_hand else [])]
    digest = hashlib.sha256("\0".join([*parts.values(), *options]).encode()).hexdigest()[:16]
    net = folder / f"{digest}.net.xml"
    if net.exists():
        return net
    folder.mkdir(parents=True, exist_ok=True)
    inputs = []
    for kind, text in parts.items():
        file = folder / f"{digest}.{kind}.xml"
        file.write_text(text, encoding="utf-8")
        option = {"nod": "--node-files", "edg": "--edge-files", "con": "--connection-files"}[kind]
        inputs += [option, str(file)]
    making = folder / f"{digest}.making.xml"
    done = subprocess.run(
        [sumo_binary("netconvert"), *inputs, *options, "-o", str(making)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0 or not making.exists():
        raise InvalidInput(
            f"netconvert refused the road network: {done.stderr.strip()[-600:]}",
            place=str(folder),
            remedy="run `guia city check` on the pack; the input files stand beside the net",
        )
    making.replace(net)
    return net


NETCONVERT = [
    "--no-turnarounds.except-deadend",
    "--no-turnarounds.tls",
    "--junctions.corner-detail=0",
    "--offset.disable-normalization",
    "--tls.ignore-internal-junction-jam",
    "--xml-validation=never",
    "--no-warnings",
]
"""The pack knows its turns, metres stay the pack's, and the twin's own controllers run the stored plans."""


def sumo_binary(name: str) -> str:
    """Path of one of SUMO's programs; Unavailable where it is not installed."""
    try:
        import sumo
    except ImportError:
        raise Unavailable(
            "SUMO is not installed", remedy="install the extra: `pip install 'guia[twin]'`"
        ) from None
    return str(Path(sumo.SUMO_HOME) / "bin" / name)
