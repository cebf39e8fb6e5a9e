"""Writing entities: create, replace, merge, append, update, delete, alone or in batches (GS CIM 009, 5.6).

A numeric Property with `observedAt` is also an observation: it goes into the series of that name, so its past is kept.
"""

import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import msgspec
import numpy as np

from guia.core.clock import Clock, instant
from guia.core.columns import Batch
from guia.core.entity import Entity
from guia.core.errors import Conflict, GuiaError, InvalidInput, NotFound
from guia.core.hub import Hub
from guia.core.series import Series
from guia.ngsild.parse import VALUE_OF, geometry_of
from guia.ngsild.problems import problem

STRIPES = 64
SOURCE = "ngsi-ld"
Attributes = dict[str, Any]


class UpdateResult(msgspec.Struct, frozen=True):
    """Which attributes were written, and which not and why."""

    updated: list[str]
    notUpdated: list[dict[str, str]]  # noqa: N815 - the standard's name


class Provision:
    """Writes entities into the hub. One entity's writes come one after the other; different ones do not wait."""

    def __init__(self, hub: Hub, clock: Clock) -> None:
        self._hub, self._clock = hub, clock
        self._locks = [threading.Lock() for _ in range(STRIPES)]

    def create(self, entity: Entity) -> None:
        """A new entity; Conflict if its id is taken."""
        with self._hold([entity.id]):
            if self.known([entity.id]):
                raise Conflict(
                    f"{entity.id} exists already", place="id", remedy="PATCH it, or upsert it in a batch"
                )
            self._put([entity])

    def replace(self, entity_id: str, entity: Entity) -> None:
        """Put another entity in the place of the one with that id; NotFound if there is none."""
        if entity.id != entity_id:
            raise InvalidInput(f"the body has id {entity.id}", place="id", remedy="use the id of the address")
        with self._hold([entity_id]):
            before = self._hub.entity(entity_id)
            if before.type != entity.type:
                raise InvalidInput("the type of an entity cannot change", place="type")
            self._put([msgspec.structs.replace(entity, created=before.created)])

    def merge(self, entity_id: str, changes: Attributes) -> None:
        """Merge attributes member by member; None removes (RFC 7396 with NGSI-LD Null)."""
        with self._hold([entity_id]):
            before = self._hub.entity(entity_id)
            self._write(before, _merged(before.attributes, changes), changes)

    def append(self, entity_id: str, found: Attributes, *, overwrite: bool = True) -> UpdateResult:
        """Add attributes, replacing those of the same name unless `overwrite` is False."""
        with self._hold([entity_id]):
            before = self._hub.entity(entity_id)
            refused = [] if overwrite else [n for n in found if n in before.attributes]
            return self._some(before, found, refused, "the attribute exists already")

    def update(self, entity_id: str, found: Attributes) -> UpdateResult:
        """Replace attributes that the entity has; the others are not written, and named."""
        with self._hold([entity_id]):
            before = self._hub.entity(entity_id)
            missing = [n for n in found if n not in before.attributes]
            return self._some(before, found, missing, "the entity has no such attribute")

    def partial(self, entity_id: str, name: str, change: Any, *, whole: bool) -> None:
        """Change members of one attribute, or the `whole` of it; NotFound if the entity lacks it."""
        with self._hold([entity_id]):
            before = self._hub.entity(entity_id)
            if name not in before.attributes:
                raise NotFound(f"{entity_id} has no attribute {name}", place=name)
            instances = _listed(before.attributes[name])
            dataset = change.get("datasetId")
            at = next((i for i, one in enumerate(instances) if one.get("datasetId") == dataset), None)
            if at is None:
                raise NotFound(f"{name} has no instance {dataset or '@none'}", place="datasetId")
            instances[at] = change if whole else _merged(instances[at], change)
            self._write(before, {**before.attributes, name: _single(instances)}, {name: instances[at]})

    def completed(self, entity_id: str, name: str, change: dict[str, Any]) -> dict[str, Any]:
        """A partial change with the type and value of the present instance, where it does not give its own."""
        for one in _listed(self._hub.entity(entity_id).attributes.get(name, [])):
            member = VALUE_OF[one["type"]]
            if (
                one.get("datasetId") == change.get("datasetId")
                and change.get("type", one["type"]) == one["type"]
            ):
                return {"type": one["type"], member: one[member], **change}
        return change

    def delete(self, entity_id: str) -> None:
        """Delete an entity; NotFound if there is none."""
        with self._hold([entity_id]):
            self._hub.entity(entity_id)
            self._hub.delete_entities([entity_id], SOURCE)

    def delete_attribute(
        self, entity_id: str, name: str, dataset: str | None, *, all_instances: bool
    ) -> None:
        """Delete an attribute, or one instance of it; NotFound if there is none."""
        with self._hold([entity_id]):
            before = self._hub.entity(entity_id)
            instances = _listed(before.attributes.get(name, []))
            left = [] if all_instances else [i for i in instances if i.get("datasetId") != dataset]
            if len(left) == len(instances):
                raise NotFound(f"{entity_id} has no attribute {name}", place=name)
            rest = {n: a for n, a in before.attributes.items() if n != name}
            self._write(before, {**rest, name: _single(left)} if left else rest, {})

    def upsert(self, entities: Sequence[Entity], *, update: bool) -> tuple[list[str], dict[str, Any]]:
        """Create or replace (`update`: add to) each entity. Ids created, and problems by id."""
        with self._hold([e.id for e in entities]):
            known = self.known([e.id for e in entities])
            ready: dict[str, Entity] = {}
            failed: dict[str, Any] = {}
            for entity in entities:
                before = ready.get(entity.id) or known.get(entity.id)
                try:
                    if before is not None and before.type != entity.type:
                        raise InvalidInput("the type of an entity cannot change", place="type")
                    self._judge(entity.id, entity.attributes)
                    ready[entity.id] = _joined(before, entity) if update and before else entity
                except GuiaError as error:
                    failed[entity.id] = problem(error)
            if ready:
                self._put(list(ready.values()))
            return [i for i in ready if i not in known], failed

    def known(self, ids: Sequence[str]) -> dict[str, Entity]:
        """Those of `ids` that exist."""
        return {e.id: e for e in self._hub.entities(ids=list(ids), limit=len(ids))} if ids else {}

    def _some(self, before: Entity, found: Attributes, refused: list[str], reason: str) -> UpdateResult:
        written = {n: a for n, a in found.items() if n not in refused}
        if written:
            self._write(before, _appended(before.attributes, written), written)
        return UpdateResult(list(written), [{"attributeName": n, "reason": reason} for n in refused])

    def _write(self, before: Entity, attributes: Attributes, changed: Attributes) -> None:
        self._judge(before.id, changed)
        now = self._clock.now()
        after = msgspec.structs.replace(
            before, attributes=attributes, geometry=geometry_of(attributes), modified=now, source=SOURCE
        )
        self._hub.put_entities([after], SOURCE)
        self._observe([(before.id, changed)])

    def _put(self, entities: Sequence[Entity]) -> None:
        for entity in entities:
            self._judge(entity.id, entity.attributes)
        self._hub.put_entities(entities, SOURCE)
        self._observe([(e.id, e.attributes) for e in entities])

    def _judge(self, entity_id: str, attributes: Attributes) -> None:
        """InvalidInput if an observation among the attributes could not be stored (its series has bounds)."""
        rows = list(_observations(entity_id, attributes))
        ids = self._hub.ids([series.name for series, _, _ in rows])
        known = [(i, row) for i, row in zip(ids.tolist(), rows, strict=True) if i >= 0]
        batch = Batch.of([i for i, _ in known], [r[1] for _, r in known], [r[2] for _, r in known])
        for rejection in self._hub.check(batch, SOURCE).rejected:
            raise InvalidInput(
                f"the observation is not believed: {rejection.reason}",
                place=rejection.series.rpartition("|")[2],
                remedy=rejection.remedy,
            )

    def _observe(self, written: Iterable[tuple[str, Attributes]]) -> None:
        rows = [row for entity_id, attributes in written for row in _observations(entity_id, attributes)]
        if not rows:
            return
        ids = self._hub.ids([series.name for series, _, _ in rows])
        new = [series for i, (series, _, _) in zip(ids, rows, strict=True) if i < 0]
        if new:
            self._hub.define(new)
            ids = self._hub.ids([series.name for series, _, _ in rows])
        self._hub.ingest(Batch.of(ids, np.array([r[1] for r in rows]), [r[2] for r in rows]), SOURCE)

    @contextmanager
    def _hold(self, ids: Sequence[str]) -> Iterator[None]:
        """Keep others from writing these entities meanwhile."""
        with ExitStack() as held:
            for stripe in sorted({hash(i) % STRIPES for i in ids}):
                held.enter_context(self._locks[stripe])
            yield


def _observations(entity_id: str, attributes: Attributes) -> Iterator[tuple[Series, int, float]]:
    """Series, instant and value of each numeric Property that says when it was observed."""
    for name, one in attributes.items():
        if not isinstance(one, dict) or one.get("type") != "Property" or "observedAt" not in one:
            continue
        value = one["value"]
        if isinstance(value, int | float) and not isinstance(value, bool) and "datasetId" not in one:
            series = Series(entity=entity_id, attribute=name, unit=one.get("unitCode", "C62"), source=SOURCE)
            yield series, instant(one["observedAt"]), float(value)


def _listed(attribute: Any) -> list[Any]:
    return list(attribute) if isinstance(attribute, list) else [attribute]


def _single(instances: list[Any]) -> Any:
    return instances[0] if len(instances) == 1 else instances


def _appended(before: Attributes, found: Attributes) -> Attributes:
    """Attributes with those found in the place of the instances with the same datasetId."""
    after = dict(before)
    for name, attribute in found.items():
        fresh = _listed(attribute)
        replaced = {i.get("datasetId") for i in fresh}
        kept = [i for i in _listed(before.get(name, [])) if i.get("datasetId") not in replaced]
        after[name] = _single(kept + fresh)
    return after


def _joined(before: Entity, entity: Entity) -> Entity:
    attributes = _appended(before.attributes, entity.attributes)
    return msgspec.structs.replace(
        entity, attributes=attributes, geometry=geometry_of(attributes), created=before.created
    )


def _merged(before: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    """JSON merge patch; None removes. An attribute that becomes of another type is replaced."""
    after = dict(before)
    for name, value in change.items():
        if value is None:
            after.pop(name, None)
        elif isinstance(value, dict) and isinstance(after.get(name), dict):
            same = value.get("type") == after[name].get("type")
            after[name] = _merged(after[name], value) if same else value
        else:
            after[name] = value
    return after
