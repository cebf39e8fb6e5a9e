"""Clocks. Instants are int64 UTC nanoseconds; local time exists only at the edges.

The city's clock (wall, simulated or replayed) is passed in; nothing below the edges asks the machine.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from typing import Protocol

SECOND = 1_000_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR


class Clock(Protocol):
    """Tells the city's time."""

    def now(self) -> int:
        """The present instant, UTC nanoseconds."""
        ...


class WallClock:
    """The machine's own clock."""

    def now(self) -> int:
        """The present instant, UTC nanoseconds."""
        return time.time_ns()


class SimulatedClock:
    """Runs `speed` times as fast as the machine, from `start` on."""

    def __init__(
        self, start: int, speed: float = 1.0, monotonic: Callable[[], int] = time.monotonic_ns
    ) -> None:
        self.start = start
        self.speed = speed
        self._monotonic = monotonic
        self._origin = monotonic()

    def now(self) -> int:
        """The present instant, UTC nanoseconds."""
        return self.start + int((self._monotonic() - self._origin) * self.speed)


class ManualClock:
    """Stands still until it is set: for replays and tests."""

    def __init__(self, instant: int = 0) -> None:
        self.instant = instant

    def now(self) -> int:
        """The present instant, UTC nanoseconds."""
        return self.instant

    def set(self, instant: int) -> None:
        """Move to `instant`; a clock never runs backwards (ValueError)."""
        if instant < self.instant:
            raise ValueError("a clock never runs backwards")
        self.instant = instant


def iso(instant: int, zone: tzinfo = UTC) -> str:
    """ISO 8601 text of an instant, whole seconds or milliseconds, `Z` for UTC."""
    seconds, rest = divmod(instant, SECOND)
    text = datetime.fromtimestamp(seconds, zone).isoformat()
    if rest:
        head, sep, tail = text.partition("+") if "+" in text else (text, "", "")
        text = f"{head}.{rest // 1_000_000:03d}{sep}{tail}"
    return text.replace("+00:00", "Z")


def instant(text: str) -> int:
    """Instant of an ISO 8601 text that carries a zone; ValueError if it does not."""
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    whole = moment.replace(microsecond=0)
    return int(whole.timestamp()) * SECOND + moment.microsecond * 1000
