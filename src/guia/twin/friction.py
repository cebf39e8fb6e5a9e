"""What slows a street beside its own traffic: people crossing, parking, loading. More where more live, and by the hour.

Side friction, as the Indonesian Highway Capacity Manual (1997) calls it; here a plain factor on the pack's free speed.
"""

import numpy as np

from guia.core.columns import Float64
from guia.packs import Pack
from guia.twin.curve import load

AT_PEAK = 2.0
"""Travel time added by the busiest hour in a crowded quarter, as a share of the free time."""
REACH_M = 400.0
CROWDED = 50_000.0
"""Residents within reach from which on more do not slow a street further: 100,000 a square kilometre."""


def crowding(pack: Pack) -> Float64:
    """(n,) 0 … 1 per segment: residents within reach against CROWDED; zeros where the pack knows of none."""
    from scipy.spatial import cKDTree

    network = pack.network
    if not pack.weights:
        return np.zeros(len(network))
    homes = cKDTree(pack.projection.points([(w.lon, w.lat) for w in pack.weights]))
    residents = np.array([w.residents for w in pack.weights])
    x, y = pack.projection.to_metres(network.node_lon, network.node_lat)
    middle = np.column_stack([(c[network.from_node] + c[network.to_node]) / 2 for c in (x, y)])
    people = np.array([residents[near].sum() for near in homes.query_ball_point(middle, REACH_M)])
    return np.minimum(1.0, people / CROWDED)


def allowed_kmh(free_kmh: Float64, crowded: Float64, weekday: int, hour: float) -> Float64:
    """(n,) the speed that the surroundings of each segment leave, at a fractional local hour."""
    return free_kmh / (1 + AT_PEAK * crowded * float(load(weekday, hour)))
