"""Vehicles that were heard of, put on the trips of the timetable."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from guia.core.clock import SECOND
from guia.core.columns import Float64, Int32, Int64
from guia.core.entity import Entity
from guia.domains.transit.model import Day
from guia.domains.transit.schedule import Schedule
from guia.engines.transit.match import Matched, match

EARLY_S, LATE_S = 600, 2_400
"""A vehicle may run a trip from so long before its start to so long after its end."""
LATEST_S, EARLIEST_S = 3_600.0, 1_200.0
"""A vehicle farther behind or ahead of its timetable than this is not on that trip, or not where its line runs."""


@dataclass(frozen=True, slots=True)
class Heard:
    """V vehicles with their newest fix."""

    id: list[str]
    observed: Int64
    lon: Float64
    lat: Float64
    speed_kmh: Float64
    bearing: Float64
    runs: list[dict[str, str]]
    """What each says that it runs: `tripId`, `routeId`, `directionId`, `startTime`."""


def runs(entities: list[Entity]) -> dict[str, dict[str, str]]:
    """What each vehicle entity says that it runs; vehicles that say nothing are left out."""
    found = {}
    for entity in entities:
        told = {k: _text(entity.attributes.get(k)) for k in ("tripId", "routeId", "directionId", "startTime")}
        if told["tripId"] or told["routeId"]:
            found[entity.id] = told
    return found


def heard_routes(heard: Heard, schedule: Schedule, size: int) -> Int32:
    """Route that each vehicle names, -1 where none; filled up with -1 to `size` rows."""
    rows = [schedule.route_row.get(r["routeId"], -1) for r in heard.runs]
    return np.array(rows + [-1] * (size - len(rows)), np.int32)


def _text(attribute: Any) -> str:
    value = attribute.get("value", "") if isinstance(attribute, dict) else ""
    return str(value) if value is not None else ""


def on_trips(heard: Heard, schedule: Schedule, day: Day) -> Matched:
    """Each vehicle on its trip: the one it names, else any of its route that fits place and time."""
    vehicle, trip = _possible(heard, schedule, day)
    second = (heard.observed - day.origin) / SECOND
    xy = np.column_stack(schedule.pack.projection.to_metres(heard.lon, heard.lat))
    found = match(day.timetable, schedule.network.lines, xy, second, vehicle, trip)
    wrong = (found.delay_s > LATEST_S) | (found.delay_s < -EARLIEST_S)
    found.trip[wrong] = -1
    found.delay_s[wrong] = np.nan
    return found


def _possible(heard: Heard, schedule: Schedule, day: Day) -> tuple[Int32, Int32]:
    """Pairs of vehicle and timetable row that the vehicle may be running."""
    table = day.timetable
    by_trip = np.argsort(table.trip, kind="stable")
    sorted_trip = table.trip[by_trip]
    start, end = table.start_s, table.end_s
    direction = schedule.network.direction[table.trip]
    vehicles: list[Int32] = []
    trips: list[Int32] = []
    for v, told in enumerate(heard.runs):
        now = (heard.observed[v] - day.origin) / SECOND
        row = schedule.trip_row.get(told["tripId"])
        if row is not None:
            low, high = np.searchsorted(sorted_trip, [row, row + 1])
            rows = by_trip[low:high]
        else:
            rows = np.flatnonzero(table.route == schedule.route_row.get(told["routeId"], -1))
            if told["directionId"]:
                rows = rows[direction[rows] == int(told["directionId"])]
        rows = rows[(start[rows] - EARLY_S <= now) & (now <= end[rows] + LATE_S)]
        begins = _seconds(told["startTime"])
        if row is not None and begins is not None and len(rows):
            rows = rows[np.abs((start[rows] - begins + 43_200) % 86_400 - 43_200) <= 30]
        vehicles.append(np.full(len(rows), v, np.int32))
        trips.append(rows.astype(np.int32))
    none = np.empty(0, np.int32)
    return np.concatenate([none, *vehicles]), np.concatenate([none, *trips])


def _seconds(text: str) -> int | None:
    """Seconds of a GTFS time of day; None if it is none."""
    parts = text.split(":")
    if len(parts) != 3 or not all(p.strip().isdigit() for p in parts):
        return None
    hours, minutes, seconds = (int(p) for p in parts)
    return hours * 3_600 + minutes * 60 + seconds
