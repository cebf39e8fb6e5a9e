"""Is everything that was stored still there, and do store and history agree with the log?

The log is read whole (checksums, positions without gaps); from its records the store is built again beside the
present one and compared, and the observations are summed per day and compared with the sums over the files. Of what
was given up of the log its base tells rows and sums.
"""

import tempfile
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec

from guia.core import base
from guia.core.daysums import DaySums, rows_of
from guia.core.errors import Corrupt, GuiaError
from guia.core.history import questions
from guia.core.history.history import History
from guia.core.history.partitions import Manifest, day_text
from guia.core.log import LogReader
from guia.core.records import Kind, decode_rows
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
        given_up = base.header(folder)
        sums = DaySums.of(given_up.rows, given_up.sums)
        for record in LogReader(folder).read(0, end):
            count += 1
            if record.kind == Kind.OBSERVATIONS:
                if given_up.position <= record.position < history_end:
                    sums.add(rows_of(record))
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
