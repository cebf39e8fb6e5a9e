"""A brain's own process: `python -m guia.core.worker`, started by the writer, one per domain.

It reads the log files itself up to the position that each step names, and answers over a pipe. Standard
output is closed to the brain (prints go to the log file of the process), so that a stray print cannot break
the protocol.

Requests, each answered by one frame: `restore {position, now, from_log, anew}`, `step {position, now, seed, fresh}`,
`save`; the end of the pipe ends the process. An exception is answered by `error` with its traceback, then
the process ends.
"""

import argparse
import importlib
import os
import sys
import time
import traceback
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from guia.core import wire
from guia.core.brain import Brain
from guia.core.checkpoints import Checkpoints, Saved
from guia.core.errors import GuiaError, NotFound
from guia.core.fingerprint import fingerprint
from guia.core.segments import first_position
from guia.core.steps import Step, steps_of
from guia.core.view import LogView


class Host:
    """Holds one brain, its state and its view."""

    def __init__(self, brain: Brain[Any], log: Path, checkpoints: Checkpoints) -> None:
        self.brain = brain
        self._log = log
        self._checkpoints = checkpoints
        self._reads = list(brain.reads())
        self._last: Step | None = None
        self._begin(None)

    def describe(self) -> dict[str, Any]:
        """What the writer must know before the first step."""
        brain = self.brain
        return {
            "name": brain.name,
            "period_s": brain.period_s,
            "deadline_s": float(brain.deadline_s),
            "memory_s": brain.memory_s,
            "writes": msgspec.to_builtins(list(brain.writes())),
        }

    def restore(self, position: int, now: int, *, from_log: bool, anew: bool = False) -> dict[str, Any]:
        """Reach the state behind the last step logged before `position`, and read the log up to there.

        From the newest usable checkpoint, repeating the steps logged since. Without one, from the log's last
        fresh start if `from_log`, else the next step starts fresh; so it does if `anew`, whatever is saved. `now` is
        the city time of the call.
        """
        start = first_position(self._log)
        saved = None if anew else self._checkpoints.newest(position, start)
        if anew or (saved is None and not from_log):
            self.view.follow(position, now)
            return {"repeated": 0, "different": 0, "fresh": True, "now": 0}
        done = saved.step.position if saved else start
        logged = [s for s in steps_of(self._log, self.brain.name, done, position) if self._is_after(saved, s)]
        fresh_rows = [i for i, s in enumerate(logged) if s.fresh and s.position >= start]
        if start and saved is None and not fresh_rows:
            raise NotFound(
                f"the state of brain {self.brain.name} cannot be reached: the log before it has been given up",
                place=str(self._log),
                remedy="ask for a time behind the oldest checkpoint, or behind the brain's next fresh start",
            )
        if fresh_rows:
            saved, logged = None, logged[fresh_rows[-1] :]
        self._begin(saved)
        different = sum(self.step(s)["digest"] != s.digest for s in logged)
        return {
            "repeated": len(logged),
            "different": different,
            "fresh": self._last is None,
            "now": self._last.now if self._last else 0,
        }

    def step(self, step: Step) -> dict[str, Any]:
        """Run one step; its outputs, packed, and their digest."""
        if step.fresh:
            self.state = self.brain.start()
        begun = time.perf_counter()
        self.view.follow(step.position, step.now)
        followed = time.perf_counter()
        rng = np.random.Generator(np.random.PCG64(step.seed))
        self.state, outputs = self.brain.step(self.state, self.view, step.now, rng)
        packed = wire.pack_outputs(self.brain.name, outputs)
        ended = time.perf_counter()
        self._last = step
        return {
            "outputs": packed,
            "digest": wire.digest(packed),
            "view_ms": (followed - begun) * 1e3,
            "step_ms": (ended - begun) * 1e3,
        }

    def save(self) -> dict[str, Any]:
        """Write a checkpoint of the state behind the last step."""
        if self._last is None:
            return {"bytes": 0}
        return {"bytes": self._checkpoints.save(Saved(self._last, self.state, self.view.memory))}

    def _begin(self, saved: Saved | None) -> None:
        self.state = saved.state if saved else self.brain.start()
        self._last = saved.step if saved else None
        memory = saved.memory if saved else None
        self.view = LogView(self._log, self.brain.name, self._reads, self.brain.memory_s, memory)

    @staticmethod
    def _is_after(saved: Saved | None, step: Step) -> bool:
        return saved is None or (step.position, step.now) > (saved.step.position, saved.step.now)


def serve(host: Host, requests: int, answers: int) -> None:
    """Answer requests until the pipe ends."""
    wire.send(answers, {"ready": host.describe()})
    while True:
        try:
            request = wire.receive(requests)
        except wire.PipeClosed:
            return
        match request.pop("do"):
            case "restore":
                answer = host.restore(**request)
            case "step":
                answer = host.step(Step(brain=host.brain.name, **request))
            case "save":
                answer = host.save()
            case other:
                raise ValueError(f"unknown request {other!r}")
        wire.send(answers, answer)


def main() -> None:
    """Entry of the process."""
    parser = argparse.ArgumentParser(prog="guia.core.worker")
    for option in ("--module", "--pack", "--log", "--checkpoints"):
        parser.add_argument(option, required=True)
    options = parser.parse_args()
    requests, answers = _keep_the_pipe()
    try:
        brain = importlib.import_module(options.module).build(Path(options.pack))
        checkpoints = Checkpoints(Path(options.checkpoints), brain.name, fingerprint(Path(options.pack)))
        serve(Host(brain, Path(options.log), checkpoints), requests, answers)
    except Exception as error:
        traceback.print_exc()
        detail = str(error) if isinstance(error, GuiaError) else f"{type(error).__name__}: {error}"
        wire.send(answers, {"error": detail, "traceback": traceback.format_exc()[-4000:]})
        sys.exit(1)


def _keep_the_pipe() -> tuple[int, int]:
    """Move the pipe away from standard input and output; what a brain prints goes to standard error."""
    requests, answers = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(2, 1)
    return requests, answers


if __name__ == "__main__":
    main()
