"""Compile Macau's pack from a folder of published facts."""

from collections.abc import Callable
from pathlib import Path

from guia.core.place import LocalProjection
from guia.formats.gtfs import write_feed
from guia.packs.assemble import assemble
from guia.packs.assumed import assume_detectors, assume_signals
from guia.packs.macau.manifest import manifest, sources
from guia.packs.macau.places import areas_of, district_of, parishes_of, places_of, residents_of
from guia.packs.macau.roads import streets_of
from guia.packs.macau.series import series_of
from guia.packs.macau.timetable import timetable
from guia.packs.network import RoadNetwork, write_network, write_table
from guia.packs.places import write_areas, write_parishes, write_places, write_weights
from guia.packs.repair import connect
from guia.packs.series import write_series
from guia.packs.signals import write_signals
from guia.packs.streets import Street
from guia.packs.write import write_manifest, write_notice, write_sources

DETECTORS = 300


def build_macau(facts: Path, folder: Path, told: Callable[[str], None] = lambda _: None) -> None:
    """Write Macau's pack into `folder`; `told` hears what is being done."""
    body = manifest()
    west, south, east, north = body.bbox
    projection = LocalProjection((west + east) / 2, (south + north) / 2)
    told("roads")
    streets, network = roads(facts, projection)
    write_network(network, folder / "roads")
    told("signals and detectors")
    parishes = parishes_of(facts)
    write_signals(assume_signals(network, projection, "left"), folder / "roads" / "signals.json")
    detectors = assume_detectors(network, projection, district_of(network, parishes), DETECTORS)
    write_table({"segment": detectors}, folder / "roads" / "detectors.parquet")
    told("places")
    write_parishes(parishes, folder / "places" / "parishes.geojson")
    write_places(places_of(facts, network, streets), folder / "places" / "places.geojson")
    write_areas(areas_of(facts), folder / "places" / "areas.geojson")
    write_weights(residents_of(facts, parishes, projection), folder / "places" / "residents.parquet")
    told("timetable")
    write_feed(timetable(facts, projection), folder / "transit" / "gtfs.zip")
    told("figures")
    write_series(series_of(facts), folder / "series" / "figures.parquet")
    for part in ("roads", "places", "transit"):
        write_notice(folder / part)
    write_manifest(body, folder)
    write_sources(sources(), folder)


def roads(facts: Path, projection: LocalProjection) -> tuple[list[Street], RoadNetwork]:
    """The named streets, and the network of them and what joins them."""
    streets = streets_of(facts)
    return streets, assemble([*streets, *connect(streets, projection)], projection)
