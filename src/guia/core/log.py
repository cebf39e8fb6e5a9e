"""The log of raw batches: the truth that everything else is built from.

One process appends (`Log`); any process reads (`LogReader`). Many appends waiting at once become one write
and one `fdatasync` (group commit, as in Helland et al., 1987): acknowledged means on disk.
"""

import fcntl
import os
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

from guia.core import base
from guia.core.clock import Clock, iso
from guia.core.errors import Conflict, Corrupt, InvalidInput, NotFound, TooBusy, Unavailable
from guia.core.files import Appender, Files
from guia.core.segments import (
    MOST_PAYLOAD,
    SEGMENT_HEADER,
    Record,
    Segment,
    check_segment_header,
    damage,
    first_position,
    has_segment_header,
    record_size,
    seal,
    segment_header,
    segment_path,
    segments,
    unseal,
    walk,
    was_on_disk,
)

SEGMENT_BYTES = 64 << 20
GROUP_BYTES = 8 << 20
MOST_WAITING_BYTES = 64 << 20
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class TornTail:
    """What was cut off the end of the log when it was opened: writes that were never acknowledged."""

    path: Path
    position: int
    cut_bytes: int


@dataclass(slots=True)
class _Waiting:
    kind: int
    payload: bytes
    done: "Future[int]"


class Log:
    """The one writer. Opening repairs a torn tail (`torn` tells) and refuses a damaged middle (Corrupt).

    `on_commit` is called with every committed group, in order, before its appends are acknowledged.
    """

    def __init__(
        self,
        folder: Path,
        clock: Clock,
        files: Files,
        *,
        on_commit: Callable[[Sequence[Record]], None] = lambda records: None,
        segment_bytes: int = SEGMENT_BYTES,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._clock = clock
        self._files = files
        self._on_commit = on_commit
        self._segment_bytes = segment_bytes
        self._waiting: deque[_Waiting] = deque()
        self._waiting_bytes = 0
        self._wake = threading.Condition()
        self._closing = False
        self._failure: Exception | None = None
        self._lock = lock(folder)
        try:
            base.forget(folder, files)
            self.torn = mend(folder, files)
            found = segments(folder)
            start = first_position(folder)
            self._segment, self._appender = self._reopen(found[-1]) if found else self._start_segment(start)
        except Exception:
            os.close(self._lock)
            raise
        self._end = self._segment.end
        self._thread = threading.Thread(target=self._commit_forever, name="log-committer", daemon=True)
        self._thread.start()

    @property
    def position(self) -> int:
        """Address behind the last record on disk; a record is known at it if its own address is smaller."""
        return self._end

    @property
    def waiting_bytes(self) -> int:
        """Bytes that wait for the disk."""
        return self._waiting_bytes

    def append(self, kind: int, payload: bytes) -> "Future[int]":
        """Queue a record; the future gives its position once it is on disk. TooBusy if the queue is full."""
        if len(payload) > MOST_PAYLOAD:
            raise InvalidInput(
                f"a record of {len(payload)} bytes is too large",
                remedy=f"split it: at most {MOST_PAYLOAD} bytes fit",
            )
        done: Future[int] = Future()
        with self._wake:
            if self._failure is not None or self._closing:
                raise self._unavailable()
            if self._waiting and self._waiting_bytes + len(payload) > MOST_WAITING_BYTES:
                raise TooBusy(
                    "too many writes are waiting for the disk",
                    remedy="send again in a second, and fewer at a time",
                )
            self._waiting.append(_Waiting(kind, payload, done))
            self._waiting_bytes += len(payload)
            self._wake.notify()
        return done

    def close(self) -> None:
        """Commit what waits, then let go of the files; a second call does nothing."""
        with self._wake:
            if self._closing:
                return
            self._closing = True
            self._wake.notify()
        self._thread.join()
        self._appender.close()
        os.close(self._lock)

    def _commit_forever(self) -> None:
        while (group := self._next_group()) is not None:
            try:
                records = self._commit(group)
                self._on_commit(records)
            except Exception as error:
                self._fail(error, group)
                return
            for waiting, record in zip(group, records, strict=True):
                waiting.done.set_result(record.position)

    def _next_group(self) -> list[_Waiting] | None:
        """What waits, up to GROUP_BYTES; None when the log is closed and nothing waits."""
        with self._wake:
            while not self._waiting:
                if self._closing:
                    return None
                self._wake.wait()
            group: list[_Waiting] = []
            size = 0
            while self._waiting and size < GROUP_BYTES:
                waiting = self._waiting.popleft()
                self._waiting_bytes -= len(waiting.payload)
                if waiting.done.set_running_or_notify_cancel():
                    group.append(waiting)
                    size += len(waiting.payload)
            return group

    def _commit(self, group: list[_Waiting]) -> list[Record]:
        if not group:
            return []
        if self._end - self._segment.base >= self._segment_bytes:
            self._appender.close()
            self._segment, self._appender = self._start_segment(self._end)
            self._end = self._segment.end
        received = self._clock.now()
        committed = position = self._end
        parts: list[bytes] = []
        records: list[Record] = []
        for waiting in group:
            parts += seal(waiting.kind, waiting.payload, position, received, committed)
            end = position + record_size(len(waiting.payload))
            payload = memoryview(waiting.payload)
            records.append(Record(position, waiting.kind, received, payload, committed, end))
            position = end
        self._appender.append(parts)
        self._appender.sync()
        self._end = position
        return records

    def _fail(self, error: Exception, group: list[_Waiting]) -> None:
        """After a failed write nobody knows what is on disk: take nothing more; the next opening mends."""
        with self._wake:
            self._failure = error
            group += self._waiting
            self._waiting.clear()
        for waiting in group:
            if not waiting.done.cancelled():
                waiting.done.set_exception(self._unavailable())

    def _unavailable(self) -> Unavailable:
        if self._failure is None:
            return Unavailable("the log is closed", place=str(self.folder), remedy="open the city again")
        return Unavailable(
            f"the log could not be written: {self._failure}",
            place=str(self.folder),
            remedy="make room on the disk or mend it, then start again: nothing acknowledged is lost",
        )

    def _start_segment(self, base: int) -> tuple[Segment, Appender]:
        path = segment_path(self.folder, base)
        appender = self._files.create(path)
        appender.append([segment_header(base)])
        appender.sync()
        self._files.sync_folder(self.folder)
        return Segment(path, base, SEGMENT_HEADER.size), appender

    def _reopen(self, segment: Segment) -> tuple[Segment, Appender]:
        return segment, self._files.open(segment.path)


def lock(folder: Path) -> int:
    """Hold the log for this one writer; Conflict if another has it. Ends when the descriptor is closed."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise Conflict(
            "another process, or another part of this one, writes this log",
            place=str(folder),
            remedy="stop it first; to read beside it use LogReader or the HTTP API",
        ) from error
    return descriptor


def mend(folder: Path, files: Files) -> TornTail | None:
    """Cut an unfinished write off the end of the log; Corrupt if what fails there was once on disk."""
    found = segments(folder)
    if not found:
        return None
    last = found[-1]
    data = memoryview(last.path.read_bytes())
    if last.size <= SEGMENT_HEADER.size and not has_segment_header(last, data):
        files.remove(last.path)
        files.sync_folder(folder)
        return TornTail(last.path, last.base, last.size)
    check_segment_header(last, data)
    end = last.base + SEGMENT_HEADER.size
    for record in walk(last, data):
        end = record.end
    offset = end - last.base
    if offset == last.size:
        return None
    if was_on_disk(last, data, offset):
        raise damage(last, offset)
    files.truncate(last.path, offset)
    return TornTail(last.path, end, last.size - offset)


class LogReader:
    """Reads a log that another process may be writing. Cheap to poll: one `fstat` when nothing is new."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._segments: list[Segment] = []
        self._open: Segment | None = None
        self._fd = -1

    def read(self, from_position: int = 0, to_position: int | None = None) -> Iterator[Record]:
        """Records with from_position <= position < to_position, in order; else as far as there are any.

        `from_position` is 0 or the `end` of a record read before. From 0 the log's base comes first, if its front
        was given up; NotFound for any other place in what was given up. Corrupt if a record is damaged, or if
        `from_position` is no such address. The end of the log may be half written: a later call takes it up.
        One reader serves one thread.
        """
        position = from_position
        if self._open is None or position < self._open.base:
            position = self._behind_base(position, to_position)
            if position > from_position == 0 and to_position != 0:
                yield from base.records(self.folder)
        while to_position is None or position < to_position:
            segment = self._find(position)
            if segment is None:
                return
            started = position = max(position, segment.base + SEGMENT_HEADER.size)
            for record in self._read_segment(segment, position, to_position):
                position = record.end
                yield record
            if to_position is not None and position >= to_position:
                return
            following = self._after(segment)
            if following is None:
                self._check_reached(segment, position, to_position)
                return
            if position == following.base:
                continue
            if position == started and segment.end == following.base:
                raise damage(segment, position - segment.base)

    def close(self) -> None:
        """Let go of the open file."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd, self._open = -1, None

    def _behind_base(self, position: int, to_position: int | None) -> int:
        """Where to go on in the segments; NotFound if what is asked for was given up."""
        start = first_position(self.folder)
        until = start if to_position is None else to_position
        if position < until and (0 < position < start or until < start):
            raise NotFound(
                f"the log before position {start} has been given up",
                place=f"{self.folder}, position {position or until}",
                remedy=f"ask for what came after {iso(base.header(self.folder).received)}",
            )
        return max(position, start)

    def _find(self, position: int) -> Segment | None:
        """The segment that holds `position` or will hold it next."""
        if self._open is not None and self._open.base <= position:
            size = os.fstat(self._fd).st_size
            self._open = Segment(self._open.path, self._open.base, size)
            if position < self._open.end:
                return self._open
        self._segments = segments(self.folder)
        holding = [s for s in self._segments if s.base <= position]
        return holding[-1] if holding else (self._segments[0] if self._segments else None)

    def _after(self, segment: Segment) -> Segment | None:
        if not any(s.base > segment.base for s in self._segments):
            self._segments = segments(self.folder)
        return next((s for s in self._segments if s.base > segment.base), None)

    def _descriptor(self, segment: Segment) -> int:
        if self._open is None or self._open.base != segment.base:
            self.close()
            self._fd = os.open(segment.path, os.O_RDONLY | os.O_CLOEXEC)
            check_segment_header(segment, memoryview(os.pread(self._fd, SEGMENT_HEADER.size, 0)))
        self._open = segment
        return self._fd

    def _read_segment(self, segment: Segment, position: int, to_position: int | None) -> Iterator[Record]:
        if segment.size <= SEGMENT_HEADER.size:  # no record yet; after a power cut perhaps no header either
            return
        fd = self._descriptor(segment)
        offset = max(position - segment.base, SEGMENT_HEADER.size)
        want = _CHUNK
        while True:
            data = memoryview(os.pread(fd, want, offset))
            used = 0
            while (record := unseal(data, used, segment.base + offset + used)) is not None:
                if to_position is not None and record.position >= to_position:
                    return
                yield record
                used += record_size(len(record.payload))
            if used == 0 and len(data) < want:
                return
            if used == 0:
                if want > segment.size:
                    return
                want *= 2
            offset += used
            fd = self._descriptor(segment)

    def _check_reached(self, segment: Segment, position: int, to_position: int | None) -> None:
        if to_position is not None and position < to_position:
            raise Corrupt(
                f"the log has no sound record at {position}, though it should reach to {to_position}",
                place=f"{segment.path}, byte {position - segment.base}",
                remedy="restore the last backup, or bring this segment back from a copy",
            )
