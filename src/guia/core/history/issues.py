"""All forecasts ever issued (as long as they are kept): files by day of issue, and a tail in memory."""

import threading
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from guia.core.clock import DAY
from guia.core.columns import Forecasts, Int32
from guia.core.files import Files
from guia.core.forecasts import take
from guia.core.history import questions
from guia.core.history.order import stable_order
from guia.core.history.partitions import Partitions, Piece

if TYPE_CHECKING:
    import pyarrow as pa

_GROUP = "forecasts"
COLUMNS = ("series", "issued", "target", "quantile", "value")


class Issues:
    """Answers what was forecast, and when. `applied`: log position up to which the files hold everything."""

    def __init__(self, folder: Path, files: Files) -> None:
        self.partitions = Partitions(folder, files)
        self._tail: tuple[Forecasts, ...] = ()
        self._end = self.applied
        self._lock = threading.Lock()
        self._flushing = threading.Lock()

    @property
    def applied(self) -> int:
        """Log position up to which the files hold everything."""
        return self.partitions.manifest.applied

    def __len__(self) -> int:
        return sum(map(len, self._tail))

    def append(self, forecasts: Forecasts, position: int, end: int) -> None:
        """Take in the record from `position` to `end`; one that the files hold is passed over."""
        if position < self._end:
            return
        with self._lock:
            self._tail = (*self._tail, forecasts)
            self._end = end

    def read(self, series: Int32, start: int, end: int, issued_before: int | None = None) -> list[Forecasts]:
        """Forecasts for start <= target < end, one per issue and model, oldest issue first."""
        if not len(series) or start >= end:
            return []
        latest = np.iinfo(np.int64).max if issued_before is None else issued_before
        while True:
            with self._lock:
                manifest, tail = self.partitions.manifest, self._tail
            files = self.partitions.paths(manifest.holding(series, start, end))
            try:
                filed = questions.forecasts(files, series, start, end, latest)
            except questions.FileGone:
                if manifest is self.partitions.manifest:
                    raise
                continue
            return _by_issue(filed + [_select(f, series, start, end, latest) for f in tail])

    def flush(self, end: int) -> int:
        """Move the tail into files; the number of rows moved. Everything before `end` has been appended."""
        with self._flushing:
            with self._lock:
                tail = self._tail
                end = max(end, self._end)
            if tail or end > self.applied:
                manifest = self.partitions.change(_pieces(tail), applied=end)
                with self._lock:
                    self.partitions.manifest = manifest
                    self._tail = self._tail[len(tail) :]
            return sum(map(len, tail))

    def retain(self, first_day: int) -> int:
        """Delete the files of all days of issue before `first_day` (days since 1970); their number."""
        with self._flushing:
            return self.partitions.retain(first_day)


def _select(forecasts: Forecasts, series: Int32, start: int, end: int, latest: int) -> Forecasts:
    rows = (forecasts.target >= start) & (forecasts.target < end) & (forecasts.issued < latest)
    return take(forecasts, rows & np.isin(forecasts.series, series))


def _by_issue(found: list[Forecasts]) -> list[Forecasts]:
    split: dict[tuple[int, str], list[Forecasts]] = {}
    for part in found:
        for issued in np.unique(part.issued).tolist():
            split.setdefault((issued, part.model), []).append(take(part, part.issued == issued))
    return [_joined(split[key]) for key in sorted(split)]


def _joined(parts: list[Forecasts]) -> Forecasts:
    columns = {name: np.concatenate([getattr(p, name) for p in parts]) for name in COLUMNS}
    order = np.lexsort((columns["quantile"], columns["target"], columns["series"]))
    return Forecasts(model=parts[0].model, **{name: column[order] for name, column in columns.items()})


def _pieces(tail: tuple[Forecasts, ...]) -> list[Piece]:
    import pyarrow as pa

    by_day: dict[int, list[pa.Table]] = {}
    for forecasts in tail:
        days = forecasts.issued // DAY
        for day in np.unique(days).tolist():
            by_day.setdefault(day, []).append(_table(take(forecasts, days == day)))
    pieces = []
    for day, tables in by_day.items():
        table = pa.concat_tables(tables)
        order = stable_order(table["series"].to_numpy())
        pieces.append(Piece(_GROUP, day, table.take(order), "target"))
    return pieces


def _table(forecasts: Forecasts) -> "pa.Table":
    import pyarrow as pa

    columns = {name: getattr(forecasts, name) for name in COLUMNS}
    return pa.table(columns | {"model": pa.repeat(forecasts.model, len(forecasts))})
