"""Observations on the wire: Arrow IPC streams and JSON columns, decoded to arrays without a step per row."""

from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np

from guia.core.clock import instant
from guia.core.columns import Float64, Int32, Int64, Quality, UInt8
from guia.core.errors import InvalidInput

ARROW = "application/vnd.apache.arrow.stream"
MAX_ROWS = 1_000_000
SHAPE = 'send {"series": ["<entity>|<attribute>", …], "observed": […], "value": […]}, all of equal length'


@dataclass(frozen=True, slots=True)
class Fault:
    """A row that cannot be read."""

    row: int
    series: str
    reason: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Columns:
    """Observations whose series still have names. Row i is of series `names[index[i]]`."""

    names: list[str]
    index: Int32
    observed: Int64
    value: Float64
    quality: UInt8
    rows: Int64
    """Row numbers as the sender counts them."""
    faults: tuple[Fault, ...] = ()

    def __len__(self) -> int:
        return len(self.index)


class _Json(msgspec.Struct):
    """The fast path: every value has its right type."""

    series: list[str]
    observed: list[int | str]
    value: list[float | None]
    quality: list[int] | None = None


_json = msgspec.json.Decoder(_Json)


def decode(body: bytes, media_type: str) -> Columns:
    """Columns of a body in Arrow IPC stream or JSON; InvalidInput when it is neither or has the wrong shape."""
    return from_arrow(body) if media_type.partition(";")[0].strip() == ARROW else from_json(body)


def from_json(body: bytes) -> Columns:
    """Columns of a JSON object of columns. Rows of a wrong type become faults; the others are kept."""
    try:
        sent = _json.decode(body)
    except msgspec.ValidationError:
        return _row_by_row(_object(body))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidInput(f"the body is not JSON: {error}", place="body", remedy=SHAPE) from None
    n = _equal_lengths({"series": sent.series, "observed": sent.observed, "value": sent.value})
    try:
        observed = np.array([instant(t) if isinstance(t, str) else t for t in sent.observed], np.int64)
        quality = np.zeros(n, np.uint8) if sent.quality is None else np.array(sent.quality, np.uint8)
    except (ValueError, OverflowError):
        return _row_by_row(_object(body))
    if len(quality) != n:
        raise InvalidInput(f"quality has {len(quality)} rows, series {n}", place="quality", remedy=SHAPE)
    value = np.array(sent.value, np.float64)
    names, index = _distinct(sent.series)
    quality = np.where(np.isnan(value) & (quality == 0), np.uint8(Quality.MISSING), quality)
    return Columns(names, index, observed, value, quality, np.arange(n))


def from_arrow(body: bytes) -> Columns:
    """Columns of an Arrow IPC stream; the dictionary of series names is read once, not once per row."""
    import pyarrow as pa

    try:
        with pa.ipc.open_stream(pa.py_buffer(body)) as reader:
            table = reader.read_all()
        table.validate(full=True)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise InvalidInput(
            f"the body is no Arrow IPC stream: {error}",
            place="body",
            remedy="write it with pyarrow.ipc.new_stream",
        ) from None
    if table.num_rows > MAX_ROWS:
        raise InvalidInput(
            f"{table.num_rows} rows are too many", place="body", remedy=f"send at most {MAX_ROWS} rows"
        )
    for column in ("series", "observed", "value"):
        if table.schema.get_all_field_indices(column).__len__() != 1:
            raise InvalidInput(
                f"there must be one column {column!r}",
                place="schema",
                remedy="columns are series, observed, value and, if you like, quality",
            )
    try:
        names, index = _arrow_names(table["series"])
        return Columns(
            names, index, _arrow_times(table["observed"]), *_arrow_values(table), np.arange(len(index))
        )
    except (pa.ArrowException, ValueError, TypeError) as error:
        raise InvalidInput(
            f"a column has the wrong type: {error}",
            place="schema",
            remedy="series: dictionary<string>; observed: timestamp[ns, UTC] or int64; value: float64",
        ) from None


def _arrow_names(column: Any) -> tuple[list[str], Int32]:
    import pyarrow as pa

    array = column.combine_chunks()
    if isinstance(array, pa.ChunkedArray):
        array = pa.chunked_array(array.chunks).unify_dictionaries().combine_chunks()
    if not pa.types.is_dictionary(array.type):
        array = array.cast(pa.string()).dictionary_encode()
    names = array.dictionary.cast(pa.string()).to_pylist()
    index = array.indices.cast(pa.int32()).fill_null(-1).to_numpy(zero_copy_only=False)
    if None in names or (index < 0).any():
        names = ["" if n is None else n for n in names] + [""]
        index = np.where(index < 0, np.int32(len(names) - 1), index)
    return names, np.ascontiguousarray(index, np.int32)


def _arrow_times(column: Any) -> Int64:
    import pyarrow as pa

    if pa.types.is_timestamp(column.type):
        if column.type.tz is None:
            raise ValueError("observed has no time zone")
        column = column.cast(pa.timestamp("ns", tz="UTC")).cast(pa.int64())
    elif not pa.types.is_integer(column.type):
        raise TypeError(f"observed is {column.type}")
    return np.ascontiguousarray(column.cast(pa.int64()).fill_null(-1).to_numpy(), np.int64)


def _arrow_values(table: Any) -> tuple[Float64, UInt8]:
    import pyarrow as pa

    nulls = table["value"].is_null().to_numpy()
    value = np.array(table["value"].cast(pa.float64()).to_numpy(), np.float64)
    value[nulls] = np.nan
    if "quality" in table.column_names:
        quality = np.array(table["quality"].cast(pa.uint8()).fill_null(0).to_numpy(), np.uint8)
    else:
        quality = np.zeros(len(value), np.uint8)
    quality[nulls & (quality == 0)] = Quality.MISSING
    return value, quality


def _distinct(series: list[str]) -> tuple[list[str], Int32]:
    """Distinct names in order of appearance, and the row's index into them."""
    position: dict[str, int] = {}
    index = np.fromiter((position.setdefault(s, len(position)) for s in series), np.int32, len(series))
    return list(position), index


def _object(body: bytes) -> dict[str, Any]:
    try:
        sent = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidInput(f"the body is not JSON: {error}", place="body", remedy=SHAPE) from None
    if not isinstance(sent, dict):
        raise InvalidInput("the body is not an object of columns", place="body", remedy=SHAPE)
    return sent


def _equal_lengths(columns: dict[str, Any]) -> int:
    for name, column in columns.items():
        if not isinstance(column, list):
            raise InvalidInput(f"column {name} is missing or not an array", place=name, remedy=SHAPE)
    lengths = {name: len(column) for name, column in columns.items()}
    if len(set(lengths.values())) != 1:
        said = ", ".join(f"{name} {n}" for name, n in lengths.items())
        raise InvalidInput(f"the columns differ in length: {said}", place="body", remedy=SHAPE)
    n = next(iter(lengths.values()))
    if n > MAX_ROWS:
        raise InvalidInput(f"{n} rows are too many", place="body", remedy=f"send at most {MAX_ROWS} rows")
    return n


def _row_by_row(sent: dict[str, Any]) -> Columns:
    """The slow path, taken only when some row is wrong: keeps the good rows and says what the others lack."""
    columns: dict[str, Any] = {name: sent.get(name) for name in ("series", "observed", "value")}
    if sent.get("quality") is not None:
        columns["quality"] = sent["quality"]
    n = _equal_lengths(columns)
    qualities = columns.get("quality") or [0] * n
    good, faults = [], []
    for row in range(n):
        name = columns["series"][row]
        try:
            good.append((row, *_row(name, columns["observed"][row], columns["value"][row], qualities[row])))
        except _Wrong as wrong:
            faults.append(Fault(row, name if isinstance(name, str) else "", *wrong.args))
    names, index = _distinct([g[1] for g in good])
    return Columns(
        names,
        index,
        np.array([g[2] for g in good], np.int64),
        np.array([g[3] for g in good], np.float64),
        np.array([g[4] for g in good], np.uint8),
        np.array([g[0] for g in good], np.int64),
        tuple(faults),
    )


class _Wrong(Exception):  # noqa: N818 - never leaves this module
    """(reason, remedy) of a row that cannot be read. Reasons are the hub's own words where it has them."""


def _row(name: Any, observed: Any, value: Any, quality: Any) -> tuple[str, int, float, int]:
    if not isinstance(name, str):
        raise _Wrong("unknown-series", "the series is not text: name it <entity>|<attribute>")
    try:
        moment = instant(observed) if isinstance(observed, str) else observed
    except (ValueError, OverflowError):
        raise _Wrong(
            "not-an-instant", f"{_short(observed)}: send ISO 8601 with a zone, or UTC nanoseconds"
        ) from None
    if not isinstance(moment, int) or isinstance(moment, bool) or not -(1 << 63) <= moment < 1 << 63:
        raise _Wrong("not-an-instant", f"{_short(observed)}: send ISO 8601 with a zone, or UTC nanoseconds")
    if isinstance(value, bool) or not isinstance(value, int | float | None):
        raise _Wrong("not-a-number", f"{_short(value)} is no number: send one, or null for a missing value")
    if not isinstance(quality, int) or isinstance(quality, bool) or not 0 <= quality < 256:
        raise _Wrong("unknown-quality", "send 0 ok, 1 suspect, 2 estimated or 3 missing")
    mark = quality or (Quality.MISSING if value is None else quality)
    return name, moment, float("nan") if value is None else float(value), int(mark)


def _short(value: Any) -> str:
    return repr(value)[:60]
