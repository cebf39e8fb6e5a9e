"""Entities as they are now: attributes that are series show their newest observation."""

import threading
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
import numpy as np

from guia.core.clock import instant, iso
from guia.core.entity import Entity
from guia.core.hub import Hub

QUALITIES = ("ok", "suspect", "estimated", "missing")


class SeriesOf:
    """Which series each entity has. Series are only ever added, so it reads just the new ones."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._found: dict[str, dict[str, int]] = {}
        self._read = 0
        self._lock = threading.Lock()

    def __call__(self, entity_ids: Iterable[str]) -> list[dict[str, int]]:
        """For each entity its series' ids by attribute name."""
        with self._lock:
            series = self._hub.series()
            for number in range(self._read, len(series)):
                self._found.setdefault(series[number].entity, {})[series[number].attribute] = number
            self._read = len(series)
            return [dict(self._found.get(entity_id, {})) for entity_id in entity_ids]


def live(hub: Hub, series_of: SeriesOf, entities: Sequence[Entity]) -> list[Entity]:
    """The entities with every series' newest observation as a Property, unless a newer value was written."""
    known = series_of(e.id for e in entities)
    wanted = [(row, name, number) for row, found in enumerate(known) for name, number in found.items()]
    if not wanted:
        return list(entities)
    numbers = np.array([number for _, _, number in wanted], np.int32)
    newest, series = hub.latest(numbers), hub.series(numbers)
    attributes: dict[int, dict[str, Any]] = {}
    for at, (row, name, _) in enumerate(wanted):
        observed, value = int(newest.observed[at]), float(newest.value[at])
        kept = entities[row].attributes.get(name)
        if observed == 0 or not np.isfinite(value) or isinstance(kept, list) or _newer(kept, observed):
            continue
        fresh = observation(value, observed, series[at].unit)
        if newest.quality[at]:
            fresh["quality"] = {"type": "Property", "value": QUALITIES[int(newest.quality[at])]}
        row_attributes = attributes.setdefault(row, dict(entities[row].attributes))
        row_attributes[name] = {**(kept or {}), **fresh}
    return [
        msgspec.structs.replace(e, attributes=attributes[row]) if row in attributes else e
        for row, e in enumerate(entities)
    ]


def observation(value: float, observed: int, unit: str) -> dict[str, Any]:
    """A Property of one observation."""
    whole = int(value) if value.is_integer() and abs(value) < 1 << 53 else value
    body: dict[str, Any] = {"type": "Property", "value": whole, "observedAt": iso(observed)}
    return {**body, "unitCode": unit} if unit and unit != "C62" else body


def _newer(kept: Any, observed: int) -> bool:
    """Whether an attribute was written with a value newer than `observed`, or is no Property at all."""
    if kept is None:
        return False
    if kept.get("type") != "Property":
        return True
    return "observedAt" in kept and instant(kept["observedAt"]) > observed
