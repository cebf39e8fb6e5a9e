"""Compile Macau's pack from a folder of published facts."""

from collections.abc import Callable
from pathlib import Path

from guia.core.errors import InvalidInput
from guia.core.place import LocalProjection
from guia.formats.gtfs import write_feed
from guia.packs.assemble import assemble
from guia.packs.assumed import assume_detectors, assume_signals
from guia.packs.continuation import continue_streets
from guia.packs.identity import keep_junction_ids, keep_segment_ids, rename_stops, renamed_stops
from guia.packs.macau.bus_links import join_bus_links
from guia.packs.macau.bus_shapes import with_unnamed_streets
from guia.packs.macau.manifest import manifest, sources
from guia.packs.macau.places import areas_of, district_of, parishes_of, places_of, residents_of
from guia.packs.macau.roads import streets_of
from guia.packs.macau.series import series_of
from guia.packs.macau.shores import shores_of
from guia.packs.macau.timetable import timetable
from guia.packs.network import RoadNetwork, write_network, write_table
from guia.packs.pack import Pack
from guia.packs.places import write_areas, write_parishes, write_places, write_weights
from guia.packs.repair import connect, weld
from guia.packs.series import write_series
from guia.packs.signals import write_signals
from guia.packs.write import write_manifest, write_notice, write_sources

DETECTORS = 300
FACTS = (
    "roads/roads.json",
    "transport/dsat-bus-gis.json",
    "transport/ourairports-runways-MFM-HKG-ZUH.csv",
    "mini-macau/bus-routes.json",
    "mini-macau/bus-stops.json",
    "mini-macau/ref-dsat_stops.json",
    "mini-macau/ref-routes.json",
    "mini-macau/lrt-lines.json",
    "mini-macau/stations.json",
    "mini-macau/ferry-schedules.json",
    "derived/parishes.geojson",
    "derived/residential-buildings.geojson",
    "derived/green-spaces.geojson",
    "derived/water-bodies.geojson",
    "derived/healthcare-taipa-coloane.geojson",
    "environment/dspa-stats.json",
    "environment/smg-air-stations.json",
    "economy/ggr.json",
    "tourism/dsec-visitor-arrivals-monthly.json",
)
"""What the folder of facts must hold."""


def build_macau(
    facts: Path, folder: Path, previous: Pack | None = None, told: Callable[[str], None] = lambda _: None
) -> None:
    """Write Macau's pack into `folder`, with the ids of the `previous` one; `told` hears what is being done."""
    missing = [name for name in FACTS if not (facts / name).is_file()]
    if missing:
        raise InvalidInput(
            f"facts are missing: {', '.join(missing)}",
            place=str(facts),
            remedy="the sources of each file are named in cities/macau/sources.toml",
        )
    body = manifest()
    west, south, east, north = body.bbox
    projection = LocalProjection((west + east) / 2, (south + north) / 2)
    told("roads")
    network = roads(facts, projection)
    if previous:
        network = keep_segment_ids(network, previous.network, projection)
    write_network(network, folder / "roads")
    told("signals and detectors")
    parishes = parishes_of(facts)
    signals = assume_signals(network, projection, "left")
    signals = keep_junction_ids(signals, previous.signals if previous else [], projection)
    write_signals(signals, folder / "roads" / "signals.json")
    district = district_of(network, parishes)
    detectors = assume_detectors(network, projection, district, DETECTORS, signals=signals)
    write_table({"segment": detectors}, folder / "roads" / "detectors.parquet")
    told("places")
    write_parishes(parishes, folder / "places" / "parishes.geojson")
    write_places(places_of(facts, network), folder / "places" / "places.geojson")
    areas = areas_of(facts) + shores_of(facts, network, parishes, projection)
    write_areas(areas, folder / "places" / "areas.geojson")
    write_weights(residents_of(facts, parishes, projection), folder / "places" / "residents.parquet")
    told("timetable")
    rows = timetable(facts, projection, network)
    if previous:
        rename_stops(rows, renamed_stops(rows["stops"], previous.gtfs))
    write_feed(rows, folder / "transit" / "gtfs.zip")
    told("figures")
    write_series(series_of(facts), folder / "series" / "figures.parquet")
    for part in ("roads", "places", "transit"):
        write_notice(folder / part)
    write_manifest(body, folder)
    write_sources(sources(), folder)


def roads(facts: Path, projection: LocalProjection) -> RoadNetwork:
    """The named streets, the unnamed ones and bus links that they lack, and connectors for what is still apart."""
    streets = with_unnamed_streets(streets_of(facts), facts, projection)
    streets = weld(join_bus_links(streets, facts, projection).streets, projection)
    streets += continue_streets(streets, projection)
    return assemble(weld([*streets, *connect(streets, projection)], projection), projection)
