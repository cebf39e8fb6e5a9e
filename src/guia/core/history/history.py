"""All observations of the past: files by entity type and day, and a tail in memory that no file holds yet."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from guia.core.clock import DAY
from guia.core.columns import Batch, Int32
from guia.core.files import Files
from guia.core.history import questions
from guia.core.history.bins import Bins, binned
from guia.core.history.order import by_series_and_time, partition
from guia.core.history.partitions import Manifest, Part, Partitions, Piece, day_text
from guia.core.history.tail import Rows, Tail, resolve, select
from guia.core.registry import Registry

MOST_SMALL_PARTS = 8
SMALL_ROWS = 4_000_000
MOST_MERGED_ROWS = 16_000_000
MOST_FLUSHED_ROWS = 4_000_000


class History:
    """Answers what was observed when, as known at any position.

    `applied` is the log position up to which the files hold everything; the tail holds what follows.
    """

    def __init__(self, folder: Path, files: Files, registry: Registry) -> None:
        self.partitions = Partitions(folder, files)
        self.tail = Tail()
        self._registry = registry
        self._end = self.applied
        self._lock = threading.Lock()
        self._flushing = threading.Lock()

    @property
    def applied(self) -> int:
        """Log position up to which the files hold everything."""
        return self.partitions.manifest.applied

    def append(self, batch: Batch, position: int, end: int) -> None:
        """Take in the batch of the record at `position`; one that the files hold is passed over."""
        if position < self._end:
            return
        with self._lock:
            self.tail.append(Rows(batch, np.full(len(batch), position, np.int64)))
            self._end = end

    def read(self, series: Int32, start: int, end: int, known_at: int | None = None) -> Batch:
        """Observations with start <= observed < end, sorted by (series, observed), duplicates resolved."""
        if not len(series) or start >= end:
            return Batch.empty()
        while True:
            with self._lock:
                manifest, tail = self.partitions.manifest, self.tail.snapshot()
            files = self.partitions.paths(manifest.holding(series, start, end))
            try:
                filed = questions.observations(files, series, start, end, known_at)
            except questions.FileGone:
                if manifest is self.partitions.manifest:
                    raise
                continue
            recent = [select(rows, series, start, end, known_at) for rows in tail]
            return resolve(Rows.concat([filed, *recent]))

    def read_binned(self, series: Int32, start: int, end: int, step_ns: int) -> Bins:
        """Mean, extremes and count of every series and step of time in which something was observed."""
        return binned(self.read(series, start, end), start, step_ns)

    def flush(self, end: int | None = None) -> int:
        """Move the tail into files; the rows moved. Everything before `end` has been appended."""
        with self._flushing:
            with self._lock:
                blocks = self.tail.seal()
                end = self._end if end is None else max(end, self._end)
            moved = sum(map(len, blocks))
            while blocks:
                count = _leading(blocks, MOST_FLUSHED_ROWS)
                chosen, blocks = blocks[:count], blocks[count:]
                self._file(chosen, int(blocks[0].position[0]) if blocks else end)
            if end > self.applied:
                self._file([], end)
            return moved

    def _file(self, blocks: list[Rows], end: int) -> None:
        """Put the oldest blocks of the tail into files, which then hold everything before `end`."""
        rows = Rows.concat(blocks)
        names = self._registry.group_names()
        pieces = [
            _piece(names[group], day, rows.gather(chosen)) for group, day, chosen in self._partition(rows)
        ]
        manifest = self.partitions.change(pieces, applied=end)
        with self._lock:
            self.partitions.manifest = manifest
            self.tail.drop(blocks)

    @contextmanager
    def still(self) -> Iterator[Manifest]:
        """Keeps the files as they are for as long as they are looked at."""
        with self._flushing:
            yield self.partitions.manifest

    def compact(self, today: int) -> int:
        """Merge small files: of days that are over, and of today if there are many; their number.

        A file of several days counts as of its last day: retention gives it up with that.
        """
        merged = 0
        with self._flushing:
            for parts in _mergeable(self.partitions.manifest.parts, today // DAY):
                rows = questions.everything(self.partitions.paths(parts))
                order = by_series_and_time(rows.batch.series, rows.batch.observed)
                piece = _piece(parts[0].group, max(p.day for p in parts), rows.gather(order))
                self.partitions.exchange(parts, [piece])
                merged += len(parts)
        return merged

    def retain(self, first_day: int) -> int:
        """Delete the files of all days before `first_day` (days since 1970); their number."""
        with self._flushing:
            return self.partitions.retain(first_day)

    def _partition(self, rows: Rows) -> list[tuple[int, int, "np.ndarray[tuple[int], np.dtype[np.int64]]"]]:
        if not len(rows):
            return []
        return list(partition(self._registry.groups(), rows.batch.series, rows.batch.observed))


def _leading(blocks: list[Rows], most_rows: int) -> int:
    """How many of the first blocks hold at most `most_rows` together; at least one."""
    sizes = np.cumsum([len(block) for block in blocks])
    return max(1, int(np.searchsorted(sizes, most_rows, "right")))


def _piece(group: str, day: int, rows: Rows) -> Piece:
    import pyarrow as pa

    batch = rows.batch
    table = pa.table(
        {
            "series": batch.series,
            "observed": batch.observed,
            "value": batch.value,
            "quality": batch.quality,
            "position": rows.position,
        }
    )
    return Piece(group, day, table, "observed")


def _mergeable(parts: tuple[Part, ...], today: int) -> list[list[Part]]:
    """Sets of small files that are worth merging: of a month's past days, or many of one day that goes on."""
    small: dict[tuple[str, str], list[Part]] = {}
    for part in parts:
        if part.rows < SMALL_ROWS:
            day = day_text(part.day)
            small.setdefault((part.group, day if part.day >= today else day[:7]), []).append(part)
    found = []
    for (_, span), candidates in small.items():
        if len(candidates) < (2 if len(span) == 7 else MOST_SMALL_PARTS):
            continue
        chosen, rows = [], 0
        for part in candidates:
            if rows + part.rows <= MOST_MERGED_ROWS:
                chosen.append(part)
                rows += part.rows
        if len(chosen) > 1:
            found.append(chosen)
    return found
