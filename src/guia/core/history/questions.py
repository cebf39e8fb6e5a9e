"""The few questions put to the Parquet files, in DuckDB's SQL. `files` are those that can hold an answer."""

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from guia.core.columns import Batch, Forecasts, Int32
from guia.core.errors import Corrupt
from guia.core.history.tail import Rows

if TYPE_CHECKING:
    import duckdb


class FileGone(Corrupt):
    """A file is not there (any more): it has been merged into another since, or is lost."""


_CHOSEN = "series BETWEEN $low AND $high AND series IN (SELECT unnest($ids))"
_lock = threading.Lock()
_database: list["duckdb.DuckDBPyConnection"] = []


def observations(
    files: Sequence[Path], series: Int32, start: int, end: int, known_at: int | None = None
) -> Rows:
    """Rows of these series with start <= observed < end, of records before `known_at`."""
    if not files or not len(series):
        return Rows.empty()
    found = _ask(
        "SELECT series, observed, value, quality, position FROM read_parquet($files)"
        f" WHERE {_CHOSEN}"
        " AND observed >= $start AND observed < $end AND position < $known_at",
        files,
        series,
        start=start,
        end=end,
        known_at=np.iinfo(np.int64).max if known_at is None else known_at,
    )
    batch = Batch(found["series"], found["observed"], found["value"], found["quality"])
    return Rows(batch, found["position"])


def forecasts(
    files: Sequence[Path], series: Int32, start: int, end: int, issued_before: int
) -> list[Forecasts]:
    """Forecasts of these series for start <= target < end, issued before an instant; one per model."""
    if not files or not len(series):
        return []
    found = _ask(
        "SELECT series, issued, target, quantile, value, model FROM read_parquet($files)"
        f" WHERE {_CHOSEN}"
        " AND target >= $start AND target < $end AND issued < $issued_before",
        files,
        series,
        start=start,
        end=end,
        issued_before=issued_before,
    )
    models = found.pop("model")
    return [
        Forecasts(model=str(model), **{name: column[models == model] for name, column in found.items()})
        for model in np.unique(models)
    ]


def everything(files: Sequence[Path]) -> Rows:
    """All rows of these files, in the order of the files and within them."""
    return Rows.concat([rows for file in files for rows in in_portions(file)])


def in_portions(file: Path) -> Iterator[Rows]:
    """All rows of a file, in its order, a row group or so at a time."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(file) as opened:
        for portion in opened.iter_batches():
            columns = [c.to_numpy() for c in portion.columns]
            yield Rows(Batch(*columns[:4]), columns[4])


def _ask(sql: str, files: Sequence[Path], series: Int32, **parameters: Any) -> dict[str, Any]:
    ids = np.unique(series)
    parameters |= {
        "files": [str(f) for f in files],
        "low": int(ids[0]),
        "high": int(ids[-1]),
    }
    if len(ids) == 1:
        sql = sql.replace(_CHOSEN, "series = $low AND $low = $high")
    else:
        parameters["ids"] = ids.tolist()
    import duckdb

    try:
        found: dict[str, Any] = _connection().execute(sql, parameters).fetchnumpy()
    except duckdb.Error as error:
        raise FileGone(
            f"a file of the history cannot be read: {error}",
            remedy="run `guia verify` to see what is missing",
        ) from error
    return found


def _connection() -> "duckdb.DuckDBPyConnection":
    """A connection of one's own to one shared in-memory database."""
    import duckdb

    with _lock:
        if not _database:
            _database.append(duckdb.connect(config={"threads": 2, "memory_limit": "1GB"}))
        return _database[0].cursor()
