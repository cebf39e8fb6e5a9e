"""A file layer that can crash: unsynced bytes and names are lost or torn, as after a power cut."""

import random
import threading
from collections.abc import Sequence
from pathlib import Path

from guia.core.files import Appender, OsFiles


class PowerCut(OSError):  # noqa: N818 - an event
    """The moment the power went."""


class FaultyFiles:
    """Writes through to real files, remembers what was synced, and can take the rest away.

    After `operations` operations every further one raises `PowerCut`.
    """

    def __init__(self, operations: int | None = None) -> None:
        self._os = OsFiles()
        self._left = operations
        self._lock = threading.RLock()
        self.synced: dict[Path, int] = {}
        self._new_names: set[Path] = set()
        self._old_content: dict[Path, bytes] = {}

    def operation(self) -> None:
        if self._left is not None:
            self._left -= 1
            if self._left < 0:
                raise PowerCut("power cut")

    def create(self, path: Path) -> Appender:
        with self._lock:
            self.operation()
            appender = FaultyAppender(self, path, self._os.create(path))
            self._new_names.add(path)
            self.synced[path] = 0
            return appender

    def open(self, path: Path) -> Appender:
        with self._lock:
            self.operation()
            self.synced.setdefault(path, path.stat().st_size)
            return FaultyAppender(self, path, self._os.open(path))

    def truncate(self, path: Path, size: int) -> None:
        with self._lock:
            self.operation()
            self._os.truncate(path, size)
            self.synced[path] = size

    def replace(self, source: Path, target: Path) -> None:
        with self._lock:
            self.operation()
            if target.exists() and target not in self._old_content:
                self._old_content[target] = target.read_bytes()
            fresh = not target.exists()
            self._os.replace(source, target)
            self.synced[target] = self.synced.pop(source)
            self._new_names.discard(source)
            if fresh:
                self._new_names.add(target)

    def remove(self, path: Path) -> None:
        with self._lock:
            self.operation()
            if path.exists() and path not in self._new_names:
                self._old_content.setdefault(path, path.read_bytes())
            self._new_names.discard(path)
            self.synced.pop(path, None)
            self._os.remove(path)

    def sync_folder(self, folder: Path) -> None:
        with self._lock:
            self.operation()
            self._new_names = {p for p in self._new_names if p.parent != folder}
            self._old_content = {p: c for p, c in self._old_content.items() if p.parent != folder}

    def crash(self, rng: random.Random) -> None:
        """Leave on disk only what a power cut might have left."""
        with self._lock:
            self._left = 0
            for path, size in self.synced.items():
                if path.exists():
                    self._tear(path, size, rng)
            for path in self._new_names:
                if rng.random() < 0.5:
                    path.unlink(missing_ok=True)
            for path, content in self._old_content.items():
                if rng.random() < 0.5:
                    path.write_bytes(content)

    @staticmethod
    def _tear(path: Path, synced: int, rng: random.Random) -> None:
        data = bytearray(path.read_bytes())
        kept = rng.randint(synced, max(synced, len(data)))
        torn = data[:kept]
        if kept > synced and rng.random() < 0.5:
            # Blocks reach the disk in any order: an earlier one may be missing while a later one is there.
            hole = rng.randint(synced, kept - 1)
            torn[hole : min(hole + rng.randint(1, 512), kept)] = bytes(min(hole + 512, kept) - hole)[
                : kept - hole
            ]
            torn = torn[:kept]
        path.write_bytes(torn)


class FaultyAppender:
    def __init__(self, files: FaultyFiles, path: Path, appender: Appender) -> None:
        self._files = files
        self._path = path
        self._appender = appender

    def append(self, parts: Sequence[bytes]) -> None:
        with self._files._lock:
            try:
                self._files.operation()
            except PowerCut:
                data = b"".join(parts)
                self._appender.append([data[: len(data) // 2]])
                raise
            self._appender.append(parts)

    def sync(self) -> None:
        with self._files._lock:
            self._files.operation()
            self._files.synced[self._path] = self._path.stat().st_size

    def close(self) -> None:
        self._appender.close()
