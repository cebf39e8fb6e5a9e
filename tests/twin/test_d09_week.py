"""The synthetic week: equal each time, labelled, complete, weekdays unlike weekends, congestions where listed."""

from itertools import pairwise

import numpy as np

from guia.core.clock import DAY, HOUR, instant
from guia.core.columns import Batch, Quality
from guia.packs import Pack
from guia.packs.network import CAR
from guia.twin.week import STEP_NS, congestions, synthetic_week

END = instant("2026-11-20T18:07:00Z")
QUARTERS = 96


def whole(pack: Pack) -> tuple[list, list[Batch]]:
    specs, *days = synthetic_week(pack, END)
    return specs, days


def test_it_is_the_same_each_time(pack: Pack):
    (_, a), (_, b) = whole(pack), whole(pack)
    for one, two in zip(a, b, strict=True):
        assert np.array_equal(one.series, two.series)
        assert np.array_equal(one.observed, two.observed)
        assert np.array_equal(one.value, two.value)


def test_everything_is_there_once_and_says_what_it_is(pack: Pack):
    specs, days = whole(pack)
    cars = int(pack.network.allows(CAR).sum())
    assert len(specs) == cars + 3 * len(pack.detectors) + 1  # and the city's mean
    assert {s.label for s in specs} == {"synthetic"}
    assert len({s.name for s in specs}) == len(specs)
    assert len(days) == 7
    newest = [int(d.observed.max()) for d in days]
    assert all(a - b == DAY for a, b in pairwise(newest))
    assert newest[0] == END // STEP_NS * STEP_NS - STEP_NS
    for day in days:
        assert len(day) == len(specs) * QUARTERS
        assert (day.quality == Quality.ESTIMATED).all()
        assert np.isfinite(day.value).all()
        assert (np.lexsort((day.observed, day.series)) == np.arange(len(day))).all()
        for row, spec in enumerate(specs):
            values = day.value[row * QUARTERS : (row + 1) * QUARTERS]
            assert values.min() >= spec.lower
            assert values.max() <= spec.upper


def test_the_peak_is_slow_and_the_night_is_not(pack: Pack):
    _, days = whole(pack)
    cars = int(pack.network.allows(CAR).sum())
    day = days[1]
    speed = day.value.reshape(-1, QUARTERS)[:cars].mean(axis=0)
    hour = day.observed[:QUARTERS] // HOUR % 24
    assert speed[hour == 18].mean() < 0.85 * speed[hour == 4].mean()


def test_congestions_slow_their_streets(pack: Pack):
    specs, days = whole(pack)
    segments = np.flatnonzero(pack.network.allows(CAR))
    listed = congestions(pack, END)

    assert len(listed) >= 7
    checked = 0
    for jam in listed:
        for day in days:
            times = day.observed[:QUARTERS]
            inside = (times >= jam.start_ns) & (times < jam.end_ns)
            if inside.sum() < 2:
                continue
            rows = np.searchsorted(segments, jam.segments)
            values = day.value.reshape(-1, QUARTERS)[rows]
            assert values[:, inside].mean() < 0.8 * values[:, ~inside].mean()
            checked += 1
    assert checked
    assert len(specs) > len(segments)
