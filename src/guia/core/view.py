"""The world as a brain sees it: built from the log alone, up to one position and not a record further.

A view is a function of (log, position, now). It keeps in columns what the brain reads: the newest value of
each series, the last `memory_s` of observations, and its own domain's open alerts and unfinished decisions.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from guia.core.alert import Alert
from guia.core.clock import SECOND
from guia.core.columns import Batch, Int32, Quality
from guia.core.decision import MOVES, Decision
from guia.core.entity import Entity
from guia.core.log import LogReader
from guia.core.records import Kind, Row, decode_observations, decode_rows

_BLOCK_ROWS = 1 << 16


@dataclass
class Memory:
    """All that a view has taken from the log; a checkpoint holds it."""

    reads: list[str] = field(default_factory=list)
    memory_s: int = 0
    position: int = 0
    now: int = 0
    names: list[str] = field(default_factory=list)
    """Name of each series by id; empty where the brain does not read it."""
    latest: Batch = field(default_factory=Batch.empty)
    """Newest observation by series id."""
    blocks: list[Batch] = field(default_factory=list)
    """Recent observations in the order of the log."""
    alerts: dict[str, Alert] = field(default_factory=dict)
    decisions: dict[str, Decision] = field(default_factory=dict)
    entities: dict[str, dict[str, bytes]] = field(default_factory=dict)
    """JSON of each entity by type and id."""


class LogView:
    """Implements `guia.core.brain.View` by following the log files.

    Goes on from `memory` if that was gathered for the same reads, else from the beginning of the log.
    """

    def __init__(
        self, log: Path, domain: str, reads: Sequence[str], memory_s: int, memory: Memory | None = None
    ) -> None:
        fits = memory is not None and (memory.reads, memory.memory_s) == (list(reads), memory_s)
        self.memory = memory if fits and memory else Memory(list(reads), memory_s)
        self._reader = LogReader(log)
        self._domain = domain
        self._memory_ns = memory_s * SECOND
        self._exact = {r for r in reads if "*" not in r}
        self._patterns = [_pattern(r) for r in reads if "*" in r]
        self._ids = {name: i for i, name in enumerate(self.memory.names) if name}
        self._wanted = np.array([bool(name) for name in self.memory.names], dtype=np.bool_)
        self._pending: list[Batch] = []
        self._pending_rows = 0

    @property
    def position(self) -> int:
        """The log position up to which the world is known."""
        return self.memory.position

    def follow(self, position: int, now: int) -> None:
        """Take in every record before `position`; what is older than `now` less the memory is not kept."""
        self.memory.now = now
        for record in self._reader.read(self.memory.position, position):
            if record.kind == Kind.OBSERVATIONS:
                self._observe(decode_observations(record.payload)[1])
            elif record.kind == Kind.ROWS:
                for row in decode_rows(record.payload).rows:
                    self._row(row)
            self.memory.position = record.end
        self._settle()
        self._forget()
        self.memory.position = max(self.memory.position, position)

    def close(self) -> None:
        """Let go of the log's files."""
        self._reader.close()

    def ids(self, names: Sequence[str]) -> Int32:
        """Dense ids of series names; -1 where the city has no such series or the brain does not read it."""
        return np.fromiter((self._ids.get(n, -1) for n in names), np.int32, len(names))

    def matching(self, pattern: str) -> tuple[list[str], Int32]:
        """Names and ids, ascending by id, of the series read that match `pattern` (`*` is any text)."""
        fits = _pattern(pattern).fullmatch
        found = [(name, i) for i, name in enumerate(self.memory.names) if name and fits(name)]
        return [name for name, _ in found], np.array([i for _, i in found], dtype=np.int32)

    def entities(self, kind: str) -> list[Entity]:
        """Entities of one type, sorted by id."""
        of_kind = self.memory.entities.get(kind, {})
        return [msgspec.json.decode(of_kind[i], type=Entity) for i in sorted(of_kind)]

    def latest(self, series: Int32) -> Batch:
        """Newest observation of each series, same order; NaN, time 0 and MISSING where there is none."""
        known = (series >= 0) & (series < len(self.memory.latest))
        found = self.memory.latest.take(np.where(known, series, 0)) if known.any() else None
        if found is None:
            return _nothing(series)
        return Batch(
            np.asarray(series, dtype=np.int32),
            np.where(known, found.observed, 0),
            np.where(known, found.value, np.nan),
            np.where(known, found.quality, np.uint8(Quality.MISSING)),
        )

    def window(self, series: Int32, start: int, end: int) -> Batch:
        """Observations with start <= observed < end by (series, observed); of duplicates the newest."""
        start = max(start, self.memory.now - self._memory_ns)
        chosen = np.zeros(len(self.memory.names), dtype=np.bool_)
        chosen[series[(series >= 0) & (series < len(chosen))]] = True
        parts = []
        for block in self.memory.blocks:
            rows = chosen[block.series] & (block.observed >= start) & (block.observed < end)
            if rows.any():
                parts.append(block.take(rows))
        if not parts:
            return Batch.empty()
        found = Batch.concat(parts)
        order = np.lexsort((found.observed, found.series))  # stable: equal keys stay in the order of the log
        return _last_of_each(found.take(order))

    def alerts(self) -> list[Alert]:
        """This domain's alerts that have not ended, sorted by id."""
        return [self.memory.alerts[i] for i in sorted(self.memory.alerts)]

    def decisions(self) -> list[Decision]:
        """This domain's decisions that may still move, or ended within the memory; sorted by id."""
        return [self.memory.decisions[i] for i in sorted(self.memory.decisions)]

    def _observe(self, batch: Batch) -> None:
        self._grow(int(batch.series.max(initial=-1)) + 1)
        wanted = self._wanted[batch.series]
        if not wanted.any():
            return
        self._pending.append(batch.take(wanted))
        self._pending_rows += len(self._pending[-1])
        if self._pending_rows >= _BLOCK_ROWS:
            self._settle()

    def _settle(self) -> None:
        """Move what has gathered into the newest values and into the recent past."""
        if not self._pending:
            return
        gathered = Batch.concat(self._pending)
        self._pending, self._pending_rows = [], 0
        self._grow(int(gathered.series.max()) + 1)
        newest = _last_of_each_series(gathered)
        latest = self.memory.latest
        at = newest.series
        newer = newest.observed >= latest.observed[at]
        at = at[newer]
        latest.observed[at] = newest.observed[newer]
        latest.value[at] = newest.value[newer]
        latest.quality[at] = newest.quality[newer]
        recent = gathered.observed >= self.memory.now - self._memory_ns
        if recent.any():
            blocks = self.memory.blocks
            if blocks and len(blocks[-1]) < _BLOCK_ROWS:
                blocks[-1] = Batch.concat([blocks[-1], gathered.take(recent)])
            else:
                blocks.append(gathered.take(recent))

    def _forget(self) -> None:
        """Drop blocks that lie wholly before the memory, and decisions that ended before it."""
        horizon = self.memory.now - self._memory_ns
        self.memory.blocks = [b for b in self.memory.blocks if int(b.observed.max()) >= horizon]
        decisions = self.memory.decisions
        self.memory.decisions = {
            i: d for i, d in decisions.items() if d.state in MOVES or _ended(d) >= horizon
        }

    def _row(self, row: Row) -> None:
        if row.table == "series":
            self._define(row.body["number"], row.id)
        elif row.table == "entities":
            self._put_entity(row.id, row.body)
        elif row.table == "alerts" and row.body is None:
            self.memory.alerts.pop(row.id, None)
        elif row.table == "alerts" and row.body["domain"] == self._domain:
            self._put_alert(msgspec.convert(row.body, Alert))
        elif row.table == "decisions" and row.body is None:
            self.memory.decisions.pop(row.id, None)
        elif row.table == "decisions" and row.body["domain"] == self._domain:
            decision = msgspec.convert(row.body, Decision)
            self.memory.decisions[decision.id] = decision

    def _define(self, series: int, name: str) -> None:
        self._grow(series + 1)
        if name in self._exact or any(p.fullmatch(name) for p in self._patterns):
            self.memory.names[series] = name
            self._ids[name] = series
            self._wanted[series] = True

    def _put_entity(self, entity_id: str, body: dict[str, Any] | None) -> None:
        for of_kind in self.memory.entities.values():
            of_kind.pop(entity_id, None)
        if body is not None:
            self.memory.entities.setdefault(body["type"], {})[entity_id] = msgspec.json.encode(body)

    def _put_alert(self, alert: Alert) -> None:
        if alert.ended is None:
            self.memory.alerts[alert.id] = alert
        else:
            self.memory.alerts.pop(alert.id, None)

    def _grow(self, size: int) -> None:
        have = len(self.memory.names)
        if size <= have:
            return
        room = max(size, have + have // 2)
        more = np.arange(have, room, dtype=np.int32)
        self.memory.names += [""] * (room - have)
        self.memory.latest = Batch.concat([self.memory.latest, _nothing(more)])
        self._wanted = np.concatenate([self._wanted, np.zeros(room - have, np.bool_)])


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in text.split("*")))


def _nothing(series: Int32) -> Batch:
    return Batch.of(series, 0, np.nan, int(Quality.MISSING))


def _last_of_each(ordered: Batch) -> Batch:
    """Of neighbours with equal (series, observed), the last."""
    last: NDArray[np.bool_] = np.ones(len(ordered), np.bool_)
    last[:-1] = (ordered.series[1:] != ordered.series[:-1]) | (ordered.observed[1:] != ordered.observed[:-1])
    return ordered.take(last)


def _last_of_each_series(batch: Batch) -> Batch:
    """The newest observation of each series; of equal times the later row."""
    ordered = batch.take(np.lexsort((batch.observed, batch.series)))
    last: NDArray[np.bool_] = np.ones(len(ordered), np.bool_)
    last[:-1] = ordered.series[1:] != ordered.series[:-1]
    return ordered.take(last)


def _ended(decision: Decision) -> int:
    """When a decision came to its end."""
    if decision.state == "expired":
        return decision.expires
    known = (decision.decided_at, decision.applied_at, decision.measured_at, decision.proposed)
    return max(t for t in known if t is not None)
