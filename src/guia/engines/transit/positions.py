"""Where every vehicle is by timetable, at any instant."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from guia.core.columns import Float64, Int32
from guia.engines.transit.timetable import Timetable

_LIFT = 1 << 24
"""More seconds than any timetable spans, so that (trip, seconds) sorts as one number."""


@dataclass(frozen=True, slots=True)
class UnderWay:
    """Trips under way, one row each."""

    trip: Int32
    """Row in the timetable."""
    call: Int32
    """Row of the call that was left last."""
    offset_m: Float64
    """Along the trip's shape."""
    speed_ms: Float64
    """Between the two calls; 0 while standing."""


def calls_left(timetable: Timetable, trip: Int32, second: NDArray[np.floating] | float) -> Int32:
    """Row of the call that each trip has left last at `second` (its first call before it starts)."""
    chosen = timetable.take(trip)
    lift = chosen.trip_of_call().astype(np.int64) * _LIFT
    rows = np.arange(len(trip))
    wanted = rows * _LIFT + np.floor(np.broadcast_to(np.asarray(second), trip.shape)).astype(np.int64)
    call = np.searchsorted(lift + chosen.departure_s, wanted, "right") - 1
    within = np.clip(call, chosen.first[:-1], chosen.first[1:] - 1) - chosen.first[:-1]
    return np.asarray(timetable.first[trip] + within, np.int32)


def under_way(timetable: Timetable, second: float) -> UnderWay:
    """All trips between their first departure and last arrival at `second`."""
    trip = np.flatnonzero((timetable.start_s <= second) & (timetable.end_s >= second)).astype(np.int32)
    call = np.minimum(calls_left(timetable, trip, second), timetable.first[trip + 1] - 2)
    leaves, reaches = timetable.departure_s[call], timetable.arrival_s[call + 1]
    here, there = timetable.offset_m[call], timetable.offset_m[call + 1]
    span = np.maximum(reaches - leaves, 1)
    share = np.clip((second - leaves) / span, 0.0, 1.0)
    moving = (second >= leaves) & (second < reaches)
    return UnderWay(trip, call, here + share * (there - here), np.where(moving, (there - here) / span, 0.0))


def seconds_at(timetable: Timetable, trip: Int32, offset_m: Float64) -> Float64:
    """Second at which each trip, by timetable, passes a place `offset_m` along its shape; clamped to its ends."""
    chosen = timetable.take(trip)
    lift = 1e8
    key = chosen.offset_m + chosen.trip_of_call() * lift
    place = np.searchsorted(key, np.arange(len(trip)) * lift + offset_m, "right") - 1
    within = np.clip(place, chosen.first[:-1], chosen.first[1:] - 2) - chosen.first[:-1]
    call = timetable.first[trip] + within
    here, there = timetable.offset_m[call], timetable.offset_m[call + 1]
    share = np.clip((offset_m - here) / np.maximum(there - here, 1e-9), 0.0, 1.0)
    leaves, reaches = timetable.departure_s[call], timetable.arrival_s[call + 1]
    return np.asarray(leaves + share * (reaches - leaves))
