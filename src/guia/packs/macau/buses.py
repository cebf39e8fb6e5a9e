"""Macau's bus timetable from published stop orders and headways. Times between stops are estimates."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from guia.core.columns import Float64
from guia.core.place import LocalProjection, step_lengths_m
from guia.formats.gtfs import gtfs_time
from guia.packs.macau.detours import BusWays, without_detours
from guia.packs.macau.holidays import PERIODS
from guia.packs.stops_on_shape import cut, stop_offsets

Rows = dict[str, list[dict[str, object]]]

SPEED_KMH = {
    "peninsula": ((7, 24.6), (10, 19.5), (16, 18.3), (20, 17.6), (25, 23.8)),
    "islands": ((7, 40.0), (10, 35.5), (16, 32.0), (20, 29.0), (25, 33.0)),
}
"""Commercial speed, stops included, until each hour of the day: fitted to published run-time records of one route on
the peninsula and one on Taipa and Coloane (total length by total time), so an estimate elsewhere."""
_ISLANDS_SOUTH_OF = 22.187
_SIMPLIFY_M = 2.0


@dataclass(frozen=True, slots=True)
class Band:
    """Hours of a service with one headway; seconds, past 24 h where it runs after midnight."""

    service: str
    start_s: int
    end_s: int
    headway_s: int


@dataclass(frozen=True, slots=True)
class Direction:
    """One direction of a route: its stops, its shape in metres, and where the stops lie along it."""

    stops: list[str]
    shape: Float64
    offset_m: Float64


def stop_id(code: str) -> str:
    """GTFS stop id of a pole code: `M1_5` for `M1/5`."""
    return code.replace("/", "_")


def bus_rows(facts: Path, projection: LocalProjection, ways: BusWays) -> Rows:
    """Stops, routes, trips, stop times, frequencies, shapes and translations of all bus routes."""
    folder = facts / "mini-macau"
    stops = {s["id"]: s for s in _load(folder / "bus-stops.json")}
    order = _load(folder / "ref-dsat_stops.json")["routes"]
    schedule = {r["id"]: r["schedule"] for r in _load(folder / "ref-routes.json")}
    rows: Rows = {
        k: [] for k in ("stops", "routes", "trips", "stop_times", "frequencies", "shapes", "translations")
    }
    latin = _latin_names(facts)
    for code, stop in sorted(stops.items()):
        _stop(rows, code, stop, latin.get(code))
    for route in _load(folder / "bus-routes.json"):
        name = route["id"]
        _route(rows, route)
        both = order[name]
        for number, way in enumerate(
            _directions(route, both["forward"], both["backward"], stops, projection, ways)
        ):
            _shape(rows, f"{name}-{number}", way, projection)
            for band in bands(schedule[name]):
                _trip(rows, name, number, way, band, stops)
    return rows


def bands(schedule: list[dict[str, Any]]) -> list[Band]:
    """The headway bands of a route in order; where published bands overlap, the earlier one is kept whole."""
    found = []
    for row in schedule:
        start, end = (int(t[:2]) * 3600 + int(t[3:]) * 60 for t in (row["start"], row["end"]))
        end += 86_400 * (end <= start)
        headway = round((row["freq_min"] + row["freq_max"]) / 2 * 60)
        found.append(Band(PERIODS[row["period"]], start, end, headway))
    found.sort(key=lambda b: (b.service, b.start_s, b.end_s))
    kept: list[Band] = []
    for band in found:
        start = band.start_s
        if kept and kept[-1].service == band.service:
            start = max(start, kept[-1].end_s)
        if band.end_s - start >= 60 and band.headway_s > 0:
            kept.append(Band(band.service, start, band.end_s, band.headway_s))
    return kept


def _directions(
    route: dict[str, Any],
    forward: list[str],
    back: list[str],
    stops: dict[str, Any],
    projection: LocalProjection,
    ways: BusWays,
) -> list[Direction]:
    """The route's directions: its loop geometry cut where the way back begins, without ways round."""
    sequence = [*forward, *back]
    spots = projection.points([stops[c]["coordinates"] for c in sequence])
    shape = projection.points(route["geometry"]["geometry"]["coordinates"])
    shape = _from_first_stop(shape[np.concatenate([[True], step_lengths_m(shape) > 0.01])], spots[0])
    offset, _ = stop_offsets(shape, spots)
    found, at = [], 0
    for codes in (forward, back):
        if len(codes) >= 2:
            own = offset[at : at + len(codes)]
            found.append(Direction(codes, *without_detours(cut(shape, own[0], own[-1]), own - own[0], ways)))
        at += len(codes)
    return found


def _from_first_stop(shape: Float64, first: Float64) -> Float64:
    """A closed shape turned so that it begins beside the first stop; others as they are."""
    closed = np.hypot(*(shape[0] - shape[-1])) < 150
    nearest = int(np.hypot(*(shape - first).T).argmin())
    if not closed or np.hypot(*(shape[0] - first)) < 150 or nearest in {0, len(shape) - 1}:
        return shape
    return np.vstack([shape[nearest:], shape[: nearest + 1]])


def _stop(rows: Rows, code: str, stop: dict[str, Any], latin: tuple[str, str] | None) -> None:
    lon, lat = stop["coordinates"]
    rows["stops"].append({
        "stop_id": stop_id(code), "stop_code": code, "stop_name": stop["nameCn"], "stop_lat": f"{lat:.6f}",
        "stop_lon": f"{lon:.6f}",
    })  # fmt: skip
    for language, text in zip(("pt", "en"), latin or (), strict=False):
        rows["translations"].append(translation("stops", "stop_name", language, text, record=stop_id(code)))


def translation(
    table: str, column: str, language: str, text: str, record: str = "", value: str = ""
) -> dict[str, object]:
    """A row of translations.txt, for one record or for every equal value."""
    return {
        "table_name": table, "field_name": column, "language": language, "translation": text, "record_id": record,
        "field_value": value,
    }  # fmt: skip


def _latin_names(facts: Path) -> dict[str, tuple[str, str]]:
    """Portuguese and English name by pole code, from the official GIS poles; by parent code where a pole has none."""
    found: dict[str, tuple[str, str]] = {}
    for pole in _load(facts / "transport" / "dsat-bus-gis.json")["stops"]:
        raw = pole["raw"]
        names = _title(raw["P_NAME_POR"] or raw["NAME_POR"]), _title(raw["P_NAME_EN"] or raw["NAME_EN"])
        for code in (raw["P_ALIAS"].replace("_", "/"), raw["ALIAS"]):
            found.setdefault(code, names)
    parents = {code.split("/")[0]: names for code, names in sorted(found.items(), reverse=True)}
    codes = [s["id"] for s in _load(facts / "mini-macau" / "bus-stops.json")]
    return {
        c: found.get(c) or parents[c.split("/")[0]] for c in codes if c in found or c.split("/")[0] in parents
    }


def _title(text: str) -> str:
    """Capitals as a title: "EST. ARCO/ TEMPLO LIN FUNG" becomes "Est. Arco / Templo Lin Fung"."""
    words = text.replace("/", " / ").title().split()
    small = {"Da", "De", "Do", "Das", "Dos", "E", "Of", "The"}
    return " ".join(w.lower() if w in small and k else w for k, w in enumerate(words))


def _route(rows: Rows, route: dict[str, Any]) -> None:
    color = route["color"].lstrip("#").upper()
    light = sum(int(color[k : k + 2], 16) * w for k, w in ((0, 0.299), (2, 0.587), (4, 0.114))) > 150
    rows["routes"].append({
        "route_id": route["id"], "agency_id": "dsat", "route_short_name": route["name"],
        "route_long_name": route["nameCn"], "route_type": 3, "route_color": color,
        "route_text_color": "000000" if light else "FFFFFF",
    })  # fmt: skip


def _shape(rows: Rows, name: str, way: Direction, projection: LocalProjection) -> None:
    """The shape with distances, thinned to about two metres; distances stay those of the full shape."""
    run = np.concatenate([[0.0], np.cumsum(step_lengths_m(way.shape))])
    keep = thinned(way.shape, _SIMPLIFY_M)
    lon, lat = projection.to_lonlat(*way.shape[keep].T)
    rows["shapes"] += shape_rows(name, lon, lat, run[keep])


def shape_rows(name: str, lon: Float64, lat: Float64, run: Float64) -> list[dict[str, object]]:
    """Rows of shapes.txt."""
    return [
        {"shape_id": name, "shape_pt_lat": f"{b:.5f}", "shape_pt_lon": f"{a:.5f}", "shape_pt_sequence": k,
         "shape_dist_traveled": round(float(d))}
        for k, (a, b, d) in enumerate(zip(lon, lat, run, strict=True))
    ]  # fmt: skip


def thinned(xy: Float64, tolerance_m: float) -> np.ndarray:
    """Mask of the points that Douglas and Peucker (1973) keep."""
    keep = np.zeros(len(xy), bool)
    keep[[0, -1]] = True
    open_ = [(0, len(xy) - 1)]
    while open_:
        a, b = open_.pop()
        if b - a < 2:
            continue
        d = xy[b] - xy[a]
        inner = xy[a + 1 : b] - xy[a]
        length2 = max(float(d @ d), 1e-12)
        t = np.clip(inner @ d / length2, 0, 1)
        gap = np.hypot(*(inner - t[:, None] * d).T)
        worst = int(gap.argmax())
        if gap[worst] > tolerance_m:
            keep[a + 1 + worst] = True
            open_ += [(a, a + 1 + worst), (a + 1 + worst, b)]
    return keep


def _trip(rows: Rows, route: str, number: int, way: Direction, band: Band, stops: dict[str, Any]) -> None:
    """One trip that stands for all departures of a band, and its headway."""
    name = f"{route}-{number}-{band.service}-{band.start_s // 3600:02d}{band.start_s // 60 % 60:02d}"
    last = way.stops[-1] if way.stops[-1] != way.stops[0] else route
    headsign = stops[last]["nameCn"] if last in stops else stops[way.stops[len(way.stops) // 2]]["nameCn"]
    rows["trips"].append({
        "route_id": route, "service_id": band.service, "trip_id": name, "trip_headsign": headsign,
        "direction_id": number, "shape_id": f"{route}-{number}",
    })  # fmt: skip
    south = np.array([stops[c]["coordinates"][1] < _ISLANDS_SOUTH_OF for c in way.stops])
    run = run_times_s(way.offset_m, south, (band.start_s + band.end_s) / 2 / 3600 % 24)
    for k, (code, second, metre) in enumerate(zip(way.stops, run, way.offset_m, strict=True)):
        at = gtfs_time(band.start_s + int(second))
        rows["stop_times"].append({
            "trip_id": name, "arrival_time": at, "departure_time": at, "stop_id": stop_id(code),
            "stop_sequence": k + 1, "shape_dist_traveled": round(float(metre)), "timepoint": 0,
        })  # fmt: skip
    rows["frequencies"].append({
        "trip_id": name, "start_time": gtfs_time(band.start_s), "end_time": gtfs_time(band.end_s),
        "headway_secs": band.headway_s, "exact_times": 0,
    })  # fmt: skip


def run_times_s(offset_m: Float64, south: np.ndarray, hour: float) -> np.ndarray:
    """Seconds from the first stop to each, whole, at the commercial speed of the area and hour; 15 s at least a hop."""
    speed = {area: next(v for until, v in table if hour < until) for area, table in SPEED_KMH.items()}
    hops = np.diff(offset_m)
    kmh = np.where(south[1:], speed["islands"], speed["peninsula"])
    return np.concatenate([[0], np.cumsum(np.maximum(15, np.round(hops / (kmh / 3.6))))]).astype(int)


def _load(file: Path) -> Any:
    return json.loads(file.read_text(encoding="utf-8"))
