"""Everything that is built from the log: applied record by record, live and at recovery alike."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from guia.core.bus import Bus
from guia.core.bus.local import LocalBus
from guia.core.columns import Batch
from guia.core.files import Files
from guia.core.forecasts import NewestForecasts
from guia.core.history.history import History
from guia.core.latest import Latest
from guia.core.records import Kind, Row, decode_forecasts, decode_observations, decode_rows
from guia.core.registry import Registry
from guia.core.rejected import Rejected
from guia.core.segments import Record
from guia.core.series import Series
from guia.core.store import kept
from guia.core.store.store import Store

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
        self.history = History()
        for number, series in kept.series(self.store):
            self.registry.put(number, series)
        for source, _, body in kept.find(self.store, "rejected", 10_000):
            self.rejected.restore(source, body)

    def recover(self, records: Iterable[Record]) -> None:
        """Take in what the log holds beyond what was built from it before. Publishes nothing."""
        group: list[Record] = []
        for record in records:
            group.append(record)
            if len(group) == 1000:
                self._enter(group)
                group = []
        self._enter(group)

    def apply(self, records: Iterable[Record]) -> None:
        """Take in newly committed records and publish what they bring."""
        for topic, body, position in self._enter(records):
            self.bus.publish(topic, body, position)

    def _enter(self, records: Iterable[Record]) -> list[tuple[str, object, int]]:
        news: list[tuple[str, object, int]] = []
        batches: list[Batch] = []
        tables: list[tuple[int, list[Row]]] = []
        end = 0
        for record in records:
            end = record.end
            if record.kind == Kind.OBSERVATIONS:
                source, batch = decode_observations(record.payload)
                self.history.append(batch, record.position)
                batches.append(batch)
                news.append((f"observations.{source}", batch, record.position))
            elif record.kind == Kind.FORECASTS:
                source, forecasts = decode_forecasts(record.payload)
                self.forecasts.apply(forecasts)
                news.append((f"forecasts.{source}", forecasts, record.position))
            elif record.kind == Kind.ROWS:
                rows = decode_rows(record.payload).rows
                tables.append((record.position, rows))
                self._define(rows)
                news += [(r.table, told(r), record.position) for r in rows if r.table in _EVENT_TOPICS]
        self.latest.apply(Batch.concat(batches))
        if tables:
            self.store.apply(tables, end)
        return news

    def _define(self, rows: list[Row]) -> None:
        for row in rows:
            if row.table == "series":
                self.registry.put(row.body["number"], msgspec.convert(row.body["series"], Series))

    def close(self) -> None:
        """Let go of the files."""
        self.bus.close()
        self.store.close()


def told(row: Row) -> dict[str, Any]:
    """What an event says of a row: its body, or that it was deleted."""
    return {"id": row.id, "deleted": True} if row.body is None else row.body
