"""Signal-controlled junctions of a pack: movements, stages and stored plans. Where nobody published them they are
assumed, and labelled synthetic."""

from pathlib import Path

import msgspec

from guia.core.errors import InvalidInput


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """Movements that have green together; no two of them conflict."""

    name: str
    movements: tuple[int, ...]
    """Indices into the junction's `movements`."""


class Interval(msgspec.Struct, frozen=True, kw_only=True):
    """One stage's turn in a plan."""

    stage: int
    green_s: int
    yellow_s: int = 3
    all_red_s: int = 2


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A stored plan: the stages in turn, and the hours in which it runs by itself."""

    number: int
    name: str
    """`peak`, `off-peak` or `night`."""
    hours: tuple[tuple[int, int], ...]
    """[start, end) hours of the local day."""
    intervals: tuple[Interval, ...]
    offset_s: int = 0

    @property
    def cycle_s(self) -> int:
        """Seconds of one whole cycle."""
        return sum(i.green_s + i.yellow_s + i.all_red_s for i in self.intervals)


class Junction(msgspec.Struct, frozen=True, kw_only=True):
    """A junction with signals."""

    id: str
    nodes: tuple[int, ...]
    """Nodes of the network that it controls."""
    lon: float
    lat: float
    names: dict[str, str]
    movements: tuple[tuple[str, str], ...]
    """Pairs of segment ids: from, into."""
    stages: tuple[Stage, ...]
    plans: tuple[Plan, ...]
    label: str = "synthetic"

    def plan_at(self, hour: int) -> Plan:
        """The stored plan for an hour of the local day; the first where none names it."""
        for plan in self.plans:
            if any(start <= hour < end for start, end in plan.hours):
                return plan
        return self.plans[0]


def write_signals(junctions: list[Junction], file: Path) -> None:
    """Write the junctions as JSON, one per line."""
    lines = [msgspec.json.encode(j).decode() for j in junctions]
    file.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")


def read_signals(file: Path) -> list[Junction]:
    """The junctions in `file` (none if it does not exist); InvalidInput if it is damaged."""
    if not file.exists():
        return []
    try:
        return msgspec.json.decode(file.read_bytes(), type=list[Junction])
    except msgspec.MsgspecError as reason:
        raise InvalidInput(
            f"not a list of junctions: {reason}",
            place=str(file),
            remedy="compare with docs/city-packs.md, or build the pack again",
        ) from None
