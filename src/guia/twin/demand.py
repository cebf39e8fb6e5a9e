"""Who drives from where to where: synthetic trips between trip ends, by population, places, gateways and the hour.

A gravity model (Wilson, 1971): a home makes trips by its residents, a destination draws them by what stands there,
and both thin out with the free travel time between them. All of it is assumed and labelled synthetic.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from guia.core.columns import Float64, Int32
from guia.packs import Pack
from guia.packs.network import CAR, RoadNetwork
from guia.twin.curve import PEAK_SHARE, homeward_share, trips_share
from guia.twin.roads import Roads

TRIP_ENDS = 600
VEHICLES_PER_RESIDENT = 1 / 130
"""Under way at once in the week's busiest hour, where the pack does not say how many."""
PEAK_SLOWNESS = 1.65
"""How much longer than on free roads a trip takes in that hour."""
GATEWAY_SHARE = 0.15
"""Share of all trips that begin or end at a gateway: border, bridge, ferry, airport."""
HALF_LIFE_S = 240.0
"""Free travel time over which the wish to go there halves."""
NEAREST_S = 90.0
"""Shorter trips are walked."""
PLACE_DRAW = {"landmark": 6.0, "hospital": 8.0, "station": 3.0, "pier": 3.0, "park": 1.5, "clinic": 2.0}
"""What a place of each kind adds to the trips its surroundings draw; a trip end alone draws 1."""


@dataclass(frozen=True)
class Demand:
    """Trip ends and the pull between them."""

    edge: Int32
    """(k,) the edge of each trip end."""
    outward: Float64
    """(k*k,) running sum of the probabilities of leaving home i for j, row by row; ends at 1."""
    trips_per_day: float
    """Of a Monday."""

    def rate_per_s(self, weekday: int, hour: float) -> float:
        """Trips that start each second."""
        return self.trips_per_day * float(trips_share(weekday, hour)) / 3600

    def draw(self, count: int, hour: float, rng: np.random.Generator) -> tuple[Int32, Int32]:
        """Trip ends (rows) where `count` trips begin and where they end."""
        k = len(self.edge)
        pair = np.searchsorted(self.outward, rng.random(count), side="right").clip(0, k * k - 1)
        home, away = np.divmod(pair, k)
        back = rng.random(count) < homeward_share(hour)
        return np.where(back, away, home).astype(np.int32), np.where(back, home, away).astype(np.int32)


def synthesize(pack: Pack, roads: Roads, rng: np.random.Generator) -> Demand:
    """The demand of a pack: trip ends chosen by `rng`, homes and draws from its residents and places."""
    network = pack.network
    chosen = _choose(network, roads.core, rng)
    home = _residents(pack, chosen)
    draw = 1.0 + _draws(pack, chosen)
    gates, gate_share = _gateways(pack, roads)
    edge = np.concatenate([chosen, gates]).astype(np.int32)
    half = GATEWAY_SHARE / 2 if len(gates) else 0.0
    home = np.concatenate([home / home.sum() * (1 - half), gate_share * half])
    draw = np.concatenate([draw / draw.sum() * (1 - half), gate_share * half])
    seconds, _ = roads.from_edges(edge)
    apart = seconds[:, edge]
    wish = np.where(np.isfinite(apart) & (apart >= NEAREST_S), 0.5 ** (apart / HALF_LIFE_S), 0.0)
    if not wish.any():
        wish = np.where(np.isfinite(apart) & (apart > 0), 1.0, 0.0)
    pull = wish * draw
    pull *= (home / np.maximum(pull.sum(axis=1), 1e-300))[:, None]
    lasts_s = PEAK_SLOWNESS * float((pull * np.where(pull > 0, apart, 0.0)).sum() / pull.sum())
    residents = sum(p.population for p in pack.parishes) or 50 * len(chosen)
    at_peak = float(pack.settings("twin").get("vehicles_at_peak", residents * VEHICLES_PER_RESIDENT))
    running = np.cumsum(pull.ravel())
    return Demand(edge, running / running[-1], at_peak / lasts_s * 3600 / PEAK_SHARE)


def _choose(network: RoadNetwork, core: Int32, rng: np.random.Generator) -> Int32:
    """Edges where trips may begin: no bridge and no trunk road, long enough to stop in, by length."""
    usual = core[(~network.bridge[core]) & (network.road_class[core] >= 2) & (network.length_m[core] >= 20)]
    edges = usual if len(usual) else core
    weight = network.length_m[edges] * np.where(network.road_class[edges] >= 4, 2.0, 1.0)
    count = min(TRIP_ENDS, len(edges))
    return np.sort(rng.choice(edges, count, replace=False, p=weight / weight.sum())).astype(np.int32)


def middles(pack: Pack, edges: Int32) -> Float64:
    """(k,2) x, y in metres of the middle point of each edge's line."""
    network = pack.network
    point = (network.first_point[edges] + network.first_point[edges + 1] - 1) // 2
    return pack.projection.points(network.points[point])


def _residents(pack: Pack, edges: Int32) -> Float64:
    """(k,) residents near each edge, and a floor so that no street is dead."""
    import shapely
    from scipy.spatial import cKDTree

    here = middles(pack, edges)
    people = np.zeros(len(edges))
    if pack.weights:
        spots = pack.projection.points([(w.lon, w.lat) for w in pack.weights])
        distance, near = cKDTree(here).query(spots, k=min(4, len(edges)))
        share = 1 / (np.atleast_2d(distance.T).T + 50.0)
        share /= share.sum(axis=1, keepdims=True)
        people_at = np.array([w.residents for w in pack.weights])[:, None] * share
        np.add.at(people, np.atleast_2d(near.T).T, people_at)
        return people + 0.1 * people.mean()
    lonlat = np.column_stack(pack.projection.to_lonlat(here[:, 0], here[:, 1]))
    for parish in pack.parishes:
        inside = shapely.contains_xy(parish.geometry, lonlat[:, 0], lonlat[:, 1])
        people[inside] += parish.population / max(1, inside.sum())
    return people + max(1.0, 0.1 * people.mean())


def _draws(pack: Pack, edges: Int32) -> Float64:
    """(k,) what the places around each edge add to the trips it draws."""
    from scipy.spatial import cKDTree

    here = middles(pack, edges)
    draw = np.zeros(len(edges))
    places = [p for p in pack.places if p.kind in PLACE_DRAW]
    if places:
        spots = pack.projection.points([(p.lon, p.lat) for p in places])
        _, near = cKDTree(here).query(spots)
        np.add.at(draw, near, [PLACE_DRAW[p.kind] for p in places])
    return draw


def _gateways(pack: Pack, roads: Roads) -> tuple[Int32, Float64]:
    """Edges of the core nearest to the gateways, and the share of gateway trips that each has (they sum to one)."""
    from scipy.spatial import cKDTree

    gates = [p for p in pack.places if p.kind == "gateway"]
    if not gates:
        return np.zeros(0, np.int32), np.zeros(0)
    core: NDArray[np.int32] = roads.core[pack.network.allows(CAR)[roads.core]]
    spots = pack.projection.points([(p.lon, p.lat) for p in gates])
    count = min(3, len(core))
    _, near = cKDTree(middles(pack, core)).query(spots, k=count)
    edges, times = np.unique(core[np.asarray(near).reshape(-1)], return_counts=True)
    return edges.astype(np.int32), times / times.sum()
