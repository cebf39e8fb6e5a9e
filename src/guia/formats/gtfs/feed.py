"""A GTFS feed: its tables as text columns, and the typed columns that engines need."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from guia.core.columns import Float64, Int32
from guia.formats.arrow import numbers, texts
from guia.formats.gtfs.times import seconds

_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?$"
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True, slots=True)
class StopTimes:
    """Stop times sorted by trip row and sequence; trip i has rows first[i] : first[i+1]."""

    first: Int32
    trip: Int32
    """Row in `trips`."""
    stop: Int32
    """Row in `stops`; -1 where dangling."""
    arrival_s: Int32
    """Seconds after the service day's start; -1 where not given."""
    departure_s: Int32
    sequence: Int32
    distance_m: Float64
    """Along the trip's shape as the feed gives it; NaN where it does not."""
    exact: NDArray[np.bool_]
    """False where the feed says that its times are approximate (`timepoint` 0)."""


@dataclass(frozen=True, slots=True)
class Frequencies:
    """Headways, one row per entry."""

    trip: Int32
    start_s: Int32
    end_s: Int32
    headway_s: Int32
    exact: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Shapes:
    """Shapes as CSR: shape i (named id[i]) is points[first[i] : first[i+1]], (P,2) longitude, latitude."""

    id: NDArray[np.str_]
    first: Int32
    points: Float64
    distance_m: Float64
    """Of each point along its shape, as the feed gives it; NaN where it does not."""


@dataclass(frozen=True)
class Feed:
    """The tables by file name without `.txt`, every column as text; `problems` were met on reading."""

    tables: dict[str, pa.Table]
    problems: tuple[str, ...]

    def text(self, table: str, column: str) -> NDArray[np.str_]:
        """A column as an array of text; empty texts where the feed lacks it, no rows where it lacks the table."""
        rows = self.tables.get(table)
        if rows is None:
            return np.array([], dtype=str)
        if column not in rows.column_names:
            return np.full(len(rows), "", dtype="<U1")
        return texts(pc.fill_null(rows[column], ""))

    def numbers(self, table: str, column: str) -> Float64:
        """A column as float64; NaN where it is empty or no number."""
        rows = self.tables.get(table)
        if rows is None or column not in rows.column_names:
            return np.full(0 if rows is None else len(rows), np.nan)
        trimmed = pc.utf8_trim_whitespace(pc.fill_null(rows[column], ""))
        good = pc.match_substring_regex(trimmed, _NUMBER)
        values = pc.cast(pc.if_else(good, trimmed, None), "float64")
        return numbers(pc.fill_null(values, np.nan))

    def seconds(self, table: str, column: str) -> Int32:
        """A column of times as seconds after the service day's start; -1 where it is empty or no time."""
        rows = self.tables.get(table)
        if rows is None or column not in rows.column_names:
            return np.full(0 if rows is None else len(rows), -1, np.int32)
        return seconds(rows[column])

    def codes(self, table: str, column: str, target: str, key: str) -> Int32:
        """Row in `target` whose `key` equals each value of a column; -1 where there is none."""
        return rows_of(self.text(table, column), self.text(target, key))

    @cached_property
    def stop_ids(self) -> NDArray[np.str_]:
        """Ids of `stops`, in file order."""
        return self.text("stops", "stop_id")

    @cached_property
    def trip_ids(self) -> NDArray[np.str_]:
        """Ids of `trips`, in file order."""
        return self.text("trips", "trip_id")

    @cached_property
    def route_ids(self) -> NDArray[np.str_]:
        """Ids of `routes`, in file order."""
        return self.text("routes", "route_id")

    @cached_property
    def stop_lonlat(self) -> Float64:
        """(n,2) longitude, latitude of `stops`; NaN where not given."""
        return np.column_stack([self.numbers("stops", "stop_lon"), self.numbers("stops", "stop_lat")])

    @cached_property
    def trip_route(self) -> Int32:
        """Row in `routes` of each trip; -1 where dangling."""
        return self.codes("trips", "route_id", "routes", "route_id")

    @cached_property
    def stop_times(self) -> StopTimes:
        """Stop times as typed columns; rows of unknown trips are left out."""
        trip = self.codes("stop_times", "trip_id", "trips", "trip_id")
        stop = self.codes("stop_times", "stop_id", "stops", "stop_id")
        sequence = _whole(self.numbers("stop_times", "stop_sequence"))
        arrival, departure = (self.seconds("stop_times", name) for name in ("arrival_time", "departure_time"))
        order = np.lexsort((sequence, trip))
        order = order[trip[order] >= 0]
        counts = np.bincount(trip[order], minlength=len(self.trip_ids))
        return StopTimes(
            first=np.concatenate([[0], np.cumsum(counts)]).astype(np.int32),
            trip=trip[order],
            stop=stop[order],
            arrival_s=arrival[order],
            departure_s=departure[order],
            sequence=sequence[order],
            distance_m=self.numbers("stop_times", "shape_dist_traveled")[order],
            exact=self.text("stop_times", "timepoint")[order] != "0",
        )

    @cached_property
    def frequencies(self) -> Frequencies:
        """Headways; rows of unknown trips are left out."""
        trip = self.codes("frequencies", "trip_id", "trips", "trip_id")
        keep = trip >= 0
        start, end = (self.seconds("frequencies", name) for name in ("start_time", "end_time"))
        headway = _whole(self.numbers("frequencies", "headway_secs"))
        exact = self.text("frequencies", "exact_times") == "1"
        return Frequencies(trip[keep], start[keep], end[keep], headway[keep], exact[keep])

    @cached_property
    def shapes(self) -> Shapes:
        """Shapes, sorted by id and sequence."""
        ids, sequence = self.text("shapes", "shape_id"), self.numbers("shapes", "shape_pt_sequence")
        order = np.lexsort((sequence, ids))
        names, counts = np.unique(ids, return_counts=True)
        points = np.column_stack(
            [self.numbers("shapes", "shape_pt_lon"), self.numbers("shapes", "shape_pt_lat")]
        )
        first = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
        return Shapes(names, first, points[order], self.numbers("shapes", "shape_dist_traveled")[order])

    @cached_property
    def trip_shape(self) -> Int32:
        """Row in `shapes` of each trip; -1 where it has none."""
        return rows_of(self.text("trips", "shape_id"), self.shapes.id)

    @cached_property
    def translations(self) -> dict[tuple[str, str, str], dict[str, str]]:
        """Texts by (table, field, record id) and language."""
        found: dict[tuple[str, str, str], dict[str, str]] = {}
        columns = ("table_name", "field_name", "record_id", "language", "translation")
        for table, name, record, language, text in zip(
            *(self.text("translations", c) for c in columns), strict=True
        ):
            found.setdefault((str(table), str(name), str(record)), {})[str(language)[:2]] = str(text)
        return found

    def names(
        self, table: str, column: str, record: str, original: str, language: str = "zh"
    ) -> dict[str, str]:
        """A text per language: the original under `language`, and its translations."""
        return {language: original, **self.translations.get((table, column, record), {})}

    def runs_on(self, day: date) -> NDArray[np.bool_]:
        """Mask of the trips whose service runs on `day`."""
        return np.isin(self.text("trips", "service_id"), sorted(self.services_on(day)))

    def services_on(self, day: date) -> set[str]:
        """Ids of the services that run on `day`: the weekly calendar, then its exceptions."""
        text = day.strftime("%Y%m%d")
        weekly = self.text("calendar", _WEEKDAYS[day.weekday()]) == "1"
        within = (self.text("calendar", "start_date") <= text) & (self.text("calendar", "end_date") >= text)
        running = {str(s) for s in self.text("calendar", "service_id")[weekly & within]}
        today = self.text("calendar_dates", "date") == text
        kinds = self.text("calendar_dates", "exception_type")
        services = self.text("calendar_dates", "service_id")
        running |= {str(s) for s in services[today & (kinds == "1")]}
        return running - {str(s) for s in services[today & (kinds == "2")]}


def _whole(numbers: Float64) -> Int32:
    """Numbers as int32; 0 where there is none or it does not fit."""
    fits = np.abs(np.nan_to_num(numbers, nan=np.inf)) < 2**31
    return np.where(fits, np.nan_to_num(numbers), 0).astype(np.int32)


def rows_of(wanted: NDArray[np.str_], known: NDArray[np.str_]) -> Int32:
    """Row of each text of `wanted` in `known` (the first of equal ones); -1 where there is none."""
    if len(known) == 0 or len(wanted) == 0:
        return np.full(len(wanted), -1, np.int32)
    order = np.argsort(known, kind="stable")
    place = np.searchsorted(known, wanted, sorter=order)
    candidate = order[np.minimum(place, len(known) - 1)]
    return np.where(known[candidate] == wanted, candidate, -1).astype(np.int32)
