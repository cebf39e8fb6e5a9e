"""What the log's payloads mean: codecs between bytes and columns or rows.

Columns lie in the payload as they lie in memory (little endian), widest first: decoding copies nothing.
"""

import struct
from collections.abc import Iterable
from enum import IntEnum
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from guia.core.columns import Batch, Forecasts
from guia.core.errors import Corrupt

_COLUMNS = struct.Struct("<IHHHH")  # rows, lengths of two texts, columns' version, reserved
_VERSION = 1


class Kind(IntEnum):
    """Kinds of log records."""

    OBSERVATIONS = 1
    FORECASTS = 2
    ROWS = 3


class Row(msgspec.Struct, frozen=True):
    """One row of a table as the log carries it. `body` None: deleted."""

    table: str
    """`series`, `entities`, `alerts`, `decisions`, `inputs`, `steps` or `rejected`."""
    id: str
    body: Any = None


class Rows(msgspec.Struct, frozen=True):
    """A record of rows, with the source that wrote them."""

    source: str
    rows: list[Row]


_rows_encoder = msgspec.json.Encoder()
_rows_decoder = msgspec.json.Decoder(Rows)


def encode_observations(source: str, batch: Batch) -> bytes:
    """Payload of a record of kind OBSERVATIONS."""
    return b"".join(
        (
            _head(len(batch), source, ""),
            _bytes(batch.observed, "<i8"),
            _bytes(batch.value, "<f8"),
            _bytes(batch.series, "<i4"),
            _bytes(batch.quality, "u1"),
        )
    )


def decode_observations(payload: memoryview | bytes) -> tuple[str, Batch]:
    """Source and columns of a record of kind OBSERVATIONS; the columns are views of `payload`, read-only."""
    count, source, _, offset = _read_head(payload)
    observed, offset = _column(payload, "<i8", count, offset)
    value, offset = _column(payload, "<f8", count, offset)
    series, offset = _column(payload, "<i4", count, offset)
    quality, offset = _column(payload, "u1", count, offset)
    return source, Batch(series, observed, value, quality)


def encode_forecasts(source: str, forecasts: Forecasts) -> bytes:
    """Payload of a record of kind FORECASTS."""
    return b"".join(
        (
            _head(len(forecasts), source, forecasts.model),
            _bytes(forecasts.issued, "<i8"),
            _bytes(forecasts.target, "<i8"),
            _bytes(forecasts.quantile, "<f8"),
            _bytes(forecasts.value, "<f8"),
            _bytes(forecasts.series, "<i4"),
        )
    )


def decode_forecasts(payload: memoryview | bytes) -> tuple[str, Forecasts]:
    """Source and columns of a record of kind FORECASTS; the columns are views of `payload`, read-only."""
    count, source, model, offset = _read_head(payload)
    issued, offset = _column(payload, "<i8", count, offset)
    target, offset = _column(payload, "<i8", count, offset)
    quantile, offset = _column(payload, "<f8", count, offset)
    value, offset = _column(payload, "<f8", count, offset)
    series, offset = _column(payload, "<i4", count, offset)
    return source, Forecasts(series, issued, target, quantile, value, model)


def encode_rows(source: str, rows: Iterable[Row]) -> bytes:
    """Payload of a record of kind ROWS; bodies may be anything that msgspec turns into JSON."""
    return _rows_encoder.encode(Rows(source, list(rows)))


def decode_rows(payload: memoryview | bytes) -> Rows:
    """Rows of a record of kind ROWS; bodies are plain JSON values."""
    return _rows_decoder.decode(payload)


def _head(count: int, first: str, second: str) -> bytes:
    a, b = first.encode(), second.encode()
    text = a + b
    return _COLUMNS.pack(count, len(a), len(b), _VERSION, 0) + text + bytes(-(_COLUMNS.size + len(text)) % 8)


def _read_head(payload: memoryview | bytes) -> tuple[int, str, str, int]:
    count, a, b, version, _ = _COLUMNS.unpack_from(payload)
    if version != _VERSION:
        raise Corrupt(
            f"columns of version {version}, known is {_VERSION}",
            remedy="open the log with the Guia that wrote it",
        )
    start = _COLUMNS.size
    text = bytes(payload[start : start + a + b])
    return count, text[:a].decode(), text[a:].decode(), start + a + b + -(start + a + b) % 8


def _bytes(column: NDArray[Any], dtype: str) -> memoryview:
    return np.ascontiguousarray(column, dtype=dtype).data


def _column(payload: memoryview | bytes, dtype: str, count: int, offset: int) -> tuple[NDArray[Any], int]:
    column = np.frombuffer(payload, dtype, count, offset)
    return column, offset + column.nbytes
