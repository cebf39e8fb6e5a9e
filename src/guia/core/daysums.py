"""Observations summed up per day, in any order: equal sums say that two places hold the same rows."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from guia.core.clock import DAY
from guia.core.history.tail import Rows
from guia.core.records import decode_observations
from guia.core.segments import Record


@dataclass(slots=True)
class DaySums:
    """Per day: how many observations, and the sum of their hashes (in any order)."""

    rows: Counter[int] = field(default_factory=Counter)
    sums: Counter[int] = field(default_factory=Counter)

    @classmethod
    def of(cls, rows: Mapping[int, int], sums: Mapping[int, int]) -> "DaySums":
        """Sums that were written down."""
        return cls(Counter(rows), Counter(sums))

    def add(self, rows: Rows) -> None:
        """Count these rows in."""
        if not len(rows):
            return
        days, inverse = np.unique(rows.batch.observed // DAY, return_inverse=True)
        hashes = hashed(rows)
        for n, day in enumerate(days.tolist()):
            chosen = hashes[inverse == n] if len(days) > 1 else hashes
            self.rows[day] += len(chosen)
            self.sums[day] = (self.sums[day] + int(chosen.sum())) & 0xFFFFFFFFFFFFFFFF

    def differences(self, other: "DaySums", first_day: int) -> Iterator[int]:
        """Days from `first_day` on of which the two do not say the same."""
        for day in sorted(self.rows.keys() | other.rows.keys()):
            same = self.rows[day] == other.rows[day] and self.sums[day] == other.sums[day]
            if day >= first_day and not same:
                yield day


def hashed(rows: Rows) -> NDArray[np.uint64]:
    """A 64-bit hash of each row (mixing as in SplitMix64; Steele et al., 2014)."""
    batch = rows.batch
    mixed = np.zeros(len(rows), np.uint64)
    for column in (batch.series, batch.observed, batch.value.view(np.int64), batch.quality, rows.position):
        mixed ^= column.astype(np.int64).view(np.uint64)
        mixed += np.uint64(0x9E3779B97F4A7C15)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        mixed ^= mixed >> np.uint64(31)
    return mixed


def rows_of(record: Record) -> Rows:
    """Observations of a record of the log, with its position."""
    batch = decode_observations(record.payload)[1]
    return Rows(batch, np.full(len(batch), record.position, np.int64))
