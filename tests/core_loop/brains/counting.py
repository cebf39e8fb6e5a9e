"""A brain that reads numbers, keeps a running mean with noise, alerts when it is high, and proposes once."""

import sys
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import numpy as np

from guia.core.alert import Alert
from guia.core.brain import Outputs
from guia.core.clock import MINUTE, SECOND
from guia.core.columns import Batch, Forecasts
from guia.core.decision import Decision, Effect, move
from guia.core.series import Series

READS = [f"urn:ngsi-ld:Thing:t:{i}|number" for i in range(3)]
MEAN = "urn:ngsi-ld:Thing:t:all|mean"


@dataclass
class State:
    steps: int = 0
    mean: float = 0.0
    seen: np.ndarray = field(default_factory=lambda: np.zeros(3))
    rejected: list[str] = field(default_factory=list)


class Counting:
    name = "counting"
    period_s = 1
    deadline_s = 5.0
    memory_s = 60

    def reads(self):
        return [*READS, MEAN]

    def writes(self):
        return [Series(entity=MEAN.split("|", maxsplit=1)[0], attribute="mean")]

    def start(self):
        return State()

    def step(self, state, view, now, rng):
        print("a stray print must not break the protocol", flush=True)
        sys.stdout.write("nor this\n")
        ids = view.ids(READS)
        recent = view.window(ids[ids >= 0], now - 30 * SECOND, now + 1)
        mean = float(recent.value.mean()) if len(recent) else 0.0
        noisy = mean + rng.normal()
        ended = [d.id for d in view.decisions() if d.state == "rejected"]
        state = State(state.steps + 1, noisy, state.seen + len(recent), sorted({*state.rejected, *ended}))
        own = view.ids([MEAN])
        ahead = now + np.arange(1, 4, dtype=np.int64) * MINUTE
        forecasts = Forecasts(
            np.repeat(own, 3), np.full(3, now), ahead, np.full(3, 0.5), np.full(3, noisy), "mean/1"
        )
        return state, Outputs(
            observations=Batch.of(own, now, [noisy]),
            forecasts=(forecasts,),
            alerts=self.alerts(view, mean, now),
            decisions=self.decisions(view, state, now),
            notes={"steps": state.steps},
        )

    def alerts(self, view, mean, now):
        known = view.alerts()
        if mean > 100 and not known:
            title = {"en": "high"}
            return (
                Alert(
                    id=f"high-{now}",
                    domain=self.name,
                    kind="high",
                    severity="minor",
                    title=title,
                    since=now,
                    updated=now,
                ),
            )
        if mean <= 100:
            return tuple(msgspec.structs.replace(a, ended=now, updated=now) for a in known)
        return ()

    def decisions(self, view, state, now):
        moved = [
            move(
                d,
                "measured",
                measured_at=now,
                measured=Effect(metric="m", unit="C62", value=1, low=0, high=2),
            )
            for d in view.decisions()
            if d.state == "applied"
        ]
        if not view.decisions() and state.seen.sum() > 0:
            moved.append(
                Decision(
                    id=f"d-{now}", domain=self.name, action="things.turn", parameters={"to": 2},
                    entities=("urn:ngsi-ld:Thing:t:0",), title={"en": "turn it"}, proposed=now,
                    known_at=view.position, expires=now + 10 * MINUTE,
                )
            )  # fmt: skip
        return tuple(moved)


def build(pack: Path):
    return Counting()
