"""The paths that drivers take: quickest by what the roads were like lately, renewed for a few destinations at a time.

There is one tree per destination, so that a driver anywhere on the roads can look again and turn away from a jam.
"""

from dataclasses import replace

import numpy as np

from guia.core.columns import Float64, Int32
from guia.twin.roads import Roads, walk_back

REFRESH = 8
"""Destinations whose paths are renewed per call: part of the city always drives by slightly old news, as people do."""
SMOOTHING = 0.3
"""Weight of the newest travel times against those remembered."""


class Router:
    """Quickest paths to a fixed set of destination edges, kept as one row of following edges per destination."""

    def __init__(self, roads: Roads, ends: Int32) -> None:
        self.roads = roads
        self.ends = ends
        self._row = {int(edge): row for row, edge in enumerate(ends)}
        self._seconds = roads.seconds.copy()
        self._after = roads.towards(ends)
        self._next = 0

    def path(self, start: int, end: int) -> list[int]:
        """Edges from edge `start` to edge `end`, both included; empty where no way is known."""
        row = self._row.get(end)
        return [] if row is None else walk_back(self._after[row], end, start)[::-1]

    def remember(self, seconds: Float64) -> None:
        """Take note of present travel times (n,) of the edges; a jammed edge counts for no more than ten times free."""
        now = np.clip(seconds, self.roads.seconds, 10 * self.roads.seconds)
        usual = np.isfinite(self.roads.seconds)
        self._seconds[usual] += SMOOTHING * (now[usual] - self._seconds[usual])

    def refresh(self) -> None:
        """Renew the paths to the next few destinations."""
        rows = np.arange(self._next, self._next + REFRESH) % len(self.ends)
        self._next = int(rows[-1] + 1) % len(self.ends)
        self._after[rows] = replace(self.roads, seconds=self._seconds).towards(self.ends[rows])
