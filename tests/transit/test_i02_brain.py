"""I02: vehicles put on their trips; delays told, learned and foreseen; replay."""

from pathlib import Path

import numpy as np
import pytest

from guia.core import checkpoint
from guia.core.clock import SECOND, instant
from guia.domains.transit import brain as transit
from guia.domains.transit import delays, sample

TINY = Path(__file__).parents[2] / "cities" / "tiny"
START = instant("2026-11-20T09:00:30Z")


@pytest.fixture
def run(rehearse):
    return rehearse(transit.build(TINY), START)


def drive(run, steps, delay_s, start=START, step_s=30):
    """Steps through vehicles that run late by `delay_s`; the outputs of each."""
    rng = np.random.default_rng(2)
    for now, entities, series, values in sample.vehicles(
        run.brain.schedule, start, steps, step_s, delay_s, rng
    ):
        run.clock.set(now)
        run.hub.put_entities(entities, "buses")
        ids = dict(zip((s.name for s in series), run.hub.define(series).tolist(), strict=True))
        run.hub.ingest(sample.batch(ids, now, values), "buses")
        yield run.step(now), len(entities)


def test_every_vehicle_is_on_its_trip_with_its_delay(run):
    heard = 0
    for outputs, under_way in drive(run, 40, 90):
        assert outputs.notes["vehicles_heard"] >= under_way
        assert outputs.notes["vehicles_matched"] == outputs.notes["vehicles_heard"]
        for f in outputs.forecasts:
            low, median, high = f.value.reshape(3, -1)
            assert (low <= median).all()
            assert (median <= high).all()
            assert np.abs(median - 90).max() <= 12
            assert (f.target[: len(median)] + median * SECOND >= f.issued[0] - 61 * SECOND).all()
            heard += 1
    assert heard > 5


def test_a_line_tells_its_delay_and_how_many_vehicles(run):
    list(drive(run, 4, 120))
    entity = "urn:ngsi-ld:PublicTransportRoute:tiny:1"
    delay, count = run.hub.latest(run.hub.ids([f"{entity}|delay", f"{entity}|vehicles"])).value
    assert count == 2
    assert delay == pytest.approx(120, abs=10)


def test_a_silent_line_has_no_vehicles_and_no_forecast(run):
    list(drive(run, 4, 0))
    outputs = run.step(START + 600 * SECOND)
    assert outputs.notes["vehicles_heard"] == 0
    assert outputs.forecasts == ()
    assert outputs.observations.value.tolist() == [0.0]


def test_a_replay_gives_equal_outputs(run):
    given = [o for o, _ in drive(run, 20, 60)]
    for first, again in zip(given, run.replay(transit.build(TINY)), strict=True):
        assert np.array_equal(first.observations.value, again.observations.value)
        for a, b in zip(first.forecasts, again.forecasts, strict=True):
            assert np.array_equal(a.series, b.series)
            assert np.allclose(a.value, b.value, rtol=0, atol=1e-9)
    assert checkpoint.encode(checkpoint.decode(checkpoint.encode(run.state))) == checkpoint.encode(run.state)


def test_intervals_come_to_hold_four_of_five():
    rng = np.random.default_rng(4)
    state, n = delays.start(), 200
    late, kept, held = rng.normal(60, 60, n), {}, []
    for k in range(700):
        now = k * 30 * SECOND
        state = delays.learn(state, now, np.arange(n), late)
        state = delays.remember(state, now, np.arange(n), late)
        kept[k] = (late + state.low_s[1], late + state.high_s[1])
        if k > 400:
            low, high = kept[k - 10]
            held.append(((low <= late) & (late <= high)).mean())
        late = late + rng.normal(0, 12, n)
    assert 0.77 < np.mean(held) < 0.83
