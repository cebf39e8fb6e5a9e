"""Shores: the facts hold no coastline, and some parishes reach into the sea, so land and sea are inferred there."""

import csv
import json
from pathlib import Path

import numpy as np
import shapely
import shapely.geometry

from guia.core.place import LocalProjection
from guia.packs.network import RoadNetwork
from guia.packs.places import Area, Parish

REACHING_OUT = ("se", "carmo", "santo-antonio")
"""Parishes drawn with far more surface than their land: 7.4 for 3.4, 10.2 for 7.9, 1.3 for 1.1 km²."""
_ROAD_M, _HOUSE_M, _CLOSE_M = 45.0, 25.0, 90.0
_LEAST_M2 = 20_000.0


def shores_of(
    facts: Path, network: RoadNetwork, parishes: list[Parish], projection: LocalProjection
) -> list[Area]:
    """Sea within parishes (`water`), and land with roads outside every parish (`land`: newly reclaimed).

    Land is what lies near roads (bridges apart), houses, parks or the runway.
    """
    dry = shapely.union_all([
        shapely.union_all(shapely.buffer(_roads(network, projection), _ROAD_M, quad_segs=3)),
        *(shapely.buffer(_surfaces(facts, name, projection), _HOUSE_M)
          for name in ("residential-buildings", "green-spaces")),
        shapely.buffer(_runway(facts, projection), 180.0),
    ])  # fmt: skip
    dry = dry.buffer(_CLOSE_M, quad_segs=3).buffer(-_CLOSE_M, quad_segs=3)
    ground = {p.id: _metres(p.geometry, projection) for p in parishes}
    new = dry.difference(shapely.union_all(list(ground.values())).buffer(30.0))
    found = [(f"sea-{i}", "water", ground[i].difference(dry)) for i in REACHING_OUT]
    return [
        Area(name, kind, {}, _large(surface, projection))
        for name, kind, surface in (*found, ("new-land", "land", new))
    ]


def _large(surface: shapely.Geometry, projection: LocalProjection) -> shapely.Geometry:
    """The parts of a surface above two hectares, simplified, in degrees."""
    parts = [p for p in shapely.get_parts(surface.simplify(4.0)) if p.area >= _LEAST_M2]
    return shapely.transform(
        shapely.MultiPolygon(parts), lambda xy: np.column_stack(projection.to_lonlat(*xy.T))
    )


def _roads(network: RoadNetwork, projection: LocalProjection) -> np.ndarray:
    """The segments that stand on the ground, as lines in metres: no bridges, and no long ones without a name."""
    xy = projection.points(network.points)
    lines = shapely.linestrings(xy, indices=np.repeat(np.arange(len(network)), np.diff(network.first_point)))
    return lines[~network.bridge & ((network.length_m < 400) | (network.name_zh != ""))]


def _surfaces(facts: Path, name: str, projection: LocalProjection) -> shapely.Geometry:
    rows = json.loads((facts / "derived" / f"{name}.geojson").read_text(encoding="utf-8"))["features"]
    shapes = [shapely.make_valid(shapely.geometry.shape(r["geometry"])) for r in rows]
    return _metres(shapely.union_all([s for s in shapes if s.area > 0]), projection)


def _runway(facts: Path, projection: LocalProjection) -> shapely.Geometry:
    """The airport's runway as a line in metres."""
    file = facts / "transport" / "ourairports-runways-MFM-HKG-ZUH.csv"
    with file.open(encoding="utf-8-sig", newline="") as lines:
        row = next(r for r in csv.DictReader(lines) if r["airport_ident"] == "VMMC")
    ends = [[float(row[f"{e}_longitude_deg"]), float(row[f"{e}_latitude_deg"])] for e in ("le", "he")]
    return shapely.LineString(projection.points(ends))


def _metres(geometry: shapely.Geometry, projection: LocalProjection) -> shapely.Geometry:
    return shapely.transform(geometry, projection.points)
