"""Nouns of the traffic domain: what is measured, what the brain remembers, what a jam is."""

from dataclasses import dataclass, field

from guia.core.columns import Float64, Int32, Int64
from guia.engines.forecast.drift import Drift
from guia.engines.forecast.profile import Profile
from guia.engines.graph.successors import Mask

LEVELS = ("free", "easy", "slow", "heavy", "jam", "standstill")
HORIZONS_MIN = tuple(range(5, 70, 5))
"""+5 to +60, and one more: a forecast stays in use until the next is issued, five minutes later."""
QUANTILES = (0.1, 0.5, 0.9)
MODEL = "profile-drift/1"


@dataclass(frozen=True, slots=True)
class Measured:
    """What detectors and vehicles say about n segments in one step; NaN where they say nothing."""

    ratio: Float64
    """Mean speed over free speed."""
    noise: Float64
    """Variance of `ratio`; infinite where it is NaN."""
    flow_h: Float64
    """Vehicles per hour, from counts."""


@dataclass(frozen=True)
class Jam:
    """A slow stretch of one street in one direction, as remembered from step to step."""

    id: str
    street: int
    towards: dict[str, str]
    segments: Int32
    since: int
    updated: int
    delay_min: float
    until: int
    """0: not within the hour."""


@dataclass(frozen=True)
class RoadState:
    """What the traffic brain remembers between steps; n segments in network order."""

    now: int
    """Instant of the last step; 0 before the first."""
    ratio: Float64
    variance: Float64
    seen: Int64
    """Instant of each segment's last measurement; 0 never."""
    flow_h: Float64
    """Last flow counted, smoothed over about ten minutes; NaN never."""
    profile: Profile
    """Usual ratio by slot of the week."""
    drift: Drift
    whole: Drift
    """Of the city's mean speed."""
    slow: Mask
    """Segments that are part of a jam, with hysteresis."""
    streak: Int32
    """Steps in a row that speak against `slow`."""
    waiting: Float64
    """(minutes, junctions) measured vehicle-hours of delay per hour, newest last."""
    flows: Profile
    """Usual flow of each detector by slot of the week."""
    jams: list[Jam] = field(default_factory=list)
    better: dict[str, int] = field(default_factory=dict)
    """Looks in a row in which another plan was better, by `junction/plan row`."""
    quiet: dict[str, int] = field(default_factory=dict)
    """Instant until which a junction is left alone."""
