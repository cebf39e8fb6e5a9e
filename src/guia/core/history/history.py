"""All observations of the past, files and memory together."""

import numpy as np

from guia.core.columns import Batch, Int32
from guia.core.history.tail import Rows, Tail, resolve, select


class History:
    """Answers what was observed when, as known at any position."""

    def __init__(self) -> None:
        self.tail = Tail()

    def append(self, batch: Batch, position: int) -> None:
        """Take in the batch of the record at `position`."""
        self.tail.append(Rows(batch, np.full(len(batch), position, np.int64)))

    def read(self, series: Int32, start: int, end: int, known_at: int | None = None) -> Batch:
        """Observations with start <= observed < end, sorted by (series, observed), duplicates resolved."""
        return resolve(select(self.tail.snapshot(), series, start, end, known_at))
