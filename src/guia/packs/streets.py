"""Streets before they become a network: named polylines that share vertices where they meet."""

from dataclasses import dataclass, field

import numpy as np

from guia.core.columns import Float64
from guia.packs.network import BICYCLE, EVERYBODY, FOOT, FROM_OSM, MOTORCYCLE, ROAD_CLASSES

FREE_SPEED_KMH = {
    "motorway": 100.0,
    "trunk": 80.0,
    "primary": 50.0,
    "secondary": 45.0,
    "tertiary": 40.0,
    "unclassified": 35.0,
    "residential": 30.0,
    "living_street": 15.0,
    "service": 20.0,
    "pedestrian": 5.0,
    "footway": 5.0,
    "cycleway": 15.0,
    "connector": 20.0,
}
"""Speed of a lone car by class, where no limit is known (assumed)."""
ACCESS = {"pedestrian": FOOT, "footway": FOOT, "cycleway": BICYCLE | FOOT}
MOTORCYCLE_LANE = MOTORCYCLE


@dataclass(frozen=True, slots=True)
class Street:
    """A polyline that traffic follows in the direction of its points, and back if `lanes_back` is not 0."""

    lonlat: Float64
    """(P,2) longitude, latitude."""
    road_class: str
    lanes: int = 1
    lanes_back: int = 0
    names: dict[str, str] = field(default_factory=dict)
    access: int = EVERYBODY
    free_speed_kmh: float = 0.0
    """0 = by class."""
    source: int = FROM_OSM
    bridge: bool = False
    key: str = ""
    """Where it comes from, for messages."""

    @property
    def speed_kmh(self) -> float:
        """Free speed: as given, else that of its class."""
        return self.free_speed_kmh or FREE_SPEED_KMH[self.road_class]


def class_and_link(tag: str) -> tuple[str, bool]:
    """Road class of an OSM highway value, and whether it is a link (slip road); unknown ones are `unclassified`."""
    base = tag.removesuffix("_link")
    known = {"steps": "footway", "path": "footway", "track": "service", "road": "unclassified"}
    base = known.get(base, base)
    return (base if base in ROAD_CLASSES else "unclassified"), tag.endswith("_link")


def vertices(streets: list[Street]) -> tuple[np.ndarray, np.ndarray]:
    """Vertex number of every point of every street (one after the other), and (V,2) coordinates in 1e-7 degrees.

    Points of equal coordinates are one vertex: that is how streets meet.
    """
    points = np.concatenate([s.lonlat for s in streets])
    fixed = np.round(points * 1e7).astype(np.int64)
    keys = (fixed[:, 0] << 32) ^ (fixed[:, 1] & 0xFFFFFFFF)
    _, first, number = np.unique(keys, return_index=True, return_inverse=True)
    return number, fixed[first]
