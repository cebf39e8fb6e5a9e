"""Columns as bytes. A column that repeats itself (one instant for all rows, the axes of a grid) is kept once.

A packed column is an axis, a number of repeats and a number of rows: each value of the axis is repeated, the whole
is tiled until there are enough rows. Any other column is its own axis, repeated once.
"""

import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

_HEAD = struct.Struct("<II")  # values of the axis, repeats of each


def pack(column: NDArray[Any], dtype: str) -> bytes:
    """Bytes of a column, a multiple of 8 long, so that the next one is aligned."""
    column = np.ascontiguousarray(column, dtype)
    axis, repeats = _pattern(column)
    body = axis.tobytes()
    return b"".join((_HEAD.pack(len(axis), repeats), body, bytes(-len(body) % 8)))


def unpack(payload: memoryview | bytes, offset: int, dtype: str, rows: int) -> tuple[NDArray[Any], int]:
    """The column that starts at `offset`, and where the next one starts. Copies nothing if it is its own axis."""
    length, repeats = _HEAD.unpack_from(payload, offset)
    axis = np.frombuffer(payload, dtype, length, offset + _HEAD.size)
    end = offset + _HEAD.size + axis.nbytes + -axis.nbytes % 8
    if length == rows:
        return axis, end
    tile = np.repeat(axis, repeats)
    tiles = -(-rows // max(len(tile), 1))
    return np.broadcast_to(tile, (tiles, len(tile))).reshape(-1)[:rows], end


def _pattern(column: NDArray[Any]) -> tuple[NDArray[Any], int]:
    """Axis and repeats of a column; bits are compared, so that -0.0 stays -0.0."""
    n = len(column)
    bits = column.view(f"u{column.itemsize}")
    if n < 2:
        return column, 1
    differs = bits != bits[0]
    repeats = int(differs.argmax()) or n
    if repeats == n:
        return column[:1], n
    heads = bits[::repeats]
    again = heads[1:] == heads[0]
    length = int(again.argmax()) + 1
    if not again[length - 1]:
        length = len(heads)
    tile = np.repeat(heads[:length], repeats)
    if len(tile) >= n or not _tiles(bits, tile):
        length = len(heads)
        if repeats == 1 or not np.array_equal(np.repeat(heads, repeats)[:n], bits):
            return column, 1
    return column[::repeats][:length], repeats


def _tiles(bits: NDArray[Any], tile: NDArray[Any]) -> bool:
    """Whether `bits` is `tile` over and over: a column that tiles equals itself one tile further on."""
    return bool(
        np.array_equal(bits[: len(tile)], tile) and np.array_equal(bits[len(tile) :], bits[: -len(tile)])
    )
