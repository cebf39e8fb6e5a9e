"""Search by name."""

from typing import Annotated, Any

import numpy as np
from litestar import get
from litestar.params import QueryParameter

from guia.formats.gtfs import Feed
from guia.packs.pack import Pack
from guia.web.search import Hit, Search


def handlers(pack: Pack) -> list[Any]:
    """Route of `/api/search`."""
    found: list[Search] = []

    @get("/api/search", tags=["search"], sync_to_thread=True)
    def search(
        q: Annotated[str, QueryParameter(max_length=100, description="part of a name, in any language")],
        limit: Annotated[int, QueryParameter(ge=1, le=100)] = 20,
    ) -> list[Hit]:
        """Places, stops and streets by name, best match first."""
        if not found:
            named = streets(pack)
            found.append(Search([*places(pack, named), *stops(pack), *named]))
        return found[0].find(q, limit)

    return [search]


def places(pack: Pack, streets: list[Hit]) -> list[Hit]:
    """The pack's named points, without the streets and bridges that `streets` has."""
    roads = [s.names for s in streets]
    return [
        Hit(kind=p.kind, id=p.id, names=_known(p.names), lon=p.lon, lat=p.lat, label=p.label)
        for p in pack.places
        if not (p.kind in ("street", "bridge") and _known(p.names) in roads)
    ]


def stops(pack: Pack) -> list[Hit]:
    """The timetable's stops that are not among the named points; `detail` tells stops of one name apart.

    It is the code on the pole, and the lines that stop there.
    """
    feed = pack.gtfs
    if "stops" not in feed.tables:
        return []
    known = {p.id for p in pack.places}
    label = next((s.label for s in pack.sources if s.file == "transit/gtfs.zip"), "real")
    lines = _lines(feed)
    columns = (feed.text("stops", c) for c in ("stop_id", "stop_name", "stop_code", "stop_lon", "stop_lat"))
    return [
        Hit(
            kind="stop",
            id=str(stop),
            names=_known(feed.names("stops", "stop_name", str(stop), str(name), pack.languages[0])),
            lon=round(float(lon), 6),
            lat=round(float(lat), 6),
            detail=" · ".join([str(code or stop), *lines.get(row, ())]),
            label=label,
        )
        for row, (stop, name, code, lon, lat) in enumerate(zip(*columns, strict=True))
        if stop not in known
    ]


def _lines(feed: Feed) -> dict[int, list[str]]:
    """Short names of the lines that stop at each stop, by row in `stops`."""
    times = feed.stop_times
    pairs = np.unique(np.column_stack([times.stop, feed.trip_route[times.trip]]), axis=0)
    names = feed.text("routes", "route_short_name")
    found: dict[int, list[str]] = {}
    for stop, route in pairs[(pairs >= 0).all(axis=1)]:
        if names[route]:
            found.setdefault(int(stop), []).append(str(names[route]))
    return found


def streets(pack: Pack) -> list[Hit]:
    """Every street name of the network once, at the middle of its middle segment; `id` is that segment's."""
    network = pack.network
    rows: dict[tuple[str, str, str], list[int]] = {}
    for i, key in enumerate(zip(network.name_en, network.name_zh, network.name_pt, strict=True)):
        if any(key):
            rows.setdefault((str(key[0]), str(key[1]), str(key[2])), []).append(i)
    label = next((s.label for s in pack.sources if s.file == "roads/segments.parquet"), "real")
    found = []
    for (en, zh, pt), segments in rows.items():
        row = segments[len(segments) // 2]
        lon, lat = np.mean(network.line(row), axis=0)
        metres = float(network.length_m[segments].sum())
        found.append(
            Hit(
                kind="bridge" if network.bridge[segments].all() else "street",
                id=str(network.id[row]),
                names=_known({"en": en, "zh": zh, "pt": pt}),
                lon=round(float(lon), 6),
                lat=round(float(lat), 6),
                detail=f"{metres / 1000:.1f} km",
                label=label,
            )
        )
    return found


def _known(names: dict[str, str]) -> dict[str, str]:
    return {language: name for language, name in names.items() if name}
