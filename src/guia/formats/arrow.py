"""Arrow columns as NumPy arrays, without the detour by which Arrow imports pandas (half a second) when it is there."""

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray


def numbers(column: pa.ChunkedArray | pa.Array) -> NDArray[Any]:
    """A column of numbers or truth values without nulls, as an array of its own type."""
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if pa.types.is_boolean(array.type):
        return numbers(array.cast(pa.uint8())).astype(bool)
    return np.array(np.from_dlpack(array))


def texts(column: pa.ChunkedArray | pa.Array) -> NDArray[np.str_]:
    """A column of text without nulls."""
    return np.array(column.to_pylist(), dtype=str)
