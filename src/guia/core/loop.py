"""The loop: steps every brain on the city's time, and keeps the city going when one of them fails.

Each brain has a thread that owns its worker process. When a step is due it names the log position up to
which the brain may see, waits for the outputs within the brain's deadline, puts what is admitted into the
hub and logs the step. A brain that is late skips steps and counts them; one that raises, hangs or ends is
started again from its checkpoint, and anew when that does not help.
"""

import threading
import time
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from guia.core import wire
from guia.core.admission import Admission
from guia.core.alert import Alert
from guia.core.brain import Outputs
from guia.core.clock import SECOND, Clock
from guia.core.errors import GuiaError
from guia.core.hub import Hub
from guia.core.remote import BrainFailed, RemoteBrain
from guia.core.steps import Step
from guia.core.supervise import pause_s

SOURCE = "loop"
_LOOK_EVERY_S = 0.02
_SAVE_EVERY_S = 30.0
_SOUND_STEPS = 10
"""Good steps in a row after which a restart counts as overcome."""
_ANEW_AFTER = 3
"""Failures in a row after which what is saved is no longer trusted: a state that makes it fail would do so for ever."""
_SETTLE_NS = 10 * SECOND
"""Steps come this long after the full period, so that the period's measurements have arrived."""
_KEPT_TIMES = 1000


@dataclass
class BrainStats:
    """What a brain's runner tells of itself."""

    steps: int = 0
    skipped: int = 0
    restarts: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    notes: dict[str, float] = field(default_factory=dict)
    last_now: int = 0
    last_failure: str = ""
    restored: dict[str, Any] = field(default_factory=dict)
    step_ms: deque[float] = field(default_factory=lambda: deque(maxlen=_KEPT_TIMES))
    running: bool = False

    def figures(self) -> dict[str, Any]:
        """JSON-ready figures."""
        times = np.array(self.step_ms) if self.step_ms else np.array([np.nan])
        median, p99 = (None if np.isnan(t) else round(float(t), 2) for t in np.percentile(times, (50, 99)))
        return {
            "steps": self.steps,
            "skipped": self.skipped,
            "restarts": self.restarts,
            "failures": dict(self.failures),
            "refused": dict(self.refused),
            "last_failure": self.last_failure,
            "last_now": self.last_now,
            "running": self.running,
            "restored": self.restored,
            "step_p50_ms": median,
            "step_p99_ms": p99,
            "notes": self.notes,
        }


@dataclass(frozen=True)
class Place:
    """Where a city's brains find what they read."""

    pack: Path
    live: Path
    """The folder `data/<city>/live`."""

    @property
    def log(self) -> Path:
        """Folder of the log."""
        return self.live / "log"

    @property
    def checkpoints(self) -> Path:
        """Folder of the brains' checkpoints."""
        return self.live / "checkpoints"

    def errors(self, brain: str) -> Path:
        """File that takes what a brain's process prints."""
        return self.live / "logs" / f"brain-{brain}.log"


class Runner:
    """Steps one brain. All of it happens in one thread, which also owns the worker process."""

    def __init__(
        self,
        domain: str,
        module: str,
        place: Place,
        hub: Hub,
        clock: Clock,
        levels: Mapping[str, str],
        seed: int,
    ) -> None:
        self.domain = domain
        self.stats = BrainStats()
        self._module = module
        self._place = place
        self._hub = hub
        self._clock = clock
        self._levels = levels
        self._rng = np.random.Generator(np.random.PCG64(seed))
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"brain-{domain}", daemon=True)
        self._failures = 0
        self._sound = 0
        self._alert: Alert | None = None

    def start(self) -> None:
        """Begin to step."""
        self._thread.start()

    def ask_to_stop(self) -> None:
        """Have it stop behind the step under way; `join` waits for that."""
        self._stopping.set()

    def join(self) -> None:
        """Wait until the worker has saved its state and ended."""
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._live()
            except BrainFailed as failure:
                self._report(failure)
            except GuiaError as error:
                self._report(BrainFailed("refused", str(error)))
            self.stats.running = False
            if not self._stopping.is_set():
                self._stopping.wait(pause_s(self._failures))

    def _live(self) -> None:
        """One life of the worker process."""
        place = self._place
        brain = RemoteBrain(self._module, place.pack, place.log, place.checkpoints, place.errors(self.domain))
        try:
            description = brain.description
            series = self._hub.define(description.writes)
            admission = Admission(self.domain, series, self._levels, self._hub.decision)
            anew = self._failures >= _ANEW_AFTER
            self.stats.restored = brain.restore(self._hub.position, self._clock.now(), anew=anew)
            self.stats.running = True
            self.stats.last_now = max(self.stats.last_now, self.stats.restored["now"])
            self._step_until_stopped(brain, admission, fresh=self.stats.restored["fresh"])
            brain.save()
        finally:
            brain.close()

    def _step_until_stopped(self, brain: RemoteBrain, admission: Admission, *, fresh: bool) -> None:
        period = brain.description.period_s * SECOND
        settle = min(_SETTLE_NS, period // 6)
        saved_at = 0.0
        last = self.stats.last_now
        begun = self._clock.now()
        while not self._stopping.is_set():
            due = (self._clock.now() - settle) // period * period + settle
            if due <= last:
                self._stopping.wait(_LOOK_EVERY_S)
                continue
            self.stats.skipped += max(0, (due - max(last, begun - period)) // period - 1)
            last = due
            self._step(brain, admission, due, fresh=fresh)
            fresh = False
            if time.monotonic() - saved_at > _SAVE_EVERY_S:
                brain.save()
                saved_at = time.monotonic()

    def _step(self, brain: RemoteBrain, admission: Admission, now: int, *, fresh: bool) -> None:
        self.stats.last_now = now
        seed = int(self._rng.integers(1 << 62))
        step = Step(brain=self.domain, now=now, position=self._hub.position, seed=seed, fresh=fresh)
        begun = time.perf_counter()
        answer = brain.step(step)
        outputs, refused = admission.admit(wire.unpack_outputs(answer["outputs"]))
        stats = self.stats
        broken = put_outputs(self._hub, self.domain, outputs)
        if broken:
            stats.refused["observation that breaks its series' rules"] += broken
        self._log(msgspec.structs.replace(step, digest=answer["digest"]))
        stats.steps += 1
        stats.step_ms.append((time.perf_counter() - begun) * 1e3)
        stats.refused.update(refused)
        stats.notes = {
            **outputs.notes,
            "view_ms": answer["view_ms"],
            "brain_ms": answer["step_ms"] - answer["view_ms"],
        }
        self._sound += 1
        if self._sound >= _SOUND_STEPS:
            self._overcome(now)

    def _log(self, step: Step) -> None:
        """The step's row comes last: without it the step has not happened for the brain's state."""
        self._hub.put_rows("steps", [(step.id, step)], SOURCE)

    def _report(self, failure: BrainFailed) -> None:
        self._failures += 1
        self._sound = 0
        self.stats.restarts += 1
        self.stats.failures[failure.kind] += 1
        self.stats.last_failure = failure.detail
        now = self._clock.now()
        since = self._alert.since if self._alert else now
        self._alert = restarted_alert(self.domain, self.stats.restarts, failure.detail, since, now)
        self._hub.put_alerts([self._alert], SOURCE)

    def _overcome(self, now: int) -> None:
        self._failures = 0
        if self._alert is not None:
            self._hub.put_alerts([msgspec.structs.replace(self._alert, updated=now, ended=now)], SOURCE)
            self._alert = None


class Loop:
    """All brains of a city. `brains` maps a domain to the module that has its `build`."""

    def __init__(
        self,
        hub: Hub,
        clock: Clock,
        place: Place,
        brains: Mapping[str, str],
        *,
        levels: Mapping[str, Mapping[str, str]],
        rng: np.random.Generator,
    ) -> None:
        self.runners: Sequence[Runner] = [
            Runner(domain, module, place, hub, clock, levels.get(domain, {}), int(rng.integers(1 << 62)))
            for domain, module in sorted(brains.items())
        ]

    def start(self) -> None:
        """Begin to step all brains."""
        for runner in self.runners:
            runner.start()

    def stop(self) -> None:
        """Save all states and end all workers."""
        for runner in self.runners:
            runner.ask_to_stop()
        for runner in self.runners:
            runner.join()

    def stats(self) -> dict[str, dict[str, Any]]:
        """Figures by domain."""
        return {runner.domain: runner.stats.figures() for runner in self.runners}


def put_outputs(hub: Hub, brain: str, outputs: Outputs) -> int:
    """Put what a brain gave back into the hub under its name; observations that the hub rejected."""
    broken = 0
    if outputs.observations is not None and len(outputs.observations):
        broken = hub.ingest(outputs.observations, brain).rejected_rows
    for forecasts in outputs.forecasts:
        hub.put_forecasts(forecasts, brain)
    if outputs.alerts:
        hub.put_alerts(outputs.alerts, brain)
    if outputs.decisions:
        hub.put_decisions(outputs.decisions, brain)
    return broken


def restarted_alert(domain: str, restarts: int, reason: str, since: int, now: int) -> Alert:
    """The alert that tells operators that a brain failed and was started again."""
    return Alert(
        id=f"brain-restarted-{domain}-{since}",
        domain="system",
        kind="brain-restarted",
        severity="moderate",
        title={
            "en": f"The {domain} brain failed and is started again ({restarts}): {reason}",
            "zh": f"「{domain}」大腦發生故障，現正重新啟動（第 {restarts} 次）：{reason}",
            "pt": f"O cérebro «{domain}» falhou e está a ser reiniciado ({restarts}): {reason}",
        },
        since=since,
        updated=now,
    )
