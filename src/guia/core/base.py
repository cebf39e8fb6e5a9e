"""The base of a log whose front was given up: what those records had come to, as records.

A file `<position>.base` beside the segments stands for every record before `position`. Behind a header lie all
series, the newest observation of each, and the rows of the tables at the positions at which they were last written.
Whoever reads the log from 0 gets these first: store and views are built from a base and from a whole log by the
same code. The header keeps count and hash of the observations of every day, so that the history stays provable.

Segments before the newest base do not count, whether or not they are still there. As the base is on disk before
anything is deleted, a crash at any point leaves the old log or the new one.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from guia.core.errors import Corrupt, Unsupported
from guia.core.files import Files
from guia.core.segments import Record, base_path, first_position, record_size, seal, unseal

VERSION = 1
_HEADER_KIND = 0
_STEP = 8  # every position is divisible by it


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """What a base stands for."""

    version: int = VERSION
    position: int = 0
    """It stands for every record before this position."""
    received: int = 0
    """When the last of them was received, UTC nanoseconds."""
    records: int = 0
    """Records in the base."""
    rows: dict[int, int] = {}
    """Observations given up from the log, by day since 1970."""
    sums: dict[int, int] = {}
    """Sum of their hashes, by day (see `core.verify`)."""


def encode(header: Header, records: Sequence[tuple[int, int, bytes]]) -> bytes:
    """The file's content; `records` are (position, kind, payload), sorted by position."""
    parts: list[bytes] = []
    at = 0
    for position, kind, payload in ((0, _HEADER_KIND, msgspec.json.encode(header)), *records):
        parts += seal(kind, payload, at, header.received, position)
        at += record_size(len(payload))
    return b"".join(parts)


def header(folder: Path) -> Header:
    """Header of the base of the log in `folder`; of an empty one if nothing was given up."""
    position = first_position(folder)
    return _header(folder, _read(folder, position)) if position else Header()


def records(folder: Path) -> Iterator[Record]:
    """The records of the log's base; none if nothing was given up. Corrupt if it is not whole."""
    position = first_position(folder)
    if not position:
        return
    data = _read(folder, position)
    expected = _header(folder, data).records
    found = list(_sealed(data))[1:]
    if len(found) != expected:
        raise _damaged(base_path(folder, position))
    for record in found:
        at = record.committed
        yield Record(at, record.kind, record.received, record.payload, at, at + _STEP)


def forget(folder: Path, files: Files) -> int:
    """Delete what the newest base stands for: segments, and older bases; the number of files."""
    start = first_position(folder)
    old = [p for p in (*folder.glob("*.log"), *folder.glob("*.base")) if int(p.stem) < start]
    for path in old:
        files.remove(path)
    if old:
        files.sync_folder(folder)
    return len(old)


def _read(folder: Path, position: int) -> memoryview:
    return memoryview(base_path(folder, position).read_bytes())


def _sealed(data: memoryview) -> Iterator[Record]:
    offset = 0
    while (record := unseal(data, offset, offset)) is not None:
        yield record
        offset = record.end


def _header(folder: Path, data: memoryview) -> Header:
    path = base_path(folder, first_position(folder))
    first = unseal(data, 0, 0)
    if first is None or first.kind != _HEADER_KIND:
        raise _damaged(path)
    found = msgspec.json.decode(first.payload, type=Header)
    if found.version > VERSION:
        raise Unsupported(
            f"the log's base has version {found.version}, this Guia knows {VERSION}",
            place=str(path),
            remedy="open it with a newer Guia",
        )
    return found


def _damaged(path: Path) -> Corrupt:
    return Corrupt(
        "the base of the log fails its checksum",
        place=str(path),
        remedy="restore the last backup, or bring this file back from a copy",
    )
