"""A snapshot of the newest values, so that a start need not read the whole log.

It is written as records like those of the log: the newest observations, then the newest forecasts.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from guia.core.columns import Batch, Forecasts
from guia.core.files import Files, write_durably
from guia.core.latest import seen
from guia.core.records import Kind, encode_forecasts, encode_observations
from guia.core.segments import Record, record_size, seal, unseal


def write(files: Files, path: Path, position: int, latest: Batch, forecasts: Sequence[Forecasts]) -> None:
    """Note what is newest, with everything before `position` of the log taken into account."""
    contents = [(Kind.OBSERVATIONS, encode_observations("", seen(latest)))]
    contents += [(Kind.FORECASTS, encode_forecasts("", issue)) for issue in forecasts]
    parts: list[bytes] = []
    at = 0
    for kind, payload in contents:
        parts += seal(kind, payload, at, position, len(contents))
        at += record_size(len(payload))
    write_durably(files, path, b"".join(parts))


def read(path: Path) -> tuple[int, list[Record]]:
    """The position and the records; 0 and none if there is no sound snapshot: the log has it all."""
    if not path.exists():
        return 0, []
    records = list(_records(memoryview(path.read_bytes())))
    if not records or len(records) != records[0].committed:
        return 0, []
    return records[0].received, records


def _records(data: memoryview) -> Iterator[Record]:
    offset = 0
    while (record := unseal(data, offset, offset)) is not None:
        yield record
        offset += record_size(len(record.payload))
