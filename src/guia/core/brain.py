"""The loop's contract: what a brain is given, and what it may give back.

A brain is a pure step over arrays: `step(state, view, now, rng) -> (state, outputs)`. It runs in a worker
process with a deadline; the same code runs live, in replay and in what-if, so it may read nothing but its
pack, its state, its view, `now` and `rng`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np

from guia.core.alert import Alert
from guia.core.columns import Batch, Forecasts, Int32
from guia.core.decision import Decision
from guia.core.entity import Entity
from guia.core.series import Series

State = TypeVar("State")


class View(Protocol):
    """The world as known at one log position. Later records do not exist for it."""

    @property
    def position(self) -> int:
        """The log position up to which the world is known."""
        ...

    def ids(self, names: Sequence[str]) -> Int32:
        """Dense ids of series names (`<entity>|<attribute>`); -1 where the city has no such series."""
        ...

    def matching(self, pattern: str) -> tuple[list[str], Int32]:
        """Names and ids, ascending by id, of the series read that match `pattern`.

        `*` stands for any text. For series that come and go, such as those of vehicles.
        """
        ...

    def entities(self, kind: str) -> list[Entity]:
        """Entities of one type, sorted by id."""
        ...

    def latest(self, series: Int32) -> Batch:
        """Newest observation of each series, same order; NaN, time 0 and MISSING where there is none."""
        ...

    def window(self, series: Int32, start: int, end: int) -> Batch:
        """Observations with start <= observed < end, sorted by (series, observed), duplicates resolved.

        Reaches back at most the brain's `memory_s`.
        """
        ...

    def alerts(self) -> list[Alert]:
        """This domain's alerts that have not ended."""
        ...

    def decisions(self) -> list[Decision]:
        """This domain's decisions that may still move, and those that ended within `memory_s`.

        With what people did to them: a rejection shows in `state` and `reason`.
        """
        ...


@dataclass(frozen=True, slots=True)
class Outputs:
    """What a step gives back; all of it goes into the hub under the brain's name."""

    observations: Batch | None = None
    forecasts: tuple[Forecasts, ...] = ()
    alerts: tuple[Alert, ...] = ()
    """New alerts, and known ones that changed or ended (same id)."""
    decisions: tuple[Decision, ...] = ()
    """New proposals, and known ones moved to `measured`, `withdrawn` or `expired`."""
    notes: dict[str, float] = field(default_factory=dict)
    """Figures about the step itself, shown as metrics."""


class Brain(Protocol[State]):
    """A domain's judgement. `domains/<name>/brain.py` has `build(pack: Path) -> Brain`."""

    name: str
    """Domain name; the source of all its outputs."""
    period_s: int
    """Seconds of city time between steps."""
    deadline_s: float
    """Seconds of machine time that a step may take before the worker is ended and restarted."""
    memory_s: int
    """How far back `view.window` must reach."""

    def reads(self) -> list[str]:
        """Names of the series that it wants to see (`*` stands for any text); others are dropped."""
        ...

    def writes(self) -> list[Series]:
        """Series that it will write; defined before the first step."""
        ...

    def start(self) -> State:
        """The state before the first step: a (nested) dataclass of arrays, numbers, text, lists and dicts."""
        ...

    def step(self, state: State, view: View, now: int, rng: np.random.Generator) -> tuple[State, Outputs]:
        """One step. May raise: the worker is then restarted from its last checkpoint and reported."""
        ...


class BrainModule(Protocol):
    """What `domains/<name>/brain.py` looks like from outside."""

    def build(self, pack: Path) -> Brain[Any]:
        """The domain's brain for the city pack in folder `pack`."""
        ...
