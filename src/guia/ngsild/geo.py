"""Geo queries (GS CIM 009, 4.10): near, within, intersects and their kin, tested exactly on GeoJSON geometries."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from guia.core.entity import Entity
from guia.core.errors import InvalidInput
from guia.core.place import LocalProjection
from guia.ngsild.parse import geometry, geometry_of

RELATIONS = ("within", "contains", "intersects", "equals", "disjoint", "overlaps")
_NEAR = re.compile(r"near;(?P<side>maxDistance|minDistance)==(?P<metres>\d+(?:\.\d+)?)")
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class GeoQuery:
    """A geo query. `box` bounds where a match can lie (west, south, east, north); None: anywhere."""

    test: Callable[[Entity], bool]
    box: Box | None


def geo_query(relation: str, kind: str, coordinates: str, name: str = "location") -> GeoQuery:
    """The query of the parameters georel, geometry, coordinates and geoproperty; InvalidInput names the wrong one."""
    import shapely
    import shapely.geometry

    try:
        body = {"type": kind, "coordinates": json.loads(coordinates)}
    except ValueError:
        raise InvalidInput(
            "the coordinates are no JSON array", place="query coordinates", remedy="write [113.54,22.19]"
        ) from None
    reference = shapely.geometry.shape(geometry(body, "query coordinates"))
    near = _NEAR.fullmatch(relation)
    if near:
        return _near(reference, near["side"] == "maxDistance", float(near["metres"]), name)
    if relation not in RELATIONS:
        raise InvalidInput(
            f"there is no relation {relation!r}",
            place="query georel",
            remedy=f"use near;maxDistance==METRES, {', '.join(RELATIONS)}",
        )
    shapely.prepare(reference)
    compare = getattr(shapely, {"contains": "contains", "within": "within"}.get(relation, relation))

    def test(entity: Entity) -> bool:
        shape = _shape(entity, name)
        return shape is not None and bool(compare(shape, reference))

    return GeoQuery(test, None if relation == "disjoint" else reference.bounds)


def _near(reference: Any, inside: bool, metres: float, name: str) -> GeoQuery:
    """Distances in metres on a plane about the reference: right to 0.1 % within some 10 km (see LocalProjection)."""
    import shapely

    centre = reference.centroid
    projection = LocalProjection(centre.x, centre.y)
    plane = shapely.transform(reference, projection.points)
    east, north = projection.metres_per_degree
    west, south, far_east, far_north = reference.bounds
    wide, high = 1.01 * metres / max(east, 1.0), 1.01 * metres / north
    box = (west - wide, south - high, far_east + wide, far_north + high)

    def test(entity: Entity) -> bool:
        shape = _shape(entity, name)
        if shape is None:
            return False
        distance = shapely.distance(plane, shapely.transform(shape, projection.points))
        return bool(distance <= metres) if inside else bool(distance >= metres)

    return GeoQuery(test, box if inside else None)


def _shape(entity: Entity, name: str) -> Any:
    import shapely.geometry

    found = entity.geometry if name == "location" else geometry_of(entity.attributes, name)
    return shapely.geometry.shape(found) if found else None
