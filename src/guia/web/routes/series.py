"""Series: what they are, their past, what is expected of them."""

import re
from typing import Annotated, Any

import numpy as np
from litestar import get
from litestar.params import PathParameter, QueryParameter

from guia.core.clock import DAY, HOUR, MINUTE, SECOND, iso
from guia.core.columns import Forecasts
from guia.core.errors import InvalidInput, NotFound
from guia.core.series import Series
from guia.domains.answers import moment, numbers
from guia.web.city import City
from guia.web.shown import times

MOST_BINS = 20_000
PLOT_BINS = 400
STEPS = tuple(n * MINUTE for n in (1, 5, 15, 30, 60, 180, 360, 720, 1440))
_STEP = re.compile(r"(\d{1,9})(s|m|h|d)?")
SeriesId = Annotated[int, PathParameter(ge=0, lt=1 << 31)]
_UNITS = {"": SECOND, "s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY}


def handlers(city: City) -> list[Any]:
    """Routes of `/api/series`."""
    hub = city.hub

    @get("/api/series", tags=["series"], sync_to_thread=True)
    def find(
        entity: str | None = None,
        attribute: str | None = None,
        limit: Annotated[int, QueryParameter(ge=1, le=10_000)] = 1000,
    ) -> list[dict[str, Any]]:
        """Definitions of series, by entity, by attribute or both; `id` is what the other calls take."""
        if entity and attribute:
            ids = [int(i) for i in hub.ids([f"{entity}|{attribute}"]) if i >= 0]
            found = list(zip(ids, hub.series(np.array(ids, np.int32)), strict=True)) if ids else []
        else:
            found = [
                (i, s)
                for i, s in enumerate(hub.series())
                if (entity is None or s.entity == entity) and (attribute is None or s.attribute == attribute)
            ]
        return [_definition(i, s) for i, s in found[:limit]]

    @get("/api/series/{series_id:int}/history", tags=["series"], sync_to_thread=True)
    def history(
        series_id: SeriesId,
        begin: Annotated[
            str | None, QueryParameter(name="from", description="ISO 8601; a day ago if left out")
        ] = None,
        end: Annotated[str | None, QueryParameter(name="to", description="ISO 8601; now if left out")] = None,
        step: Annotated[
            str | None, QueryParameter(description="width of a bin: 300, 5m, 1h; chosen if left out")
        ] = None,
    ) -> dict[str, Any]:
        """The past in bins: mean, low, high and count of each; empty bins are left out."""
        series = _series(city, series_id)
        to = moment(end, "to", city.clock.now())
        start = moment(begin, "from", to - DAY)
        if start >= to:
            raise InvalidInput(
                "the span is empty", place="query from, to", remedy="let `from` be before `to`"
            )
        width = _width(step, to - start)
        bins = hub.history_binned(np.array([series_id], np.int32), start, to, width)
        return {
            "series": series.name,
            "step_s": width / SECOND,
            "time": times(np.asarray(bins["bin"])),
            **{name: numbers(np.asarray(bins[name]), 4) for name in ("mean", "low", "high")},
            "count": np.asarray(bins["count"]).tolist(),
            "unit": series.unit,
            "label": series.label,
            "source": series.source,
        }

    @get("/api/series/{series_id:int}/latest", tags=["series"], sync_to_thread=False)
    def latest(series_id: SeriesId) -> dict[str, Any]:
        """The newest observation; `time` and `value` are null where there is none."""
        series = _series(city, series_id)
        batch = hub.latest(np.array([series_id], np.int32))
        known = bool(batch.observed[0])
        return {
            "series": series.name,
            "time": iso(int(batch.observed[0])) if known else None,
            "value": numbers(batch.value, 6)[0] if known else None,
            "quality": int(batch.quality[0]),
            "unit": series.unit,
            "label": series.label,
            "source": series.source,
        }

    @get("/api/series/{series_id:int}/forecast", tags=["series"], sync_to_thread=True)
    def forecast(series_id: SeriesId) -> dict[str, Any]:
        """What the newest forecast expects, with its 80 % interval (q10 to q90)."""
        series = _series(city, series_id)
        now = city.clock.now()
        issues = hub.forecasts(np.array([series_id], np.int32), now - HOUR, now + 2 * DAY)
        return {
            "series": series.name,
            **_newest(issues, series_id),
            "unit": series.unit,
            "label": series.label,
            "source": series.source,
        }

    return [find, history, latest, forecast]


def _definition(series_id: SeriesId, series: Series) -> dict[str, Any]:
    fields = {f: getattr(series, f) for f in series.__struct_fields__}
    return {"id": series_id, "name": series.name, **fields}


def _series(city: City, series_id: int) -> Series:
    try:
        return city.hub.series(np.array([series_id], np.int64).astype(np.int32))[0]
    except (IndexError, OverflowError):
        raise NotFound(f"there is no series {series_id}", remedy="GET /api/series lists them") from None


def _width(step: str | None, span: int) -> int:
    """Width of a bin in nanoseconds; without `step` the smallest round one that gives a plot's worth."""
    if step is None:
        return next((s for s in STEPS if span / s <= PLOT_BINS), span // PLOT_BINS)
    match = _STEP.fullmatch(step)
    width = int(match[1]) * _UNITS[match[2] or ""] if match else 0
    if width <= 0:
        raise InvalidInput(f"{step!r} is no width", place="query step", remedy="write 300, 5m, 1h or 1d")
    if span / width > MOST_BINS:
        raise InvalidInput(
            f"that makes more than {MOST_BINS} bins", place="query step", remedy="ask for a wider step"
        )
    return width


def _newest(issues: list[Forecasts], series_id: int) -> dict[str, Any]:
    """The newest issue of a series as columns by target."""
    best: Forecasts | None = None
    for forecasts in issues:
        if len(forecasts) and (best is None or forecasts.issued.max() > best.issued.max()):
            best = forecasts
    if best is None:
        return {"issued": None, "model": "", "target": [], "q10": [], "q50": [], "q90": []}
    issued = int(best.issued.max())
    rows = (best.series == series_id) & (best.issued == issued)
    targets = np.unique(best.target[rows])
    columns = {}
    for name, quantile in (("q10", 0.1), ("q50", 0.5), ("q90", 0.9)):
        column = np.full(len(targets), np.nan)
        of_quantile = rows & np.isclose(best.quantile, quantile)
        column[np.searchsorted(targets, best.target[of_quantile])] = best.value[of_quantile]
        columns[name] = numbers(column, 4)
    return {"issued": iso(issued), "model": best.model, "target": times(targets), **columns}
