"""Finding entities: what the hub can sort out by itself, then what must be tested one by one."""

from collections.abc import Iterator

from guia.core.entity import Entity
from guia.core.hub import Hub
from guia.ngsild.asked import Selection
from guia.ngsild.live import SeriesOf, live

CHUNK = 1000


def find(hub: Hub, series_of: SeriesOf, asked: Selection) -> tuple[list[Entity], int | None, bool]:
    """The page asked for with live values, the count of all (if asked for), and whether more follow."""
    if asked.plain:
        page = hub.entities(types=asked.types, ids=asked.ids, limit=asked.limit + 1, offset=asked.offset)
        count = _count(hub, asked) if asked.count else None
        return live(hub, series_of, page[: asked.limit]), count, len(page) > asked.limit
    found: list[Entity] = []
    matches = 0
    for entity in _matching(hub, series_of, asked):
        matches += 1
        if asked.offset < matches <= asked.offset + asked.limit + 1:
            found.append(entity)
        if len(found) > asked.limit and not asked.count:
            break
    return found[: asked.limit], matches if asked.count else None, len(found) > asked.limit


def _matching(hub: Hub, series_of: SeriesOf, asked: Selection) -> Iterator[Entity]:
    box = asked.geo.box if asked.geo else None
    offset = 0
    while True:
        chunk = hub.entities(types=asked.types, ids=asked.ids, bbox=box, limit=CHUNK, offset=offset)
        for entity in live(hub, series_of, chunk):
            if _meets(entity, asked):
                yield entity
        if len(chunk) < CHUNK:
            return
        offset += CHUNK


def _meets(entity: Entity, asked: Selection) -> bool:
    return (
        (asked.pattern is None or asked.pattern(entity.id))
        and (not asked.attrs or any(a in entity.attributes for a in asked.attrs))
        and (asked.geo is None or asked.geo.test(entity))
        and (asked.test is None or asked.test(entity))
    )


def _count(hub: Hub, asked: Selection) -> int:
    if asked.ids:
        return len(hub.entities(types=asked.types, ids=asked.ids, limit=len(asked.ids)))
    return sum(hub.count_entities(types=asked.types).values())
