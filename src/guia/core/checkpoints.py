"""The checkpoints of one brain: the newest two, and one an hour of the last day for replays."""

import logging
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from guia.core import checkpoint
from guia.core.clock import DAY, HOUR
from guia.core.errors import Corrupt, InvalidInput
from guia.core.steps import Step
from guia.core.view import Memory

logger = logging.getLogger(__name__)
_NEWEST_KEPT = 2


@dataclass(frozen=True)
class Saved:
    """What a checkpoint holds: the step behind which it was taken, the brain's state, the view's memory."""

    step: Step
    state: Any
    memory: Memory
    pack: str = ""
    """Fingerprint of the city pack that the brain knew."""


class Checkpoints:
    """Files `<brain>-<log position>-<city time>.ckpt` in one folder; `pack` is the city pack's fingerprint."""

    def __init__(self, folder: Path, brain: str, pack: str = "") -> None:
        self._folder = folder
        self._brain = brain
        self._pack = pack

    def save(self, saved: Saved) -> int:
        """Write one and drop those no longer needed; its size in bytes."""
        self._folder.mkdir(parents=True, exist_ok=True)
        name = f"{self._brain}-{saved.step.position:020d}-{saved.step.now:020d}.ckpt"
        size = checkpoint.write(self._folder / name, replace(saved, pack=self._pack))
        for file in self._superfluous(saved.step.now):
            file.unlink(missing_ok=True)
        return size

    def newest(self, before: int, start: int = 0) -> Saved | None:
        """The newest usable one taken before log position `before`; damaged ones are passed over.

        So are those from which the log, which begins at `start`, no longer leads on, and those of another pack, whose
        roads and stops the state would mistake for ours.
        """
        for file in reversed(self._files()):
            if _position(file) >= before:
                continue
            try:
                found = checkpoint.read(file)
            except (Corrupt, InvalidInput, OSError) as error:
                logger.warning("checkpoint passed over: %s", error)
                continue
            if not isinstance(found, Saved) or found.memory.position < start:
                logger.warning("checkpoint passed over: %s: the log behind it has been given up", file)
            elif found.pack != self._pack:
                logger.warning("checkpoint passed over: %s: the city pack has changed since", file)
            else:
                return found
        return None

    def _files(self) -> list[Path]:
        return sorted(self._folder.glob(f"{self._brain}-*.ckpt"))

    def _superfluous(self, now: int) -> list[Path]:
        """All but the newest two and the first of each hour of the last day."""
        files = self._files()
        hours: set[int] = set()
        drop = []
        for file in files[:-_NEWEST_KEPT]:
            taken = _taken(file)
            if taken < now - DAY or taken // HOUR in hours:
                drop.append(file)
            hours.add(taken // HOUR)
        return drop


def _position(file: Path) -> int:
    return int(file.stem.rsplit("-", 2)[1])


def _taken(file: Path) -> int:
    return int(file.stem.rsplit("-", 1)[1])
