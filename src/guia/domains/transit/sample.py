"""Seeded example data, label `synthetic`: vehicles that run a pack's timetable late by a known delay."""

from collections.abc import Iterator

import numpy as np

from guia.core.clock import SECOND
from guia.core.columns import Batch
from guia.core.entity import Entity, property_
from guia.core.ids import urn
from guia.core.series import Series
from guia.domains.transit.schedule import Schedule
from guia.engines.transit.positions import under_way
from guia.engines.transit.shapes import along
from guia.formats.gtfs import gtfs_time

GPS_M = 5.0


def vehicles(
    schedule: Schedule, start: int, steps: int, step_s: int, delay_s: float, rng: np.random.Generator
) -> Iterator[tuple[int, list[Entity], list[Series], list[tuple[str, float]]]]:
    """Per step: instant, vehicles under way, series of their positions, and (series name, value) of each."""
    city, projection = schedule.pack.name, schedule.pack.projection
    for k in range(steps):
        now = start + k * step_s * SECOND
        day = schedule.day(now)
        running = under_way(day.timetable, (now - day.origin) / SECOND - delay_s)
        x, y, _ = along(schedule.network.lines, day.timetable.shape[running.trip], running.offset_m)
        lon, lat = projection.to_lonlat(x + rng.normal(0, GPS_M, len(x)), y + rng.normal(0, GPS_M, len(y)))
        entities, series, values = [], [], []
        for i, run in enumerate(running.trip.tolist()):
            trip, begins = int(day.timetable.trip[run]), int(day.timetable.start_s[run])
            name = urn("Vehicle", city, f"{trip}-{begins}")
            entities.append(
                Entity(
                    id=name, type="Vehicle", label="synthetic",
                    attributes={
                        "tripId": property_(str(schedule.feed.trip_ids[trip])),
                        "startTime": property_(gtfs_time(begins)),
                    },
                )
            )  # fmt: skip
            for attribute, value in (("longitude", lon[i]), ("latitude", lat[i])):
                series.append(
                    Series(entity=name, attribute=attribute, unit="DD", label="synthetic", source="sample")
                )
                values.append((series[-1].name, float(value)))
        yield now, entities, series, values


def batch(ids: dict[str, int], now: int, values: list[tuple[str, float]]) -> Batch:
    """Observations of the values, by the ids of their series."""
    return Batch.of([ids[name] for name, _ in values], now, [value for _, value in values])
