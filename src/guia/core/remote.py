"""The writer's end of a brain's worker: starts it, asks it, and ends it when it fails.

Every call either gives an answer within its time or raises BrainFailed with the reason in words; the
process is then gone.
"""

import contextlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec

from guia.core import supervise, wire
from guia.core.errors import GuiaError
from guia.core.series import Series
from guia.core.steps import Step

START_S = 60.0
RESTORE_S = 300.0
SAVE_S = 30.0


class BrainFailed(GuiaError):  # noqa: N818
    """The worker raised, hung or ended; `kind` is `raised`, `hung` or `ended`."""

    status, code, title = 500, "brain-failed", "A brain failed"

    def __init__(self, kind: str, words: str, place: str = "") -> None:
        super().__init__(words, place=place, remedy="read there what the brain printed" if place else "")
        self.kind = kind


class Description(msgspec.Struct, frozen=True, kw_only=True):
    """What a brain tells of itself."""

    name: str
    period_s: int
    deadline_s: float
    memory_s: int
    writes: list[Series]


class RemoteBrain:
    """A worker process with one brain in it. The thread that makes it must outlive it."""

    def __init__(self, module: str, pack: Path, log: Path, checkpoints: Path, errors: Path) -> None:
        errors.parent.mkdir(parents=True, exist_ok=True)
        self._errors = str(errors)
        options = [
            "--module",
            module,
            "--pack",
            str(pack),
            "--log",
            str(log),
            "--checkpoints",
            str(checkpoints),
        ]
        with errors.open("ab") as out:
            self.process = subprocess.Popen(
                supervise.tied([sys.executable, "-m", "guia.core.worker", *options]),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=out,
                start_new_session=True,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self._requests = self.process.stdin.fileno()
        self._answers = self.process.stdout.fileno()
        self.description = msgspec.convert(self._receive(START_S)["ready"], Description)

    def restore(
        self, position: int, now: int, *, from_log: bool = False, anew: bool = False
    ) -> dict[str, Any]:
        """Have it reach the state behind the last step logged before `position`; see `Host.restore`."""
        request = {"do": "restore", "position": position, "now": now, "from_log": from_log, "anew": anew}
        return self._ask(request, RESTORE_S)

    def step(self, step: Step) -> dict[str, Any]:
        """Have it run one step within its deadline; see `Host.step`."""
        request = {
            "do": "step",
            "position": step.position,
            "now": step.now,
            "seed": step.seed,
            "fresh": step.fresh,
        }
        return self._ask(request, self.description.deadline_s)

    def save(self) -> int:
        """Have it write a checkpoint; its size in bytes."""
        return int(self._ask({"do": "save"}, SAVE_S)["bytes"])

    def close(self) -> None:
        """End the process."""
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()
        supervise.end(self.process)

    def _ask(self, request: dict[str, Any], timeout_s: float) -> dict[str, Any]:
        try:
            wire.send(self._requests, request)
        except wire.PipeClosed:
            raise self._ended() from None
        return self._receive(timeout_s)

    def _receive(self, timeout_s: float) -> dict[str, Any]:
        try:
            answer = wire.receive(self._answers, timeout_s)
        except wire.PipeClosed:
            raise self._ended() from None
        except wire.PipeSilent:
            self.process.kill()
            self.close()
            raise BrainFailed("hung", f"it did not answer within {timeout_s:g} s", self._errors) from None
        if "error" in answer:
            self.close()
            raise BrainFailed("raised", answer["error"], self._errors)
        return answer

    def _ended(self) -> BrainFailed:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(1.0)
        self.close()
        return BrainFailed("ended", supervise.how_it_ended(self.process.returncode), self._errors)
