"""Which series there are: names, dense ids, and the bounds that their values must keep."""

import threading
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from guia.core.columns import Float64, Int32
from guia.core.errors import InvalidInput
from guia.core.ids import is_urn
from guia.core.series import Series


class Registry:
    """All series by id. Ids are dense, given in the order of definition, and never change."""

    def __init__(self) -> None:
        self._ids: dict[str, int] = {}
        self._series: list[Series] = []
        self._lower: Float64 = np.full(1024, -np.inf)
        self._upper: Float64 = np.full(1024, np.inf)
        self._groups: NDArray[np.uint16] = np.zeros(1024, np.uint16)
        self._group_names: list[str] = []
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._series)

    def put(self, number: int, series: Series) -> None:
        """Enter or replace the definition of series `number`."""
        with self._lock:
            if number > len(self._series):
                raise InvalidInput(f"series id {number} leaves a gap", place=series.name)
            if number >= len(self._lower):
                self._lower = np.concatenate([self._lower, np.full(len(self._lower), -np.inf)])
                self._upper = np.concatenate([self._upper, np.full(len(self._upper), np.inf)])
                self._groups = np.concatenate([self._groups, np.zeros_like(self._groups)])
            self._groups[number] = self._group(entity_type(series.entity))
            self._lower[number] = -np.inf if series.lower is None else series.lower
            self._upper[number] = np.inf if series.upper is None else series.upper
            if number == len(self._series):
                self._series.append(series)
            else:
                self._series[number] = series
            self._ids[series.name] = number

    def ids(self, names: Iterable[str], missing: int = -1) -> Int32:
        """Ids of names, `missing` where there is no such series."""
        known = self._ids
        return np.array([known.get(name, missing) for name in names], np.int32)

    def get(self, ids: Int32 | None = None) -> list[Series]:
        """Definitions in the order of `ids`; all of them without."""
        if ids is None:
            return list(self._series)
        return [self._series[i] for i in ids.tolist()]

    def changes(self, specs: Sequence[Series]) -> list[tuple[int, Series]]:
        """What `specs` would add or change, with ids. InvalidInput if a spec is not sound."""
        next_id = len(self._series)
        fresh: dict[str, tuple[int, Series]] = {}
        for spec in specs:
            check(spec)
            number = self._ids.get(spec.name)
            if number is None:
                number = fresh[spec.name][0] if spec.name in fresh else next_id
                next_id = max(next_id, number + 1)
            elif self._series[number] == spec:
                fresh.pop(spec.name, None)
                continue
            fresh[spec.name] = (number, spec)
        return list(fresh.values())

    def bounds(self) -> tuple[Float64, Float64]:
        """Smallest and largest credible value by id; infinite where there is no bound."""
        return self._lower, self._upper

    def groups(self) -> NDArray[np.uint16]:
        """Index into `group_names` by series id."""
        return self._groups

    def group_names(self) -> list[str]:
        """Entity types that have series."""
        return self._group_names

    def _group(self, name: str) -> int:
        if name not in self._group_names:
            self._group_names.append(name)
        return self._group_names.index(name)


def entity_type(entity_id: str) -> str:
    """The type that an NGSI-LD URN names; `Other` for any other id."""
    return entity_id.split(":", 3)[2] if is_urn(entity_id) else "Other"


def check(series: Series) -> None:
    """InvalidInput if the definition cannot be used."""
    if not series.entity or not series.attribute:
        raise InvalidInput("a series needs an entity and an attribute", place=series.name)
    if "|" in series.attribute or any(c.isspace() for c in series.name):
        raise InvalidInput(
            "the name of a series may hold no white space, and its attribute no |", place=series.name
        )
    if series.label not in ("real", "other-city", "synthetic"):
        raise InvalidInput(
            f"label {series.label!r} is not known",
            place=series.name,
            remedy="use real, other-city or synthetic",
        )
    if series.lower is not None and series.upper is not None and series.lower > series.upper:
        raise InvalidInput("the lower bound lies above the upper one", place=series.name)
