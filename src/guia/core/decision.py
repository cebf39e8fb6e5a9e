"""Decisions: a proposed action with its evidence and predicted effect; approved, applied, then measured."""

import msgspec

from guia.core.alert import Text
from guia.core.errors import Conflict

STATES = ("proposed", "approved", "rejected", "expired", "applied", "failed", "withdrawn", "measured")
MOVES = {
    "proposed": {"approved", "rejected", "expired", "withdrawn"},
    "approved": {"applied", "failed", "expired"},
    "applied": {"measured", "withdrawn"},
}


class Effect(msgspec.Struct, frozen=True, kw_only=True):
    """An effect with its interval, predicted or measured."""

    metric: str
    """e.g. `delay`."""
    unit: str
    value: float
    low: float
    high: float
    confidence: float = 0.8
    """Share of cases that the interval should hold."""
    method: str = ""
    """How it was obtained, e.g. `before/after` or `switchback`; shown to the user."""


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was known when the decision was proposed."""

    note: Text
    series: str = ""
    """Name of the series, if it is one."""
    observed: int | None = None
    value: float | None = None
    unit: str = ""


class Option(msgspec.Struct, frozen=True, kw_only=True):
    """An alternative that was weighed."""

    name: Text
    parameters: dict[str, object] = {}
    predicted: Effect | None = None


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """One decision. `level` is `advise`, `confirm` or `act` (see the design's autonomy)."""

    id: str
    domain: str
    action: str
    """What the actuator is asked to do, e.g. `signals.run-plan`."""
    parameters: dict[str, object]
    entities: tuple[str, ...]
    title: Text
    """The proposal as a sentence: what, where, from when, effect, cost to others."""
    cost: Text = {}
    """What it costs others, as a sentence."""
    level: str = "confirm"
    state: str = "proposed"
    proposed: int
    known_at: int
    """Log position up to which the world was known."""
    expires: int
    evidence: tuple[Evidence, ...] = ()
    alternatives: tuple[Option, ...] = ()
    predicted: Effect | None = None
    measured: Effect | None = None
    decided_by: str = ""
    decided_at: int | None = None
    reason: str = ""
    """Why it was rejected, or failed."""
    applied_at: int | None = None
    measured_at: int | None = None
    geometry: dict[str, object] | None = None
    label: str = "real"
    model: str = ""


def move(decision: Decision, state: str, **changes: object) -> Decision:
    """The decision in its next state; Conflict if the move is not allowed."""
    if state not in MOVES.get(decision.state, set()):
        raise Conflict(
            f"decision {decision.id} is {decision.state}, it cannot become {state}",
            remedy="reload the decision: somebody else may have decided already",
        )
    return msgspec.structs.replace(decision, state=state, **changes)
