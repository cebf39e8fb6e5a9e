"""The newest forecast of every series, ready to be asked for any instant."""

import threading
from dataclasses import dataclass

import numpy as np

from guia.core.columns import Float64, Forecasts, Int32, Int64

_UNKNOWN = np.int64(-1)
_SAME_QUANTILE = 1e-9


@dataclass(frozen=True, slots=True)
class _Curve:
    """One quantile of one issue: values sorted by (series, target)."""

    series: Int32
    target: Int64
    value: Float64

    @classmethod
    def of(cls, issue: Forecasts, quantile: float) -> "_Curve":
        chosen = np.flatnonzero(np.abs(issue.quantile - quantile) < _SAME_QUANTILE)
        series, target, value = issue.series[chosen], issue.target[chosen], issue.value[chosen]
        order = np.lexsort((target, series))
        return cls(series[order], target[order], value[order])

    def at(self, series: Int32, target: int) -> Float64:
        """Values at `target`, linear between neighbours in time; NaN outside of what was forecast."""
        if not len(self.series):
            return np.full(len(series), np.nan)
        # Rows of one series lie together in order of target: counting those up to `target` finds its place.
        first = np.searchsorted(self.series, series, "left")
        last = np.searchsorted(self.series, series, "right") - 1
        earlier = np.cumsum(np.r_[0, self.target <= target])
        before = first + (earlier[last + 1] - earlier[first]) - 1
        sound = (last >= first) & (before >= first)
        lower = np.clip(before, 0, len(self.series) - 1)
        upper = np.minimum(lower + 1, np.maximum(last, 0))
        span = self.target[upper] - self.target[lower]
        share = np.where(span > 0, (target - self.target[lower]) / np.maximum(span, 1), 0.0)
        value = self.value[lower] + share * (self.value[upper] - self.value[lower])
        sound &= (self.target[lower] == target) | ((upper > lower) & (target <= self.target[upper]))
        return np.where(sound, value, np.nan)


class NewestForecasts:
    """Holds, for every series, the newest issue that speaks of it. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._issues: dict[int, Forecasts] = {}
        self._curves: dict[tuple[int, float], _Curve] = {}
        self._newest = np.full(1024, _UNKNOWN)
        self._issued = np.full(1024, np.iinfo(np.int64).min)
        self._next = 0

    def apply(self, forecasts: Forecasts) -> None:
        """Take in the forecasts of one record; records come in the order of their positions."""
        for issued in np.unique(forecasts.issued).tolist():
            rows = forecasts.issued == issued
            self._enter(forecasts if rows.all() else take(forecasts, rows), issued)

    def at(self, series: Int32, target: int, quantile: float = 0.5) -> Float64:
        """Newest forecast of each series for the instant `target`; NaN where there is none."""
        found = np.full(len(series), np.nan)
        with self._lock:
            known = (series >= 0) & (series < len(self._newest))
            newest = np.where(known, self._newest[np.where(known, series, 0)], _UNKNOWN)
            curves = {n: self._curve(n, quantile) for n in np.unique(newest).tolist() if n != _UNKNOWN}
        for number, curve in curves.items():
            rows = newest == number
            found[rows] = curve.at(series[rows], target)
        return found

    def issues(self) -> list[Forecasts]:
        """The issues that are newest for any series, oldest first."""
        with self._lock:
            return list(self._issues.values())

    def _enter(self, issue: Forecasts, issued: int) -> None:
        series = np.unique(issue.series)
        with self._lock:
            self._grow(int(series[-1]) + 1)
            series = series[self._issued[series] <= issued]
            self._newest[series] = self._next
            self._issued[series] = issued
            self._issues[self._next] = issue
            self._next += 1
            if len(self._issues) > 8:
                self._forget_old()

    def _forget_old(self) -> None:
        used = set(np.unique(self._newest).tolist())
        self._issues = {n: issue for n, issue in self._issues.items() if n in used}
        self._curves = {key: curve for key, curve in self._curves.items() if key[0] in used}

    def _curve(self, number: int, quantile: float) -> _Curve:
        key = number, quantile
        if key not in self._curves:
            self._curves[key] = _Curve.of(self._issues[number], quantile)
        return self._curves[key]

    def _grow(self, size: int) -> None:
        more = size - len(self._newest)
        if more > 0:
            more = max(more, len(self._newest))
            self._newest = np.concatenate([self._newest, np.full(more, _UNKNOWN)])
            self._issued = np.concatenate([self._issued, np.full(more, np.iinfo(np.int64).min)])


def take(forecasts: Forecasts, rows: "np.ndarray[tuple[int], np.dtype[np.bool_]]") -> Forecasts:
    """The chosen rows."""
    return Forecasts(
        forecasts.series[rows],
        forecasts.issued[rows],
        forecasts.target[rows],
        forecasts.quantile[rows],
        forecasts.value[rows],
        forecasts.model,
    )
