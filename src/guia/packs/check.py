"""Check a whole pack: manifest, sources, network, signals, timetable, places, figures."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from guia.core.errors import GuiaError
from guia.formats.finding import Finding
from guia.formats.gtfs import check_feed
from guia.packs.check_network import check_network
from guia.packs.network import CAR
from guia.packs.pack import LABELS, Pack
from guia.packs.places import KINDS
from guia.packs.signals import Junction

MAX_FILE_BYTES = 1_400_000
_DOCS = "compare with docs/city-packs.md"


def check_pack(folder: Path) -> list[Finding]:
    """Everything wrong with the pack in `folder`; a part that cannot be read is one finding, the rest goes on."""
    try:
        pack = Pack.open(folder)
    except GuiaError as error:
        return [_unreadable(error)]
    findings: list[Finding] = []
    checks: list[Callable[[Pack], list[Finding]]] = [
        _manifest, _sources, _sizes, _network, _signals, _detectors, _timetable, _places, _figures,
    ]  # fmt: skip
    for check in checks:
        try:
            findings += check(pack)
        except GuiaError as error:
            findings.append(_unreadable(error))
    return findings


def _unreadable(error: GuiaError) -> Finding:
    return Finding("error", error.place, error.detail, error.remedy)


def _manifest(pack: Pack) -> list[Finding]:
    found = []
    west, south, east, north = pack.bbox
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        found.append(
            Finding("error", "pack.toml bbox", "is no box", "give west, south, east, north in degrees")
        )
    try:
        _ = pack.timezone
    except (KeyError, ValueError):
        remedy = "give an IANA name such as Asia/Macau"
        found.append(Finding("error", "pack.toml timezone", f"unknown: {pack.manifest.timezone}", remedy))
    found += [
        Finding("warning", "pack.toml titles", f"no title in {language}", "add it")
        for language in pack.languages
        if not pack.title.get(language)
    ]
    owners = {d.id for d in pack.departments}
    found += [
        Finding("error", f"pack.toml feed {f.id}", f"owner {f.owner!r} is no department", "name a department")
        for f in pack.feeds
        if f.owner and f.owner not in owners
    ]
    return found


def _sources(pack: Pack) -> list[Finding]:
    """Every file has a source with licence and label, and ODbL folders carry their notice."""
    files = {str(f.relative_to(pack.folder)) for f in pack.files()}
    stated = {s.file for s in pack.sources}
    found = [
        Finding("error", file, "no source is stated", "state it in sources.toml")
        for file in sorted(files - stated)
    ]
    found += [
        Finding("error", "sources.toml", f"{file} does not exist", "remove the entry or build the file")
        for file in sorted(stated - files)
    ]
    for source in pack.sources:
        place = f"sources.toml {source.file}"
        if source.label not in LABELS:
            found.append(
                Finding("error", place, f"label {source.label!r}", f"use one of {', '.join(LABELS)}")
            )
        if not source.licence:
            found.append(
                Finding("error", place, "no licence", "state it; without one the file may not be kept")
            )
        notice = pack.folder / source.file
        if "ODbL" in source.licence and not (notice.parent / "NOTICE").exists():
            found.append(
                Finding("error", place, "no NOTICE beside ODbL data", "add the OpenStreetMap notice")
            )
    return found


def _sizes(pack: Pack) -> list[Finding]:
    return [
        Finding(
            "warning", str(f.relative_to(pack.folder)), f"{f.stat().st_size:,} bytes", "split or simplify it"
        )
        for f in pack.files()
        if f.stat().st_size > MAX_FILE_BYTES
    ]


def _network(pack: Pack) -> list[Finding]:
    return check_network(pack.network, pack.projection, pack.bbox)


def _signals(pack: Pack) -> list[Finding]:
    """Movements meet at the junction's nodes, stages hold every movement, plans name stages that exist."""
    return [
        Finding("error", f"roads/signals.json {junction.id}", detail, remedy)
        for junction in pack.signals
        for detail, remedy in _junction(pack, junction)
    ]


def _junction(pack: Pack, junction: Junction) -> Iterator[tuple[str, str]]:
    """What is wrong with one junction, and the remedy."""
    network, nodes = pack.network, set(junction.nodes)
    for ends in junction.movements:
        a, b = (network.row.get(name, -1) for name in ends)
        if a < 0 or b < 0 or not {network.to_node[a], network.from_node[b]} <= nodes:
            detail = f"movement {ends[0]} to {ends[1]} does not lead over the junction"
            yield detail, "build the signals again after the roads"
    missing = set(range(len(junction.movements))) - {m for s in junction.stages for m in s.movements}
    if missing:
        yield f"movements {sorted(missing)} never get green", "add them to a stage"
    for plan in junction.plans:
        if any(i.stage >= len(junction.stages) or i.green_s < 1 for i in plan.intervals):
            yield f"plan {plan.number} has a bad interval", _DOCS
    if not junction.plans:
        yield "no stored plan", "give it at least one"


def _detectors(pack: Pack) -> list[Finding]:
    row, access = pack.network.row, pack.network.access
    return [
        Finding(
            "error", f"roads/detectors.parquet {s}", "is no segment for cars", "build the detectors again"
        )
        for s in pack.detectors
        if s not in row or not access[row[s]] & CAR
    ]


def _timetable(pack: Pack) -> list[Finding]:
    if not (pack.folder / "transit" / "gtfs.zip").exists():
        return []
    found = check_feed(pack.gtfs)
    return [Finding(f.level, f"transit/gtfs.zip {f.place}", f.detail, f.remedy) for f in found]


def _places(pack: Pack) -> list[Finding]:
    west, south, east, north = pack.bbox
    found = []
    for place in pack.places:
        where = f"places/places.geojson {place.id}"
        if place.kind not in KINDS:
            found.append(Finding("error", where, f"kind {place.kind!r}", f"use one of {', '.join(KINDS)}"))
        if not (west - 0.1 <= place.lon <= east + 0.1 and south - 0.1 <= place.lat <= north + 0.1):
            found.append(Finding("error", where, "lies outside the city", "check longitude and latitude"))
        if not any(place.names.values()):
            found.append(Finding("warning", where, "has no name", "name it"))
    found += [
        Finding("error", f"places/parishes.geojson {p.id}", "population below 0", "correct it")
        for p in pack.parishes
        if p.population < 0
    ]
    _ = pack.areas, pack.weights
    return found


def _figures(pack: Pack) -> list[Finding]:
    found = []
    for series in pack.monthly:
        where = f"series/figures.parquet {series.id}"
        if series.label not in LABELS:
            found.append(
                Finding("error", where, f"label {series.label!r}", f"use one of {', '.join(LABELS)}")
            )
        if np.any(np.diff(series.period.astype("int64")) <= 0):
            found.append(Finding("error", where, "periods do not increase", "sort them, one value each"))
        if not np.isfinite(series.value).all():
            found.append(Finding("warning", where, "has gaps", "leave missing periods out"))
    return found
