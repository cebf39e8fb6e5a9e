"""What the twin tells of itself, so that a city says when its synthetic sensors fall behind."""

from collections.abc import Callable

import msgspec

from guia.core.errors import InvalidInput

LATEST_S = 60.0
"""A twin further behind, or silent for so long, is complained of."""


class TwinState(msgspec.Struct, frozen=True, kw_only=True):
    """The twin's own words, retained on `guia/<city>/twin`."""

    time: str
    """City time that it has reached."""
    lag_s: float
    """City seconds behind the city's clock."""
    skipped: int = 0
    """Times that it gave up catching up."""
    vehicles: int = 0
    buses: int = 0
    dropped: int = 0
    """Messages that it could not send in time."""
    problem: str = ""
    label: str = "synthetic"


class TwinWatch:
    """The newest state of the twin, and when it came."""

    def __init__(self, seconds: Callable[[], float]) -> None:
        self.state: TwinState | None = None
        self._seconds = seconds
        self._heard = 0.0

    def hear(self, payload: bytes) -> None:
        """Take in what it tells; InvalidInput if it cannot be read."""
        try:
            self.state = msgspec.json.decode(payload, type=TwinState)
        except msgspec.MsgspecError as error:
            raise InvalidInput(f"the twin's words cannot be read: {error}", place="MQTT topic twin") from None
        self._heard = self._seconds()

    def complaints(self) -> list[str]:
        """In words, what is wrong with its pace; none where no twin was ever heard."""
        if self.state is None:
            return []
        silence_s = self._seconds() - self._heard
        if silence_s > LATEST_S:
            return [f"the twin has said nothing for {silence_s:.0f} s: its log is live/logs/twin.log"]
        if self.state.lag_s > LATEST_S:
            return [f"the twin is {self.state.lag_s:.0f} s behind the city's clock: this machine is too busy"]
        return []
