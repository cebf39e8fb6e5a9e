"""The temporal evolution of entities (GS CIM 009, 5.7.3 and 5.7.4), out of the hub's history."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np

from guia.core.clock import DAY, HOUR, MINUTE, SECOND, instant, iso
from guia.core.columns import Float64, Int64
from guia.core.entity import Entity
from guia.core.errors import InvalidInput, Unsupported
from guia.core.hub import Hub
from guia.ngsild.contexts import Terms, shown
from guia.ngsild.live import SeriesOf, observation

FOREVER = 1 << 62
MOST = 1000
"""Instances of one attribute in one answer; what goes beyond is cut and said so (206)."""
METHODS = ("avg", "min", "max", "sum", "totalCount", "distinctCount", "sumsq", "stddev")
_DURATION = re.compile(
    r"P(?:(?P<W>\d+)W)?(?:(?P<D>\d+)D)?(?:T(?:(?P<H>\d+)H)?(?:(?P<M>\d+)M)?(?:(?P<S>\d+)S)?)?"
)
_LENGTHS = {"W": 7 * DAY, "D": DAY, "H": HOUR, "M": MINUTE, "S": SECOND}


@dataclass(frozen=True, slots=True)
class Span:
    """When, and how much of it: start <= t < end, and the last `last` instances if set."""

    start: int = 0
    end: int = FOREVER
    last: int | None = None


@dataclass(frozen=True, slots=True)
class Aggregation:
    """Values of `methods` for each period of `step_ns`; 0: one period over all."""

    methods: tuple[str, ...]
    step_ns: int


def span(timerel: str | None, time_at: str | None, end_time_at: str | None, last: int | None) -> Span:
    """The span of the parameters; InvalidInput where one is missing or wrong."""
    if timerel is None:
        if time_at or end_time_at:
            raise InvalidInput(
                "timeAt needs timerel", place="query timerel", remedy="before, after or between"
            )
        return Span(last=last)
    start = _instant(time_at, "timeAt")
    if timerel == "before":
        return Span(0, start, last)
    if timerel == "after":
        return Span(start + 1, FOREVER, last)
    if timerel == "between":
        end = _instant(end_time_at, "endTimeAt")
        if end <= start:
            raise InvalidInput("endTimeAt must be later than timeAt", place="query endTimeAt")
        return Span(start, end, last)
    raise InvalidInput(
        f"there is no timerel {timerel!r}", place="query timerel", remedy="before, after or between"
    )


def aggregation(methods: str | None, period: str | None) -> Aggregation | None:
    """The aggregation asked for; None without `aggrMethods`."""
    if not methods:
        return None
    chosen = tuple(m.strip() for m in methods.split(","))
    if unknown := [m for m in chosen if m not in METHODS]:
        raise InvalidInput(
            f"there is no method {', '.join(unknown)}",
            place="query aggrMethods",
            remedy=f"use {', '.join(METHODS)}",
        )
    match = _DURATION.fullmatch(period or "PT0S")
    if match is None:
        raise InvalidInput(
            f"{period!r} is no duration this hub knows",
            place="query aggrPeriodDuration",
            remedy="write weeks to seconds, like PT15M or P1D; months and years have no fixed length",
        )
    return Aggregation(chosen, sum(int(match[k] or 0) * n for k, n in _LENGTHS.items()))


@dataclass(slots=True)
class Evolution:
    """A temporal entity, and the range that an answer was cut to (None if it is whole)."""

    body: dict[str, Any]
    cut: tuple[int, int] | None = None


class Past:
    """Answers with the past of entities."""

    def __init__(self, hub: Hub, series_of: SeriesOf) -> None:
        self._hub, self._series_of = hub, series_of

    def of(
        self,
        entity: Entity,
        attrs: Collection[str],
        when: Span,
        context: Terms,
        *,
        values: bool = False,
        aggregate: Aggregation | None = None,
    ) -> Evolution:
        """The past of the entity's attributes (all if `attrs` is empty), newest first within each."""
        evolution = Evolution({"id": entity.id, "type": shown(entity.type, context)})
        numbers = self._series_of([entity.id])[0]
        for name, number in numbers.items():
            if not attrs or name in attrs:
                observed, value = self._read(number, when)
                told = self._told(
                    observed, value, number, when, evolution, values=values, aggregate=aggregate
                )
                if told is not None:
                    evolution.body[shown(name, context)] = told
        for name, attribute in entity.attributes.items():
            if name not in numbers and (not attrs or name in attrs):
                instances = [i for i in _instances(attribute) if _within(i, when)]
                if instances and aggregate is None and not values:
                    evolution.body[shown(name, context)] = instances
        return evolution

    def _read(self, number: int, when: Span) -> tuple[Int64, Float64]:
        """Observations of one series in the span, newest first."""
        batch = self._hub.history(np.array([number], np.int32), when.start, when.end)
        keep = np.isfinite(batch.value)
        observed, value = batch.observed[keep][::-1], batch.value[keep][::-1]
        return (observed[: when.last], value[: when.last]) if when.last is not None else (observed, value)

    def _told(
        self,
        observed: Int64,
        value: Float64,
        number: int,
        when: Span,
        evolution: Evolution,
        *,
        values: bool,
        aggregate: Aggregation | None,
    ) -> Any:
        if aggregate is not None:
            return _aggregated(observed, value, when, aggregate)
        if len(observed) > MOST:
            observed, value = observed[:MOST], value[:MOST]
            newest, oldest = int(observed[0]), int(observed[-1])
            low, high = evolution.cut or (oldest, newest)
            evolution.cut = (max(oldest, low), max(newest, high))
        if not len(observed):
            return None
        pairs = zip(value.tolist(), observed.tolist(), strict=True)
        if values:
            return {"type": "Property", "values": [[v, iso(t)] for v, t in pairs]}
        unit = self._hub.series(np.array([number], np.int32))[0].unit
        instances = [observation(v, t, unit) for v, t in pairs]
        return instances if len(instances) > 1 else instances[0]


def _aggregated(observed: Int64, value: Float64, when: Span, aggregate: Aggregation) -> Any:
    """Each method's values as [value, start, end], oldest period first; periods begin at the span's start."""
    if not len(observed):
        return None
    first = when.start or int(observed.min())
    end = int(observed.max()) + 1 if when.end == FOREVER else when.end
    step = aggregate.step_ns or end - first
    if (end - first) / step > 10_000:
        raise InvalidInput(
            "that makes too many periods", place="query aggrPeriodDuration", remedy="ask for longer ones"
        )
    period = (observed - first) // step
    told: dict[str, Any] = {"type": "Property"}
    for method in aggregate.methods:
        told[method] = [
            [
                _method(method, value[period == p]),
                iso(first + int(p) * step),
                iso(min(end, first + int(p + 1) * step)),
            ]
            for p in np.unique(period)
        ]
    return told


def _method(name: str, value: Float64) -> float | int:
    match name:
        case "totalCount":
            return len(value)
        case "distinctCount":
            return len(np.unique(value))
        case "avg":
            return float(value.mean())
        case "sumsq":
            return float((value * value).sum())
        case "stddev":
            return float(value.std())
        case _:
            return float(getattr(value, name)())


def _instant(text: str | None, place: str) -> int:
    if not text:
        raise InvalidInput(f"{place} is missing", place=f"query {place}")
    try:
        return instant(text.replace(" ", "+"))
    except (ValueError, OverflowError):
        raise InvalidInput(
            f"{text!r} is no instant", place=f"query {place}", remedy="write it like 2026-11-21T08:00:00Z"
        ) from None


def _instances(attribute: Any) -> list[dict[str, Any]]:
    return attribute if isinstance(attribute, list) else [attribute]


def _within(one: dict[str, Any], when: Span) -> bool:
    """Whether an instance belongs to the span; one without an instant is always true, so it has no evolution."""
    return "observedAt" in one and when.start <= instant(one["observedAt"]) < when.end


def only_observed(timeproperty: str | None) -> None:
    """Unsupported unless the times meant are those of observation."""
    if timeproperty not in (None, "observedAt"):
        raise Unsupported(
            f"the past by {timeproperty} is not kept yet", place="query timeproperty", remedy="use observedAt"
        )
