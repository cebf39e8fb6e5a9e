"""Bring a pack into a hub: its things as entities, its figures as observations. Once per content."""

from dataclasses import dataclass

import numpy as np

from guia.core.columns import Batch
from guia.core.entity import Entity, language, property_
from guia.core.fingerprint import fingerprint
from guia.core.hub import Hub
from guia.core.ids import urn
from guia.core.series import Series
from guia.packs.entities import KINDS, entities
from guia.packs.pack import Pack

_CHUNK = 2000
"""Entities per log record: keeps a record around a megabyte."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a load changed."""

    entities: int
    removed: int
    observations: int


def load(pack: Pack, hub: Hub) -> Loaded:
    """Put the pack's entities and figures into the hub, unless this very content is there already.

    Entities that an earlier version of the pack had and this one has not are removed.
    """
    mark = urn("City", pack.name, pack.name)
    present = fingerprint(pack.folder)
    known = hub.entities(ids=[mark])
    if known and known[0].attributes.get("packDigest", {}).get("value") == present:
        return Loaded(0, 0, 0)
    things = list(entities(pack))
    source = f"pack:{pack.name}"
    for first in range(0, len(things), _CHUNK):
        hub.put_entities(things[first : first + _CHUNK], source)
    gone = _left_over(pack, hub, {e.id for e in things})
    if gone:
        hub.delete_entities(gone, source)
    rows = _load_figures(pack, hub)
    # Written last: a load that was cut off is done again, and every part of it may be done twice.
    hub.put_entities([_city(pack, mark, present)], source)
    return Loaded(len(things), len(gone), rows)


def _city(pack: Pack, mark: str, present: str) -> Entity:
    return Entity(
        id=mark,
        type="City",
        attributes={
            "name": language(pack.title),
            "packVersion": property_(pack.manifest.version),
            "packDigest": property_(present),
        },
        source=f"pack:{pack.name}",
    )


def _left_over(pack: Pack, hub: Hub, present: set[str]) -> list[str]:
    prefix = f"pack:{pack.name}/"
    found = hub.entities(types=KINDS, limit=1_000_000)
    return [e.id for e in found if e.source.startswith(prefix) and e.id not in present]


def _load_figures(pack: Pack, hub: Hub) -> int:
    figures = pack.monthly
    if not figures:
        return 0
    ids = hub.define(
        [
            Series(
                entity=urn("KeyPerformanceIndicator", pack.name, f.id),
                attribute="value",
                unit=f.unit,
                label=f.label,
                source=f.source,
            )
            for f in figures
        ]
    )
    batches = []
    for number, figure in zip(ids, figures, strict=True):
        known = np.isfinite(figure.value)
        instants = figure.period.astype("datetime64[ns]").astype(np.int64)
        batches.append(
            Batch.of(np.full(int(known.sum()), number, np.int32), instants[known], figure.value[known])
        )
    return hub.ingest(Batch.concat(batches), f"pack:{pack.name}").accepted
