"""How the log lies on disk: segment files, record headers, checksums.

A segment is a file named by its *base*, the address of its first byte in the whole log. It opens with 16
bytes (name and version of the format, base); then records follow, each at an address divisible by 8:

| bytes | field | meaning |
|---|---|---|
| 4 | magic | `GUIR` |
| 4 | crc32 | of the rest of the header and the payload |
| 2, 2 | kind, reserved | what the payload is |
| 4 | length | of the payload, without the padding to 8 bytes |
| 8 | position | the record's own address |
| 8 | received | UTC nanoseconds |
| 8 | committed | up to where the log was on disk when this record was written |

`committed` tells damage from a torn tail: a bad record below the `committed` of a good one was once on disk.
"""

import itertools
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from guia.core.errors import Corrupt, Unsupported

FORMAT = b"GUIALOG"
VERSION = 1
SEGMENT_HEADER = struct.Struct("<7sBq")
HEADER = struct.Struct("<4sIHHIqqq")
MAGIC = b"GUIR"
MOST_PAYLOAD = 1 << 30
_CHECKED_FROM = 8  # the crc covers everything behind itself


@dataclass(frozen=True, slots=True)
class Record:
    """One record of the log."""

    position: int
    kind: int
    received: int
    """When the city received it, UTC nanoseconds."""
    payload: memoryview
    committed: int
    end: int
    """Address just behind the record: where reading goes on."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One file of the log."""

    path: Path
    base: int
    size: int

    @property
    def end(self) -> int:
        """Address just behind the file's last byte."""
        return self.base + self.size


def record_size(length: int) -> int:
    """Bytes that a record with a payload of `length` bytes takes on disk."""
    return HEADER.size + (length + 7 & ~7)


def segment_path(folder: Path, base: int) -> Path:
    """File of the segment that starts at `base`."""
    return folder / f"{base:020d}.log"


def base_path(folder: Path, position: int) -> Path:
    """File that stands for the records before `position` (see `core.base`)."""
    return folder / f"{position:020d}.base"


def first_position(folder: Path) -> int:
    """Position from which on the log has all its records: that of the newest base, 0 if there is none."""
    return max((int(path.stem) for path in folder.glob("*.base")), default=0)


def segment_header(base: int) -> bytes:
    """First bytes of the segment that starts at `base`."""
    return SEGMENT_HEADER.pack(FORMAT, VERSION, base)


def seal(kind: int, payload: bytes, position: int, received: int, committed: int) -> list[bytes]:
    """The record as parts to write one behind the other: header, payload, padding."""
    header = HEADER.pack(MAGIC, 0, kind, 0, len(payload), position, received, committed)
    crc = zlib.crc32(payload, zlib.crc32(header[_CHECKED_FROM:]))
    sealed = MAGIC + crc.to_bytes(4, "little") + header[_CHECKED_FROM:]
    padding = -len(payload) % 8
    return [sealed, payload, bytes(padding)] if padding else [sealed, payload]


def unseal(data: memoryview, offset: int, position: int) -> Record | None:
    """The record at `offset` of `data` and `position` of the log; None if no whole, sound one is there."""
    if offset + HEADER.size > len(data):
        return None
    magic, crc, kind, _, length, at, received, committed = HEADER.unpack_from(data, offset)
    start = offset + HEADER.size
    if magic != MAGIC or at != position or offset + record_size(length) > len(data):
        return None
    payload = data[start : start + length]
    if zlib.crc32(payload, zlib.crc32(data[offset + _CHECKED_FROM : start])) != crc:
        return None
    return Record(position, kind, received, payload, committed, position + record_size(length))


def segments(folder: Path) -> list[Segment]:
    """All segments that count, in order of their bases; Corrupt where one is missing before another."""
    start = first_position(folder)
    paths = [path for path in sorted(folder.glob("*.log")) if int(path.stem) >= start]
    try:
        found = [Segment(path, int(path.stem), path.stat().st_size) for path in paths]
    except FileNotFoundError:
        if first_position(folder) == start:
            raise
        return segments(folder)  # some were given up meanwhile
    if start and found and found[0].base != start:
        raise _missing(start, found[0])
    for earlier, later in itertools.pairwise(found):
        if earlier.end != later.base:
            raise _missing(earlier.end, later)
    return found


def _missing(end: int, following: Segment) -> Corrupt:
    return Corrupt(
        f"the log ends at {end} in one segment and goes on at {following.base} in the next",
        place=str(following.path),
        remedy="bring back the missing segment, or restore a backup",
    )


def has_segment_header(segment: Segment, data: memoryview) -> bool:
    """Whether the file opens as a segment with this base does, of whatever version."""
    if len(data) < SEGMENT_HEADER.size:
        return False
    name, _, base = SEGMENT_HEADER.unpack_from(data)
    return bool(name == FORMAT and base == segment.base)


def check_segment_header(segment: Segment, data: memoryview) -> None:
    """Corrupt if the file is no segment with this base; Unsupported if a newer Guia wrote it."""
    version = data[len(FORMAT)] if has_segment_header(segment, data) else 0
    if version < 1:
        raise damage(segment, 0)
    if version > VERSION:
        raise Unsupported(
            f"the log has version {version}, this Guia knows {VERSION}",
            place=str(segment.path),
            remedy="open it with the Guia that wrote it, or a newer one",
        )


def walk(segment: Segment, data: memoryview) -> Iterator[Record]:
    """Sound records of a whole segment, up to the first place where there is none."""
    offset = SEGMENT_HEADER.size
    while (record := unseal(data, offset, segment.base + offset)) is not None:
        yield record
        offset += record_size(len(record.payload))


def was_on_disk(segment: Segment, data: memoryview, offset: int) -> bool:
    """Whether a sound record behind `offset` proves that the log had been on disk beyond `offset`."""
    raw = bytes(data[offset:])
    found = raw.find(MAGIC)
    while found >= 0:
        record = unseal(data, offset + found, segment.base + offset + found)
        if record is not None and record.committed > segment.base + offset:
            return True
        found = raw.find(MAGIC, found + 1)
    return False


def damage(segment: Segment, offset: int) -> Corrupt:
    """The error for a record that fails its checksum though it was once on disk."""
    return Corrupt(
        "a record of the log fails its checksum, and it is not the torn end of an unfinished write",
        place=f"{segment.path}, byte {offset}",
        remedy="restore the last backup, or bring this segment back from a copy",
    )
