"""The week before the first day: synthetic history, labelled so, that a new city does not begin with nothing to show.

Speeds of every car segment, and what its detectors would have counted, every quarter of an hour, from the same curve
that the twin's traffic follows; some streets are slower than others, days differ, and a few congestions are in it
(`congestions` lists them). Seeded: equal pack and end give an equal week.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from guia.core.clock import DAY, MINUTE, SECOND
from guia.core.columns import Batch, Float64, Int32, Int64, Quality
from guia.core.ids import urn
from guia.core.series import Series
from guia.packs import Pack
from guia.packs.network import CAR, ROAD_CLASSES
from guia.twin.curve import load

STEP_NS = 15 * MINUTE
SOURCE = "synthetic-week"
CONGESTIONS_PER_DAY = 2
SLOWING = {"motorway": 0.35, "trunk": 0.4, "primary": 0.5, "secondary": 0.45, "tertiary": 0.4}
"""How much of its free speed a street of each class loses in the week's busiest hour; others lose 0.25."""
BUSIEST_PER_LANE = 14.0
"""Vehicles a minute on a lane in the week's busiest hour, on a street of average use."""
VEHICLE_M = 6.5
"""Length that a vehicle covers of a loop, its own and the loop's."""


@dataclass(frozen=True)
class Congestion:
    """One congestion of the synthetic week."""

    start_ns: int
    end_ns: int
    segments: Int32
    """Rows in the pack's network."""
    factor: float
    """Of the usual speed."""


def synthetic_week(pack: Pack, end_ns: int, days: int = 7) -> Iterator[list[Series] | Batch]:
    """The definitions first, then one batch per day, the newest day first.

    The `series` column of a batch holds places in the list of definitions: store `ids = hub.define(specs)` and then
    `ids[batch.series]`. Rows are sorted by series and time; times are the quarters of an hour before `end_ns`, end
    excluded. Values are ESTIMATED.
    """
    network = pack.network
    segments = np.flatnonzero(network.allows(CAR)).astype(np.int32)
    place = {int(s): i for i, s in enumerate(segments)}
    at = np.array([place[r] for s in pack.detectors if (r := network.row.get(s, -1)) in place], np.int32)
    yield _definitions(pack, segments, segments[at])
    end_ns = end_ns // STEP_NS * STEP_NS
    streets = Streets.of(pack, segments)
    jams = congestions(pack, end_ns, days)
    for back in range(days):
        times = end_ns - (back + 1) * DAY + np.arange(DAY // STEP_NS) * STEP_NS
        yield _day(
            pack, streets, at, times, [j for j in jams if j.start_ns < times[-1] and j.end_ns > times[0]]
        )


def congestions(pack: Pack, end_ns: int, days: int = 7) -> list[Congestion]:
    """The congestions of the week that ends at `end_ns`, by start."""
    rng = np.random.default_rng([_seed(end_ns), 7])
    network = pack.network
    main = np.flatnonzero(network.allows(CAR) & (network.road_class <= ROAD_CLASSES.index("tertiary")))
    if len(main) == 0:
        return []
    x, y = pack.projection.to_metres(network.node_lon, network.node_lat)
    found = []
    for _ in range(CONGESTIONS_PER_DAY * days):
        centre = int(rng.choice(main))
        node = network.from_node[centre]
        near = np.hypot(x[network.from_node] - x[node], y[network.from_node] - y[node]) < rng.uniform(
            150, 500
        )
        start = end_ns - int(rng.integers(0, days * DAY))
        lasts = int(rng.uniform(40, 130) * MINUTE)
        rows = np.flatnonzero(near & network.allows(CAR)).astype(np.int32)
        found.append(Congestion(start, start + lasts, rows, float(rng.uniform(0.25, 0.5))))
    return sorted(found, key=lambda c: c.start_ns)


@dataclass(frozen=True)
class Streets:
    """What sets one street apart from another; all (n,) per car segment."""

    segment: Int32
    """Row in the pack's network."""
    free_kmh: Float64
    lanes: Float64
    slowing: Float64
    """Share of the free speed lost at load 1."""
    use: Float64
    """Traffic against a street of average use."""
    lean: Float64
    """-1 … 1: busier in the morning … in the evening."""

    @classmethod
    def of(cls, pack: Pack, segments: Int32) -> "Streets":
        """The streets of a pack; what cannot be known of them is drawn, the same each time."""
        network = pack.network
        rng = np.random.default_rng(len(network))
        by_class = np.array([SLOWING.get(name, 0.25) for name in ROAD_CLASSES])
        slowing = by_class[network.road_class[segments]] * rng.uniform(0.5, 1.4, len(segments))
        return cls(
            segments,
            network.free_speed_kmh[segments].astype(np.float64),
            np.maximum(1, network.lanes[segments]).astype(np.float64),
            slowing.clip(0.05, 0.75),
            rng.gamma(4.0, 0.25, len(segments)),
            rng.uniform(-1, 1, len(segments)),
        )


def _day(pack: Pack, streets: Streets, at: Int32, times: Int64, jams: list[Congestion]) -> Batch:
    """A day's batch: (n segments, 3 x detectors, the city's mean over road length) x 96 quarters."""
    rng = np.random.default_rng([_seed(int(times[0])), 11])
    local = [datetime.fromtimestamp(t // SECOND, pack.timezone) for t in times]
    hour = np.array([t.hour + t.minute / 60 for t in local])
    level = load(np.array([t.weekday() for t in local]), hour) * rng.uniform(0.93, 1.07)
    tide = 1 + 0.18 * streets.lean[:, None] * np.where(hour < 13, -1.0, 1.0)
    busy = np.clip(level * tide, 0, 1.15)
    speed = 1 - streets.slowing[:, None] * busy**1.8
    speed *= 1 + 0.05 * rng.standard_normal(speed.shape, dtype=np.float32)
    speed *= 1 + 0.04 * rng.standard_normal((len(streets.segment), 1))
    row_of = np.full(int(streets.segment.max(initial=0)) + 1, -1, np.int32)
    row_of[streets.segment] = np.arange(len(streets.segment))
    for jam in jams:
        when = np.flatnonzero((times >= jam.start_ns) & (times < jam.end_ns))
        speed[np.ix_(row_of[jam.segments], when)] *= jam.factor
    speed = np.clip(speed, 0.06, 1.1) * streets.free_kmh[:, None]
    count, seen, occupancy = _detected(streets, at, busy[at], speed[at], rng)
    length = pack.network.length_m[streets.segment]
    mean = (length @ speed / length.sum())[None, :]
    value = np.concatenate([speed, count, seen, occupancy, mean])
    series, steps = value.shape
    return Batch.of(
        np.repeat(np.arange(series, dtype=np.int32), steps),
        np.tile(times, series),
        np.round(value.ravel(), 1),
        np.full(series * steps, Quality.ESTIMATED, np.uint8),
    )


def _detected(
    streets: Streets, at: Int32, busy: Float64, speed: Float64, rng: np.random.Generator
) -> tuple[Float64, Float64, Float64]:
    """(d, 96) count a minute, speed km/h and occupancy % that detectors would have shown."""
    lanes, use = streets.lanes[at, None], streets.use[at, None]
    mean = BUSIEST_PER_LANE * lanes * use * busy
    count = np.maximum(0.0, mean + np.sqrt(mean / 15) * rng.standard_normal(mean.shape))
    seen = speed * (1 + 0.03 * rng.standard_normal(speed.shape))
    occupancy = np.clip(count / lanes * 60 * VEHICLE_M / 10 / np.maximum(seen, 2.0), 0, 95)
    return count, seen, occupancy


def _definitions(pack: Pack, segments: Int32, detectors: Int32) -> list[Series]:
    """Series in the order of the batches' rows."""
    names = pack.network.id

    def of(kind: str, rows: Int32, attribute: str, unit: str, upper: float) -> list[Series]:
        return [
            Series(
                entity=urn(kind, pack.name, str(names[r])), attribute=attribute, unit=unit,
                label="synthetic", source=SOURCE, lower=0.0, upper=upper,
            )
            for r in rows
        ]  # fmt: skip

    return [
        *of("RoadSegment", segments, "speed", "KMH", 200.0),
        *of("TrafficDetector", detectors, "count", "C62", 500.0),
        *of("TrafficDetector", detectors, "speed", "KMH", 200.0),
        *of("TrafficDetector", detectors, "occupancy", "P1", 100.0),
        Series(
            entity=urn("City", pack.name, pack.name), attribute="speed", unit="KMH",
            label="synthetic", source=SOURCE, lower=0.0, upper=200.0,
        ),
    ]  # fmt: skip


def _seed(instant_ns: int) -> int:
    return instant_ns // DAY
