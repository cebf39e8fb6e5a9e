"""Vehicle positions out of the series they arrive in: one row per fix."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from guia.core.brain import View
from guia.core.columns import Batch, Float64, Int32, Int64

_MILLISECOND = 1_000_000


@dataclass(frozen=True, slots=True)
class Tracks:
    """Fixes sorted by vehicle, then time."""

    names: list[str]
    """Entity of each vehicle."""
    vehicle: Int32
    """Row in `names`."""
    observed: Int64
    lon: Float64
    lat: Float64
    speed_kmh: Float64
    """NaN where not told."""
    bearing: Float64
    """Compass degrees; NaN where not told."""

    def last(self) -> NDArray[np.intp]:
        """Row of each vehicle's newest fix."""
        return np.flatnonzero(np.append(self.vehicle[1:] != self.vehicle[:-1], len(self.vehicle) > 0))


def tracks(view: View, vehicles: str, start: int, end: int) -> Tracks:
    """Fixes with start <= observed < end of the entities whose URN matches `vehicles` (`*` = any text).

    A fix is a longitude and a latitude observed at the same millisecond; speed and bearing are joined to it.
    """
    names, ids = view.matching(f"{vehicles}|longitude")
    longitude = view.window(ids, start, end)
    seen, vehicle = np.unique(longitude.series, return_inverse=True)
    entity = dict(zip(ids.tolist(), names, strict=True))
    known = [entity[i].removesuffix("|longitude") for i in seen.tolist()]
    key = _key(vehicle, longitude.observed, start)

    def joined(attribute: str) -> Float64:
        wanted = view.ids([f"{name}|{attribute}" for name in known])
        return _join(key, view.window(wanted[wanted >= 0], start, end), wanted, start)

    latitude = joined("latitude")
    speed, bearing = joined("speed"), joined("bearing")
    keep = ~np.isnan(latitude) & ~np.isnan(longitude.value)
    return Tracks(
        known,
        vehicle[keep].astype(np.int32),
        longitude.observed[keep],
        longitude.value[keep],
        latitude[keep],
        speed[keep],
        bearing[keep],
    )


def _key(row: NDArray[np.integer], observed: Int64, start: int) -> Int64:
    """One sortable number per (vehicle, millisecond)."""
    return (row.astype(np.int64) << 40) + (observed - start) // _MILLISECOND


def _join(key: Int64, batch: Batch, ids: Int32, start: int) -> Float64:
    """Value of `batch` for each key; `ids` names the series of each vehicle. NaN where there is none."""
    if len(batch) == 0 or len(key) == 0:
        return np.full(len(key), np.nan)
    order = np.argsort(ids, kind="stable")
    row = order[np.searchsorted(ids[order], batch.series)]
    own = _key(row, batch.observed, start)
    by_key = np.argsort(own, kind="stable")
    place = np.minimum(np.searchsorted(own[by_key], key), len(own) - 1)
    match = by_key[place]
    return np.where(own[match] == key, batch.value[match], np.nan)
