"""GTFS times: `HH:MM:SS` after the service day's start; hours go past 24."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from guia.core.columns import Int32
from guia.formats.arrow import numbers

MISSING = np.int32(-1)


def seconds(texts: pa.Array | pa.ChunkedArray) -> Int32:
    """Seconds of `H:MM:SS` texts; -1 where there is none or it is not a time."""
    parts = pc.extract_regex(pc.fill_null(texts, ""), r"^\s*(?P<h>\d{1,3}):(?P<m>[0-5]\d):(?P<s>[0-5]\d)\s*$")
    if isinstance(parts, pa.ChunkedArray):
        parts = parts.combine_chunks()
    known = numbers(parts.is_valid())
    total = np.full(len(known), MISSING, np.int32)
    if known.any():
        good = parts.filter(pa.array(known))
        h, m, s = (numbers(pc.cast(pc.struct_field(good, [i]), pa.int32())) for i in range(3))
        total[known] = h * 3600 + m * 60 + s
    return total


def gtfs_time(second: int) -> str:
    """`HH:MM:SS` of seconds after the service day's start, hours past 24 where needed."""
    return f"{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}"
