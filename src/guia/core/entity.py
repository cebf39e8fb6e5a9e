"""Entities: things the city knows, in the NGSI-LD information model."""

from typing import Any

import msgspec


class Entity(msgspec.Struct, frozen=True, kw_only=True):
    """An entity with its attribute instances in NGSI-LD normalised form.

    `attributes` maps a short attribute name to its normalised instance (`{"type": "Property", "value": …}`)
    or to a list of instances told apart by `datasetId`. `geometry` is the GeoJSON geometry used for geo
    queries (that of `location`), WGS 84.
    """

    id: str
    type: str
    attributes: dict[str, Any] = {}
    geometry: dict[str, Any] | None = None
    scope: tuple[str, ...] = ()
    created: int = 0
    modified: int = 0
    label: str = "real"
    source: str = ""


def property_(value: object, *, unit: str = "", observed: str = "") -> dict[str, Any]:
    """A normalised NGSI-LD Property."""
    body: dict[str, Any] = {"type": "Property", "value": value}
    if unit:
        body["unitCode"] = unit
    if observed:
        body["observedAt"] = observed
    return body


def relationship(target: str) -> dict[str, Any]:
    """A normalised NGSI-LD Relationship."""
    return {"type": "Relationship", "object": target}


def language(names: dict[str, str]) -> dict[str, Any]:
    """A normalised NGSI-LD LanguageProperty; empty names are left out."""
    return {"type": "LanguageProperty", "languageMap": {k: v for k, v in names.items() if v}}


def geo(geometry: dict[str, Any]) -> dict[str, Any]:
    """A normalised NGSI-LD GeoProperty of a GeoJSON geometry."""
    return {"type": "GeoProperty", "value": geometry}
