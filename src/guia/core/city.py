"""A running city: its pack, its data, its clock, and the parts that keep it going.

`core` knows no city topic: which brains run and what carries commands out is handed in by whoever starts it.
"""

import logging
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar, cast

import numpy as np

from guia.core.clock import Clock, WallClock
from guia.core.dispatch import Actuator, Dispatcher
from guia.core.errors import Unavailable
from guia.core.hub import Hub
from guia.core.journal import Journal
from guia.core.log import LogReader
from guia.core.loop import Loop, Place
from guia.core.records import Kind, Row, Rows, decode_rows
from guia.core.segments import first_position
from guia.core.supervise import Child

Ability = TypeVar("Ability")
JOURNALLED = ("decisions", "inputs")
_FOLLOW_EVERY_S = 1.0
logger = logging.getLogger(__name__)


class City:
    """One city. `start` sets the loop going, `close` ends everything and loses nothing."""

    def __init__(
        self,
        name: str,
        pack: Path,
        data: Path,
        clock: Clock,
        *,
        brains: Mapping[str, str],
        levels: Mapping[str, Mapping[str, str]],
        actuators: Sequence[Actuator] = (),
        rng: np.random.Generator,
    ) -> None:
        self.name = name
        self.pack = pack
        self.data = data
        self.clock = clock
        self.hub = Hub.open(data, clock)
        place = Place(pack, data / "live")
        self.journal = Journal(data / "live" / "journal", WallClock())
        self.loop = Loop(self.hub, clock, place, brains, levels=levels, rng=rng)
        self.dispatcher = Dispatcher(self.hub, clock, actuators)
        self._keeper = JournalKeeper(self.journal, place.log, self.hub)
        self.hub.needed_from = lambda: self._keeper.position
        self.children: dict[str, Child] = {}
        """Supporting processes by name: broker, twin."""
        self._abilities: dict[type[Any], Any] = {}

    def start(self) -> None:
        """Set the loop, the dispatch of decisions and the journal going."""
        self._keeper.start()
        self.dispatcher.start()
        self.loop.start()

    def close(self) -> None:
        """End all of it, newest first, and let go of the files."""
        for child in reversed(self.children.values()):
            child.stop()
        self.loop.stop()
        self.dispatcher.stop()
        self._keeper.stop()
        self.journal.close()
        self.hub.close()

    def provide(self, protocol: type[Ability], ability: Ability) -> None:
        """Offer an ability (see `guia.capabilities`) to every domain of the city."""
        self._abilities[protocol] = ability

    def need(self, protocol: type[Ability]) -> Ability:
        """The city's implementation of an ability; Unavailable if no domain offers it."""
        if protocol not in self._abilities:
            raise Unavailable(
                f"nothing in this city offers {protocol.__name__}",
                remedy="install or start the domain that provides it",
            )
        return cast(Ability, self._abilities[protocol])

    def stats(self) -> dict[str, Any]:
        """Figures of the loop, the dispatch and the journal; `complaints` in words."""
        brains = self.loop.stats()
        complaints = [
            f"brain {name} is being restarted: {figures['last_failure']}"
            for name, figures in brains.items()
            if figures["last_failure"] and not figures["running"]
        ]
        complaints += [
            f"{child.name} is not running: {child.last_failure}"
            for child in self.children.values()
            if child.last_failure and not child.running
        ]
        return {
            "brains": brains,
            "dispatch": {
                "applied": self.dispatcher.applied,
                "failed": self.dispatcher.failed,
                "expired": self.dispatcher.expired,
            },
            "children": {
                child.name: {"running": child.running, "restarts": child.restarts}
                for child in self.children.values()
            },
            "journal_entries": self.journal.size,
            "complaints": complaints,
        }


class JournalKeeper:
    """Writes every decision and every person's input from the log into the journal.

    It follows the log from where the journal ends, so that nothing is left out when the city was killed
    between the two.
    """

    def __init__(self, journal: Journal, log: Path, hub: Hub) -> None:
        self._journal = journal
        self._reader = LogReader(log)
        self._hub = hub
        self._at = max(first_position(log), journal.last_position)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)

    @property
    def position(self) -> int:
        """Up to where the journal tells of the log."""
        return self._at

    def start(self) -> None:
        """Begin to follow."""
        self._thread.start()

    def stop(self) -> None:
        """Write what is left and stop."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join()
            self.follow()
        self._reader.close()

    def follow(self) -> None:
        """Take in what the log has got since."""
        end = self._hub.position
        for record in self._reader.read(self._at, end):
            if record.kind == Kind.ROWS:
                self._write(record.position, decode_rows(record.payload))
            self._at = record.end

    def _write(self, position: int, rows: Rows) -> None:
        told = [r for r in rows.rows if r.table in JOURNALLED and r.body is not None]
        written = self._journal.rows_at_last if position == self._journal.last_position else 0
        for row in told[written:]:
            kind, actor, body = entry(row, rows.source)
            self._journal.append(kind, actor, body, position=position)

    def _run(self) -> None:
        while not self._stopping.wait(_FOLLOW_EVERY_S):
            try:
                self.follow()
            except Exception:
                logger.exception("the journal could not be carried on; it tries again")


def entry(row: Row, source: str) -> tuple[str, str, dict[str, Any]]:
    """Kind, actor and body of the journal entry that tells of a logged row."""
    if row.table == "inputs":
        return "input", str(row.body.get("actor", source)), row.body
    told = (
        "state",
        "action",
        "level",
        "title",
        "parameters",
        "predicted",
        "measured",
        "reason",
        "decided_by",
    )
    body = {"id": row.id, **{key: row.body[key] for key in told if row.body.get(key)}}
    return "decision", source, body
