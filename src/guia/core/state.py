"""Everything that is built from the log: applied record by record, live and at recovery alike."""

import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from guia.core import snapshot
from guia.core.bus import Bus
from guia.core.bus.local import LocalBus
from guia.core.columns import Batch
from guia.core.errors import Corrupt
from guia.core.files import Files
from guia.core.forecasts import NewestForecasts
from guia.core.history.history import History
from guia.core.history.issues import Issues
from guia.core.latest import Latest
from guia.core.log import GROUP_BYTES, LogReader
from guia.core.records import Kind, Row, decode_forecasts, decode_observations, decode_rows
from guia.core.registry import Registry
from guia.core.rejected import Rejected
from guia.core.segments import Record, first_position
from guia.core.series import Series
from guia.core.store import kept
from guia.core.store.store import Store

MOST_RECOVERED_ROWS = 4_000_000
MOST_GROUPED = 1000
_EVENT_TOPICS = {"alerts", "decisions", "entities", "steps"}


class State:
    """What the city knows. One thread applies records, in the order of their positions; any thread asks."""

    def __init__(self, folder: Path, files: Files) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.registry = Registry()
        self.latest = Latest()
        self.forecasts = NewestForecasts()
        self.rejected = Rejected()
        self.bus: Bus = LocalBus()
        self.store = Store(folder / "store.db")
        self.history = History(folder / "history", files, self.registry)
        self.issues = Issues(folder / "forecasts", files)
        self.position = 0
        self._files = files
        self._flushing = threading.Lock()
        self._snapshot = folder / "newest.snapshot"
        for number, series in kept.series(self.store):
            self.registry.put(number, series)
        for source, _, body in kept.find(self.store, "rejected", 10_000):
            self.rejected.restore(source, body)

    def recover(self, reader: LogReader, end: int) -> None:
        """Take in what the log holds up to `end` and nothing was built from yet. Publishes nothing."""
        known, records = snapshot.read(self._snapshot)
        start = first_position(reader.folder)
        if self.store.applied < start:
            self.store.clear()
        applied = (known, self.store.applied, self.history.applied, self.issues.applied)
        if max(applied) > end:
            raise Corrupt(
                f"the log ends at {end}, but what was built from it reaches to {max(applied)}",
                place=str(reader.folder),
                remedy="bring back the log, or delete store.db, newest.snapshot, history and forecasts",
            )
        for record in records:
            self._renew(record)
        first = min(applied)
        for group in groups(reader.read(first if first >= start else 0, end)):
            self._enter(group)
            if self.waiting() > MOST_RECOVERED_ROWS:
                self.flush()
        self.position = end

    def waiting(self) -> int:
        """Rows in memory that no file holds yet."""
        return len(self.history.tail) + len(self.issues)

    def flush(self) -> None:
        """Put what is in memory into files, so that the next start reads only the log behind it."""
        with self._flushing:
            end = self.position
            self.history.flush(end)
            self.issues.flush(end)
            self.store.note(end)
            snapshot.write(self._files, self._snapshot, end, self.latest.copy(), self.forecasts.issues())

    def apply(self, records: Iterable[Record]) -> None:
        """Take in newly committed records and publish what they bring."""
        for topic, body, position in self._enter(records):
            self.bus.publish(topic, body, position)

    def _enter(self, records: Iterable[Record]) -> list[tuple[str, object, int]]:
        news: list[tuple[str, object, int]] = []
        batches: list[Batch] = []
        tables: list[tuple[int, list[Row]]] = []
        end = self.position
        for record in records:
            end = record.end
            if record.kind == Kind.OBSERVATIONS:
                source, batch = decode_observations(record.payload)
                self.history.append(batch, record.position, record.end)
                batches.append(batch)
                news.append((f"observations.{source}", batch, record.position))
            elif record.kind == Kind.FORECASTS:
                source, forecasts = decode_forecasts(record.payload)
                self.forecasts.apply(forecasts)
                self.issues.append(forecasts, record.position, record.end)
                news.append((f"forecasts.{source}", forecasts, record.position))
            elif record.kind == Kind.ROWS:
                rows = decode_rows(record.payload).rows
                tables.append((record.position, rows))
                self._define(rows)
                news += [(r.table, told(r), record.position) for r in rows if r.table in _EVENT_TOPICS]
        self.latest.apply(Batch.concat(batches))
        if tables:
            self.store.apply(tables, end)
        self.position = end
        return news

    def _renew(self, record: Record) -> None:
        if record.kind == Kind.OBSERVATIONS:
            self.latest.apply(decode_observations(record.payload)[1])
        else:
            self.forecasts.apply(decode_forecasts(record.payload)[1])

    def _define(self, rows: list[Row]) -> None:
        for row in rows:
            if row.table == "series":
                self.registry.put(row.body["number"], msgspec.convert(row.body["series"], Series))

    def close(self) -> None:
        """Let go of the files."""
        self.bus.close()
        self.store.close()


def groups(records: Iterable[Record]) -> Iterator[list[Record]]:
    """The records in groups that fit into memory and make it worth while to enter them together."""
    group: list[Record] = []
    size = 0
    for record in records:
        group.append(record)
        size += len(record.payload)
        if size >= GROUP_BYTES or len(group) == MOST_GROUPED:
            yield group
            group, size = [], 0
    yield group


def told(row: Row) -> dict[str, Any]:
    """What an event says of a row: its body, or that it was deleted."""
    return {"id": row.id, "deleted": True} if row.body is None else row.body
