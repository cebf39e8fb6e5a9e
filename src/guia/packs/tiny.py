"""The tiny city: ten made-up streets for tests and first tries. Everything in it is synthetic."""

from pathlib import Path

import numpy as np
import shapely

from guia.core.place import LocalProjection
from guia.formats.gtfs import gtfs_time, write_feed
from guia.packs.assemble import assemble
from guia.packs.assumed import assume_signals
from guia.packs.network import FOOT, MOTORCYCLE, write_network, write_table
from guia.packs.pack import SCHEMA_VERSION, Department, FeedSettings, Manifest, Source
from guia.packs.places import Parish, Place, Weight, write_parishes, write_places, write_weights
from guia.packs.series import CitySeries, write_series
from guia.packs.signals import write_signals
from guia.packs.streets import Street
from guia.packs.write import write_manifest, write_sources

ORIGIN = LocalProjection(10.0, 20.0)
"""The middle of the city: in a desert, where nothing is."""
SPOTS = {
    "A": (-300, 200), "B": (0, 200), "C": (300, 200), "L": (700, 200),
    "D": (-300, 0), "E": (0, 0), "F": (300, 0), "K": (700, 0),
    "G": (-300, -200), "H": (0, -200), "I": (300, -200),
}  # fmt: skip
"""Corners in metres east and north of the middle."""
STREETS = (
    # corners, class, lanes, lanes back, English, Chinese, Portuguese
    ("DEF", "secondary", 2, 2, "Long Street", "長街", "Rua Longa"),
    ("BEH", "tertiary", 1, 1, "Market Street", "市場街", "Rua do Mercado"),
    ("ABC", "residential", 1, 1, "North Road", "北路", "Estrada do Norte"),
    ("GHI", "tertiary", 1, 1, "South Road", "南路", "Estrada do Sul"),
    ("ADG", "residential", 1, 1, "West Lane", "西巷", "Travessa do Oeste"),
    ("CFI", "secondary", 2, 2, "East Avenue", "東大馬路", "Avenida do Leste"),
    ("FK", "secondary", 1, 1, "River Bridge", "河橋", "Ponte do Rio"),
    ("CLK", "residential", 1, 0, "Harbour Way", "海港路", "Via do Porto"),
    ("EI", "service", 1, 0, "Scooter Alley", "電單車巷", "Beco das Motos"),
    ("AE", "footway", 1, 1, "Garden Path", "花園徑", "Caminho do Jardim"),
)
STOPS = (("S1", "D", "West End", "西端"), ("S2", "E", "Market", "市場"), ("S3", "F", "East Avenue", "東大馬路"),
         ("S4", "K", "Harbour", "海港"))  # fmt: skip
_RUN_S = (0, 90, 180, 300)


def build_tiny(folder: Path) -> None:
    """Write the tiny city's pack into `folder`."""
    write_manifest(_manifest(), folder)
    network = assemble([_street(*row) for row in STREETS], ORIGIN)
    write_network(network, folder / "roads")
    write_signals(assume_signals(network, ORIGIN, "right"), folder / "roads" / "signals.json")
    detectors = [str(i) for i, name in zip(network.id, network.name_en, strict=True) if name in _MEASURED]
    write_table({"segment": detectors}, folder / "roads" / "detectors.parquet")
    write_feed(_timetable(), folder / "transit" / "gtfs.zip")
    _places(folder / "places")
    months = np.arange("2024-01", "2026-01", dtype="datetime64[M]").astype("datetime64[D]")
    visitors = np.round(1000 + 200 * np.sin(np.arange(24) / 24 * 4 * np.pi))
    titles = {"en": "Visitors", "zh": "旅客", "pt": "Visitantes"}
    figures = [CitySeries("visitors", titles, "persons", "synthetic", "made up", "month", months, visitors)]
    write_series(figures, folder / "series" / "figures.parquet")
    write_sources([_source(file) for file in _FILES], folder)


_MEASURED = {"Long Street", "East Avenue", "River Bridge"}
_FILES = (
    "roads/segments.parquet", "roads/nodes.parquet", "roads/turns.parquet", "roads/signals.json",
    "roads/detectors.parquet", "transit/gtfs.zip", "places/places.geojson", "places/parishes.geojson",
    "places/residents.parquet", "series/figures.parquet",
)  # fmt: skip


def _source(file: str) -> Source:
    return Source(
        file=file, title="Tiny, a made-up city", publisher="Guia", url="guia.packs.tiny", licence="Apache-2.0",
        date="2026-11-21", label="synthetic", note="made up for tests; no such place exists",
    )  # fmt: skip


def _manifest() -> Manifest:
    (west, east), (south, north) = (list(map(float, v)) for v in ORIGIN.to_lonlat([-500, 900], [-400, 400]))
    return Manifest(
        schema=SCHEMA_VERSION,
        name="tiny",
        version="1",
        titles={"en": "Tiny", "zh": "小城", "pt": "Minúscula"},
        timezone="UTC",
        bbox=(round(west, 6), round(south, 6), round(east, 6), round(north, 6)),
        languages=("en", "zh", "pt"),
        departments=(Department(id="roads", names={"en": "Roads Office", "zh": "道路局", "pt": "Estradas"}),),
        feeds=(
            FeedSettings(id="detectors", kind="http", owner="roads", label="synthetic"),
            FeedSettings(id="pulses", kind="mqtt", owner="roads", label="synthetic"),
            FeedSettings(id="probes", kind="http", owner="roads", label="synthetic"),
            FeedSettings(id="signals", kind="mqtt", owner="roads", label="synthetic"),
            FeedSettings(id="buses", kind="gtfs-rt", owner="roads", label="synthetic"),
            FeedSettings(
                id="signal-commands",
                kind="mqtt-commands",
                owner="roads",
                label="synthetic",
                options={"actions": ["signals.run-plan"]},
            ),
        ),
        domains={
            "traffic": {"owner": "roads", "drives_on": "right", "level": "confirm"},
            "transit": {"owner": "roads", "default_language": "en"},
            "twin": {"vehicles_at_peak": 200},
        },
    )


def _street(
    corners: str, kind: str, lanes: int, back: int, english: str, chinese: str, portuguese: str
) -> Street:
    x, y = np.array([SPOTS[c] for c in corners], float).T
    access = {"Scooter Alley": MOTORCYCLE, "Garden Path": FOOT}
    return Street(
        lonlat=np.column_stack(ORIGIN.to_lonlat(x, y)),
        road_class=kind,
        lanes=lanes,
        lanes_back=back,
        names={"en": english, "zh": chinese, "pt": portuguese},
        bridge=english == "River Bridge",
        **({"access": access[english]} if english in access else {}),
    )


def _timetable() -> dict[str, list[dict[str, object]]]:
    """One route, both ways: every 15 minutes by day, by headway in the evening until 00:30."""
    stops, translations = [], []
    for stop, corner, english, chinese in STOPS:
        lon, lat = ORIGIN.to_lonlat(SPOTS[corner][0] + 12.0, SPOTS[corner][1] - 8.0)
        stops.append(
            {"stop_id": stop, "stop_name": english, "stop_lat": f"{lat:.6f}", "stop_lon": f"{lon:.6f}"}
        )
        translations.append(_translation(stop, chinese))
    trips, times, headways = [], [], []
    for direction, order in enumerate((STOPS, STOPS[::-1])):
        starts = [(f"1-{direction}-{m:04d}", m * 60) for m in range(6 * 60, 20 * 60, 15)]
        evening = f"1-{direction}-evening"
        for trip, start in [*starts, (evening, 20 * 3600)]:
            headsign = order[-1][2]
            trips.append({
                "route_id": "1", "service_id": "daily", "trip_id": trip, "trip_headsign": headsign,
                "direction_id": direction, "shape_id": f"1-{direction}",
            })  # fmt: skip
            for k, (row, run) in enumerate(zip(order, _RUN_S, strict=True)):
                at = gtfs_time(start + run)
                times.append({
                    "trip_id": trip, "arrival_time": at, "departure_time": at, "stop_id": row[0],
                    "stop_sequence": k + 1, "timepoint": 1,
                })  # fmt: skip
        headways.append({
            "trip_id": evening, "start_time": "20:00:00", "end_time": "24:30:00", "headway_secs": 1200,
            "exact_times": 0,
        })  # fmt: skip
    everyday = dict.fromkeys(
        ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"), 1
    )
    span = {"start_date": "20200101", "end_date": "20351231"}
    return {
        "agency": [{"agency_id": "tiny", "agency_name": "Tiny Buses", "agency_url": "https://example.org",
                    "agency_timezone": "UTC", "agency_lang": "en"}],
        "stops": stops,
        "routes": [{"route_id": "1", "agency_id": "tiny", "route_short_name": "1",
                    "route_long_name": "West End - Harbour", "route_type": 3, "route_color": "1F6FB2",
                    "route_text_color": "FFFFFF"}],
        "calendar": [{"service_id": "daily", **everyday, **span}],
        "trips": trips,
        "stop_times": times,
        "frequencies": headways,
        "shapes": _shapes(),
        "translations": translations,
        "feed_info": [{"feed_publisher_name": "Guia", "feed_publisher_url": "https://example.org",
                       "feed_lang": "en", "feed_start_date": "20200101", "feed_end_date": "20351231",
                       "feed_version": "synthetic-1"}],
    }  # fmt: skip


def _translation(stop: str, chinese: str) -> dict[str, object]:
    return {
        "table_name": "stops", "field_name": "stop_name", "language": "zh", "translation": chinese,
        "record_id": stop,
    }  # fmt: skip


def _shapes() -> list[dict[str, object]]:
    rows = []
    for direction, corners in enumerate(("DEFK", "KFED")):
        for k, corner in enumerate(corners):
            lon, lat = ORIGIN.to_lonlat(*SPOTS[corner])
            rows.append({
                "shape_id": f"1-{direction}", "shape_pt_lat": f"{lat:.6f}", "shape_pt_lon": f"{lon:.6f}",
                "shape_pt_sequence": k + 1,
            })  # fmt: skip
    return rows


def _places(folder: Path) -> None:
    def place(name: str, kind: str, corner: str, english: str, chinese: str, portuguese: str) -> Place:
        lon, lat = ORIGIN.to_lonlat(*SPOTS[corner])
        names = {"en": english, "zh": chinese, "pt": portuguese}
        return Place(name, kind, names, float(lon), float(lat), "synthetic")

    write_places(
        [
            place("gate", "gateway", "G", "South Gate", "南門", "Porta do Sul"),
            place("hospital", "hospital", "A", "Tiny Hospital", "小城醫院", "Hospital"),
            place("tower", "landmark", "C", "North Tower", "北塔", "Torre do Norte"),
        ],
        folder / "places.geojson",
    )
    halves = (
        ("west", "West", "西區", "Oeste", -500, 150, 6000),
        ("east", "East", "東區", "Leste", 150, 900, 4000),
    )
    parishes, weights = [], []
    for name, english, chinese, portuguese, left, right, people in halves:
        (w, e), (s, n) = ORIGIN.to_lonlat([left, right], [-400, 400])
        names = {"en": english, "zh": chinese, "pt": portuguese}
        parishes.append(Parish(name, names, people, shapely.box(w, s, e, n), "synthetic"))
        corners = [c for c, (x, _) in SPOTS.items() if left <= x < right]
        for corner in corners:
            lon, lat = ORIGIN.to_lonlat(*SPOTS[corner])
            weights.append(Weight(float(lon), float(lat), people / len(corners), name))
    write_parishes(parishes, folder / "parishes.geojson")
    write_weights(weights, folder / "residents.parquet")
