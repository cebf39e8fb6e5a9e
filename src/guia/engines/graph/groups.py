"""Groups of segments that hang together."""

import numpy as np

from guia.core.columns import Int32
from guia.engines.graph.successors import Mask, Successors


def connected(arcs: Successors, chosen: Mask, alike: Int32) -> Int32:
    """Group number of each chosen segment, -1 for the others, numbered by first member.

    Two chosen segments are in one group when a chain of arcs between chosen segments of equal `alike`
    joins them, whichever way the arcs point.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    n = len(arcs)
    before, after = arcs.pairs()
    keep = chosen[before] & chosen[after] & (alike[before] == alike[after])
    links = coo_array((np.ones(int(keep.sum()), np.int8), (before[keep], after[keep])), shape=(n, n))
    _, part = connected_components(links, directed=False)
    group = np.full(n, -1, np.int32)
    members = np.flatnonzero(chosen)
    _, first, inverse = np.unique(part[members], return_index=True, return_inverse=True)
    group[members] = np.argsort(np.argsort(first))[inverse]
    return group
