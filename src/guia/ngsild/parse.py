"""Entities and attributes as sent, normalised or concise, checked and brought to the normalised form the hub keeps."""

import re
from typing import Any

from guia.core.clock import instant
from guia.core.entity import Entity
from guia.core.errors import InvalidInput
from guia.ngsild.contexts import Terms, stored

NULL = "urn:ngsi-ld:null"
VALUE_OF = {
    "Property": "value",
    "GeoProperty": "value",
    "Relationship": "object",
    "LanguageProperty": "languageMap",
    "VocabProperty": "vocab",
    "JsonProperty": "json",
    "ListProperty": "valueList",
    "ListRelationship": "objectList",
}
"""The member that holds an attribute's value, by its type."""
GEOMETRIES = frozenset(
    ("Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "GeometryCollection")
)
INSTANTS = frozenset(("observedAt", "expiresAt"))
OWN = frozenset(("type", "unitCode", "datasetId", "objectType", "lang", *INSTANTS, *VALUE_OF.values()))
"""Members of an attribute that are no sub-attributes."""
DROPPED = frozenset(("createdAt", "modifiedAt", "deletedAt", "instanceId", "@context"))
"""Members that only the hub may set."""
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+")
_NAME = re.compile(r"[^\s\"<>(){}|;,=&?\[\]]+")
DEEPEST = 8


def entity(body: Any, context: Terms, now: int, source: str) -> Entity:
    """The entity of a JSON body; InvalidInput names the member that is wrong."""
    if not isinstance(body, dict):
        raise InvalidInput("an entity is a JSON object", place="body")
    entity_id = identifier(_member(body, "id"), "id")
    kind = _kind(_member(body, "type"), context)
    found = attributes(body, context)
    return Entity(
        id=entity_id,
        type=kind,
        attributes=found,
        geometry=geometry_of(found),
        scope=_scope(body.get("scope")),
        created=now,
        modified=now,
        source=source,
    )


def attributes(body: dict[str, Any], context: Terms, *, nulls: bool = False) -> dict[str, Any]:
    """Attributes of a body by the hub's names. `nulls`: NGSI-LD Null is allowed (a merge removes what it names)."""
    found = {}
    for name, value in body.items():
        if name in ("id", "type", "@id", "@type", "scope") or name in DROPPED:
            continue
        if not _NAME.fullmatch(name):
            raise InvalidInput(f"{name!r} cannot be an attribute's name", place=name)
        instances = value if isinstance(value, list) and _are_instances(value) else [value]
        parsed = [instance(v, name, context, nulls=nulls) for v in instances]
        keys = [p.get("datasetId") for p in parsed if p is not None]
        if len(set(keys)) != len(keys):
            raise InvalidInput("two instances have the same datasetId", place=name)
        found[stored(name, context)] = parsed[0] if len(parsed) == 1 else parsed
    return found


def instance(value: Any, place: str, context: Terms, *, nulls: bool = False, depth: int = 0) -> Any:
    """One attribute instance in normalised form; None for an NGSI-LD Null (where `nulls` allows it)."""
    if depth > DEEPEST:
        raise InvalidInput("sub-attributes are nested too deeply", place=place)
    if value is None or value == NULL:
        if nulls:
            return None
        raise InvalidInput("null is no value", place=place, remedy="leave the attribute out")
    if not isinstance(value, dict):
        return {"type": "Property", "value": value}
    if value.get("type") in GEOMETRIES and "coordinates" in value:
        return {"type": "GeoProperty", "value": geometry(value, place)}
    kind = value.get("type") or _implied(value, place)
    member = VALUE_OF.get(kind)
    if member is None:
        raise InvalidInput(
            f"there is no attribute type {kind!r}", place=f"{place}.type", remedy=f"use {', '.join(VALUE_OF)}"
        )
    content = value.get(member)
    if content is None or content == NULL:
        if nulls and content == NULL:
            return None
        raise InvalidInput(f"a {kind} needs {member}", place=f"{place}.{member}")
    _check(kind, content, f"{place}.{member}")
    found: dict[str, Any] = {"type": kind, member: content}
    for name, sub in value.items():
        if name in (member, "type") or name in DROPPED:
            continue
        if name in OWN:
            found[name] = _own(name, sub, f"{place}.{name}")
        else:
            child = instance(sub, f"{place}.{name}", context, nulls=nulls, depth=depth + 1)
            if child is not None:
                found[stored(name, context)] = child
    return found


def identifier(value: Any, place: str) -> str:
    """A URI; InvalidInput if it is none."""
    if not isinstance(value, str) or len(value) > 1024 or not _URI.fullmatch(value):
        raise InvalidInput(
            f"{value!r} is no URI", place=place, remedy="name it like urn:ngsi-ld:Vehicle:macau:A1"
        )
    return value


def geometry(value: Any, place: str) -> dict[str, Any]:
    """A GeoJSON geometry; InvalidInput if it is none, or lies outside the world."""
    import shapely.geometry

    try:
        if value["type"] not in GEOMETRIES:
            raise ValueError(f"there is no geometry {value['type']!r}")
        shape = shapely.geometry.shape(value)
        west, south, east, north = shape.bounds
    except (KeyError, TypeError, ValueError, AttributeError, shapely.errors.ShapelyError) as error:
        raise InvalidInput(f"not a GeoJSON geometry: {error}", place=place) from None
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise InvalidInput(
            "the geometry lies outside the world", place=place, remedy="give longitude, latitude (WGS 84)"
        )
    return {"type": value["type"], **{k: value[k] for k in ("coordinates", "geometries") if k in value}}


def geometry_of(found: dict[str, Any], name: str = "location") -> dict[str, Any] | None:
    """The geometry of a GeoProperty, if the entity has it."""
    attribute = found.get(name)
    first = attribute[0] if isinstance(attribute, list) else attribute
    return first["value"] if first and first.get("type") == "GeoProperty" else None


def _member(body: dict[str, Any], name: str) -> Any:
    value = body.get(name, body.get("@" + name))
    if value is None:
        raise InvalidInput(f"an entity needs {name}", place=name)
    return value


def _kind(value: Any, context: Terms) -> str:
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, list):
        raise InvalidInput(
            "several types of one entity are not kept yet", place="type", remedy="send one type"
        )
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise InvalidInput(f"{value!r} cannot be a type", place="type")
    return stored(value, context)


def _scope(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    scopes = value if isinstance(value, list) else [value]
    if not all(isinstance(s, str) and s.startswith("/") for s in scopes):
        raise InvalidInput("a scope is a path like /traffic/bridges", place="scope")
    return tuple(scopes)


def _are_instances(value: list[Any]) -> bool:
    """Whether a list holds instances of an attribute; a plain list is the value of a concise Property."""
    return bool(value) and all(isinstance(v, dict) and ("datasetId" in v or "type" in v) for v in value)


def _implied(value: dict[str, Any], place: str) -> str:
    """Type of a concise attribute: the member that it has tells."""
    for kind, member in VALUE_OF.items():
        if member in value:
            content = value[member]
            is_geo = kind == "Property" and isinstance(content, dict) and content.get("type") in GEOMETRIES
            return "GeoProperty" if is_geo and "coordinates" in content else kind
    raise InvalidInput(
        "this is no attribute: it has neither type nor value",
        place=place,
        remedy='send {"value": …} or a bare value',
    )


def _check(kind: str, content: Any, place: str) -> None:
    if kind == "GeoProperty":
        geometry(content, place)
    elif kind == "Relationship":
        for target in content if isinstance(content, list) else [content]:
            identifier(target, place)
    elif kind == "LanguageProperty":
        texts = content.values() if isinstance(content, dict) else [None]
        if not all(isinstance(t, str | list) for t in texts):
            raise InvalidInput("a languageMap maps languages to texts", place=place)
    elif kind == "VocabProperty" and not isinstance(content, str | list):
        raise InvalidInput("a vocab is a name or a list of names", place=place)
    elif kind in ("ListProperty", "ListRelationship") and not isinstance(content, list):
        raise InvalidInput(f"a {kind} holds a list", place=place)


def _own(name: str, value: Any, place: str) -> Any:
    if name in INSTANTS:
        try:
            instant(value)
        except (ValueError, TypeError, AttributeError, OverflowError):
            raise InvalidInput(
                f"{value!r} is no instant", place=place, remedy="write it like 2026-11-21T08:00:00Z"
            ) from None
    elif name == "datasetId":
        identifier(value, place)
    elif name in ("unitCode", "lang") and not isinstance(value, str):
        raise InvalidInput(f"{name} is text", place=place)
    return value
