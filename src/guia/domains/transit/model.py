"""Nouns of the transit domain: the lines of a city and what runs on one day."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from guia.core.columns import Float64, Int32
from guia.engines.transit.departures import Board
from guia.engines.transit.shapes import Lines
from guia.engines.transit.timetable import Timetable

KINDS = {0: "tram", 1: "metro", 2: "rail", 3: "bus", 4: "ferry", 5: "cable-tram", 11: "trolleybus", 12: "lrt"}
"""Words for GTFS route types; 12 is the monorail type, which rubber-tyred light rail goes by."""
HEARD_S = 60
"""A vehicle that was heard of within so many seconds is shown where it said; others where the timetable has them."""


@dataclass(frozen=True)
class Network:
    """What the pack's timetable says, as arrays: S stops, R routes, and the trips of all services."""

    stop_id: NDArray[np.str_]
    stop_xy: Float64
    """(S,2) metres of the pack's projection."""
    stop_lonlat: Float64
    route_id: NDArray[np.str_]
    route_kind: list[str]
    trips: Timetable
    """All trips of the feed, `trip` = row in the feed."""
    lines: Lines
    """Shapes in metres; those that the feed lacks run straight from stop to stop."""
    headsign: NDArray[np.str_]
    """By trip of the feed."""
    direction: Int32
    """By trip of the feed."""


@dataclass(frozen=True)
class Day:
    """The timetable about one local day: late trips of the day before, the day, early trips of the day after."""

    origin: int
    """Instant of second 0: noon of the day less twelve hours, UTC nanoseconds."""
    timetable: Timetable
    board: Board
    direction: Int32
    """By trip of the feed."""
