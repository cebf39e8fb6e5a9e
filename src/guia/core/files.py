"""The few file operations that durability rests on, as a Protocol, so that tests can make them fail.

Reading needs no protocol: what a crash can take away is only what was written.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

_MOST_PARTS = 1024  # IOV_MAX on Linux


class Appender(Protocol):
    """A file open for appending."""

    def append(self, parts: Sequence[bytes]) -> None:
        """Add all bytes of `parts` at the end; durable only after `sync`."""
        ...

    def sync(self) -> None:
        """Return when everything appended so far is on disk."""
        ...

    def close(self) -> None:
        """Let go of the file; nothing is synced. May be called twice."""
        ...


class Files(Protocol):
    """What the log and the history ask of a file system."""

    def create(self, path: Path) -> Appender:
        """A new empty file (FileExistsError); its name is durable only after `sync_folder`."""
        ...

    def open(self, path: Path) -> Appender:
        """An existing file, to append to."""
        ...

    def truncate(self, path: Path, size: int) -> None:
        """Cut the file to `size` bytes, durably."""
        ...

    def replace(self, source: Path, target: Path) -> None:
        """Give `source` the name `target`, in one step; durable only after `sync_folder`."""
        ...

    def remove(self, path: Path) -> None:
        """Delete the file if it is there; durable only after `sync_folder`."""
        ...

    def sync_folder(self, folder: Path) -> None:
        """Make names created, replaced and removed in `folder` durable."""
        ...


class OsAppender:
    """An `Appender` over a file descriptor."""

    def __init__(self, path: Path, flags: int) -> None:
        self._fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC | flags, 0o644)

    def append(self, parts: Sequence[bytes]) -> None:
        """Add all bytes of `parts` at the end."""
        for first in range(0, len(parts), _MOST_PARTS):
            chunk = parts[first : first + _MOST_PARTS]
            written = os.writev(self._fd, chunk)
            if written < sum(map(len, chunk)):
                self._append_rest(b"".join(chunk), written)

    def _append_rest(self, data: bytes, written: int) -> None:
        while written < len(data):
            written += os.write(self._fd, memoryview(data)[written:])

    def sync(self) -> None:
        """Return when everything appended so far is on disk."""
        os.fdatasync(self._fd)

    def close(self) -> None:
        """Let go of the file; a second call does nothing."""
        if self._fd >= 0:
            os.close(self._fd)
        self._fd = -1


class OsFiles:
    """The operating system's own files."""

    def create(self, path: Path) -> Appender:
        """A new empty file."""
        return OsAppender(path, os.O_CREAT | os.O_EXCL)

    def open(self, path: Path) -> Appender:
        """An existing file, to append to."""
        return OsAppender(path, 0)

    def truncate(self, path: Path, size: int) -> None:
        """Cut the file to `size` bytes, durably."""
        with path.open("r+b") as file:
            file.truncate(size)
            os.fsync(file.fileno())

    def replace(self, source: Path, target: Path) -> None:
        """Give `source` the name `target`."""
        source.replace(target)

    def remove(self, path: Path) -> None:
        """Delete the file if it is there."""
        path.unlink(missing_ok=True)

    def sync_folder(self, folder: Path) -> None:
        """Make names in `folder` durable."""
        fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)


def write_durably(files: Files, path: Path, data: bytes) -> None:
    """Put `data` at `path` so that after a crash there is either the old content or all of the new."""
    temporary = path.with_name(f".{path.name}.new")
    files.remove(temporary)
    appender = files.create(temporary)
    try:
        appender.append([data])
        appender.sync()
    finally:
        appender.close()
    files.replace(temporary, path)
    files.sync_folder(path.parent)
