"""A timetable as columns: every trip of one stretch of time, headways written out, times in seconds."""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from guia.core.columns import Float64, Int32

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Timetable:
    """T trips and their R calls, a trip's calls in order: rows first[t] : first[t+1].

    Columns of calls: `stop`, `arrival_s`, `departure_s` (never decreasing within a trip, after one common instant),
    `offset_m` along the shape.
    Columns of trips: `trip` (row of the trip in its source), `pattern` (equal for equal sequences of stops on the
    same shape), `shape`, `route` and `estimated` (written out from a headway, not from exact times).
    """

    first: Int32
    stop: Int32
    arrival_s: Int32
    departure_s: Int32
    offset_m: Float64
    trip: Int32
    pattern: Int32
    shape: Int32
    route: Int32
    estimated: Mask

    def __len__(self) -> int:
        return len(self.first) - 1

    @property
    def start_s(self) -> Int32:
        """Departure of each trip from its first stop."""
        return self.departure_s[self.first[:-1]]

    @property
    def end_s(self) -> Int32:
        """Arrival of each trip at its last stop."""
        return self.arrival_s[self.first[1:] - 1]

    def trip_of_call(self) -> Int32:
        """Trip row of each call."""
        return np.repeat(np.arange(len(self), dtype=np.int32), np.diff(self.first))

    def take(self, trips: NDArray[np.integer] | Mask, shift_s: NDArray[np.integer] | int = 0) -> "Timetable":
        """The chosen trips (mask or rows, repeats allowed), each `shift_s` later."""
        rows = np.flatnonzero(trips) if np.asarray(trips).dtype == bool else np.asarray(trips)
        counts = np.diff(self.first)[rows]
        first = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
        calls = np.arange(first[-1]) + np.repeat(self.first[rows] - first[:-1], counts)
        later = np.repeat(np.broadcast_to(np.asarray(shift_s), rows.shape), counts)
        return Timetable(
            first,
            self.stop[calls],
            (self.arrival_s[calls] + later).astype(np.int32),
            (self.departure_s[calls] + later).astype(np.int32),
            self.offset_m[calls],
            *(getattr(self, f.name)[rows] for f in fields(self)[5:]),
        )


def join(parts: list[Timetable]) -> Timetable:
    """All trips of the parts, in order."""
    sizes = np.cumsum([0] + [int(p.first[-1]) for p in parts])
    first = np.concatenate([[0]] + [p.first[1:] + s for p, s in zip(parts, sizes[:-1], strict=True)])
    rest = [np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(Timetable)[1:]]
    return Timetable(first.astype(np.int32), *rest)


def write_out(
    trips: Timetable, headway_trip: Int32, start_s: Int32, end_s: Int32, headway_s: Int32, exact: Mask
) -> Timetable:
    """The trips with each entry of a headway table (start <= departure < end) written out.

    Trips that the headway table names serve as patterns only; the others stay as they are.
    """
    named = np.zeros(len(trips), bool)
    named[headway_trip] = True
    good = (headway_s > 0) & (end_s > start_s)
    row, begin, end, step, sure = (a[good] for a in (headway_trip, start_s, end_s, headway_s, exact))
    counts = -(-(end - begin) // step)
    which = np.repeat(np.arange(len(row)), counts)
    turn = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    departs = begin[which] + turn * step[which]
    written = trips.take(row[which], departs - trips.start_s[row[which]])
    written.estimated[:] = ~sure[which]
    return join([trips.take(~named), written])


def fill_times(first: Int32, arrival_s: Int32, departure_s: Int32, offset_m: Float64) -> tuple[Int32, Int32]:
    """Times of calls that have none (-1), by distance between the calls of the same trip that have one.

    Each trip's first and last call must have times.
    """
    arrival = np.where(arrival_s < 0, departure_s, arrival_s).astype(np.float64)
    departure = np.where(departure_s < 0, arrival_s, departure_s).astype(np.float64)
    missing = arrival < 0
    if missing.any():
        reach = np.repeat(np.arange(len(first) - 1) * 1e9, np.diff(first))
        place = reach + offset_m + np.arange(len(offset_m)) * 1e-6
        known = ~missing
        arrival[missing] = np.interp(place[missing], place[known], arrival[known])
        departure[missing] = arrival[missing]
    arrival = _never_back(first, arrival)
    return arrival.astype(np.int32), np.maximum(_never_back(first, departure), arrival).astype(np.int32)


def _never_back(first: Int32, seconds: Float64) -> Float64:
    """Running maximum within each trip."""
    lift = np.repeat(np.arange(len(first) - 1) * 1e9, np.diff(first))
    return np.asarray(np.maximum.accumulate(seconds + lift) - lift)
