"""Steps as the log keeps them: what must be known to repeat one."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from guia.core.log import LogReader
from guia.core.records import Kind, decode_rows


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One step of a brain."""

    brain: str
    now: int
    """City time that the step was given."""
    position: int
    """Log position up to which it could see."""
    seed: int
    fresh: bool = False
    """Whether it began from the brain's first state, because no checkpoint could be used."""
    digest: str = ""
    """SHA-256 of its outputs; empty before it has run."""

    @property
    def id(self) -> str:
        """Its key in the table `steps`."""
        return f"{self.brain}-{self.now}-{self.position}"


def steps_of(log: Path, brain: str | None, start: int = 0, end: int | None = None) -> Iterator[Step]:
    """Logged steps of one brain (None: of all), in order, whose rows lie at start <= position < end."""
    reader = LogReader(log)
    try:
        for record in reader.read(start, end):
            if record.kind != Kind.ROWS:
                continue
            for row in decode_rows(record.payload).rows:
                if row.table == "steps" and row.body is not None and brain in (None, row.body["brain"]):
                    yield msgspec.convert(row.body, Step)
    finally:
        reader.close()
