"""Which rows of a batch may be stored, and why the others may not."""

from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from guia.core.clock import MINUTE
from guia.core.columns import Batch, Quality
from guia.core.errors import InvalidInput
from guia.core.registry import Registry

MOST_AHEAD_NS = 5 * MINUTE
MOST_LISTED = 1000
REASONS = {
    1: ("unknown-series", "define the series first, or mend its name"),
    2: ("not-a-number", "leave out rows without a value"),
    3: ("below-lower-bound", "check the sensor and its unit, or lower the bound of the series"),
    4: ("above-upper-bound", "check the sensor and its unit, or raise the bound of the series"),
    5: ("in-the-future", "set the sender's clock: more than 5 minutes ahead of the city is not believed"),
    6: ("before-1970", "give the time in nanoseconds since 1970 UTC"),
    7: ("unknown-quality", f"quality is 0 to {max(Quality)}"),
}


class Rejection(msgspec.Struct, frozen=True):
    """One row that was not stored."""

    row: int
    series: str
    """Its name; empty where the city has no such series."""
    reason: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """A reason per row: 0 where the row is good, else a key of REASONS."""

    reasons: NDArray[np.uint8]

    @property
    def rows(self) -> NDArray[np.intp]:
        """Indices of the rows that are not good."""
        return np.flatnonzero(self.reasons)

    def counts(self) -> dict[str, int]:
        """Number of rejected rows by reason."""
        numbers = np.bincount(self.reasons, minlength=len(REASONS) + 1)
        return {REASONS[i][0]: int(n) for i, n in enumerate(numbers) if i and n}

    def listed(self, batch: Batch, registry: Registry) -> tuple[Rejection, ...]:
        """The first MOST_LISTED rejections."""
        found = []
        for row in self.rows[:MOST_LISTED].tolist():
            reason, remedy = REASONS[int(self.reasons[row])]
            known = 0 <= batch.series[row] < len(registry)
            name = registry.get(batch.series[row : row + 1])[0].name if known else ""
            found.append(Rejection(row, name, reason, remedy))
        return tuple(found)


def validate(batch: Batch, registry: Registry, now: int) -> Verdict | None:
    """Verdict on a batch at city time `now`; None if all is good. InvalidInput if lengths differ."""
    n = len(batch.series)
    if not len(batch.observed) == len(batch.value) == len(batch.quality) == n:
        raise InvalidInput(
            "the columns of the batch differ in length",
            place=f"{n} series, {len(batch.observed)} observed, {len(batch.value)} values",
            remedy="send one value of each column per row",
        )
    known = (batch.series >= 0) & (batch.series < len(registry))
    lower, upper = registry.bounds()
    at = np.where(known, batch.series, 0)
    below, above = batch.value < lower[at], batch.value > upper[at]
    future = batch.observed > now + MOST_AHEAD_NS
    finite = np.isfinite(batch.value)
    early = batch.observed < 0
    odd = batch.quality > max(Quality)
    bad = ~known | ~finite | below | above | future | early | odd
    if not bad.any():
        return None
    reasons = np.zeros(n, np.uint8)
    for reason, rows in (
        (7, odd),
        (6, early),
        (5, future),
        (4, above),
        (3, below),
        (2, ~finite),
        (1, ~known),
    ):
        reasons[rows] = reason
    return Verdict(reasons)
