"""Build the pack of any place from an OpenStreetMap extract and, if there is one, a GTFS timetable."""

import re
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np

from guia.core.errors import InvalidInput
from guia.core.place import LocalProjection
from guia.formats.gtfs import check_feed, read_feed, write_feed
from guia.formats.osm import Extract, read_osm
from guia.packs.assemble import assemble, projection_of
from guia.packs.assumed import assume_detectors, assume_signals
from guia.packs.identity import (
    keep_junction_ids,
    keep_segment_ids,
    rename_stops,
    renamed_stops,
)
from guia.packs.network import CAR, RoadNetwork, write_network, write_table
from guia.packs.osm_streets import streets_of_osm
from guia.packs.pack import SCHEMA_VERSION, FeedSettings, Manifest, Pack, Source
from guia.packs.places import Place, write_places
from guia.packs.signals import Junction, write_signals
from guia.packs.street_places import street_places
from guia.packs.write import write_manifest, write_notice, write_sources

_KINDS = (
    ("amenity", "hospital", "hospital"), ("amenity", "clinic", "clinic"), ("railway", "station", "station"),
    ("tourism", "attraction", "landmark"), ("tourism", "museum", "landmark"), ("historic", "castle", "landmark"),
    ("leisure", "park", "park"), ("amenity", "ferry_terminal", "pier"), ("amenity", "townhall", "landmark"),
)  # fmt: skip
_SIGNAL_NEAR_M = 35.0
_VEHICLES_PER_KM = 2.0
"""Assumed for the twin, per km and direction: a small town's busy hour. Macau has four times as many."""
_ODBL = "ODbL 1.0, © OpenStreetMap contributors"


def build_from_osm(
    name: str,
    folder: Path,
    osm: Path,
    gtfs: Path | None,
    previous: Pack | None,
    told: Callable[[str], None],
) -> None:
    """Write the pack of the place `name` into `folder`."""
    told("reading the extract")
    extract = read_osm(osm)
    if not extract.ways:
        raise InvalidInput(
            "there are no roads in the extract", place=str(osm), remedy="take an extract with roads"
        )
    told("roads")
    streets, forbidden = streets_of_osm(extract)
    projection = projection_of(np.concatenate([s.lonlat for s in streets]))
    network = assemble(streets, projection, forbidden)
    if previous:
        network = keep_segment_ids(network, previous.network, projection)
    write_network(network, folder / "roads")
    told("signals and detectors")
    signals = _signals(network, projection, extract)
    signals = keep_junction_ids(signals, previous.signals if previous else [], projection)
    write_signals(signals, folder / "roads" / "signals.json")
    district = np.zeros(len(network), np.int32)
    wanted = min(300, len(network) // 20)
    detectors = assume_detectors(network, projection, district, wanted, signals=signals)
    write_table({"segment": detectors}, folder / "roads" / "detectors.parquet")
    told("places")
    write_places(_places(extract) + street_places(network), folder / "places" / "places.geojson")
    if gtfs:
        told("timetable")
        _timetable(gtfs, folder / "transit" / "gtfs.zip", previous)
    for part in ("roads", "places"):
        write_notice(folder / part)
    manifest = _manifest(name, network, timetable=gtfs is not None)
    sources = _sources(osm, gtfs)
    if previous:
        manifest = msgspec.structs.replace(previous.manifest, bbox=manifest.bbox)
        sources = _kept(sources, previous)
    write_manifest(manifest, folder)
    write_sources(sources, folder)


def _signals(network: RoadNetwork, projection: LocalProjection, extract: Extract) -> list[Junction]:
    """Signals where the extract has them (plans assumed), or wholly assumed where it has none."""
    found = assume_signals(network, projection, "right")
    if not extract.signals or not found:
        return found
    from scipy.spatial import cKDTree

    lon, lat = np.array(extract.signals).T
    mapped = cKDTree(np.column_stack(projection.to_metres(lon, lat)))
    here = np.column_stack(projection.to_metres([j.lon for j in found], [j.lat for j in found]))
    near = mapped.query(here)[0] <= _SIGNAL_NEAR_M
    return [j for j, keep in zip(found, near, strict=True) if keep]


def _places(extract: Extract) -> list[Place]:
    places = []
    for point in extract.points:
        kind = next((k for key, value, k in _KINDS if point.tags.get(key) == value), None)
        if kind:
            tags = point.tags
            names = {
                "en": tags.get("name:en", tags["name"]),
                "zh": tags.get("name:zh", ""),
                "pt": tags.get("name:pt", ""),
            }
            places.append(Place(f"node/{point.id}", kind, names, round(point.lon, 6), round(point.lat, 6)))
    return places


def _timetable(gtfs: Path, file: Path, previous: Pack | None) -> None:
    """The feed written anew, its stops under their previous ids; refused where it has errors that mislead."""
    feed = read_feed(gtfs)
    errors = [f for f in check_feed(feed) if f.level == "error"]
    if errors:
        first = errors[0]
        more = f" ({len(errors) - 1} more findings)" if len(errors) > 1 else ""
        raise InvalidInput(f"{first.detail}{more}", place=f"{gtfs} {first.place}", remedy=first.remedy)
    rows = {name: table.to_pylist() for name, table in feed.tables.items()}
    if previous:
        rename_stops(rows, renamed_stops(rows["stops"], previous.gtfs))
    write_feed(rows, file)


def _manifest(name: str, network: RoadNetwork, *, timetable: bool) -> Manifest:
    (west, south), (east, north) = network.points.min(axis=0), network.points.max(axis=0)
    pad = 0.002
    return Manifest(
        schema=SCHEMA_VERSION,
        name=re.sub(r"[^a-z0-9-]", "-", name.lower()),
        version="1",
        titles={"en": name.title()},
        timezone="UTC",
        bbox=tuple(round(float(v), 5) for v in (west - pad, south - pad, east + pad, north + pad)),
        languages=("en",),
        # Synthetic, since the twin speaks on them until the city's own systems do.
        feeds=tuple(
            FeedSettings(id=name, kind=kind, label="synthetic", options=options)
            for name, kind, options in (
                ("detectors", "http", {}),
                ("pulses", "mqtt", {}),
                ("probes", "http", {}),
                ("signals", "mqtt", {}),
                *((("buses", "gtfs-rt", {}),) if timetable else ()),
                ("signal-commands", "mqtt-commands", {"actions": ["signals.run-plan"]}),
            )
        ),
        domains={
            "traffic": {"drives_on": "right", "level": "confirm"},
            "twin": {"vehicles_at_peak": _vehicles(network)},
        },
    )


def _vehicles(network: RoadNetwork) -> int:
    """Vehicles assumed under way at the week's busiest hour."""
    by_car = network.allows(CAR)
    return max(50, round(float(network.length_m[by_car].sum()) / 1e3 * _VEHICLES_PER_KM))


def _kept(sources: list[Source], previous: Pack) -> list[Source]:
    """The sources with what the city has written about them; and those of files of its own."""
    written = {s.file: s for s in previous.sources}
    files = {s.file for s in sources}
    own = [s for s in written.values() if s.file not in files and (previous.folder / s.file).exists()]
    return [written.get(s.file, s) for s in sources] + own


def _sources(osm: Path, gtfs: Path | None) -> list[Source]:
    def row(file: str, title: str, label: str, note: str) -> Source:
        return Source(
            file=file, title=title, publisher="OpenStreetMap contributors", url=osm.name, licence=_ODBL, date="",
            label=label, note=note,
        )  # fmt: skip

    rows = [
        row(
            f"roads/{part}.parquet",
            "Road network",
            "real",
            "split at junctions; speeds by class where none is tagged",
        )
        for part in ("segments", "nodes", "turns")
    ]
    rows.append(
        row("roads/signals.json", "Signals", "synthetic", "places as mapped where mapped; plans are assumed")
    )
    rows.append(row("roads/detectors.parquet", "Detector places", "synthetic", "assumed on main roads"))
    rows.append(row("places/places.geojson", "Named places", "real", "named points and streets"))
    if gtfs:
        rows.append(
            Source(
                file="transit/gtfs.zip", title="Timetable", publisher="see agency.txt", url=gtfs.name,
                licence="as its publisher states: write it here", date="", label="real",
                note="written anew from the feed",
            )
        )  # fmt: skip
    return rows
