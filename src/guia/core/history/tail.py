"""The hot end of the history: rows in memory that no file holds yet."""

import threading
from dataclasses import dataclass

import numpy as np

from guia.core.columns import Batch, Int32, Int64


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
    """Rows since the last flush. One thread appends; any thread takes snapshots, which never change."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rows = Rows.empty(1 << 16)
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def append(self, rows: Rows) -> None:
        """Add rows; positions never go down."""
        with self._lock:
            end = self._size + len(rows)
            if end > len(self._rows):
                bigger = Rows.empty(max(end, 2 * len(self._rows)))
                bigger.write(0, self._rows.view(0, self._size))
                self._rows = bigger
            self._rows.write(self._size, rows)
            self._size = end

    def snapshot(self) -> Rows:
        """All rows of this moment; later appends do not touch them."""
        with self._lock:
            return self._rows.view(0, self._size)

    def drop(self, count: int) -> None:
        """Forget the oldest `count` rows: files hold them now. Snapshots taken before keep them."""
        with self._lock:
            rest = self._rows.view(count, self._size)
            self._rows = Rows.empty(max(1 << 16, 2 * len(rest)))
            self._rows.write(0, rest)
            self._size = len(rest)


def select(rows: Rows, series: Int32, start: int, end: int, known_at: int | None = None) -> Rows:
    """Rows of these series with start <= observed < end that were known at a position, in the order given."""
    if not len(rows) or not len(series):
        return Rows.empty()
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
