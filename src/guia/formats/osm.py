"""Read an OpenStreetMap extract (.osm.pbf): roads, turn restrictions, signals and named points."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from guia.core.columns import Float64
from guia.core.errors import InvalidInput

_MAIN = ("motorway", "trunk", "primary", "secondary", "tertiary")
_SMALL = ("unclassified", "residential", "living_street", "service", "track", "road")
_SLOW = ("pedestrian", "footway", "cycleway", "path", "steps")
ROADS = frozenset((*_MAIN, *(f"{c}_link" for c in _MAIN), *_SMALL, *_SLOW))
"""Values of `highway` that are roads."""
_NAMED = ("amenity", "tourism", "railway", "leisure", "place", "historic", "aeroway")


@dataclass(frozen=True, slots=True)
class Way:
    """A road as mapped."""

    id: int
    tags: dict[str, str]
    nodes: tuple[int, ...]
    lonlat: Float64
    """(P,2) longitude, latitude of the nodes."""


@dataclass(frozen=True, slots=True)
class Restriction:
    """A turn restriction: from a way over a node into a way."""

    kind: str
    """e.g. `no_left_turn`, `only_straight_on`."""
    from_way: int
    via_node: int
    to_way: int


@dataclass(frozen=True, slots=True)
class NamedPoint:
    """A node with a name."""

    id: int
    tags: dict[str, str]
    lon: float
    lat: float


@dataclass(frozen=True, slots=True)
class Extract:
    """What a road network and a pack need of an extract."""

    ways: list[Way] = field(default_factory=list)
    restrictions: list[Restriction] = field(default_factory=list)
    signals: list[tuple[float, float]] = field(default_factory=list)
    """Longitude, latitude of nodes tagged highway=traffic_signals."""
    points: list[NamedPoint] = field(default_factory=list)


def read_osm(file: Path) -> Extract:
    """The roads in `file`, in file order; InvalidInput where it is no whole extract."""
    import osmium

    extract = Extract()
    try:
        item: Any
        for item in osmium.FileProcessor(str(file)).with_locations():
            if item.is_node():
                _node(extract, item)
            elif item.is_way():
                _way(extract, item)
            elif item.is_relation() and item.tags.get("type", "").startswith("restriction"):
                _restriction(extract, item)
    except (RuntimeError, OSError) as reason:
        raise InvalidInput(
            f"cannot read the OpenStreetMap extract: {reason}",
            place=str(file),
            remedy="fetch the .osm.pbf file again; it may be truncated",
        ) from None
    return extract


def _node(extract: Extract, node: Any) -> None:
    tags = node.tags
    if tags.get("highway") == "traffic_signals":
        extract.signals.append((node.lon, node.lat))
    if "name" in tags and any(key in tags for key in _NAMED):
        extract.points.append(NamedPoint(node.id, {t.k: t.v for t in tags}, node.lon, node.lat))


def _way(extract: Extract, way: Any) -> None:
    if way.tags.get("highway") not in ROADS or way.tags.get("area") == "yes":
        return
    nodes = [(n.ref, n.lon, n.lat) for n in way.nodes if n.location.valid()]
    if len(nodes) >= 2:
        refs, lon, lat = zip(*nodes, strict=True)
        tags = {t.k: t.v for t in way.tags}
        extract.ways.append(Way(way.id, tags, refs, np.column_stack([lon, lat])))


def _restriction(extract: Extract, relation: Any) -> None:
    """Restrictions for all vehicles over one node; those over ways are left out."""
    kind = relation.tags.get("restriction", "")
    members = {(m.role, m.type): m.ref for m in relation.members}
    roles = (("from", "w"), ("via", "n"), ("to", "w"))
    if kind.startswith(("no_", "only_")) and all(role in members for role in roles):
        extract.restrictions.append(Restriction(kind, *(members[role] for role in roles)))
