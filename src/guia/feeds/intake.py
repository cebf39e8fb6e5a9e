"""The way in: every feed's observations pass here on their way to the hub, whatever brought them."""

import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence

import msgspec
import numpy as np

from guia.core.clock import SECOND, Clock, iso
from guia.core.columns import Batch, Int64, Label
from guia.core.errors import InvalidInput, TooBusy
from guia.core.hub import Hub
from guia.core.validate import Rejection
from guia.feeds.settings import FeedSettings
from guia.feeds.twin import TwinWatch
from guia.feeds.wire import Columns

WAITING = 64
"""Batches of one feed that may wait for the disk; the next one is told to come back."""
WINDOW_S = 60.0
PATIENCE_S = 30.0
MAX_FEEDS = 1000
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
UNKNOWN_REMEDY = "define it first: POST /api/feeds/{feed}/series"


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a batch. `position` is -1 after a dry run."""

    position: int
    accepted: int
    rejected: tuple["RejectedRow", ...] = ()


class RejectedRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row that was not stored, with what to do about it."""

    row: int
    series: str
    reason: str
    remedy: str


class FeedState(msgspec.Struct, frozen=True, kw_only=True):
    """A feed as health pages show it."""

    name: str
    kind: str
    title: str
    owner: str
    label: str
    batches: int
    accepted: int
    rejected: int
    malformed: int
    rate_per_s: float
    """Accepted observations per second over the last minute of machine time."""
    last_seen: str | None
    """City time of the last batch."""
    silent: bool
    problem: str
    """What the feed's connection last complained of; empty when well."""


class Intake:
    """One feed's way in, with its counts. Calls come from the event loop's thread."""

    def __init__(self, hub: Hub, clock: Clock, settings: FeedSettings, seconds: Callable[[], float]) -> None:
        self.settings = settings
        self.problem = ""
        self.silent = False
        self.last_seen = self.silent_since = clock.now()
        self._heard = seconds()
        self._hub, self._clock, self._seconds = hub, clock, seconds
        self._batches = self._accepted = self._rejected = self._malformed = 0
        self._waiting = 0
        self._last_series = np.empty(0, np.int32)
        self._recent: deque[tuple[float, int]] = deque()

    async def receive(self, columns: Columns) -> Answer:
        """Store what is good, say what is not; returns when it is on disk. TooBusy when too much waits."""
        if self._waiting >= WAITING:
            raise TooBusy(
                f"feed {self.settings.name} sends faster than the disk takes", remedy="wait 1 seconds"
            )
        self._waiting += 1
        try:
            batch, rows, lost = self._batch(columns)
            if lost:
                self._hub.reject(lost, self.settings.name)
            receipt = await self._hub.ingest_async(batch, self.settings.name)
            self._last_series = batch.series
        finally:
            self._waiting -= 1
        answer = Answer(
            position=receipt.position,
            accepted=receipt.accepted,
            rejected=_rejected(columns, rows, receipt.rejected, lost),
        )
        self._count(answer, len(columns) + len(columns.faults) - answer.accepted)
        return answer

    def check(self, columns: Columns) -> Answer:
        """What `receive` would answer; stores nothing."""
        batch, rows, lost = self._batch(columns)
        receipt = self._hub.check(batch, self.settings.name)
        rejected = _rejected(columns, rows, receipt.rejected, lost)
        return Answer(position=-1, accepted=receipt.accepted, rejected=rejected)

    def malformed(self, error: InvalidInput) -> None:
        """Count and keep a message that could not be read at all."""
        self._malformed += 1
        self._hub.reject([Rejection(-1, "", "malformed", str(error)[:500])], self.settings.name)

    def state(self) -> FeedState:
        """The feed's figures now."""
        self._forget()
        s = self.settings
        return FeedState(
            name=s.name,
            kind=s.kind,
            title=s.options.title or s.name,
            owner=s.owner,
            label=self._label(),
            batches=self._batches,
            accepted=self._accepted,
            rejected=self._rejected,
            malformed=self._malformed,
            rate_per_s=round(sum(n for _, n in self._recent) / WINDOW_S, 3),
            last_seen=iso(self.last_seen) if self._batches else None,
            silent=self.silent,
            problem=self.problem,
        )

    def heard(self) -> None:
        """The feed has spoken, even if it had nothing to say."""
        self.last_seen, self._heard = self._clock.now(), self._seconds()

    def silence_s(self) -> float:
        """Seconds of city time since the feed was last heard; 0 in the first half minute of machine time.

        A city whose clock runs fast would else call a feed silent that is only starting.
        """
        if self._seconds() - self._heard < PATIENCE_S:
            return 0.0
        return max(0.0, (self._clock.now() - self.last_seen) / SECOND)

    def _batch(self, columns: Columns) -> tuple[Batch, Int64, list[Rejection]]:
        """The rows whose series are known, their row numbers, and a rejection for each other row."""
        ids = self._hub.ids(columns.names)
        series = ids[columns.index] if len(columns) else np.empty(0, np.int32)
        lost = [Rejection(f.row, f.series, f.reason, f.remedy) for f in columns.faults]
        batch = Batch(series, columns.observed, columns.value, columns.quality)
        if not len(ids) or ids.min() >= 0:
            return batch, columns.rows, lost
        known = series >= 0
        remedy = UNKNOWN_REMEDY.format(feed=self.settings.name)
        for row in np.flatnonzero(~known):
            name = columns.names[columns.index[row]]
            lost.append(Rejection(int(columns.rows[row]), name, "unknown-series", remedy))
        return batch.take(known), columns.rows[known], lost

    def _label(self) -> str:
        """The worst of what the pack says of the feed and what its last batch's series say of themselves."""
        labels = {s.label for s in self._hub.series(np.unique(self._last_series))}
        return max(Label.parse(text) for text in labels | {self.settings.label}).text

    def _count(self, answer: Answer, rejected: int) -> None:
        self._batches += 1
        self._accepted += answer.accepted
        self._rejected += rejected
        self._recent.append((self._seconds(), answer.accepted))
        self._forget()
        if answer.accepted:
            self.heard()

    def _forget(self) -> None:
        limit = self._seconds() - WINDOW_S
        while self._recent and self._recent[0][0] < limit:
            self._recent.popleft()


def _rejected(
    columns: Columns, rows: Int64, by_hub: Sequence[Rejection], lost: Sequence[Rejection]
) -> tuple[RejectedRow, ...]:
    """Everything that was not stored, by row: what the hub refused (in its numbering) and what never reached it."""
    found = [RejectedRow(row=r.row, series=r.series, reason=r.reason, remedy=r.remedy) for r in lost]
    for r in by_hub:
        row = int(rows[r.row])
        place = int(np.searchsorted(columns.rows, row))
        name = columns.names[columns.index[place]]
        found.append(RejectedRow(row=row, series=name, reason=r.reason, remedy=r.remedy))
    return tuple(sorted(found, key=lambda r: r.row))


class Intakes:
    """The ways in of a city's feeds, by name. One that the pack does not declare is of the kind that brought it."""

    def __init__(
        self, hub: Hub, clock: Clock, settings: Mapping[str, FeedSettings], seconds: Callable[[], float]
    ) -> None:
        self._hub, self._clock, self._seconds = hub, clock, seconds
        self.twin = TwinWatch(seconds)
        self._intakes = {name: Intake(hub, clock, s, seconds) for name, s in settings.items()}

    def of(self, name: str, kind: str = "http") -> Intake:
        """The feed's way in, of that kind if it is new; InvalidInput if `name` cannot be a feed's name."""
        if name not in self._intakes:
            if not _NAME.fullmatch(name) or len(self._intakes) >= MAX_FEEDS:
                raise InvalidInput(f"{name!r} cannot be a feed's name", remedy="use a-z, 0-9, dot and dash")
            self._intakes[name] = Intake(
                self._hub, self._clock, FeedSettings(name=name, kind=kind), self._seconds
            )
        return self._intakes[name]

    def __iter__(self) -> Iterator[Intake]:
        return iter(list(self._intakes.values()))
