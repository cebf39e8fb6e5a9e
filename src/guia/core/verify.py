"""Is everything that was stored still there, and do store and history agree with the log?

The log is read whole (checksums, positions without gaps); from its records the store is built again beside the
present one and compared, and the observations are summed per day and compared with the sums over the files.
"""

import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from guia.core.clock import DAY
from guia.core.errors import Corrupt, GuiaError
from guia.core.history import questions
from guia.core.history.history import History
from guia.core.history.partitions import Manifest, day_text
from guia.core.history.tail import Rows
from guia.core.log import LogReader
from guia.core.records import Kind, decode_observations, decode_rows
from guia.core.segments import Record
from guia.core.store.store import Store

_TABLES = {
    "series": "SELECT number, name, body FROM series ORDER BY number",
    "entities": "SELECT id, body FROM entities ORDER BY id",
    "alerts": "SELECT id, body FROM alerts ORDER BY id",
    "decisions": "SELECT id, body FROM decisions ORDER BY id",
    "records": "SELECT kind, id, position, body FROM records ORDER BY kind, id",
}
_BATCH = 2000


class Report(msgspec.Struct, frozen=True):
    """What a verification found."""

    findings: tuple[str, ...]
    position: int
    """Up to where the log was read."""
    records: int
    observations: int
    rows: int
    files: int

    @property
    def clean(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings


@dataclass(slots=True)
class DaySums:
    """Per day: how many observations, and the sum of their hashes (in any order)."""

    rows: Counter[int] = field(default_factory=Counter)
    sums: Counter[int] = field(default_factory=Counter)

    def add(self, rows: Rows) -> None:
        """Count these rows in."""
        if not len(rows):
            return
        days, inverse = np.unique(rows.batch.observed // DAY, return_inverse=True)
        hashes = hashed(rows)
        for n, day in enumerate(days.tolist()):
            chosen = hashes[inverse == n] if len(days) > 1 else hashes
            self.rows[day] += len(chosen)
            self.sums[day] = (self.sums[day] + int(chosen.sum())) & 0xFFFFFFFFFFFFFFFF

    def differences(self, other: "DaySums", first_day: int) -> Iterator[int]:
        """Days from `first_day` on of which the two do not say the same."""
        for day in sorted(self.rows.keys() | other.rows.keys()):
            same = self.rows[day] == other.rows[day] and self.sums[day] == other.sums[day]
            if day >= first_day and not same:
                yield day


def hashed(rows: Rows) -> NDArray[np.uint64]:
    """A 64-bit hash of each row (mixing as in SplitMix64; Steele et al., 2014)."""
    batch = rows.batch
    mixed = np.zeros(len(rows), np.uint64)
    for column in (batch.series, batch.observed, batch.value.view(np.int64), batch.quality, rows.position):
        mixed ^= column.astype(np.int64).view(np.uint64)
        mixed += np.uint64(0x9E3779B97F4A7C15)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        mixed ^= mixed >> np.uint64(31)
    return mixed


def verify(log_folder: Path, store: Store, history: History, end: int) -> Report:
    """Report on a run whose log reaches to `end`; the run may go on meanwhile."""
    with history.still() as manifest:
        return _verify(log_folder, store, history, manifest, end)


def _verify(log_folder: Path, store: Store, history: History, manifest: Manifest, end: int) -> Report:
    findings: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        again = Store(Path(folder) / "store.db")
        applied, present = digests(store)
        records, rows, logged = _read_log(
            log_folder, max(end, applied), again, applied, manifest.applied, findings
        )
        findings += [f"store: {problem}" for problem in store.check()]
        expected = digests(again)[1]
        findings += [
            f"store: table {table} is not what the log says"
            for table in _TABLES
            if present[table] != expected[table]
        ]
        again.close()
    filed = DaySums()
    for part in manifest.parts:
        try:
            for rows_of_file in questions.in_portions(history.partitions.path(part)):
                filed.add(rows_of_file)
        except (OSError, ValueError, Corrupt) as error:
            findings.append(f"history: {part.file} cannot be read: {error}")
    findings += [
        f"history: {day_text(day)} holds {filed.rows[day]} rows, the log says {logged.rows[day]}, or they differ"
        for day in logged.differences(filed, manifest.first_day)
    ]
    return Report(tuple(findings), end, records, logged.rows.total(), rows, len(manifest.parts))


def _read_log(
    folder: Path, end: int, store: Store, store_end: int, history_end: int, findings: list[str]
) -> tuple[int, int, DaySums]:
    """Records, rows of tables and sums of observations; fills `store` with what precedes `store_end`."""
    sums = DaySums()
    count = table_rows = 0
    tables: list[Any] = []
    try:
        for record in LogReader(folder).read(0, end):
            count += 1
            if record.kind == Kind.OBSERVATIONS and record.position < history_end:
                sums.add(_rows(record))
            elif record.kind == Kind.ROWS and record.position < store_end:
                rows = decode_rows(record.payload).rows
                table_rows += len(rows)
                tables.append((record.position, rows))
                if len(tables) == _BATCH:
                    store.apply(tables, record.end)
                    tables = []
        store.apply(tables, end)
    except GuiaError as error:
        findings.append(f"log: {error}")
    return count, table_rows, sums


def _rows(record: Record) -> Rows:
    batch = decode_observations(record.payload)[1]
    return Rows(batch, np.full(len(batch), record.position, np.int64))


def digests(store: Store) -> tuple[int, dict[str, str]]:
    """Up to where the store is built, and a digest of every table, both of one moment."""
    connection = store.connection()
    with connection:
        applied = int(store.ask("SELECT value FROM meta WHERE key = 'applied'")[0][0])
        found = {}
        for table, sql in _TABLES.items():
            digest = sha256()
            for row in connection.execute(sql):
                digest.update(repr(row).encode())
            found[table] = digest.hexdigest()
    return applied, found
