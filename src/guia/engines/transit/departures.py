"""What leaves a stop next."""

from dataclasses import dataclass

import numpy as np

from guia.core.columns import Int32
from guia.engines.transit.timetable import Timetable


@dataclass(frozen=True, slots=True)
class Board:
    """All calls at which one can board, by stop and time: stop s has calls call[first[s] : first[s+1]]."""

    first: Int32
    call: Int32


def board(timetable: Timetable, stops: int) -> Board:
    """The departure board of `stops` stops; a trip's last call is no departure."""
    boards = np.ones(len(timetable.stop), bool)
    boards[timetable.first[1:] - 1] = False
    calls = np.flatnonzero(boards)
    order = np.lexsort((timetable.departure_s[calls], timetable.stop[calls]))
    counts = np.bincount(timetable.stop[calls], minlength=stops)
    return Board(np.concatenate([[0], np.cumsum(counts)]).astype(np.int32), calls[order].astype(np.int32))


def following(all_calls: Board, timetable: Timetable, stop: int, second: float, limit: int) -> Int32:
    """The next calls at a stop that leave at `second` or later, at most `limit`."""
    calls = all_calls.call[all_calls.first[stop] : all_calls.first[stop + 1]]
    start = int(np.searchsorted(timetable.departure_s[calls], second, "left"))
    return calls[start : start + limit]
