"""Macau's light rail and ferries: exact times as published."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from guia.core.place import LocalProjection, step_lengths_m
from guia.formats.gtfs import gtfs_time
from guia.packs.macau.buses import Rows, shape_rows, translation
from guia.packs.stops_on_shape import stop_offsets

_DAYS = (("mon_thu", "mon-thu"), ("friday", "fri"), ("sat_sun", "sat-sun-hol"))
PIERS = {
    "外港": ("pier-outer-harbour", "外港客運碼頭", "Outer Harbour Ferry Terminal",
            "Terminal Marítimo do Porto Exterior", 113.55921, 22.197048),
    "氹仔": ("pier-taipa", "氹仔客運碼頭", "Taipa Ferry Terminal", "Terminal Marítimo da Taipa",
            113.5738656, 22.1630091),
    "上環": ("pier-sheung-wan", "香港(上環)", "Hong Kong (Sheung Wan)", "Hong Kong (Sheung Wan)", 114.1520, 22.2893),
    "香港國際機場": ("pier-hkia", "香港國際機場", "Hong Kong International Airport (SkyPier)",
                "Aeroporto Internacional de Hong Kong", 113.9460, 22.3220),
    "蛇口": ("pier-shekou", "蛇口", "Shekou", "Shekou", 113.9110, 22.4740),
    "深圳機場": ("pier-shenzhen-airport", "深圳機場", "Shenzhen Airport", "Aeroporto de Shenzhen", 113.7920, 22.6320),
}  # fmt: skip
"""Piers by what their published name holds. Positions outside Macau are typed by hand, for review."""
_CHARTER_ONLY = {"clkmacroute"}
"""Its notice says that only charters run at present: the route is kept, without trips."""


def rail_rows(facts: Path, projection: LocalProjection) -> Rows:
    """Stations, lines, trips and stop times of the light rail."""
    folder = facts / "mini-macau"
    rows: Rows = {k: [] for k in ("stops", "routes", "trips", "stop_times", "shapes", "translations")}
    stations = {s["id"]: s for s in _load(folder / "stations.json")}
    for name, station in stations.items():
        lon, lat = station["coordinates"]
        rows["stops"].append({
            "stop_id": f"lrt-{name}", "stop_code": "", "stop_name": station["nameCn"], "stop_lat": f"{lat:.6f}",
            "stop_lon": f"{lon:.6f}",
        })  # fmt: skip
        for language, key in (("pt", "namePt"), ("en", "name")):
            rows["translations"].append(
                translation("stops", "stop_name", language, station[key], record=f"lrt-{name}")
            )
    tracks = {}
    for line in _load(folder / "lrt-lines.json"):
        rows["routes"].append({
            "route_id": f"lrt-{line['id']}", "agency_id": "mlm", "route_short_name": line["nameCn"],
            "route_long_name": f"輕軌{line['nameCn']}", "route_type": 0, "route_color": line["color"].lstrip("#"),
            "route_text_color": "FFFFFF",
        })  # fmt: skip
        for column, text in (("route_short_name", line["name"]), ("route_long_name", f"LRT {line['name']}")):
            for language in ("en", "pt"):
                rows["translations"].append(
                    translation("routes", column, language, text, record=f"lrt-{line['id']}")
                )
        tracks[line["id"]] = _tracks(rows, line, stations, projection)
    for file, service in _DAYS:
        for trip in _load(folder / f"trips-{file}.json"):
            _rail_trip(rows, trip, service, stations, tracks[trip["lineId"]])
    return rows


def _tracks(
    rows: Rows, line: dict[str, Any], stations: dict[str, Any], projection: LocalProjection
) -> dict[str, dict[str, float]]:
    """Write the line's shape both ways; offset of each station by direction."""
    xy = projection.points(line["geometry"]["geometry"]["coordinates"])
    spots = projection.points([stations[s]["coordinates"] for s in line["stations"]])
    if np.hypot(*(xy[0] - spots[0])) > np.hypot(*(xy[-1] - spots[0])):
        xy = xy[::-1]
    offset, _ = stop_offsets(xy, spots)
    whole = float(step_lengths_m(xy).sum())
    run = np.concatenate([[0.0], np.cumsum(step_lengths_m(xy))])
    lon, lat = projection.to_lonlat(*xy.T)
    rows["shapes"] += shape_rows(f"lrt-{line['id']}-0", lon, lat, run)
    rows["shapes"] += shape_rows(f"lrt-{line['id']}-1", lon[::-1], lat[::-1], whole - run[::-1])
    there = dict(zip(line["stations"], map(float, offset), strict=True))
    return {"0": there, "1": {s: whole - at for s, at in there.items()}}


def _rail_trip(
    rows: Rows,
    trip: dict[str, Any],
    service: str,
    stations: dict[str, Any],
    track: dict[str, dict[str, float]],
) -> None:
    name, entries = trip["id"], trip["entries"]
    ends = [track["0"][entries[k]["stationId"]] for k in (0, -1)]
    direction = "0" if ends[1] > ends[0] else "1"
    rows["trips"].append({
        "route_id": f"lrt-{trip['lineId']}", "service_id": service, "trip_id": name,
        "trip_headsign": stations[entries[-1]["stationId"]]["nameCn"], "direction_id": direction,
        "shape_id": f"lrt-{trip['lineId']}-{direction}",
    })  # fmt: skip
    for k, entry in enumerate(entries):
        arrive, leave = (round(entry[key] * 60) for key in ("arrivalMinutes", "departureMinutes"))
        rows["stop_times"].append({
            "trip_id": name, "arrival_time": gtfs_time(arrive), "departure_time": gtfs_time(leave),
            "stop_id": f"lrt-{entry['stationId']}", "stop_sequence": k + 1,
            "shape_dist_traveled": round(track[direction][entry["stationId"]]), "timepoint": 1,
        })  # fmt: skip


def ferry_rows(facts: Path) -> Rows:
    """Piers, routes and sailings; a sailing marked * whose note says so runs on Saturdays and Sundays only."""
    rows: Rows = {k: [] for k in ("stops", "routes", "trips", "stop_times", "translations")}
    for name, chinese, english, portuguese, lon, lat in PIERS.values():
        rows["stops"].append({
            "stop_id": name, "stop_code": "", "stop_name": chinese, "stop_lat": f"{lat:.6f}", "stop_lon": f"{lon:.6f}",
        })  # fmt: skip
        for language, text in (("pt", portuguese), ("en", english)):
            rows["translations"].append(translation("stops", "stop_name", language, text, record=name))
    for route in _load(facts / "mini-macau" / "ferry-schedules.json")["routes"]:
        name = f"ferry-{route['id']}"
        rows["routes"].append({
            "route_id": name, "agency_id": route["operator"], "route_short_name": "",
            "route_long_name": route["nameZh"],
            "route_type": 4, "route_color": "0B6FA4" if route["operator"] == "turbojet" else "1A7F5A",
            "route_text_color": "FFFFFF",
        })  # fmt: skip
        for language in ("en", "pt"):
            rows["translations"].append(
                translation("routes", "route_long_name", language, route["nameEn"], record=name)
            )
        if route["id"] not in _CHARTER_ONLY:
            _sailings(rows, name, route)
    return rows


def _sailings(rows: Rows, name: str, route: dict[str, Any]) -> None:
    weekend = any("六" in note and "*" in note for note in route["notes"])
    for direction, way in enumerate(route["directions"]):
        origin, target = _pier(way["from"]), _pier(way["to"])
        for sailing in [*way["day"], *way["night"]]:
            hour, minute = map(int, sailing["time"].split(":"))
            start = hour * 3600 + minute * 60
            service = "sat-sun" if weekend and "*" in sailing.get("markers", "") else "daily"
            trip = f"{name}-{direction}-{hour:02d}{minute:02d}"
            rows["trips"].append({
                "route_id": name, "service_id": service, "trip_id": trip, "trip_headsign": target[1],
                "direction_id": direction, "shape_id": "",
            })  # fmt: skip
            for k, (pier, at) in enumerate(((origin, start), (target, start + route["journeyMinutes"] * 60))):
                rows["stop_times"].append({
                    "trip_id": trip, "arrival_time": gtfs_time(at), "departure_time": gtfs_time(at),
                    "stop_id": pier[0], "stop_sequence": k + 1, "timepoint": 1,
                })  # fmt: skip


def _pier(text: str) -> tuple[str, str, str, str, float, float]:
    """The pier whose key the published name holds; the longest key wins."""
    return PIERS[max((key for key in PIERS if key in text), key=len)]


def _load(file: Path) -> Any:
    return json.loads(file.read_text(encoding="utf-8"))
