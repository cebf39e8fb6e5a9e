"""Entities in the store: found by id, type, attribute, box and distance."""

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from guia.core.entity import Entity
from guia.core.records import Row
from guia.core.store.body import as_json

if TYPE_CHECKING:
    import apsw

    from guia.core.store.store import Store

Box = tuple[float, float, float, float]
"""West, south, east, north in degrees."""
Near = tuple[float, float, float]
"""Longitude, latitude, metres."""
METRES_PER_DEGREE = 111_320.0

_decoder = msgspec.json.Decoder(Entity)


def apply(connection: "apsw.Connection", row: Row, position: int) -> None:
    """Enter, replace or delete one entity."""
    if row.body is None:
        connection.execute(
            "DELETE FROM boxes WHERE number IN (SELECT number FROM entities WHERE id = ?)", (row.id,)
        )
        connection.execute("DELETE FROM entities WHERE id = ?", (row.id,))
        return
    found = connection.execute(
        "INSERT INTO entities (id, type, created, position, body) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET type = excluded.type, position = excluded.position,"
        " body = excluded.body RETURNING number",
        (row.id, row.body["type"], row.body.get("created", 0), position, as_json(row.body)),
    ).fetchall()
    number = found[0][0]
    box = bounds(row.body.get("geometry"))
    if box is None:
        connection.execute("DELETE FROM boxes WHERE number = ?", (number,))
    else:
        west, south, east, north = box
        connection.execute(
            "INSERT OR REPLACE INTO boxes VALUES (?, ?, ?, ?, ?)", (number, west, east, south, north)
        )


def bounds(geometry: dict[str, Any] | None) -> Box | None:
    """Box around a GeoJSON geometry; None if there are no coordinates."""
    pairs = list(_pairs(geometry))
    if not pairs:
        return None
    lons, lats = [p[0] for p in pairs], [p[1] for p in pairs]
    return min(lons), min(lats), max(lons), max(lats)


def _pairs(geometry: Any) -> Iterable[tuple[float, float]]:
    if isinstance(geometry, dict):
        yield from _pairs(geometry.get("coordinates"))
        for part in geometry.get("geometries", ()):
            yield from _pairs(part)
    elif isinstance(geometry, list | tuple) and geometry:
        if isinstance(geometry[0], int | float):
            yield float(geometry[0]), float(geometry[1])
        else:
            for part in geometry:
                yield from _pairs(part)


def get(store: "Store", entity_id: str) -> Entity | None:
    """The entity, or None."""
    rows = store.ask("SELECT body FROM entities WHERE id = ?", (entity_id,))
    return _decoder.decode(rows[0][0]) if rows else None


def created(store: "Store", ids: Sequence[str]) -> dict[str, int]:
    """When those of `ids` that exist were created."""
    chosen = msgspec.json.encode(list(ids)).decode()
    return dict(
        store.ask("SELECT id, created FROM entities WHERE id IN (SELECT value FROM json_each(?))", (chosen,))
    )


def count(store: "Store", types: Sequence[str]) -> dict[str, int]:
    """Entities by type."""
    where, parameters = _in("type", types)
    return dict(store.ask(f"SELECT type, count(*) FROM entities WHERE {where} GROUP BY type", parameters))


def find(
    store: "Store",
    types: Sequence[str],
    ids: Sequence[str],
    attrs: Sequence[str],
    bbox: Box | None,
    near: Near | None,
    limit: int,
    offset: int,
) -> list[Entity]:
    """Entities that meet every condition given, sorted by id. Geometry is tested exactly, not by boxes."""
    conditions: list[str] = []
    parameters: list[Any] = []
    for column, values in (("type", types), ("id", ids)):
        where, more = _in(column, values)
        conditions.append(where)
        parameters += more
    if attrs:
        conditions.append(f"({' OR '.join('json_type(body, ?) IS NOT NULL' for _ in attrs)})")
        parameters += [f"$.attributes.{msgspec.json.encode(attr).decode()}" for attr in attrs]
    area = _shape(bbox, near)
    if area is not None:
        conditions.append(
            "number IN (SELECT number FROM boxes WHERE west <= ? AND east >= ? AND south <= ? AND north >= ?)"
        )
        west, south, east, north = area.bounds
        parameters += [east, west, north, south]
    sql = f"SELECT body FROM entities WHERE {' AND '.join(conditions)} ORDER BY id"
    if area is None:
        rows = store.ask(f"{sql} LIMIT ? OFFSET ?", (*parameters, limit, offset))
        return [_decoder.decode(row[0]) for row in rows]
    return _within(area, (_decoder.decode(row[0]) for row in store.ask(sql, parameters)))[
        offset : offset + limit
    ]


def _in(column: str, values: Sequence[str]) -> tuple[str, list[str]]:
    if not values:
        return "TRUE", []
    return f"{column} IN ({','.join('?' * len(values))})", list(values)


def _shape(bbox: Box | None, near: Near | None) -> Any:
    """The area asked for as a shapely geometry in degrees; None if no area is asked for."""
    if bbox is None and near is None:
        return None
    import shapely

    area = None if bbox is None else shapely.box(*bbox)
    if near is None:
        return area
    lon, lat, metres = near
    # A circle in metres is an ellipse in degrees: east-west degrees shrink with the cosine of the latitude.
    disc = shapely.Point(0, 0).buffer(metres / METRES_PER_DEGREE, quad_segs=64)
    ellipse = shapely.transform(
        disc, lambda xy: xy * [1 / max(math.cos(math.radians(lat)), 1e-6), 1.0] + [lon, lat]
    )
    return ellipse if area is None else area.intersection(ellipse)


def _within(area: Any, candidates: Iterable[Entity]) -> list[Entity]:
    import shapely
    from shapely.geometry import shape

    found = list(candidates)
    shapely.prepare(area)
    return [e for e in found if shapely.intersects(area, shape(e.geometry))]
