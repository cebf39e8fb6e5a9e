"""The hub: where the city's state lives. Everything that is stored goes through it.

A write is validated, appended to the log, and acknowledged once it is on disk and can be read back. All calls
are thread-safe; `*_async` twins wait without blocking the event loop.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import asdict
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from guia.core.alert import Alert
from guia.core.backup import backup, restore
from guia.core.clock import DAY, Clock
from guia.core.columns import Batch, Float64, Forecasts, Int32
from guia.core.decision import Decision, move
from guia.core.entity import Entity
from guia.core.errors import InvalidInput, NotFound, TooBusy, Unsupported
from guia.core.events import Subscription
from guia.core.files import Files, OsFiles
from guia.core.hub_settings import Settings
from guia.core.ids import sortable
from guia.core.keeper import Keeper
from guia.core.log import Log, LogReader
from guia.core.receipt import Receipt
from guia.core.records import Kind, Row, encode_forecasts, encode_observations, encode_rows
from guia.core.segments import first_position
from guia.core.series import Series
from guia.core.state import State
from guia.core.store import alerts as alert_table
from guia.core.store import decisions as decision_table
from guia.core.store import entities as entity_table
from guia.core.store import kept
from guia.core.store.body import sound
from guia.core.trim import cut, trim
from guia.core.validate import Rejection, Verdict, validate
from guia.core.verify import Report, verify

MOST_ROWS_IN_MEMORY = 32_000_000


class Hub:
    """One run of one city: its log, and all that is built from it."""

    def __init__(self, folder: Path, clock: Clock, run: str, settings: Settings, files: Files) -> None:
        self.settings = settings
        self.folder = folder
        self._files = files
        self.run = run
        self.clock = clock
        self.state = State(folder, files)
        self.log = Log(folder / "log", clock, files, on_commit=self.state.apply)
        self.state.recover(LogReader(folder / "log"), self.log.position)
        self.needed_from: Callable[[], int] = lambda: self.position
        """Log position from which on somebody else still has to read it."""
        self._keeper = Keeper(
            self.state.waiting, self._flush, self.compact, time.monotonic, settings.flush_rows
        )
        self._defining = threading.Lock()
        self._deciding = threading.Lock()
        self._rng = np.random.default_rng()

    @classmethod
    def open(
        cls, folder: Path, clock: Clock, *, run: str = "live", settings: "Settings | None" = None
    ) -> "Hub":
        """The hub of the city in `folder`: its live run, or another run by name. Creates and recovers."""
        place = folder / "live" if run == "live" else folder / "runs" / run
        return cls(place, clock, run, settings or Settings(), OsFiles())

    def close(self) -> None:
        """Commit what waits and let go of the files."""
        self._keeper.close()
        try:
            self._flush()
        finally:
            self.log.close()
            self.state.close()

    @property
    def position(self) -> int:
        """Address behind the last record that is durable and applied: everything before it is known."""
        return self.state.position

    # series

    def define(self, specs: Sequence[Series]) -> Int32:
        """Ids of the series, in the order asked; new and changed definitions are stored. Idempotent."""
        with self._defining:
            changes = self.state.registry.changes(specs)
            if changes:
                self._put_rows(
                    "series",
                    [(s.name, {"number": n, "series": msgspec.to_builtins(s)}) for n, s in changes],
                    "",
                ).result()
        return self.state.registry.ids(s.name for s in specs)

    def ids(self, names: Sequence[str], *, missing: int = -1) -> Int32:
        """Ids of series names (`<entity>|<attribute>`), `missing` where there is no such series."""
        return self.state.registry.ids(names, missing)

    def series(self, ids: Int32 | None = None) -> list[Series]:
        """Definitions in the order of `ids`; all of them without."""
        return self.state.registry.get(ids)

    # observations

    def ingest(self, batch: Batch, source: str) -> Receipt:
        """Store the good rows of a batch; returns when they are on disk. TooBusy when too much waits."""
        future, receipt = self._ingest(batch, source)
        return receipt if future is None else msgspec.structs.replace(receipt, position=future.result())

    async def ingest_async(self, batch: Batch, source: str) -> Receipt:
        """As `ingest`, without blocking the event loop."""
        future, receipt = self._ingest(batch, source)
        if future is None:
            return receipt
        return msgspec.structs.replace(receipt, position=await asyncio.wrap_future(future))

    def check(self, batch: Batch, source: str) -> Receipt:
        """What `ingest` would store; stores nothing."""
        return self._judge(batch)[1]

    def latest(self, series: Int32) -> Batch:
        """Newest observation of each series, same order; NaN, time 0 and MISSING where there is none."""
        return self.state.latest.get(series)

    def history(self, series: Int32, start: int, end: int, *, known_at: int | None = None) -> Batch:
        """Observations with start <= observed < end as known at a position, sorted by (series, observed)."""
        return self.state.history.read(series, start, end, known_at)

    def history_binned(self, series: Int32, start: int, end: int, step_ns: int) -> dict[str, NDArray[Any]]:
        """Columns series, bin, mean, low, high, count: the past summed up in steps that begin at `start`."""
        return asdict(self.state.history.read_binned(series, start, end, step_ns))

    def reject(self, rejections: Sequence[Rejection], source: str) -> None:
        """Count and keep what never became a batch; `series` of a rejection is the name as it was sent."""
        self.state.rejected.add_named(rejections, source, self.clock.now())

    def rejected(self, limit: int = 100, source: str | None = None) -> list[dict[str, Any]]:
        """The last rejected rows, newest first."""
        return self.state.rejected.samples(limit, source)

    def rejected_counts(self) -> dict[str, int]:
        """Rejected rows by source."""
        return self.state.rejected.counts()

    # forecasts

    def put_forecasts(self, forecasts: Forecasts, source: str) -> int:
        """Store forecasts; the position of their record."""
        return self.log.append(Kind.FORECASTS, encode_forecasts(source, forecasts)).result()

    def forecast_latest(self, series: Int32, target: int, quantile: float = 0.5) -> Float64:
        """Newest forecast of each series for `target`, linear between targets; NaN where there is none."""
        return self.state.forecasts.at(series, target, quantile)

    def forecasts(
        self, series: Int32, start: int, end: int, *, issued_before: int | None = None
    ) -> list[Forecasts]:
        """Forecasts for start <= target < end, one per issue and model, oldest issue first."""
        return self.state.issues.read(series, start, end, issued_before)

    # rows

    def put_entities(self, entities: Sequence[Entity], source: str) -> int:
        """Create or replace entities. `created` and `modified` are filled in where they are 0."""
        now = self.clock.now()
        created = entity_table.created(self.state.store, [e.id for e in entities])
        stamped = [
            msgspec.structs.replace(
                e,
                created=e.created or created.get(e.id, now),
                modified=e.modified or now,
                source=e.source or source,
            )
            for e in entities
        ]
        return self._put_rows("entities", [(e.id, sound(e)) for e in stamped], source).result()

    def delete_entities(self, ids: Iterable[str], source: str = "") -> int:
        """Delete entities; ids that do not exist are passed over."""
        return self._put_rows("entities", [(i, None) for i in ids], source).result()

    def entity(self, entity_id: str) -> Entity:
        """One entity; NotFound."""
        found = entity_table.get(self.state.store, entity_id)
        if found is None:
            raise NotFound(
                "there is no such entity", place=entity_id, remedy="look it up by type, or create it"
            )
        return found

    def entities(
        self,
        types: Sequence[str] = (),
        ids: Sequence[str] = (),
        attrs: Sequence[str] = (),
        bbox: entity_table.Box | None = None,
        near: entity_table.Near | None = None,
        limit: int = 1000,
        offset: int = 0,
    ) -> list[Entity]:
        """Entities that meet every condition given, sorted by id."""
        return entity_table.find(self.state.store, types, ids, attrs, bbox, near, limit, offset)

    def count_entities(self, types: Sequence[str] = ()) -> dict[str, int]:
        """Number of entities by type."""
        return entity_table.count(self.state.store, types)

    def put_alerts(self, alerts: Sequence[Alert], source: str) -> int:
        """Create or update alerts; an update keeps who acknowledged."""
        with self._deciding:
            known = {a.id: alert_table.get(self.state.store, a.id) for a in alerts if not a.acknowledged_by}
            kept = [alert_table.still_acknowledged(a, known.get(a.id)) for a in alerts]
            return self._put_rows("alerts", [(a.id, sound(a)) for a in kept], source).result()

    def alert(self, alert_id: str) -> Alert:
        """One alert; NotFound."""
        found = alert_table.get(self.state.store, alert_id)
        if found is None:
            raise NotFound("there is no such alert", place=alert_id)
        return found

    def alerts(
        self, open_only: bool = True, domain: str | None = None, since: int | None = None, limit: int = 500
    ) -> list[Alert]:
        """Alerts that meet every condition given, last updated first."""
        return alert_table.find(self.state.store, open_only, domain, since, limit)

    def acknowledge(self, alert_id: str, actor: str) -> Alert:
        """Note that `actor` has seen the alert; the first who does is kept."""
        with self._deciding:
            alert = self.alert(alert_id)
            if alert.acknowledged_by:
                return alert
            now = self.clock.now()
            alert = msgspec.structs.replace(alert, acknowledged_by=actor, acknowledged_at=now)
            self._put_input(
                {"kind": "acknowledge", "target": alert_id, "actor": actor, "at": now}, "alerts", alert
            )
        return alert

    def put_decisions(self, decisions: Sequence[Decision], source: str) -> int:
        """Create or update decisions."""
        return self._put_rows("decisions", [(d.id, sound(d)) for d in decisions], source).result()

    def decision(self, decision_id: str) -> Decision:
        """One decision; NotFound."""
        found = decision_table.get(self.state.store, decision_id)
        if found is None:
            raise NotFound("there is no such decision", place=decision_id)
        return found

    def decisions(
        self, states: Sequence[str] = (), domain: str | None = None, limit: int = 200
    ) -> list[Decision]:
        """Decisions that meet every condition given, newest proposal first."""
        return decision_table.find(self.state.store, states, domain, limit)

    def decide(self, decision_id: str, state: str, actor: str, reason: str = "") -> Decision:
        """Move a decision on in the name of a person; Conflict if it cannot go there. A logged input."""
        with self._deciding:
            now = self.clock.now()
            decision = move(
                self.decision(decision_id), state, decided_by=actor, decided_at=now, reason=reason
            )
            self._put_input(
                {
                    "kind": "decide",
                    "target": decision_id,
                    "state": state,
                    "actor": actor,
                    "reason": reason,
                    "at": now,
                },
                "decisions",
                decision,
            )
        return decision

    def put_rows(self, table: str, rows: Iterable[tuple[str, Any]], source: str) -> int:
        """Store rows of a table that the hub itself does not read: `inputs` or `steps`."""
        if table not in kept.TABLES:
            raise InvalidInput(
                f"rows of {table!r} are not stored this way", remedy=f"use one of {kept.TABLES}"
            )
        return self._put_rows(table, rows, source).result()

    def rows(self, table: str, limit: int = 1000) -> list[tuple[str, int, Any]]:
        """Id, position and body of the newest rows of such a table, newest first."""
        return kept.find(self.state.store, table, limit)

    # life

    def subscribe(self, topics: Iterable[str], capacity: int = 1000) -> Subscription:
        """News on topics and all below them; close it when done."""
        return self.state.bus.subscribe(topics, capacity)

    def compact(self) -> None:
        """Flush, merge small files of the history, and give up what is older than the settings keep."""
        self._flush()
        today = self.clock.now()
        self.state.history.compact(today)
        if self.settings.history_days is not None:
            self.state.history.retain(today // DAY - self.settings.history_days)
        self.state.issues.retain(today // DAY - self.settings.forecast_days)
        if self.settings.log_days is not None:
            days = max(self.settings.log_days, self.settings.forecast_days + 1)
            self._trim((today // DAY - days) * DAY)

    def verify(self) -> Report:
        """Whether all that was stored is there, and store and history agree with the log."""
        return verify(self.folder / "log", self.state.store, self.state.history, self.position)

    def backup(self, file: Path) -> None:
        """Write the live city as it is now into one file; it may go on meanwhile."""
        if self.run != "live":
            raise Unsupported("only the live run is backed up", remedy="copy the folder of the run")
        backup(self.folder.parent, file, self.position, self.clock.now())

    @staticmethod
    def restore(file: Path, folder: Path) -> None:
        """Bring a backup back into an empty folder; opening it builds what is derived from the log."""
        restore(file, folder)

    def stats(self) -> dict[str, Any]:
        """Figures about the hub: sizes, rows, what waits, what failed."""
        filed, issued = self.state.history.partitions.manifest, self.state.issues.partitions.manifest
        return {
            "run": self.run,
            "position": self.position,
            "torn_bytes": self.log.torn.cut_bytes if self.log.torn else 0,
            "waiting_bytes": self.log.waiting_bytes,
            "series": len(self.state.registry),
            "entities": self.count_entities(),
            "observations": sum(p.rows for p in filed.parts) + len(self.state.history.tail),
            "observations_in_memory": len(self.state.history.tail),
            "history_files": len(filed.parts),
            "history_bytes": sum(p.size for p in filed.parts),
            "forecast_rows": sum(p.rows for p in issued.parts) + len(self.state.issues),
            "forecast_bytes": sum(p.size for p in issued.parts),
            "rejected": self.rejected_counts(),
            "failure": self._keeper.failure,
        }

    def _flush(self) -> None:
        """Put memory into files, and write down what was rejected since."""
        rejected = self.state.rejected.changed()
        if rejected:
            self._put_rows("rejected", rejected.items(), "").result()
        self.state.flush()

    def _trim(self, before: int) -> None:
        """Give up the log's segments received before an instant, as far as files hold what they brought."""
        log, history, issues = self.folder / "log", self.state.history, self.state.issues
        place = cut(log, before, min(history.applied, issues.applied, self.needed_from()))
        if place > first_position(log):
            with history.still():
                trim(log, place, self._files)

    def _ingest(self, batch: Batch, source: str) -> "tuple[Future[int] | None, Receipt]":
        good, receipt, verdict = self._judge(batch)
        if verdict is not None:
            self.state.rejected.add(batch, verdict, self.state.registry, source, self.clock.now())
        if not len(good):
            return None, receipt
        if len(self.state.history.tail) > MOST_ROWS_IN_MEMORY:
            raise TooBusy(
                "the history cannot be written as fast as observations arrive",
                remedy="send again in a minute; if it goes on, see `guia status` for a full or broken disk",
            )
        return self.log.append(Kind.OBSERVATIONS, encode_observations(source, good)), receipt

    def _judge(self, batch: Batch) -> tuple[Batch, Receipt, Verdict | None]:
        verdict = validate(batch, self.state.registry, self.clock.now())
        if verdict is None:
            return batch, Receipt(-1, len(batch)), None
        good = batch.take(verdict.reasons == 0)
        listed = verdict.listed(batch, self.state.registry)
        return good, Receipt(-1, len(good), listed, len(batch) - len(good)), verdict

    def _put_rows(self, table: str, rows: Iterable[tuple[str, Any]], source: str) -> "Future[int]":
        return self.log.append(Kind.ROWS, encode_rows(source, [Row(table, i, body) for i, body in rows]))

    def _put_input(self, body: dict[str, Any], table: str, changed: Alert | Decision) -> None:
        number = sortable("input", self.clock.now(), self._rng)
        rows = [Row("inputs", number, body), Row(table, changed.id, changed)]
        self.log.append(Kind.ROWS, encode_rows(str(body["actor"]), rows)).result()
