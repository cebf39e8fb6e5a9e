"""What leaves from where, by timetable and by what is heard of the vehicles."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Departure:
    """One departure from a stop. Instants in UTC nanoseconds."""

    route: str
    headsign: dict[str, str]
    kind: str
    scheduled: int
    expected: int
    early: int
    late: int
    """Four of five vehicles leave between `early` and `late`."""
    delay_s: float | None
    """None where nothing is heard of the vehicle."""
    estimate: bool
    """Whether the timetable itself is an estimate."""
    label: str


class Departures(Protocol):
    """Provided by transit."""

    def departures(self, stop: str, at: int, limit: int) -> list[Departure]:
        """The next departures from a stop, by expected time; NotFound."""
        ...
