"""Places: WGS 84 degrees to local metres and back, lengths of polylines, the nearest segment of a network."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from guia.core.columns import Float64, Int32

_SEMI_MAJOR_M = 6_378_137.0
_ECCENTRICITY_2 = 0.00669437999014


@dataclass(frozen=True, slots=True)
class LocalProjection:
    """Equirectangular metres about an origin: x east, y north.

    Scales are the WGS 84 radii of curvature at the origin. Distances are right to 0.1 % within 10 km north or
    south of it at latitudes below 30 degrees, to 0.3 % at latitudes below 60.
    """

    lon: float
    lat: float

    @property
    def metres_per_degree(self) -> tuple[float, float]:
        """Metres per degree of longitude and of latitude at the origin."""
        sine = np.sin(np.radians(self.lat))
        bend = 1 - _ECCENTRICITY_2 * sine**2
        east = _SEMI_MAJOR_M / np.sqrt(bend) * np.cos(np.radians(self.lat))
        north = _SEMI_MAJOR_M * (1 - _ECCENTRICITY_2) / bend**1.5
        return float(np.radians(east)), float(np.radians(north))

    def to_metres(self, lon: ArrayLike, lat: ArrayLike) -> tuple[Float64, Float64]:
        """x, y of longitudes and latitudes (arrays of equal shape)."""
        east, north = self.metres_per_degree
        return (
            (np.asarray(lon, np.float64) - self.lon) * east,
            (np.asarray(lat, np.float64) - self.lat) * north,
        )

    def to_lonlat(self, x: ArrayLike, y: ArrayLike) -> tuple[Float64, Float64]:
        """Longitudes and latitudes of x, y in metres."""
        east, north = self.metres_per_degree
        return np.asarray(x, np.float64) / east + self.lon, np.asarray(y, np.float64) / north + self.lat

    def points(self, lonlat: ArrayLike) -> Float64:
        """(P,2) metres of (P,2) longitude, latitude."""
        pairs = np.asarray(lonlat, np.float64).reshape(-1, 2)
        return np.column_stack(self.to_metres(pairs[:, 0], pairs[:, 1]))


def distance_m(lon: ArrayLike, lat: ArrayLike, lon2: ArrayLike, lat2: ArrayLike) -> Float64:
    """Great-circle distance in metres (haversine on the mean sphere, right to 0.5 %), element by element."""
    a, b, c, d = (np.radians(np.asarray(v, np.float64)) for v in (lon, lat, lon2, lat2))
    half = np.sin((d - b) / 2) ** 2 + np.cos(b) * np.cos(d) * np.sin((c - a) / 2) ** 2
    return np.asarray(2 * 6_371_008.8 * np.arcsin(np.sqrt(np.clip(half, 0, 1))))


def bearing_deg(x: ArrayLike, y: ArrayLike) -> Float64:
    """Compass bearing (0 north, 90 east) of displacements x east, y north."""
    return np.asarray(np.degrees(np.arctan2(np.asarray(x), np.asarray(y))) % 360)


def step_lengths_m(xy: Float64) -> Float64:
    """Lengths of the P-1 steps of a (P,2) polyline in metres."""
    return np.asarray(np.hypot(*np.diff(xy, axis=0).T))


def polyline_lengths_m(xy: Float64, first_point: Int32) -> Float64:
    """Length of each of n polylines: points (P,2) in metres, polyline i = first_point[i] : first_point[i+1]."""
    if len(xy) == 0:
        return np.zeros(len(first_point) - 1)
    steps = np.concatenate([step_lengths_m(xy), [0.0]])
    inner = np.ones(len(xy), bool)
    inner[np.asarray(first_point[1:]) - 1] = False
    run = np.concatenate([[0.0], np.cumsum(np.where(inner, steps, 0.0))])
    return np.asarray(run[first_point[1:]] - run[first_point[:-1]])


def point_to_line(px: float, py: float, xy: Float64) -> tuple[float, float]:
    """Distance from a point to a (P,2) polyline in metres, and the offset of the nearest place along it."""
    if len(xy) == 1:
        return float(np.hypot(px - xy[0, 0], py - xy[0, 1])), 0.0
    a, d = xy[:-1], np.diff(xy, axis=0)
    squared = np.maximum((d**2).sum(axis=1), 1e-12)
    t = np.clip(((px - a[:, 0]) * d[:, 0] + (py - a[:, 1]) * d[:, 1]) / squared, 0, 1)
    gap = np.hypot(px - a[:, 0] - t * d[:, 0], py - a[:, 1] - t * d[:, 1])
    best = int(np.argmin(gap))
    steps = np.sqrt((d**2).sum(axis=1))
    return float(gap[best]), float(steps[:best].sum() + t[best] * steps[best])


def along(xy: Float64, offset_m: float) -> tuple[float, float]:
    """x, y of the place `offset_m` along a (P,2) polyline; clamped to its ends."""
    run = np.concatenate([[0.0], np.cumsum(step_lengths_m(xy))])
    return float(np.interp(offset_m, run, xy[:, 0])), float(np.interp(offset_m, run, xy[:, 1]))


@dataclass(frozen=True, slots=True)
class Snap:
    """Where points fall on a network, one row per point; segment -1 where none is near enough."""

    segment: Int32
    offset_m: Float64
    """Metres from the segment's start; NaN where none."""
    distance_m: Float64
    """Metres from the point to the segment; infinite where none."""


class NearestSegments:
    """Index over the polylines of a network (or a chosen part of it) that finds what lies near a point."""

    def __init__(
        self,
        projection: LocalProjection,
        points: Float64,
        first_point: Int32,
        chosen: NDArray[np.bool_] | None = None,
    ) -> None:
        """Index the polylines in `points` (P,2) lon/lat, as in a road network; `chosen` masks the wanted ones."""
        import shapely

        counts = np.diff(first_point)
        wanted = np.ones(len(counts), bool) if chosen is None else np.asarray(chosen, bool)
        rows = np.flatnonzero(wanted & (counts >= 2))
        owner = np.repeat(np.arange(len(counts)), counts)
        keep = np.isin(owner, rows)
        line = np.searchsorted(rows, owner[keep])
        self.projection = projection
        self._rows = rows.astype(np.int32)
        self._lines: Any = shapely.linestrings(projection.points(points)[keep], indices=line)
        self._tree = shapely.STRtree(self._lines)

    def nearest(self, lon: ArrayLike, lat: ArrayLike, max_m: float = 1_000.0) -> Snap:
        """The nearest segment of each point within `max_m`; of equally near ones the first in network order."""
        import shapely

        x, y = self.projection.to_metres(np.atleast_1d(lon), np.atleast_1d(lat))
        n = len(x)
        snap = Snap(np.full(n, -1, np.int32), np.full(n, np.nan), np.full(n, np.inf))
        finite = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
        if len(self._rows) == 0 or len(finite) == 0:
            return snap
        spots = shapely.points(x[finite], y[finite])
        (point, line), gap = self._tree.query_nearest(spots, max_distance=max_m, return_distance=True)
        order = np.lexsort((line, point))
        point, line, gap = point[order], line[order], gap[order]
        first = np.unique(point, return_index=True)[1]
        point, line, gap = point[first], line[first], gap[first]
        snap.segment[finite[point]] = self._rows[line]
        snap.distance_m[finite[point]] = gap
        snap.offset_m[finite[point]] = shapely.line_locate_point(self._lines[line], spots[point])
        return snap

    def within(self, lon: ArrayLike, lat: ArrayLike, radius_m: float) -> tuple[Int32, Snap]:
        """All segments within `radius_m` of each point: row of the point, and the snap, nearest first per point."""
        import shapely

        x, y = self.projection.to_metres(np.atleast_1d(lon), np.atleast_1d(lat))
        spots = shapely.points(x, y)
        point, line = self._tree.query(spots, predicate="dwithin", distance=radius_m)
        gap = shapely.distance(self._lines[line], spots[point])
        order = np.lexsort((line, gap, point))
        point, line, gap = point[order], line[order], gap[order]
        offset = shapely.line_locate_point(self._lines[line], spots[point])
        return point.astype(np.int32), Snap(self._rows[line], offset, gap)
