"""What the twin may drive: the edges of the net, which edge leads into which, and shortest paths over them.

A graph whose nodes are edges (rows of the pack's network) and whose arcs are the turns that SUMO knows, so every
path found here can be driven there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from xml.etree.ElementTree import iterparse

import numpy as np

from guia.core.columns import Float64, Int32
from guia.packs.network import RoadNetwork
from guia.twin.network import SHORTEST_EDGE_M

TURN_S = 3.0
"""Seconds that a turn costs in a search, so that of two equal ways the straighter one is taken."""
UNREACHED = -9999


@dataclass(frozen=True)
class Roads:
    """The directed graph of edges open to one class of vehicles."""

    seconds: Float64
    """(n,) free travel time of each edge; infinite where the class may not go."""
    length_m: Float64
    """(n,) length of each edge as driven."""
    arc_from: Int32
    arc_to: Int32

    @cached_property
    def matrix(self):
        """Sparse n x n matrix: entry (a, b) = seconds from the start of edge a to the start of edge b."""
        from scipy.sparse import csr_matrix

        cost = self.seconds[self.arc_from] + TURN_S
        n = len(self.seconds)
        return csr_matrix((cost, (self.arc_from, self.arc_to)), shape=(n, n))

    @cached_property
    def core(self) -> Int32:
        """Edges of the largest strongly connected part: from each of them every other can be reached."""
        from scipy.sparse.csgraph import connected_components

        _, part = connected_components(self.matrix, directed=True, connection="strong")
        part[~np.isfinite(self.seconds)] = -1
        return np.flatnonzero(part == np.bincount(part[part >= 0]).argmax()).astype(np.int32)

    def from_edges(self, origins: Int32, limit_s: float = np.inf) -> tuple[Float64, Int32]:
        """(k, n) seconds to the start of every edge, and the edge before it (UNREACHED where there is none)."""
        from scipy.sparse.csgraph import dijkstra

        return dijkstra(self.matrix, indices=origins, return_predecessors=True, limit=limit_s)

    def towards(self, ends: Int32) -> Int32:
        """(k, n) the edge that follows every edge on the quickest way to each end (UNREACHED where there is none)."""
        from scipy.sparse.csgraph import dijkstra

        return dijkstra(self.matrix.T.tocsr(), indices=ends, return_predecessors=True)[1]


def walk_back(before: Int32, origin: int, end: int) -> list[int]:
    """Edges of the path from `origin` to `end`, both included; empty where it cannot be reached."""
    path = [end]
    while path[-1] != origin:
        step = int(before[path[-1]])
        if step == UNREACHED:
            return []
        path.append(step)
    return path[::-1]


def read_turns(net: Path) -> tuple[Int32, Int32]:
    """Pairs of edges that the net connects for motor vehicles."""
    pairs: set[tuple[int, int]] = set()
    for _, element in iterparse(net, events=("end",)):
        if element.tag == "connection" and not element.get("from", ":").startswith(":"):
            pairs.add((int(element.get("from", "")), int(element.get("to", ""))))
        element.clear()
    arcs = np.array(sorted(pairs), np.int32).reshape(-1, 2)
    return arcs[:, 0], arcs[:, 1]


def roads_for(network: RoadNetwork, turns: tuple[Int32, Int32], access: int) -> Roads:
    """The graph of the edges that a class of vehicles may use."""
    open_ = network.allows(access)
    length_m = np.maximum(network.length_m, SHORTEST_EDGE_M)
    seconds = np.where(open_, length_m / np.maximum(network.free_speed_kmh, 1.0) * 3.6, np.inf)
    start, end = turns
    keep = open_[start] & open_[end]
    return Roads(seconds, length_m, start[keep], end[keep])


def join_paths(parts: Sequence[Sequence[int]]) -> list[int]:
    """One path of parts that each begin where the one before ended."""
    whole: list[int] = []
    for part in parts:
        whole.extend(part[1:] if whole and part and whole[-1] == part[0] else part)
    return whole
