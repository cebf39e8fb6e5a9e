"""Backfill: old observations out of CSV and Parquet files, read in pieces however large the file is."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from guia.core.clock import instant
from guia.core.errors import InvalidInput

PIECE_ROWS = 100_000
PIECE_BYTES = 8 << 20
_PLACEHOLDER = re.compile(r"\{([^{}]+)\}")
_NUMBER = r"^\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*$"


@dataclass(frozen=True, slots=True)
class Layout:
    """Which of a file's columns mean what."""

    name: str = "{series}"
    """Series name, with the file's columns in braces: `urn:ngsi-ld:Meter:macau:{id}|power`."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """The file's column for each of `observed`, `value` and `quality`, where it is called otherwise."""
    zone: str = "UTC"
    """Zone of times that carry none."""

    def column(self, wanted: str) -> str:
        """The file's column for one of ours."""
        return self.columns.get(wanted, wanted)


def pieces(
    file: Path, layout: Layout, moved: Callable[[int, int], None] = lambda at, of: None
) -> Iterator[Any]:
    """Arrow tables (series, observed, value, quality) of a file, piece by piece, with the row of the first.

    `moved` is told how far the reading is. InvalidInput if the file cannot be read or lacks a column. Rows that
    cannot be understood have null in place of what is wrong: the hub rejects and keeps them.
    """
    import pyarrow as pa

    if not file.is_file():
        raise InvalidInput(
            "there is no such file", place=str(file), remedy="give the path of a CSV or Parquet file"
        )
    read = _parquet if file.suffix == ".parquet" else _csv
    try:
        for batch in read(file, moved):
            yield _piece(batch, layout, file)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise InvalidInput(
            f"the file cannot be read: {error}",
            place=str(file),
            remedy="it must be CSV with a head, or Parquet",
        ) from None


def _csv(file: Path, moved: Callable[[int, int], None]) -> Iterator[Any]:
    """Every column as text: what a column means is decided row by row, not by its first lines."""
    import pyarrow as pa
    import pyarrow.csv as pc

    size = file.stat().st_size
    with pa.OSFile(str(file)) as raw:
        source = pa.CompressedInputStream(raw, "gzip") if file.suffix == ".gz" else raw
        read = pc.ReadOptions(block_size=PIECE_BYTES)
        with pc.open_csv(source, read_options=read, convert_options=_as_text(file)) as reader:
            for batch in reader:
                moved(raw.tell(), size)
                yield batch


def _as_text(file: Path) -> Any:
    """Convert options that leave every column text; the head names them."""
    import gzip

    import pyarrow as pa
    import pyarrow.csv as pc

    with gzip.open(file, "rb") if file.suffix == ".gz" else file.open("rb") as source:
        head = source.readline(1 << 20).decode("utf-8-sig").strip()
    names = [name.strip().strip('"') for name in head.split(",")]
    return pc.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False)


def _parquet(file: Path, moved: Callable[[int, int], None]) -> Iterator[Any]:
    import pyarrow.parquet as pq

    with pq.ParquetFile(file) as source:
        rows, done = source.metadata.num_rows, 0
        for batch in source.iter_batches(PIECE_ROWS):
            done += len(batch)
            moved(done, rows)
            yield batch


def _piece(batch: Any, layout: Layout, file: Path) -> Any:
    import pyarrow as pa

    columns = {
        "series": _names(batch, layout.name, file).dictionary_encode(),
        "observed": _times(_column(batch, layout.column("observed"), file), layout.zone),
        "value": _numbers(_column(batch, layout.column("value"), file)),
    }
    if layout.column("quality") in batch.schema.names:
        quality = _numbers(_column(batch, layout.column("quality"), file))
        columns["quality"] = quality.fill_null(0).cast(pa.uint8(), safe=False)
    return pa.table(columns)


def _column(batch: Any, name: str, file: Path) -> Any:
    if name not in batch.schema.names:
        raise InvalidInput(
            f"the file has no column {name!r}; it has {', '.join(batch.schema.names[:20])}",
            place=str(file),
            remedy=f"say which column is meant: --map observed={name} or --name '…{{column}}…'",
        )
    return batch.column(name)


def _names(batch: Any, template: str, file: Path) -> Any:
    """The series name of each row."""
    import pyarrow as pa
    import pyarrow.compute as pc

    parts: list[Any] = []
    for at, part in enumerate(_PLACEHOLDER.split(template)):
        parts.append(_column(batch, part, file).cast(pa.string()) if at % 2 else pa.scalar(part))
    joined = pc.binary_join_element_wise(*parts, "", null_handling="replace", null_replacement="")
    return joined if isinstance(joined, pa.Array) else pa.array([joined.as_py()] * len(batch), pa.string())


def _numbers(column: Any) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        column = pc.if_else(pc.match_substring_regex(column, _NUMBER), pc.utf8_trim_whitespace(column), None)
    return column.cast(pa.float64())


def _times(column: Any, zone: str) -> Any:
    """Instants: of text (ISO 8601), timestamps, or whole numbers of nanoseconds; null where there is none."""
    import pyarrow as pa
    import pyarrow.compute as pc

    utc = pa.timestamp("ns", tz="UTC")
    if pa.types.is_timestamp(column.type):
        aware = (
            column
            if column.type.tz
            else pc.assume_timezone(column, zone, ambiguous="earliest", nonexistent="earliest")
        )
        return aware.cast(utc)
    if pa.types.is_integer(column.type):
        return column.cast(pa.int64()).cast(utc)
    try:
        return pc.assume_timezone(
            column.cast(pa.timestamp("ns")), zone, ambiguous="earliest", nonexistent="earliest"
        ).cast(utc)
    except pa.ArrowInvalid:
        local = ZoneInfo(zone)
        return pa.array([_time(text, local) for text in column.to_pylist()], pa.int64()).cast(utc)


def _time(text: str | None, zone: ZoneInfo) -> int | None:
    from datetime import datetime

    if not text:
        return None
    if text.isdigit() and len(text) >= 18:
        return int(text)
    try:
        moment = datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
        found = instant(moment.replace(tzinfo=moment.tzinfo or zone).isoformat())
    except (ValueError, OverflowError):
        return None
    return found if abs(found) < (1 << 62) else None
