"""The paths that drivers take: quickest by what the roads were like lately, renewed a few origins at a time."""

from dataclasses import replace

import numpy as np

from guia.core.columns import Float64, Int32
from guia.twin.roads import Roads, walk_back

REFRESH = 8
"""Origins whose paths are renewed per call: a part of the city always drives by slightly old news, as people do."""
SMOOTHING = 0.15
"""Weight of the newest travel times against those remembered."""


class Router:
    """Quickest paths from a fixed set of origin edges, kept as one predecessor row per origin."""

    def __init__(self, roads: Roads, origins: Int32) -> None:
        self.roads = roads
        self.origins = origins
        self._seconds = roads.seconds.copy()
        _, self._before = roads.from_edges(origins)
        self._next = 0

    def path(self, origin: int, end: int) -> list[int]:
        """Edges from origin number `origin` to edge `end`, both included; empty where there is no way."""
        return walk_back(self._before[origin], int(self.origins[origin]), end)

    def remember(self, seconds: Float64) -> None:
        """Take note of present travel times (n,) of the edges; a jammed edge counts for no more than ten times free."""
        now = np.clip(seconds, self.roads.seconds, 10 * self.roads.seconds)
        usual = np.isfinite(self.roads.seconds)
        self._seconds[usual] += SMOOTHING * (now[usual] - self._seconds[usual])

    def refresh(self) -> None:
        """Renew the paths of the next few origins."""
        rows = np.arange(self._next, self._next + REFRESH) % len(self.origins)
        self._next = int(rows[-1] + 1) % len(self.origins)
        _, self._before[rows] = replace(self.roads, seconds=self._seconds).from_edges(self.origins[rows])
