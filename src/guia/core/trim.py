"""Giving up the front of the log: what it had come to is written as a base, then whole segments are deleted."""

import itertools
import tempfile
from pathlib import Path

import msgspec

from guia.core import base
from guia.core.daysums import DaySums, rows_of
from guia.core.files import Files, write_durably
from guia.core.latest import Latest, seen
from guia.core.log import LogReader
from guia.core.records import Kind, Row, decode_observations, decode_rows, encode_observations, encode_rows
from guia.core.segments import base_path, segments
from guia.core.store import kept
from guia.core.store.store import Store

_AT_ONCE = 2000
_RECORD_ROWS = """
SELECT position, 'entities', id, body FROM entities UNION ALL
SELECT position, 'alerts', id, body FROM alerts UNION ALL
SELECT position, 'decisions', id, body FROM decisions UNION ALL
SELECT position, kind, id, body FROM records ORDER BY 1, 2, 3
"""


def cut(folder: Path, before: int, most: int) -> int:
    """Where the log in `folder` can begin: at a segment, with everything received at `before` or later still there.

    `before` is an instant; the answer is at most the position `most`.
    """
    found = segments(folder)
    reader = LogReader(folder)
    place = found[0].base if found else 0
    for segment in found[1:]:
        first = next(reader.read(segment.base), None)
        if segment.base > most or first is None or first.received > before:
            break
        place = segment.base
    reader.close()
    return place


def trim(folder: Path, position: int, files: Files) -> int:
    """Give up the log before `position`, where a segment begins; the number of files deleted.

    Everything built from what is given up must be on disk. What was there is there after a crash at any point.
    """
    write_durably(files, base_path(folder, position), summed_up(folder, position))
    return base.forget(folder, files)


def summed_up(folder: Path, position: int) -> bytes:
    """Content of the base that stands for every record before `position`."""
    older = base.header(folder)
    sums = DaySums.of(older.rows, older.sums)
    latest = Latest()
    received = older.received
    with tempfile.TemporaryDirectory() as temporary:
        store = Store(Path(temporary) / "store.db")
        records = LogReader(folder).read(0, position)
        while group := list(itertools.islice(records, _AT_ONCE)):
            tables: list[tuple[int, list[Row]]] = []
            for record in group:
                if record.kind == Kind.ROWS:
                    tables.append((record.position, decode_rows(record.payload).rows))
                elif record.kind == Kind.OBSERVATIONS:
                    latest.apply(decode_observations(record.payload)[1])
                    if record.position >= older.position:
                        sums.add(rows_of(record))
            store.apply(tables, group[-1].end)
            received = group[-1].received
        found = [(0, int(Kind.ROWS), _series(store))]
        found.append((0, int(Kind.OBSERVATIONS), encode_observations("", seen(latest.copy()))))
        found += _rows(store)
        store.close()
    header = base.Header(
        position=position, received=received, records=len(found), rows=dict(sums.rows), sums=dict(sums.sums)
    )
    return base.encode(header, found)


def _series(store: Store) -> bytes:
    defined = kept.series(store)
    return encode_rows(
        "", [Row("series", s.name, {"number": n, "series": msgspec.to_builtins(s)}) for n, s in defined]
    )


def _rows(store: Store) -> list[tuple[int, int, bytes]]:
    """A record for every position at which a row was last written."""
    written = itertools.groupby(store.ask(_RECORD_ROWS), key=lambda row: int(row[0]))
    return [
        (
            position,
            int(Kind.ROWS),
            encode_rows("", [Row(table, key, msgspec.Raw(body.encode())) for _, table, key, body in rows]),
        )
        for position, rows in written
    ]
