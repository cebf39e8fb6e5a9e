"""Ids that survive a rebuild: what lies where something lay before keeps its name."""

from collections.abc import Sequence
from dataclasses import replace

import msgspec
import numpy as np
from scipy.spatial import cKDTree

from guia.core.columns import Float64
from guia.core.place import LocalProjection
from guia.formats.gtfs import Feed
from guia.packs.network import RoadNetwork
from guia.packs.signals import Junction

NEAR_M = 15.0
"""How far each of start, middle and end of a segment may have moved."""
_STOP_NEAR_M = 40.0
_JUNCTION_NEAR_M = 25.0


def keep_segment_ids(network: RoadNetwork, previous: RoadNetwork, projection: LocalProjection) -> RoadNetwork:
    """The network with the previous id on every segment that is the same road in the same direction.

    The same id stays; else the nearest previous segment whose id is free and whose start, middle and end lie within
    NEAR_M and whose length differs by less than a quarter; nearest pairs first.
    """
    known = {str(i) for i in previous.id}
    ids = network.id.astype(object)
    new = np.array([i for i, name in enumerate(network.id) if str(name) not in known], int)
    kept = {str(name) for name in network.id} & known
    free = np.array([i for i, name in enumerate(previous.id) if str(name) not in kept], int)
    if len(new) == 0 or len(free) == 0:
        return network
    here, there = _signature(network, projection)[new], _signature(previous, projection)[free]
    pairs = cKDTree(there).query_ball_point(here, r=NEAR_M * np.sqrt(3))
    rows = [(float(np.abs(here[a] - there[b]).max()), a, b) for a, near in enumerate(pairs) for b in near]
    done_new: set[int] = set()
    done_old: set[int] = set()
    for _, a, b in sorted(rows):
        long, short = network.length_m[new[a]], previous.length_m[free[b]]
        moved = np.hypot(*(here[a] - there[b]).reshape(3, 2).T)
        if a in done_new or b in done_old or moved.max() > NEAR_M or abs(long - short) > 10 + 0.25 * short:
            continue
        done_new.add(a)
        done_old.add(b)
        ids[new[a]] = str(previous.id[free[b]])
    return replace(network, id=np.array(ids, dtype=str))


def _signature(network: RoadNetwork, projection: LocalProjection) -> Float64:
    """(n,6): start, middle point and end of each segment in metres."""
    xy = projection.points(network.points)
    first, last = network.first_point[:-1], network.first_point[1:] - 1
    half = (xy[first] + xy[last]) / 2
    middle = xy[(first + last + 1) // 2]
    straight = last - first == 1
    middle[straight] = half[straight]
    return np.column_stack([xy[first], middle, xy[last]])


def keep_junction_ids(
    junctions: list[Junction], previous: Sequence[Junction], projection: LocalProjection
) -> list[Junction]:
    """The junctions with the previous id wherever one stood within 25 m; each id goes to the nearest."""
    if not junctions or not previous:
        return junctions
    here = np.column_stack(projection.to_metres([j.lon for j in junctions], [j.lat for j in junctions]))
    there = np.column_stack(projection.to_metres([j.lon for j in previous], [j.lat for j in previous]))
    gap, old = cKDTree(there).query(here)
    ids = [j.id for j in junctions]
    taken: set[int] = set()
    for a in np.argsort(gap, kind="stable"):
        if gap[a] <= _JUNCTION_NEAR_M and int(old[a]) not in taken:
            taken.add(int(old[a]))
            ids[a] = previous[int(old[a])].id
    seen: dict[str, int] = {}
    for k, name in enumerate(ids):
        seen[name] = seen.get(name, 0) + 1
        if seen[name] > 1:
            ids[k] = f"{name}-{seen[name]}"
    return [msgspec.structs.replace(j, id=i) for j, i in zip(junctions, ids, strict=True)]


def renamed_stops(stops: Sequence[dict[str, object]], previous: Feed) -> dict[str, str]:
    """New stop id → previous id, for stops that only their publisher's code changed: same name, within 40 m."""
    from guia.core.place import distance_m

    new_ids = {str(s["stop_id"]) for s in stops}
    old_ids = [str(i) for i in previous.stop_ids]
    known = set(old_ids)
    names = previous.text("stops", "stop_name")
    gone: dict[str, list[int]] = {}
    for k, name in enumerate(names):
        if old_ids[k] not in new_ids:
            gone.setdefault(str(name), []).append(k)
    mapping: dict[str, str] = {}
    for stop in stops:
        rivals = gone.get(str(stop["stop_name"]), [])
        if str(stop["stop_id"]) in known or not rivals:
            continue
        lon, lat = float(str(stop["stop_lon"])), float(str(stop["stop_lat"]))
        gaps = distance_m(lon, lat, previous.stop_lonlat[rivals, 0], previous.stop_lonlat[rivals, 1])
        best = int(gaps.argmin())
        if gaps[best] <= _STOP_NEAR_M:
            mapping[str(stop["stop_id"])] = old_ids[rivals.pop(best)]
    return mapping


def rename_stops(rows: dict[str, list[dict[str, object]]], mapping: dict[str, str]) -> None:
    """Put the previous stop ids into every table, in place."""
    for table, column in (("stops", "stop_id"), ("stops", "parent_station"), ("stop_times", "stop_id")):
        for row in rows.get(table, []):
            if str(row.get(column)) in mapping:
                row[column] = mapping[str(row[column])]
    for row in rows.get("translations", []):
        if row.get("table_name") == "stops" and str(row.get("record_id")) in mapping:
            row["record_id"] = mapping[str(row["record_id"])]
