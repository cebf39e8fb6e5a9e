"""Fastest paths when speeds change on the way.

Speeds are constant within a time slot and a traveller changes speed in mid-segment when the slot ends (Ichoua,
Gendreau and Potvin 2003), so nobody who leaves later arrives earlier (FIFO), and label setting (Dreyfus 1969) is exact.
"""

from dataclasses import dataclass
from heapq import heappop, heappush

import numpy as np
from numba import njit

from guia.core.columns import Float64, Int32
from guia.engines.graph.successors import Successors


@dataclass(frozen=True, slots=True)
class Speeds:
    """Metres per second of n segments in K time slots of `slot_s`; the last slot never ends."""

    slot_s: float
    by_slot: Float64
    """(n,K), all positive."""


@dataclass(frozen=True, slots=True)
class Ends:
    """Places on segments where a journey may begin or end."""

    segment: Int32
    offset_m: Float64


@dataclass(frozen=True, slots=True)
class Path:
    """Segments in order, with the seconds after slot 0 at which each is entered, and the arrival."""

    segments: Int32
    entered_s: Float64
    arrival_s: float
    start_m: float
    """Offset on the first segment."""
    end_m: float
    """Offset on the last segment."""


@njit(cache=True, nogil=True)
def leave_at(
    by_slot: Float64, slot_s: float, segment: int | np.int32, metres: float, enter_s: float
) -> float:
    """Seconds at which somebody who starts at `enter_s` has covered `metres` of the segment."""
    slots = by_slot.shape[1]
    slot = min(max(int(enter_s // slot_s), 0), slots - 1)
    now = enter_s
    while slot < slots - 1:
        room = ((slot + 1) * slot_s - now) * by_slot[segment, slot]
        if metres <= room:
            break
        metres -= room
        slot += 1
        now = slot * slot_s
    return float(now + metres / by_slot[segment, slot])


@njit(cache=True, nogil=True)
def _search(  # type: ignore[no-untyped-def]
    first, following, length, by_slot, slot_s, from_segment, from_m, to_segment, to_m, depart
):
    n = len(first) - 1
    entry = np.full(n, np.inf)
    parent = np.full(n, -2, np.int32)  # -2 none, -1-o of origin o is stored as -3-o, else the segment before
    settled = np.zeros(n, np.bool_)
    best, last, source = np.inf, -1, -1
    heap = [(0.0, np.int32(0))]
    heap.pop()
    for o in range(len(from_segment)):
        s = from_segment[o]
        for d in range(len(to_segment)):
            if to_segment[d] == s and to_m[d] >= from_m[o]:
                reached = leave_at(by_slot, slot_s, s, to_m[d] - from_m[o], depart)
                if reached < best:
                    best, last, source = reached, d, o
        left = leave_at(by_slot, slot_s, s, length[s] - from_m[o], depart)
        for k in range(first[s], first[s + 1]):
            if left < entry[following[k]]:
                entry[following[k]] = left
                parent[following[k]] = -3 - o
                heappush(heap, (left, following[k]))
    while len(heap) > 0:
        when, s = heappop(heap)
        if settled[s]:
            continue
        if when >= best:
            break
        settled[s] = True
        for d in range(len(to_segment)):
            if to_segment[d] == s:
                reached = leave_at(by_slot, slot_s, s, to_m[d], when)
                if reached < best:
                    best, last, source = reached, d, -1
        left = leave_at(by_slot, slot_s, s, length[s], when)
        for k in range(first[s], first[s + 1]):
            v = following[k]
            if left < entry[v]:
                entry[v] = left
                parent[v] = s
                heappush(heap, (left, v))
    return best, last, source, entry, parent


def fastest(
    arcs: Successors, length_m: Float64, speeds: Speeds, origins: Ends, ends: Ends, depart_s: float
) -> Path | None:
    """The path that arrives first, from any of `origins` to any of `ends`; None if there is no way.

    `depart_s` counts from the start of slot 0.
    """
    best, last, source, entry, parent = _search(
        arcs.first, arcs.next, length_m, speeds.by_slot, speeds.slot_s,
        origins.segment, origins.offset_m, ends.segment, ends.offset_m, depart_s,
    )  # fmt: skip
    if last < 0:
        return None
    goal = int(ends.segment[last])
    chain, times = [goal], [depart_s]
    if source < 0:
        times = [float(entry[goal])]
        while parent[chain[-1]] >= 0:
            chain.append(int(parent[chain[-1]]))
            times.append(float(entry[chain[-1]]))
        source = -3 - int(parent[chain[-1]])
        chain.append(int(origins.segment[source]))
        times.append(depart_s)
    return Path(
        np.array(chain[::-1], np.int32), np.array(times[::-1]), float(best),
        float(origins.offset_m[source]), float(ends.offset_m[last]),
    )  # fmt: skip


def arrival(path: Path, length_m: Float64, speeds: Speeds, depart_s: float) -> float:
    """Seconds at which somebody following `path` arrives under other speeds."""
    now = depart_s
    for i, segment in enumerate(path.segments):
        start = path.start_m if i == 0 else 0.0
        end = path.end_m if i == len(path.segments) - 1 else float(length_m[segment])
        now = leave_at(speeds.by_slot, speeds.slot_s, segment, end - start, now)
    return float(now)
