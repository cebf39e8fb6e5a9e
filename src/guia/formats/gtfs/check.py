"""Check a GTFS feed: each finding names file, row, what is wrong, and the remedy."""

import numpy as np

from guia.formats.finding import Finding
from guia.formats.gtfs.feed import Feed, rows_of

REQUIRED = {
    "agency": ("agency_name", "agency_url", "agency_timezone"),
    "stops": ("stop_id", "stop_name", "stop_lat", "stop_lon"),
    "routes": ("route_id", "route_type"),
    "trips": ("route_id", "service_id", "trip_id"),
    "stop_times": ("trip_id", "arrival_time", "departure_time", "stop_id", "stop_sequence"),
}
OPTIONAL = {
    "frequencies": ("trip_id", "start_time", "end_time", "headway_secs"),
    "shapes": ("shape_id", "shape_pt_lat", "shape_pt_lon", "shape_pt_sequence"),
    "calendar_dates": ("service_id", "date", "exception_type"),
    "calendar": ("service_id", "monday", "sunday", "start_date", "end_date"),
}
"""Columns that these files need where they are there."""
REFERENCES = (
    ("trips", "route_id", "routes", "route_id"),
    ("stop_times", "trip_id", "trips", "trip_id"),
    ("stop_times", "stop_id", "stops", "stop_id"),
    ("stops", "parent_station", "stops", "stop_id"),
    ("trips", "shape_id", "shapes", "shape_id"),
    ("frequencies", "trip_id", "trips", "trip_id"),
    ("routes", "agency_id", "agency", "agency_id"),
)
_KEYS = (("stops", "stop_id"), ("routes", "route_id"), ("trips", "trip_id"))
_SHOWN = 5
"""Rows shown of each kind of finding; the rest is counted."""


def check_feed(feed: Feed) -> list[Finding]:
    """Everything wrong with a feed, in the order of the files."""
    findings = [
        Finding("error", p.split(":")[0], p.split(": ", 1)[-1], "mend the file") for p in feed.problems
    ]
    findings += _tables(feed)
    if any(name not in feed.tables for name in REQUIRED):
        return findings
    for check in (_keys, _references, _services, _positions, _times, _frequencies):
        findings += check(feed)
    return findings


def _some(level: str, file: str, rows: np.ndarray, detail: str, remedy: str) -> list[Finding]:
    """Findings for the first few rows (row 2 follows the header), and one for the rest."""
    found = [Finding(level, f"{file}.txt row {row + 2}", detail, remedy) for row in rows[:_SHOWN]]
    if len(rows) > _SHOWN:
        found.append(Finding(level, f"{file}.txt", f"{detail}: {len(rows) - _SHOWN} more rows", remedy))
    return found


def _tables(feed: Feed) -> list[Finding]:
    found = []
    for name, columns in REQUIRED.items():
        if name not in feed.tables:
            found.append(
                Finding("error", f"{name}.txt", "the file is missing", "every feed needs it: add it")
            )
            continue
        found += [
            Finding("error", f"{name}.txt", f"column {column} is missing", "add the column")
            for column in columns
            if column not in feed.tables[name].column_names
        ]
    if "calendar" not in feed.tables and "calendar_dates" not in feed.tables:
        found.append(
            Finding("error", "calendar.txt", "no calendar", "add calendar.txt or calendar_dates.txt")
        )
    return found


def _keys(feed: Feed) -> list[Finding]:
    found = []
    for table, key in _KEYS:
        ids = feed.text(table, key)
        twice = np.ones(len(ids), bool)
        twice[np.unique(ids, return_index=True)[1]] = False
        found += _some("error", table, np.flatnonzero(twice), f"{key} occurs twice", "make ids unique")
        found += _some("error", table, np.flatnonzero(ids == ""), f"{key} is empty", "give an id")
    return found


def _references(feed: Feed) -> list[Finding]:
    found = []
    for table, column, target, key in REFERENCES:
        named = feed.text(table, column)
        dangling = np.flatnonzero((rows_of(named, feed.text(target, key)) < 0) & (named != ""))
        found += [
            Finding(
                "error",
                f"{table}.txt row {row + 2}",
                f"{column} {str(named[row])!r} is not in {target}.txt",
                f"add it to {target}.txt or correct {column}",
            )
            for row in dangling[:_SHOWN]
        ]
        if len(dangling) > _SHOWN:
            detail = f"{column} dangling in {len(dangling) - _SHOWN} more rows"
            found.append(Finding("error", f"{table}.txt", detail, f"add them to {target}.txt"))
    return found


def _services(feed: Feed) -> list[Finding]:
    known = np.concatenate([feed.text("calendar", "service_id"), feed.text("calendar_dates", "service_id")])
    unknown = np.flatnonzero(rows_of(feed.text("trips", "service_id"), known) < 0)
    return _some("error", "trips", unknown, "service_id is in no calendar", "add the service to calendar.txt")


def _positions(feed: Feed) -> list[Finding]:
    lon, lat = feed.stop_lonlat.T
    bad = ~((np.abs(lon) <= 180) & (np.abs(lat) <= 90)) | ((lon == 0) & (lat == 0))
    return _some("error", "stops", np.flatnonzero(bad), "no position on Earth", "give stop_lat and stop_lon")


def _times(feed: Feed) -> list[Finding]:
    times = feed.stop_times
    same = times.trip[1:] == times.trip[:-1]
    known = (times.arrival_s[1:] >= 0) & (times.departure_s[:-1] >= 0)
    back = np.flatnonzero(same & known & (times.arrival_s[1:] < times.departure_s[:-1])) + 1
    found = []
    for row in back[:_SHOWN]:
        trip = feed.trip_ids[times.trip[row]]
        place = f"stop_times.txt trip {trip} stop_sequence {times.sequence[row]}"
        found.append(Finding("error", place, "arrives before the stop before is left", "correct the times"))
    if len(back) > _SHOWN:
        detail = f"decreasing times in {len(back) - _SHOWN} more rows"
        found.append(Finding("error", "stop_times.txt", detail, "correct the times"))
    short = np.flatnonzero(np.diff(times.first) < 2)
    return found + _some(
        "warning", "trips", short, "the trip has fewer than two stops", "remove it or add stops"
    )


def _frequencies(feed: Feed) -> list[Finding]:
    rows = feed.frequencies
    bad = np.flatnonzero((rows.headway_s <= 0) | (rows.start_s < 0) | (rows.end_s <= rows.start_s))
    return _some(
        "error", "frequencies", bad, "no valid span or headway", "give start < end and a headway > 0"
    )
