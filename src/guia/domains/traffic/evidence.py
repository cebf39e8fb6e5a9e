"""What detectors and vehicles say about the segments they are on."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from guia.core.brain import View
from guia.core.clock import MINUTE, SECOND
from guia.core.columns import Batch, Float64, Int32, Quality
from guia.core.place import NearestSegments, bearing_deg
from guia.domains.traffic.model import Measured
from guia.engines.estimation.fusion import combine
from guia.engines.estimation.tracks import Tracks, tracks

DETECTOR_SPREAD = 0.25
"""Standard deviation of single vehicles' speeds over free speed."""
VEHICLE_SPREAD = 0.30
"""Standard deviation of what one vehicle's passage says about the mean speed: queues at signals included."""
SNAP_M = 30.0
TURN_M_PER_DEGREE = 0.4
"""How many metres of distance a degree of difference in heading weighs when a position is put on a segment."""
DWELL_M = 40.0
DWELL_KMH = 8.0
"""A bus slower than this, this near to a stop, is dwelling: it says nothing about the traffic."""
RECENT = 2 * MINUTE


@dataclass(frozen=True, slots=True)
class Roads:
    """What evidence needs to know of n segments."""

    free_speed_kmh: Float64
    heading: Float64
    """Compass bearing from start to end."""
    index: NearestSegments
    """Over the segments open to motor traffic."""
    stops: Float64
    """(S,2) longitude, latitude of bus stops in metres of the index's projection."""


def from_detectors(
    count: Batch, speed: Batch, occupancy: Batch, segment: Int32, free: Float64, now: int
) -> Measured:
    """Evidence of detectors (one row each, newest minute) on their segments.

    No vehicle counted means free flow when the loop was empty, standstill when it was covered.
    """
    n = len(free)
    fresh = (now - count.observed <= RECENT) & (count.quality < Quality.MISSING) & ~np.isnan(count.value)
    passed = np.where(fresh, count.value, np.nan)
    covered = np.where(now - occupancy.observed <= RECENT, np.nan_to_num(occupancy.value), 0.0)
    told = fresh & (passed > 0) & (now - speed.observed <= RECENT) & ~np.isnan(speed.value)
    free_here = free[segment]
    ratio = np.select(
        [told, fresh & (passed == 0) & (covered >= 60), fresh & (passed == 0) & (covered < 5)],
        [speed.value / free_here, np.full(len(segment), 0.05), np.ones(len(segment))],
        np.nan,
    )
    noise = np.where(told, DETECTOR_SPREAD**2 / np.maximum(passed, 1) + 0.05**2, 0.2**2)
    out = Measured(np.full(n, np.nan), np.full(n, np.inf), np.full(n, np.nan))
    sure = ~np.isnan(ratio)
    out.ratio[segment[sure]] = np.clip(ratio[sure], 0.0, 1.2)
    out.noise[segment[sure]] = noise[sure]
    out.flow_h[segment[fresh]] = passed[fresh] * 60
    return out


def put_on_segments(fixes: Tracks, roads: Roads) -> Int32:
    """Segment of each fix, by distance and heading; -1 where none is near or the headings differ by over 60 degrees."""
    segment = np.full(len(fixes.vehicle), -1, np.int32)
    point, near = roads.index.within(fixes.lon, fixes.lat, SNAP_M)
    turn = np.abs((fixes.bearing[point] - roads.heading[near.segment] + 180) % 360 - 180)
    cost = near.distance_m + TURN_M_PER_DEGREE * np.nan_to_num(turn)
    order = np.lexsort((near.segment, cost, point))
    order = order[~(turn[order] > 60)]
    found, first = np.unique(point[order], return_index=True)
    segment[found] = near.segment[order[first]]
    return segment


def from_vehicles(fixes: Tracks, roads: Roads) -> tuple[Float64, Float64]:
    """Mean speed over free speed, and its variance, of each segment that vehicles were on.

    Fixes come at equal intervals, so the mean of their speeds is distance over time: the space-mean speed (Edie 1963).
    """
    n = len(roads.free_speed_kmh)
    speed = _speeds(fixes, roads)
    segment = put_on_segments(fixes, roads)
    keep = (segment >= 0) & ~np.isnan(speed) & ~_dwelling(fixes, speed, roads)
    segment, speed = segment[keep], speed[keep]
    count = np.bincount(segment, minlength=n)
    visits = np.bincount(np.unique(segment.astype(np.int64) << 32 | fixes.vehicle[keep]) >> 32, minlength=n)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.bincount(segment, speed, n) / count / roads.free_speed_kmh
        noise = VEHICLE_SPREAD**2 / visits
    return np.clip(mean, 0.0, 1.2), noise


def _speeds(fixes: Tracks, roads: Roads) -> Float64:
    """Speeds told, else from the last fix of the same vehicle."""
    x, y = roads.index.projection.to_metres(fixes.lon, fixes.lat)
    gap_s = np.diff(fixes.observed, prepend=0) / SECOND
    same = np.diff(fixes.vehicle, prepend=-1) == 0
    moved = np.hypot(np.diff(x, prepend=0), np.diff(y, prepend=0))
    own = np.where(same & (gap_s > 0) & (gap_s <= 30), moved / np.maximum(gap_s, 1e-3) * 3.6, np.nan)
    return np.where(np.isnan(fixes.speed_kmh), own, fixes.speed_kmh)


def _dwelling(fixes: Tracks, speed: Float64, roads: Roads) -> NDArray[np.bool_]:
    """Whether a fix is of a vehicle that stands at a stop."""
    from scipy.spatial import cKDTree

    slow = speed < DWELL_KMH
    if len(roads.stops) == 0 or not slow.any():
        return np.zeros(len(speed), bool)
    x, y = roads.index.projection.to_metres(fixes.lon[slow], fixes.lat[slow])
    gap, _ = cKDTree(roads.stops).query(np.column_stack([x, y]), distance_upper_bound=DWELL_M)
    at_stop = np.zeros(len(speed), bool)
    at_stop[slow] = np.isfinite(gap)
    return at_stop


def measure(view: View, city: str, detectors: list[str], segment: Int32, roads: Roads, now: int) -> Measured:
    """Everything measured in the last minutes, detectors and vehicles joined by inverse variance."""
    columns = [
        view.latest(view.ids([f"urn:ngsi-ld:TrafficDetector:{city}:{d}|{attribute}" for d in detectors]))
        for attribute in ("count", "speed", "occupancy")
    ]
    loops = from_detectors(*columns, segment, roads.free_speed_kmh, now)
    fixes = tracks(view, f"urn:ngsi-ld:Vehicle:{city}:*", now - MINUTE + 1, now + 1)
    ratio, noise = from_vehicles(fixes, roads)
    ratio, noise = combine(np.stack([loops.ratio, ratio]), np.stack([loops.noise, noise]))
    return Measured(ratio, noise, loops.flow_h)


def headings(points: Float64, first_point: Int32) -> Float64:
    """Compass bearing of each polyline (metres) from its first to its last point."""
    ends = points[first_point[1:] - 1] - points[first_point[:-1]]
    return bearing_deg(ends[:, 0], ends[:, 1])
