"""The hot end of the history: rows in memory that no file holds yet."""

import threading
from dataclasses import dataclass

import numpy as np

from guia.core.columns import Batch, Int32, Int64

BLOCK_ROWS = 1 << 18


@dataclass(frozen=True, slots=True)
class Rows:
    """Observations with the positions of their records, in the order of arrival."""

    batch: Batch
    position: Int64

    def __len__(self) -> int:
        return len(self.position)

    def take(
        self, rows: "np.ndarray[tuple[int], np.dtype[np.intp]] | np.ndarray[tuple[int], np.dtype[np.bool_]]"
    ) -> "Rows":
        """The chosen rows (mask or indices)."""
        return Rows(self.batch.take(rows), self.position[rows])

    def gather(self, rows: Int64) -> "Rows":
        """The rows at these indices. Unlike indexing, `np.take` lets other threads run meanwhile."""
        *columns, position = (np.take(column, rows) for column in self._columns())
        return Rows(Batch(*columns), position)

    @classmethod
    def empty(cls, size: int = 0) -> "Rows":
        """`size` rows without meaning."""
        columns = (
            np.empty(size, np.int32),
            np.empty(size, np.int64),
            np.empty(size),
            np.empty(size, np.uint8),
        )
        return cls(Batch(*columns), np.empty(size, np.int64))

    @classmethod
    def concat(cls, parts: "list[Rows]") -> "Rows":
        """All rows of `parts`, in order."""
        if not parts:
            return cls.empty()
        return cls(Batch.concat([p.batch for p in parts]), np.concatenate([p.position for p in parts]))

    def _columns(self) -> tuple[np.ndarray, ...]:
        batch = self.batch
        return batch.series, batch.observed, batch.value, batch.quality, self.position

    def view(self, start: int, end: int) -> "Rows":
        """Rows start to end, without a copy."""
        *columns, position = (column[start:end] for column in self._columns())
        return Rows(Batch(*columns), position)

    def write(self, at: int, rows: "Rows") -> None:
        """Put `rows` at row `at`."""
        for column, more in zip(self._columns(), rows._columns(), strict=True):
            column[at : at + len(rows)] = more


class Tail:
    """Rows since the last flush, in blocks. One thread appends; any takes snapshots, which never change."""

    def __init__(self, block_rows: int = BLOCK_ROWS) -> None:
        self._lock = threading.Lock()
        self._block_rows = block_rows
        self._full: list[Rows] = []
        self._block = Rows.empty(block_rows)
        self._used = 0
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def append(self, rows: Rows) -> None:
        """Add rows; positions never go down."""
        with self._lock:
            if self._used + len(rows) > self._block_rows:
                self._start_block()
            if len(rows) > self._block_rows:
                self._full.append(rows)
            else:
                self._block.write(self._used, rows)
                self._used += len(rows)
            self._size += len(rows)

    def snapshot(self) -> list[Rows]:
        """All rows of this moment, block by block; later appends do not touch them."""
        with self._lock:
            return [*self._full, self._block.view(0, self._used)]

    def seal(self) -> list[Rows]:
        """As `snapshot`, as blocks that nothing will be added to: what a flush takes."""
        with self._lock:
            self._start_block()
            return list(self._full)

    def drop(self, sealed: list[Rows]) -> None:
        """Forget sealed blocks: files hold them now. Snapshots keep them."""
        with self._lock:
            del self._full[: len(sealed)]
            self._size = sum(map(len, self._full)) + self._used

    def _start_block(self) -> None:
        if self._used:
            self._full.append(self._block.view(0, self._used))
            self._block = Rows.empty(self._block_rows)
            self._used = 0


def select(rows: Rows, series: Int32, start: int, end: int, known_at: int | None = None) -> Rows:
    """Rows of these series with start <= observed < end that were known at a position, in the order given."""
    if not len(rows) or not len(series):
        return Rows.empty()
    if len(series) == 1:
        mask = rows.batch.series == series[0]
    else:
        wanted = np.zeros(int(max(series.max(), rows.batch.series.max())) + 1, np.bool_)
        wanted[series[series >= 0]] = True
        mask = wanted[rows.batch.series]
    mask &= (rows.batch.observed >= start) & (rows.batch.observed < end)
    if known_at is not None:
        mask &= rows.position < known_at
    return rows.take(np.flatnonzero(mask))


def resolve(rows: Rows) -> Batch:
    """Rows sorted by (series, observed), of equal ones only that with the newest position."""
    order = np.lexsort((rows.position, rows.batch.observed, rows.batch.series))
    batch = rows.batch.take(order)
    if len(batch) > 1:
        last = np.ones(len(batch), np.bool_)
        last[:-1] = (batch.series[1:] != batch.series[:-1]) | (batch.observed[1:] != batch.observed[:-1])
        batch = batch.take(last)
    return batch
