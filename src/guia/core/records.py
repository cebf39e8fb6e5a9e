"""What the log's payloads mean: codecs between bytes and columns or rows, large ones compressed."""

import struct
from collections.abc import Iterable
from enum import IntEnum
from typing import Any

import msgspec

from guia.core.columns import Batch, Forecasts
from guia.core.compress import expand, shrink
from guia.core.errors import Corrupt
from guia.core.packing import pack, unpack

_COLUMNS = struct.Struct("<IHHHH")  # rows, lengths of two texts, columns' version, reserved
_VERSION = 2


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
    payload = b"".join(
        (
            _head(len(batch), source, ""),
            pack(batch.observed, "<i8"),
            pack(batch.value, "<f8"),
            pack(batch.series, "<i4"),
            pack(batch.quality, "u1"),
        )
    )
    return shrink(payload)


def decode_observations(payload: memoryview | bytes) -> tuple[str, Batch]:
    """Source and columns of a record of kind OBSERVATIONS; the columns may be views of `payload`, read-only."""
    payload = expand(payload)
    count, source, _, offset = _read_head(payload)
    observed, offset = unpack(payload, offset, "<i8", count)
    value, offset = unpack(payload, offset, "<f8", count)
    series, offset = unpack(payload, offset, "<i4", count)
    quality, offset = unpack(payload, offset, "u1", count)
    return source, Batch(series, observed, value, quality)


def encode_forecasts(source: str, forecasts: Forecasts) -> bytes:
    """Payload of a record of kind FORECASTS."""
    payload = b"".join(
        (
            _head(len(forecasts), source, forecasts.model),
            pack(forecasts.issued, "<i8"),
            pack(forecasts.target, "<i8"),
            pack(forecasts.quantile, "<f8"),
            pack(forecasts.value, "<f8"),
            pack(forecasts.series, "<i4"),
        )
    )
    return shrink(payload)


def decode_forecasts(payload: memoryview | bytes) -> tuple[str, Forecasts]:
    """Source and columns of a record of kind FORECASTS; the columns may be views of `payload`, read-only."""
    payload = expand(payload)
    count, source, model, offset = _read_head(payload)
    issued, offset = unpack(payload, offset, "<i8", count)
    target, offset = unpack(payload, offset, "<i8", count)
    quantile, offset = unpack(payload, offset, "<f8", count)
    value, offset = unpack(payload, offset, "<f8", count)
    series, offset = unpack(payload, offset, "<i4", count)
    return source, Forecasts(series, issued, target, quantile, value, model)


def encode_rows(source: str, rows: Iterable[Row]) -> bytes:
    """Payload of a record of kind ROWS; bodies may be anything that msgspec turns into JSON."""
    return shrink(_rows_encoder.encode(Rows(source, list(rows))))


def decode_rows(payload: memoryview | bytes) -> Rows:
    """Rows of a record of kind ROWS; bodies are plain JSON values."""
    return _rows_decoder.decode(expand(payload))


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
