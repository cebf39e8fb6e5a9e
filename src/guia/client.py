"""A city in Python: `guia.open("macau")`. Reads the city's files, also while it runs; writes go over HTTP."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import apsw
import msgspec
import numpy as np

from guia.core.alert import Alert
from guia.core.clock import instant, iso
from guia.core.columns import Batch, Forecasts, Int32
from guia.core.decision import Decision
from guia.core.errors import NotFound
from guia.core.history import questions
from guia.core.history.partitions import read_manifest
from guia.core.history.tail import Rows, resolve, select
from guia.core.log import LogReader
from guia.core.records import Kind, decode_forecasts, decode_observations
from guia.core.series import Series
from guia.domains.asking import ask

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

Moment = str | datetime | int
_MAX = np.iinfo(np.int64).max
_AS_MANY_TRIES = 3
Body = TypeVar("Body")


@dataclass(frozen=True)
class Past:
    """Observations of one series, by time."""

    definition: Series
    batch: Batch

    def to_numpy(self) -> np.ndarray:
        """Structured array with `time` (datetime64[ns], UTC), `value` and `quality`."""
        columns = {"time": self.batch.observed.view("M8[ns]"), "value": self.batch.value}
        columns["quality"] = self.batch.quality
        found = np.empty(len(self.batch), [(n, c.dtype) for n, c in columns.items()])
        for name, column in columns.items():
            found[name] = column
        return found

    def to_arrow(self) -> "pa.Table":
        """Arrow table with `time`, `value`, `quality`; unit, label and source are in its metadata."""
        import pyarrow as pa

        stamp = pa.array(self.batch.observed, pa.int64()).cast(pa.timestamp("ns", "UTC"))
        table = pa.table({"time": stamp, "value": self.batch.value, "quality": self.batch.quality})
        told = {k: getattr(self.definition, k) for k in ("entity", "attribute", "unit", "label", "source")}
        return table.replace_schema_metadata(told)

    def to_pandas(self) -> "pd.Series[float]":
        """pandas series of the values by time (UTC), named after the series; `attrs` tells unit and label."""
        import pandas as pd

        times = pd.DatetimeIndex(self.batch.observed.view("M8[ns]"), tz="UTC", name="time")
        found = pd.Series(self.batch.value, times, name=self.definition.name)
        found.attrs = {k: getattr(self.definition, k) for k in ("unit", "label", "source")}
        return found

    def __len__(self) -> int:
        return len(self.batch)


@dataclass(frozen=True)
class Ahead:
    """The newest forecast of one series: instants, and a column per quantile."""

    definition: Series
    issued: int
    model: str
    target: np.ndarray
    """datetime64[ns], UTC."""
    quantiles: dict[float, np.ndarray]

    def to_pandas(self) -> "pd.DataFrame":
        """pandas frame by target time (UTC), one column per quantile."""
        import pandas as pd

        frame = pd.DataFrame(self.quantiles, pd.DatetimeIndex(self.target, tz="UTC", name="target"))
        frame.attrs = {"unit": self.definition.unit, "label": self.definition.label, "model": self.model}
        return frame


class OpenCity:
    """One city. What it reads is what was acknowledged up to the moment of the call."""

    def __init__(self, name: str, data: str | Path, *, url: str, token: str) -> None:
        self.name = name
        self.live = Path(data) / name / "live"
        self._url = url
        self._token = token
        if not (self.live / "store.db").exists():
            raise NotFound(
                f"no city {name!r} is recorded here",
                place=str(self.live),
                remedy="run it first with `guia up`, or name its folder: guia.open(city, data=...)",
            )
        self._database = apsw.Connection(str(self.live / "store.db"), flags=apsw.SQLITE_OPEN_READONLY)
        self._database.set_busy_timeout(5000)

    def find(self, pattern: str = "*") -> list[Series]:
        """Definitions of the series whose name (`<entity>|<attribute>`) fits; `*` and `?` are wild."""
        rows = self._ask("SELECT body FROM series WHERE name GLOB ? ORDER BY number", pattern)
        return [msgspec.json.decode(body, type=Series) for (body,) in rows]

    def series(
        self, entity: str, attribute: str, start: Moment | None = None, end: Moment | None = None
    ) -> Past:
        """Observations with start <= time < end; instants are ISO 8601 texts, datetimes or UTC nanoseconds.

        NotFound if there is no such series.
        """
        number, definition = self._definition(entity, attribute)
        since, until = _instant(start, 0), _instant(end, _MAX)
        return Past(definition, self._observations(np.array([number], np.int32), since, until))

    def forecast(self, entity: str, attribute: str) -> Ahead:
        """The newest forecast of a series; NotFound if there is none."""
        number, definition = self._definition(entity, attribute)
        newest = self._newest_forecast(number)
        if newest is None:
            raise NotFound("nothing is forecast for this series", place=definition.name)
        target = np.unique(newest.target)
        columns = {}
        for quantile in np.unique(newest.quantile):
            rows = newest.quantile == quantile
            order = np.argsort(newest.target[rows])
            columns[float(quantile)] = newest.value[rows][order]
        return Ahead(definition, int(newest.issued[0]), newest.model, target.view("M8[ns]"), columns)

    def alerts(self, *, open_only: bool = True) -> list[Alert]:
        """Alerts, last updated first."""
        rows = self._ask("SELECT body FROM alerts WHERE open >= ? ORDER BY updated DESC", int(open_only))
        return [msgspec.json.decode(body, type=Alert) for (body,) in rows]

    def decisions(self, state: str = "*") -> list[Decision]:
        """Decisions, newest proposal first; of one state if named."""
        rows = self._ask("SELECT body FROM decisions WHERE state GLOB ? ORDER BY proposed DESC", state)
        return [msgspec.json.decode(body, type=Decision) for (body,) in rows]

    def route(
        self,
        start: tuple[float, float],
        goal: tuple[float, float],
        mode: str = "car",
        depart: Moment | None = None,
    ) -> dict[str, Any]:
        """The way between two places (longitude, latitude), asked of the running city."""
        query = {"from": f"{start[0]},{start[1]}", "to": f"{goal[0]},{goal[1]}", "mode": mode}
        if depart is not None:
            query["depart"] = iso(_instant(depart, 0))
        return dict(self._get("/api/traffic/route", **query))

    def departures(self, stop: str, limit: int = 10) -> list[dict[str, Any]]:
        """The next departures from a stop, asked of the running city."""
        return list(self._get(f"/api/transit/stops/{stop}/departures", limit=limit)["departures"])

    def approve(self, decision_id: str) -> dict[str, Any]:
        """Approve a decision of the running city; needs an operator's token."""
        return dict(self._post(f"/api/decisions/{decision_id}/approve", {}))

    def reject(self, decision_id: str, reason: str) -> dict[str, Any]:
        """Reject a decision of the running city; needs an operator's token."""
        return dict(self._post(f"/api/decisions/{decision_id}/reject", {"reason": reason}))

    def push(self, feed: str, names: list[str], times: list[Moment], values: list[float]) -> dict[str, Any]:
        """Hand observations to a feed of the running city; the receipt. Needs a token of that feed."""
        observed = [iso(_instant(t, 0)) for t in times]
        return dict(
            self._post(
                f"/api/feeds/{feed}/observations", {"series": names, "observed": observed, "value": values}
            )
        )

    def _ask(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        return self._database.execute(sql, parameters).fetchall()

    def _definition(self, entity: str, attribute: str) -> tuple[int, Series]:
        rows = self._ask("SELECT number, body FROM series WHERE name = ?", f"{entity}|{attribute}")
        if not rows:
            raise NotFound(
                "there is no such series",
                place=f"{entity}|{attribute}",
                remedy="city.find('*speed') lists series by a pattern",
            )
        return rows[0][0], msgspec.json.decode(rows[0][1], type=Series)

    def _observations(self, series: Int32, start: int, end: int) -> Batch:
        """From the files of the history, and from the log what they do not hold yet."""
        for attempt in range(_AS_MANY_TRIES):
            manifest = read_manifest(self.live / "history")
            files = [
                self.live / "history" / part.file
                for part in manifest.parts
                if part.series[0] <= series[0] <= part.series[1]
                and part.time[0] < end
                and part.time[1] >= start
            ]
            try:
                filed = questions.observations(files, series, start, end)
            except questions.FileGone:  # merged away since the manifest was read
                if attempt == _AS_MANY_TRIES - 1:
                    raise
                continue
            return resolve(Rows.concat([filed, *self._recent(manifest.applied, series, start, end)]))
        raise AssertionError

    def _recent(self, position: int, series: Int32, start: int, end: int) -> list[Rows]:
        found = []
        for record in LogReader(self.live / "log").read(position):
            if record.kind == Kind.OBSERVATIONS:
                batch = decode_observations(record.payload)[1]
                rows = Rows(batch, np.full(len(batch), record.position, np.int64))
                found.append(select(rows, series, start, end))
        return found

    def _newest_forecast(self, series: int) -> Forecasts | None:
        manifest = read_manifest(self.live / "forecasts")
        newest = None
        for record in LogReader(self.live / "log").read(manifest.applied):
            if record.kind == Kind.FORECASTS:
                forecasts = decode_forecasts(record.payload)[1]
                rows = forecasts.series == series
                newest = _rows(forecasts, rows) if rows.any() else newest
        if newest is not None:
            return newest
        files = [self.live / "forecasts" / part.file for part in manifest.parts]
        found = questions.forecasts(files, np.array([series], np.int32), 0, _MAX, _MAX)
        if not found:
            return None
        last = max(found, key=lambda f: int(f.issued.max()))
        return _rows(last, last.issued == last.issued.max())

    def _get(self, path: str, **query: Any) -> Any:
        return ask(self._url, path, self._token, **query)

    def _post(self, path: str, body: dict[str, Any]) -> Any:
        return ask(self._url, path, self._token, body)


def _rows(forecasts: Forecasts, rows: np.ndarray) -> Forecasts:
    return Forecasts(
        forecasts.series[rows],
        forecasts.issued[rows],
        forecasts.target[rows],
        forecasts.quantile[rows],
        forecasts.value[rows],
        forecasts.model,
    )


def _instant(moment: Moment | None, default: int) -> int:
    if moment is None:
        return default
    if isinstance(moment, datetime):
        return instant(moment.isoformat())
    return instant(moment) if isinstance(moment, str) else int(moment)
