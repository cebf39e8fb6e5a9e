"""Replay: runs recorded steps again, from the same log up to the same positions, and compares what comes out.

The live folder is only read. A brain's worker is the very one of the live city; it begins from the newest
checkpoint before the first step asked for, or from its last fresh start, and repeats the steps in between.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from guia.core import wire
from guia.core.alert import Alert
from guia.core.base import header
from guia.core.clock import iso
from guia.core.decision import Decision
from guia.core.errors import NotFound
from guia.core.loop import Place
from guia.core.remote import RemoteBrain
from guia.core.runs import Run
from guia.core.segments import first_position
from guia.core.steps import Step, steps_of


class Repeated(msgspec.Struct, frozen=True, kw_only=True):
    """One step, then and now."""

    brain: str
    now: int
    position: int
    recorded: str
    """Digest of the outputs when it ran live."""
    replayed: str

    @property
    def equal(self) -> bool:
        """Whether the outputs are the same to the last bit."""
        return self.recorded == self.replayed


class Replayed(msgspec.Struct, kw_only=True):
    """What a replay found."""

    steps: int = 0
    equal_steps: int = 0
    given_up: int = 0
    """Steps of the time asked for that cannot be repeated: the log before them is no longer kept."""
    repeated_before: int = 0
    """Steps repeated to reach the state at the start."""
    decisions: dict[str, Decision] = {}
    """As first proposed in the replay, by id."""
    alerts: dict[str, Alert] = {}
    """Last state of each alert that the brains gave out, by id."""
    different: list[Repeated] = []

    @property
    def equal(self) -> bool:
        """Whether every step gave equal outputs."""
        return self.steps == self.equal_steps


def replay(
    place: Place,
    brains: Mapping[str, str],
    run: Run,
    start: int,
    end: int,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Replayed:
    """Run again the steps with start <= now < end of all `brains` (domain to module); NotFound if there are none.

    Everything found is written into the folder of `run`.
    """
    recorded = [s for s in steps_of(place.log, None) if start <= s.now < end and s.brain in brains]
    first = first_position(place.log)
    chosen = [s for s in recorded if s.position >= first]
    if recorded and not chosen:
        raise NotFound(
            "the log of this time has been given up",
            place=str(place.log),
            remedy=f"ask for what came after {iso(header(place.log).received)}",
        )
    if not chosen:
        raise NotFound(
            "no step is recorded in this time",
            place=str(place.log),
            remedy="ask for a time at which the city ran; `guia status` tells since when it does",
        )
    found = Replayed(given_up=len(recorded) - len(chosen))
    repeated: list[Repeated] = []
    for domain in sorted({s.brain for s in chosen}):
        steps = [s for s in chosen if s.brain == domain]
        for one in _replay_brain(place, brains[domain], run, steps, found):
            repeated.append(one)
            progress(len(repeated), len(chosen))
    found.steps = len(repeated)
    found.equal_steps = sum(r.equal for r in repeated)
    found.different = [r for r in repeated if not r.equal]
    run.write_lines("steps", repeated)
    run.write("decisions", sorted(found.decisions.values(), key=lambda d: d.id))
    run.write("alerts", sorted(found.alerts.values(), key=lambda a: a.id))
    run.write("report", summary(found))
    return found


def summary(found: Replayed) -> dict[str, Any]:
    """A flat JSON-ready summary."""
    return {
        "steps": found.steps,
        "equal_steps": found.equal_steps,
        "equal": found.equal,
        "decisions": len(found.decisions),
        "alerts": len(found.alerts),
        "repeated_before": found.repeated_before,
        "given_up": found.given_up,
    }


def _replay_brain(place: Place, module: str, run: Run, steps: list[Step], found: Replayed) -> list[Repeated]:
    brain = RemoteBrain(module, place.pack, place.log, place.checkpoints, run.errors)
    repeated = []
    try:
        if not steps[0].fresh:
            found.repeated_before += brain.restore(steps[0].position, steps[0].now, from_log=True)["repeated"]
        for step in steps:
            answer = brain.step(step)
            outputs = wire.unpack_outputs(answer["outputs"])
            for decision in outputs.decisions:
                found.decisions.setdefault(decision.id, decision)
            found.alerts.update({a.id: a for a in outputs.alerts})
            repeated.append(
                Repeated(
                    brain=step.brain,
                    now=step.now,
                    position=step.position,
                    recorded=step.digest,
                    replayed=answer["digest"],
                )
            )
    finally:
        brain.close()
    return repeated


def recorded_span(log: Path) -> tuple[int, int] | None:
    """City time of the first and the last recorded step; None if there is none."""
    times = [s.now for s in steps_of(log, None)]
    return (min(times), max(times)) if times else None
