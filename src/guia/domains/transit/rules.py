"""Verbs of the transit domain: the feed as arrays, and the timetable of a day."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo

import numpy as np

from guia.core.clock import HOUR, SECOND
from guia.core.columns import Float64, Int32
from guia.core.place import LocalProjection
from guia.domains.transit.model import KINDS, Day, Network
from guia.engines.transit.departures import board
from guia.engines.transit.shapes import Lines, lines, stops_along
from guia.engines.transit.timetable import Timetable, fill_times, join, write_out
from guia.formats.gtfs import Feed

DAY_S = 86_400
EARLY_S = 6 * 3_600
"""Trips of the next day that start this early in it belong to the end of the night before."""


def local_day(instant: int, zone: tzinfo) -> date:
    """The local date of an instant."""
    return datetime.fromtimestamp(instant // SECOND, UTC).astimezone(zone).date()


def day_origin(day: date, zone: tzinfo) -> int:
    """Instant from which GTFS counts a service day: noon less twelve hours."""
    noon = datetime.combine(day, time(12), zone)
    return int(noon.timestamp()) * SECOND - 12 * HOUR


def network(feed: Feed, projection: LocalProjection) -> Network:
    """The feed as arrays. Trips without two calls at known stops are left out; missing times are filled in."""
    xy = (
        np.column_stack(projection.to_metres(*feed.stop_lonlat.T)) if len(feed.stop_ids) else np.empty((0, 2))
    )
    times = feed.stop_times
    usable = (
        (times.stop >= 0) & np.isfinite(xy[times.stop]).all(axis=1) if len(times.stop) else times.stop >= 0
    )
    counts = np.bincount(times.trip[usable], minlength=len(feed.trip_ids))
    ends = np.flatnonzero(counts >= 2).astype(np.int32)
    usable &= np.isin(times.trip, ends)
    calls = np.flatnonzero(usable)
    first = np.concatenate([[0], np.cumsum(counts[ends])]).astype(np.int32)
    stop, arrival, departure = times.stop[calls], times.arrival_s[calls], times.departure_s[calls]
    shape = feed.trip_shape[ends].copy()
    pattern, all_lines, offset = _follow(feed, projection, xy, first, stop, shape, feed.trip_route[ends])
    timed = ((arrival >= 0) | (departure >= 0))[first[:-1]] & ((arrival >= 0) | (departure >= 0))[
        first[1:] - 1
    ]
    arrival, departure = fill_times(first, arrival, departure, offset)
    approximate = feed.text("stop_times", "timepoint")
    vague = np.zeros(len(feed.trip_ids), bool)
    if len(approximate):
        trip = feed.codes("stop_times", "trip_id", "trips", "trip_id")
        vague[np.setdiff1d(trip[approximate == "0"], [-1])] = True
    trips = Timetable(
        first, stop, arrival, departure, offset, ends, pattern, shape, feed.trip_route[ends], vague[ends]
    )
    kinds = feed.text("routes", "route_type")
    return Network(
        stop_id=feed.stop_ids,
        stop_xy=xy,
        stop_lonlat=feed.stop_lonlat,
        route_id=feed.route_ids,
        route_kind=[KINDS.get(int(k) if k.isdigit() else 3, "bus") for k in kinds.tolist()],
        trips=trips.take(timed),
        lines=all_lines,
        headsign=feed.text("trips", "trip_headsign"),
        direction=np.array([1 if d == "1" else 0 for d in feed.text("trips", "direction_id")], np.int32),
    )


def _follow(
    feed: Feed,
    projection: LocalProjection,
    xy: Float64,
    first: Int32,
    stop: Int32,
    shape: Int32,
    route: Int32,
) -> tuple[Int32, Lines, Float64]:
    """Pattern of each trip, all lines, and the offset of each call; `shape` is completed in place."""
    points = [projection.points(feed.shapes.points)] if len(feed.shapes.points) else []
    bounds = feed.shapes.first.tolist() if points else [0]
    known: dict[tuple[bytes, int, int], int] = {}
    offsets: list[Float64] = []
    line_of: list[int] = []
    pattern = np.zeros(len(shape), np.int32)
    for t in range(len(shape)):
        calls = stop[first[t] : first[t + 1]]
        key = (calls.tobytes(), int(shape[t]), int(route[t]))
        if key not in known:
            known[key] = len(offsets)
            line = int(shape[t])
            if line < 0 or bounds[line + 1] - bounds[line] < 2:
                points.append(xy[calls])
                bounds.append(bounds[-1] + len(calls))
                line = len(bounds) - 2
            piece = points[0][bounds[line] : bounds[line + 1]] if line < len(feed.shapes.id) else points[-1]
            offsets.append(stops_along(piece, xy[calls]))
            line_of.append(line)
        pattern[t] = known[key]
    shape[:] = np.array(line_of, np.int32)[pattern] if len(shape) else shape
    offset = np.concatenate([offsets[p] for p in pattern]) if len(pattern) else np.empty(0)
    together = np.concatenate(points) if points else np.empty((0, 2))
    return pattern, lines(together, np.array(bounds, np.int32)), offset


def service_day(net: Network, feed: Feed, day: date) -> Timetable:
    """Every trip of one service day, headways written out, seconds after the day's origin."""
    running = net.trips.take(feed.runs_on(day)[net.trips.trip])
    row = np.full(len(feed.trip_ids), -1, np.int32)
    row[running.trip] = np.arange(len(running))
    often = feed.frequencies
    named = row[often.trip] if len(often.trip) else np.empty(0, np.int32)
    on = named >= 0
    return write_out(
        running, named[on], often.start_s[on], often.end_s[on], often.headway_s[on], often.exact[on]
    )


def day_about(net: Network, feed: Feed, day: date, zone: tzinfo) -> Day:
    """What runs from the night before `day` into the morning after."""
    origin = day_origin(day, zone)
    parts = []
    for step in (-1, 0, 1):
        other = day + timedelta(days=step)
        shift = (day_origin(other, zone) - origin) // SECOND
        table = service_day(net, feed, other)
        table = table.take(np.arange(len(table)), shift)
        keep = {-1: table.end_s >= 0, 0: table.end_s >= table.start_s, 1: table.start_s < DAY_S + EARLY_S}[
            step
        ]
        parts.append(table.take(keep))
    timetable = join(parts)
    return Day(origin, timetable, board(timetable, len(net.stop_id)), net.direction)
