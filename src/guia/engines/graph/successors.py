"""Which segment may follow which: the graph on which routes and stretches are searched.

Segments are the vertices, allowed turns the arcs, so that a forbidden turn is simply a missing arc.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from guia.core.columns import Int32

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Successors:
    """CSR over n segments: after segment i come `next[first[i]:first[i+1]]`, ascending."""

    first: Int32
    next: Int32

    def __len__(self) -> int:
        return len(self.first) - 1

    def of(self, segment: int) -> Int32:
        """The segments that may follow `segment`."""
        return self.next[self.first[segment] : self.first[segment + 1]]

    def pairs(self) -> tuple[Int32, Int32]:
        """All arcs as two columns: segment, successor."""
        return np.repeat(np.arange(len(self), dtype=np.int32), np.diff(self.first)), self.next


def successors(from_node: Int32, to_node: Int32, turns: Int32, reverse: Int32, allowed: Mask) -> Successors:
    """Arcs between the `allowed` segments.

    `turns` (T,2) lists forbidden pairs; `reverse` names each segment's opposite (-1: none). Turning back is
    allowed only where nothing else is.
    """
    n = len(from_node)
    rows = np.flatnonzero(allowed).astype(np.int32)
    order = rows[np.argsort(from_node[rows], kind="stable")]
    starts = from_node[order]
    low = np.searchsorted(starts, to_node[rows], "left")
    counts = np.searchsorted(starts, to_node[rows], "right") - low
    before = np.repeat(rows, counts)
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    after = order[np.repeat(low, counts) + within]

    forbidden = np.asarray(turns, np.int64).reshape(-1, 2)
    keep = ~np.isin(before.astype(np.int64) * n + after, forbidden[:, 0] * n + forbidden[:, 1])
    before, after = before[keep], after[keep]
    back = reverse[before] == after
    onward = np.bincount(before[~back], minlength=n)
    keep = ~back | (onward[before] == 0)
    before, after = before[keep], after[keep]
    by_arc = np.lexsort((after, before))
    first = np.concatenate([[0], np.cumsum(np.bincount(before, minlength=n))]).astype(np.int32)
    return Successors(first, after[by_arc].astype(np.int32))
