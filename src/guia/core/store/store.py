"""The store: rows of the log as tables in SQLite, built from the log and rebuilt from it at any time."""

import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import apsw

from guia.core.errors import Corrupt
from guia.core.records import Row
from guia.core.store import alerts, decisions, entities, kept
from guia.core.store.schema import migrate

_APPLY = {
    "series": kept.apply_series,
    "entities": entities.apply,
    "alerts": alerts.apply,
    "decisions": decisions.apply,
}


class Store:
    """One thread applies, any thread asks. `applied`: log position up to which rows are in the tables."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._local = threading.local()
        self._open: list[apsw.Connection] = []
        self._lock = threading.Lock()
        try:
            migrate(self.connection(), path)
            self.applied = int(self.ask("SELECT value FROM meta WHERE key = 'applied'")[0][0])
        except (apsw.CorruptError, apsw.NotADBError) as error:
            self.close()
            raise Corrupt(
                f"the store cannot be read: {error}",
                place=str(path),
                remedy="delete the file: it is rebuilt from the log",
            ) from error

    def connection(self) -> apsw.Connection:
        """This thread's own connection."""
        found: apsw.Connection | None = getattr(self._local, "connection", None)
        if found is None:
            found = apsw.Connection(str(self.path))
            found.set_busy_timeout(10_000)
            found.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON")
            self._local.connection = found
            with self._lock:
                self._open.append(found)
        return found

    def ask(self, sql: str, parameters: Iterable[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        return self.connection().execute(sql, tuple(parameters)).fetchall()

    def apply(self, groups: Iterable[tuple[int, list[Row]]], end: int) -> None:
        """Enter rows, given with the positions of their records, in one transaction that also notes `end`."""
        connection = self.connection()
        with connection:
            for position, rows in groups:
                if position < self.applied:
                    continue
                for row in rows:
                    _APPLY.get(row.table, kept.apply)(connection, row, position)
            connection.execute("UPDATE meta SET value = max(value, ?) WHERE key = 'applied'", (end,))
        self.applied = end

    def note(self, end: int) -> None:
        """Note that the log holds no row before `end` that is not in the tables."""
        self.connection().execute("UPDATE meta SET value = max(value, ?) WHERE key = 'applied'", (end,))

    def clear(self) -> None:
        """Empty all tables, to build them from the beginning."""
        connection = self.connection()
        with connection:
            for table in ("series", "entities", "boxes", "alerts", "decisions", "records"):
                connection.execute(f"DELETE FROM {table}")
            connection.execute("UPDATE meta SET value = 0 WHERE key = 'applied'")
        self.applied = 0

    def check(self) -> list[str]:
        """What SQLite finds wrong with the file; empty if nothing."""
        found = [str(row[0]) for row in self.ask("PRAGMA integrity_check(20)")]
        return [] if found == ["ok"] else found

    def close(self) -> None:
        """Close every thread's connection."""
        with self._lock:
            for connection in self._open:
                connection.close()
            self._open.clear()
