"""The week before the first day: synthetic, labelled, brought in once, behind everything else."""

from guia.core.columns import Batch
from guia.core.entity import Entity, property_
from guia.core.hub import Hub
from guia.core.ids import urn
from guia.packs.pack import Pack

SOURCE = "synthetic-week"


def fill_week(pack: Pack, hub: Hub, now: int) -> int:
    """Bring in the synthetic week before `now`, unless the city has one; rows brought in."""
    from guia.twin.week import synthetic_week

    mark = urn("Backfill", pack.name, SOURCE)
    if hub.entities(ids=[mark]):
        return 0
    rows = 0
    ids = hub.define([])
    for part in synthetic_week(pack, now):
        if isinstance(part, Batch):
            hub.ingest(Batch(ids[part.series], part.observed, part.value, part.quality), SOURCE)
            rows += len(part)
        else:
            ids = hub.define(part)
    note = {"rows": property_(rows), "note": property_("made by the twin's demand, not measured")}
    hub.put_entities([Entity(id=mark, type="Backfill", attributes=note, label="synthetic")], SOURCE)
    return rows
