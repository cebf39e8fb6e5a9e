"""Check a road network: references, geometry, and whether cars get about."""

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from guia.core.place import LocalProjection, polyline_lengths_m
from guia.formats.finding import Finding
from guia.packs.network import CAR, MOTOR, ROAD_CLASSES, RoadNetwork

_SHOWN = 5
_FILE = "roads/segments.parquet"
LEAST_CONNECTED = 0.97
"""Share of car length in the largest strongly connected part below which a warning is given."""


def check_network(
    network: RoadNetwork, projection: LocalProjection, bbox: tuple[float, float, float, float]
) -> list[Finding]:
    """Everything wrong with a network."""
    found = _references(network)
    return (
        found if found else [*_columns(network), *_geometry(network, projection, bbox), *_connected(network)]
    )


def _some(
    network: RoadNetwork, bad: np.ndarray, detail: str, remedy: str, level: str = "error"
) -> list[Finding]:
    rows = np.flatnonzero(bad)
    found = [Finding(level, f"{_FILE} {network.id[i]}", detail, remedy) for i in rows[:_SHOWN]]
    if len(rows) > _SHOWN:
        found.append(Finding(level, _FILE, f"{detail}: {len(rows) - _SHOWN} more", remedy))
    return found


def _references(network: RoadNetwork) -> list[Finding]:
    """Indices that point nowhere: with these nothing else can be checked."""
    nodes, n = len(network.node_lon), len(network)
    again = "build the roads again"
    ends = np.column_stack([network.from_node, network.to_node])
    found = _some(
        network, ((ends < 0) | (ends >= nodes)).any(axis=1), "names a node that does not exist", again
    )
    found += _some(network, (network.reverse < -1) | (network.reverse >= n), "reverse points nowhere", again)
    if len(network.first_point) != n + 1 or (n and network.first_point[-1] != len(network.points)):
        found.append(Finding("error", _FILE, "geometry does not fit the segments", again))
    elif n:
        found += _some(network, np.diff(network.first_point) < 2, "has fewer than two points", again)
    if len(network.turns) and (network.turns.min() < 0 or network.turns.max() >= n):
        found.append(Finding("error", "roads/turns.parquet", "names a segment that does not exist", again))
    return found


def _columns(network: RoadNetwork) -> list[Finding]:
    twice = np.ones(len(network), bool)
    twice[np.unique(network.id, return_index=True)[1]] = False
    found = _some(
        network, twice | (network.id == ""), "the id is not unique", "give every segment its own id"
    )
    lone = network.reverse >= 0
    lone[lone] = network.reverse[network.reverse[lone]] != np.flatnonzero(lone)
    found += _some(network, lone, "its reverse has another reverse", "build the roads again")
    motor = network.allows(MOTOR)
    found += _some(network, motor & (network.lanes < 1), "has no lane", "give it at least one")
    slow = ~((network.free_speed_kmh > 0) & (network.free_speed_kmh <= 150))
    found += _some(network, slow, "no free speed", "give one between 1 and 150 km/h")
    classes = network.road_class >= len(ROAD_CLASSES)
    return found + _some(network, classes, "unknown road class", f"use 0 to {len(ROAD_CLASSES) - 1}")


def _geometry(
    network: RoadNetwork, projection: LocalProjection, bbox: tuple[float, float, float, float]
) -> list[Finding]:
    """Ends meet their nodes, no point twice running, no vertex visited twice, lengths as drawn, inside the box."""
    first, points = network.first_point, network.points
    owner = np.repeat(np.arange(len(network)), np.diff(first))
    again = "split it there and build the roads again"
    found = []
    for node, point in ((network.from_node, first[:-1]), (network.to_node, first[1:] - 1)):
        gap = np.abs(points[point] - np.column_stack([network.node_lon[node], network.node_lat[node]])).max(
            axis=1
        )
        found += _some(network, gap > 2e-7, "does not end at its node", "build the roads again")
    still = np.zeros(len(network), bool)
    still[owner[1:][(owner[1:] == owner[:-1]) & (points[1:] == points[:-1]).all(axis=1)]] = True
    found += _some(network, still, "has the same point twice running", "drop one of them")
    keys = np.column_stack([owner, np.round(points * 1e7).astype(np.int64)])
    order = np.lexsort(keys.T[::-1])
    same = (keys[order][1:] == keys[order][:-1]).all(axis=1)
    revisits = np.zeros(len(network), bool)
    revisits[owner[order][1:][same]] = True
    found += _some(network, revisits & ~still, "visits a point twice", again)
    drawn = polyline_lengths_m(projection.points(points), first)
    off = np.abs(drawn - network.length_m) > 0.5 + 0.01 * drawn
    found += _some(network, off, "its length is not that of its geometry", "build the roads again")
    west, south, east, north = bbox
    out = ~((points >= [west, south]) & (points <= [east, north])).all(axis=1)
    outside = np.zeros(len(network), bool)
    outside[owner[out]] = True
    return found + _some(network, outside, "leaves the city's box", "widen bbox in pack.toml", "warning")


def car_part(network: RoadNetwork) -> np.ndarray:
    """Mask of the car segments in the largest strongly connected part (by length)."""
    car = network.allows(CAR)
    size = (len(network.node_lon),) * 2
    ends = (network.from_node[car], network.to_node[car])
    _, part = connected_components(coo_matrix((np.ones(car.sum()), ends), shape=size), connection="strong")
    inside = car & (part[network.from_node] == part[network.to_node])
    if not inside.any():
        return inside
    length = np.bincount(part[network.from_node[inside]], weights=network.length_m[inside])
    return inside & (part[network.from_node] == length.argmax())


def _connected(network: RoadNetwork) -> list[Finding]:
    car = network.allows(CAR)
    if not car.any():
        return [Finding("warning", _FILE, "no segment is open to cars", "check the access column")]
    share = float(network.length_m[car_part(network)].sum() / network.length_m[car].sum())
    if share >= LEAST_CONNECTED:
        return []
    detail = f"only {share:.1%} of the car length lies in one strongly connected part"
    return [
        Finding("warning", _FILE, detail, "look for one-way streets that lead nowhere, or add connectors")
    ]
