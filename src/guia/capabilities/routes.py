"""Getting from place to place on the city's streets."""

from dataclasses import dataclass
from typing import Protocol

from guia.core.columns import Float64

Place = tuple[float, float]
"""Longitude, latitude."""


@dataclass(frozen=True, slots=True)
class Step:
    """A stretch of one street."""

    names: dict[str, str]
    distance_m: float
    duration_s: float
    level: int | None
    """0 free … 5 standstill when it will be travelled; None on foot."""


@dataclass(frozen=True, slots=True)
class Route:
    """One way to get there. Instants in UTC nanoseconds."""

    mode: str
    depart: int
    arrive: int
    arrive_early: int
    arrive_late: int
    """Four of five journeys arrive between `arrive_early` and `arrive_late`."""
    distance_m: float
    coordinates: Float64
    """(P,2) longitude, latitude."""
    steps: tuple[Step, ...]
    segments: tuple[str, ...]
    """Ids of the segments travelled, in order."""


class Routes(Protocol):
    """Provided by traffic."""

    def route(self, start: Place, goal: Place, mode: str, depart: int) -> Route:
        """The way from `start` to `goal` that arrives first; `mode` is `car` or `foot`.

        InvalidInput for another mode, NotFound where no street is near or no way exists.
        """
        ...
