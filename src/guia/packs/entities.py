"""A pack's things as NGSI-LD entities, in the terms of the Smart Data Models."""

from collections.abc import Iterator
from typing import Any

from guia.core.entity import Entity, geo, language, property_, relationship
from guia.core.ids import urn
from guia.packs.network import ROAD_CLASSES
from guia.packs.pack import Pack

KINDS = (
    "RoadSegment",
    "TrafficLight",
    "TrafficDetector",
    "PublicTransportStop",
    "PointOfInterest",
    "AdministrativeArea",
    "KeyPerformanceIndicator",
)
"""Entity types that a pack brings."""


def entities(pack: Pack) -> Iterator[Entity]:
    """Every road segment, signal, detector, stop, place and parish of the pack; geometry in WGS 84."""
    yield from _segments(pack)
    yield from _signals(pack)
    yield from _detectors(pack)
    yield from _stops(pack)
    yield from _places(pack)
    yield from _parishes(pack)
    yield from _indicators(pack)


def _line(points: Any) -> dict[str, Any]:
    return {
        "type": "LineString",
        "coordinates": [[round(float(x), 7), round(float(y), 7)] for x, y in points],
    }


def _point(lon: float, lat: float) -> dict[str, Any]:
    return {"type": "Point", "coordinates": [round(float(lon), 7), round(float(lat), 7)]}


def _entity(
    pack: Pack,
    kind: str,
    local: str,
    geometry: dict[str, Any] | None,
    origin: tuple[str, str],
    **attributes: Any,
) -> Entity:
    """`origin` is the file inside the pack, and the label of what it says."""
    file, label = origin
    if geometry is not None:
        attributes["location"] = geo(geometry)
    attributes["label"] = property_(label)
    return Entity(
        id=urn(kind, pack.name, local),
        type=kind,
        attributes={name: value for name, value in attributes.items() if value},
        geometry=geometry,
        label=label,
        source=f"pack:{pack.name}/{file}",
    )


def _origin(pack: Pack, file: str) -> tuple[str, str]:
    return file, pack.source(file).label


def _named(names: dict[str, str]) -> dict[str, Any] | None:
    return language(names) if any(names.values()) else None


def _segments(pack: Pack) -> Iterator[Entity]:
    network = pack.network
    origin = _origin(pack, "roads/segments.parquet")
    for i, segment in enumerate(network.id):
        yield _entity(
            pack,
            "RoadSegment",
            str(segment),
            _line(network.line(i)),
            origin,
            name=_named(network.names(i)),
            roadClass=property_(ROAD_CLASSES[network.road_class[i]]),
            length=property_(round(float(network.length_m[i]), 1), unit="MTR"),
            totalLaneNumber=property_(int(network.lanes[i])),
            maximumAllowedSpeed=property_(round(float(network.free_speed_kmh[i]), 1), unit="KMH"),
        )


def _signals(pack: Pack) -> Iterator[Entity]:
    for junction in pack.signals:
        plans = [{"number": p.number, "name": p.name, "cycle": p.cycle_s} for p in junction.plans]
        yield _entity(
            pack,
            "TrafficLight",
            junction.id,
            _point(junction.lon, junction.lat),
            ("roads/signals.json", junction.label),
            name=_named(junction.names),
            plans=property_(plans),
        )


def _detectors(pack: Pack) -> Iterator[Entity]:
    network = pack.network
    if not pack.detectors:
        return
    origin = _origin(pack, "roads/detectors.parquet")
    for segment in pack.detectors:
        points = network.line(network.row[segment])
        yield _entity(
            pack,
            "TrafficDetector",
            segment,
            _point(*points[len(points) // 2]),
            origin,
            refRoadSegment=relationship(urn("RoadSegment", pack.name, segment)),
        )


def _stops(pack: Pack) -> Iterator[Entity]:
    feed = pack.gtfs
    if not len(feed.stop_ids):
        return
    origin = _origin(pack, "transit/gtfs.zip")
    native = str(feed.text("feed_info", "feed_lang")[0])[:2] if "feed_info" in feed.tables else "en"
    titles = feed.text("stops", "stop_name")
    for stop, title, (lon, lat) in zip(feed.stop_ids, titles, feed.stop_lonlat, strict=True):
        names = feed.names("stops", "stop_name", str(stop), str(title), native)
        yield _entity(pack, "PublicTransportStop", str(stop), _point(lon, lat), origin, name=_named(names))


def _places(pack: Pack) -> Iterator[Entity]:
    for place in pack.places:
        yield _entity(
            pack,
            "PointOfInterest",
            place.id,
            _point(place.lon, place.lat),
            ("places/places.geojson", place.label),
            name=_named(place.names),
            category=property_(place.kind),
        )


def _parishes(pack: Pack) -> Iterator[Entity]:
    for parish in pack.parishes:
        yield _entity(
            pack,
            "AdministrativeArea",
            parish.id,
            parish.geometry.__geo_interface__,
            ("places/parishes.geojson", parish.label),
            name=_named(parish.names),
            population=property_(parish.population) if parish.population else None,
        )


def _indicators(pack: Pack) -> Iterator[Entity]:
    for figure in pack.monthly:
        yield _entity(
            pack,
            "KeyPerformanceIndicator",
            figure.id,
            None,
            ("series/figures.parquet", figure.label),
            name=_named(figure.titles),
            unit=property_(figure.unit),
            publisher=property_(figure.source),
            updateFrequency=property_(figure.frequency),
        )
