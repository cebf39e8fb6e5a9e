"""Observations as columns: the shape in which they travel and rest.

A *series* is one attribute of one entity; inside the hub it is a small dense integer.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Float64 = NDArray[np.float64]
UInt8 = NDArray[np.uint8]


class Quality(IntEnum):
    """What is known of a value's trustworthiness."""

    OK = 0
    SUSPECT = 1
    ESTIMATED = 2
    MISSING = 3


class Label(IntEnum):
    """Where a fact comes from. Shown wherever the fact is shown."""

    REAL = 0
    OTHER_CITY = 1
    SYNTHETIC = 2

    @property
    def text(self) -> str:
        """`real`, `other-city` or `synthetic`."""
        return self.name.lower().replace("_", "-")

    @classmethod
    def parse(cls, text: str) -> "Label":
        """Label of its text; ValueError if unknown."""
        try:
            return cls[text.upper().replace("-", "_")]
        except KeyError:
            raise ValueError(f"label {text!r} is none of real, other-city, synthetic") from None


@dataclass(frozen=True, slots=True)
class Batch:
    """Observations, one per row; all four columns have equal length."""

    series: Int32
    observed: Int64
    """UTC nanoseconds."""
    value: Float64
    quality: UInt8

    @classmethod
    def of(cls, series: object, observed: object, value: object, quality: object = None) -> "Batch":
        """Batch of anything array-like; `observed` may be one instant for all, quality defaults to OK."""
        ids = np.ascontiguousarray(series, dtype=np.int32)
        n = len(ids)
        times = np.ascontiguousarray(np.broadcast_to(np.asarray(observed, dtype=np.int64), (n,)))
        values = np.ascontiguousarray(np.broadcast_to(np.asarray(value, dtype=np.float64), (n,)))
        marks = np.zeros(n, np.uint8) if quality is None else np.asarray(quality, dtype=np.uint8)
        return cls(ids, times, values, np.ascontiguousarray(np.broadcast_to(marks, (n,))))

    @classmethod
    def empty(cls) -> "Batch":
        """A batch without rows."""
        return cls.of([], [], [])

    @classmethod
    def concat(cls, batches: "list[Batch]") -> "Batch":
        """All rows of `batches`, in order."""
        if not batches:
            return cls.empty()
        return cls(
            np.concatenate([b.series for b in batches]),
            np.concatenate([b.observed for b in batches]),
            np.concatenate([b.value for b in batches]),
            np.concatenate([b.quality for b in batches]),
        )

    def take(self, rows: "NDArray[np.bool_] | NDArray[np.integer]") -> "Batch":
        """The chosen rows (mask or indices)."""
        return Batch(self.series[rows], self.observed[rows], self.value[rows], self.quality[rows])

    def __len__(self) -> int:
        return len(self.series)


@dataclass(frozen=True, slots=True)
class Forecasts:
    """Forecast values, one per row: a kind of its own beside observations."""

    series: Int32
    issued: Int64
    target: Int64
    """The instant that the value speaks of, UTC nanoseconds."""
    quantile: Float64
    """0.5 is the median; 0.1 and 0.9 bound the 80 % interval."""
    value: Float64
    model: str
    """Name and version of the model, e.g. `profile-drift/1`."""

    def __len__(self) -> int:
        return len(self.series)
