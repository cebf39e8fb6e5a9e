"""H03: the traffic brain on a chessboard town: state, forecasts, alerts that begin and end, replay."""

import numpy as np
import pytest

from guia.core import checkpoint
from guia.core.clock import MINUTE, instant
from guia.core.columns import Batch, Quality
from guia.domains.traffic import brain as traffic
from guia.domains.traffic import sample

START = instant("2026-11-20T09:00:00Z")
JAMMED = np.arange(20, 24)


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    folder = tmp_path_factory.mktemp("grid")
    sample.write_pack(folder, side=8, detectors=60)
    return folder


def feed(run, minutes, start=START, jammed=JAMMED, seed=1):
    """Steps through sample minutes; the outputs of each."""
    brain = run.brain
    ids = run.hub.define(sample.detector_series(brain.city, brain.detectors))
    free = brain.roads.free_speed_kmh[brain.detector_rows]
    for now, rows in sample.minutes(free, start, minutes, jammed, np.random.default_rng(seed)):
        told = ~np.isnan(rows.ravel())
        run.clock.set(now)
        run.hub.ingest(Batch.of(ids[told], now, rows.ravel()[told]), "detectors")
        yield run.step(now)


@pytest.fixture
def run(rehearse, town):
    return rehearse(traffic.build(town), START)


def test_every_segment_has_a_state_and_says_how_well_it_is_known(run):
    *_, last = feed(run, 12)
    brain = run.brain
    names = [f"urn:ngsi-ld:RoadSegment:grid:{s}|speed" for s in brain.network.id]
    latest = run.hub.latest(run.hub.ids(names))
    assert (latest.observed == START + 11 * MINUTE).all()
    ratio = latest.value / brain.network.free_speed_kmh
    jammed = brain.detector_rows[JAMMED]
    other = np.setdiff1d(brain.detector_rows, jammed)
    assert (ratio[jammed] < 0.4).all()
    assert np.median(ratio[other]) == pytest.approx(0.9, abs=0.05)
    measured = np.zeros(len(ratio), bool)
    measured[brain.detector_rows] = True
    assert (latest.quality[measured] == Quality.OK).all()
    assert (latest.quality[~measured] == Quality.ESTIMATED).all()
    assert last.notes["segments_measured"] == len(brain.detectors)
    assert {s.label for s in brain.writes()} == {"synthetic"}


def test_forecasts_reach_an_hour_and_their_quantiles_are_in_order(run):
    given = [o.forecasts[0] for o in feed(run, 11) if o.forecasts]
    assert len(given) == 3
    for f in given:
        ahead = np.unique(f.target - f.issued) // MINUTE
        assert ahead.tolist() == list(range(0, 70, 5))
        low, median, high = f.value.reshape(3, 14, -1)
        assert (low <= median).all()
        assert (median <= high).all()
        assert (f.value > 0).all()
    ids = run.hub.ids([f"urn:ngsi-ld:RoadSegment:grid:{s}|speed" for s in run.brain.network.id])
    assert np.isfinite(run.hub.forecast_latest(ids, run.clock.now() + 60 * MINUTE, 0.9)).all()


def test_the_citys_mean_speed_is_told_each_minute_and_foreseen_with_an_interval(run):
    given = [o.forecasts[1] for o in feed(run, 11) if o.forecasts]
    mean = run.hub.ids(["urn:ngsi-ld:City:grid:grid|speed"])
    roads = run.brain.network
    ids = run.hub.ids([f"urn:ngsi-ld:RoadSegment:grid:{s}|speed" for s in roads.id])
    speeds = run.hub.latest(ids).value
    driven = np.isfinite(speeds)
    expected = np.average(speeds[driven], weights=roads.length_m[driven])
    assert abs(run.hub.latest(mean).value[0] - expected) < 0.05
    assert {len(f) for f in given} == {3 * 14}
    low, median, high = (
        run.hub.forecast_latest(mean, run.clock.now() + 30 * MINUTE, q)[0] for q in (0.1, 0.5, 0.9)
    )
    assert low < median < high


def test_a_jam_begins_is_told_in_three_languages_and_ends(run):
    alerts = [a for o in feed(run, 18) for a in o.alerts]
    opened = {a.id: a for a in alerts}
    assert opened
    rows = run.brain.detector_rows[JAMMED]
    jammed = {f"urn:ngsi-ld:RoadSegment:grid:{run.brain.network.id[r]}" for r in rows}
    for alert in opened.values():
        assert jammed & set(alert.entities)
        assert alert.ended is None
        assert alert.since <= alert.updated
        assert alert.measure >= 0.5
        assert set(alert.title) == {"en", "zh", "pt"}
        assert ": slow towards " in alert.title["en"]
        assert alert.label == "synthetic"
    free = np.array([], int)
    later = [a for o in feed(run, 25, START + 18 * MINUTE, jammed=free) for a in o.alerts]
    assert {a.id for a in later if a.ended} == set(opened)
    assert not run.hub.alerts(open_only=True)


def test_silent_sensors_raise_no_alert_and_let_the_state_fade(run):
    list(feed(run, 12))
    for k in range(12, 90):
        outputs = run.step(START + k * MINUTE)
    assert not run.hub.alerts(open_only=True)
    assert outputs.notes["segments_measured"] == 0
    usual = run.state.profile.mean[run.state.profile.mean.shape[0] // 2]
    assert np.abs(run.state.ratio - usual).max() < 0.35
    assert (outputs.observations.quality == Quality.ESTIMATED).all()


def test_a_replay_gives_equal_outputs(run, town):
    given = list(feed(run, 20))
    for first, again in zip(given, run.replay(traffic.build(town)), strict=True):
        assert np.array_equal(first.observations.series, again.observations.series)
        assert np.allclose(first.observations.value, again.observations.value, rtol=0, atol=1e-9)
        assert first.alerts == again.alerts
        assert first.decisions == again.decisions
        for a, b in zip(first.forecasts, again.forecasts, strict=True):
            assert np.allclose(a.value, b.value, rtol=0, atol=1e-9)


def test_the_state_survives_a_checkpoint(run):
    list(feed(run, 12))
    restored = checkpoint.decode(checkpoint.encode(run.state))
    assert checkpoint.encode(restored) == checkpoint.encode(run.state)
    view, rng = run.view, np.random.default_rng
    now = START + 12 * MINUTE
    one, a = run.brain.step(run.state, view, now, rng(1))
    two, b = run.brain.step(restored, view, now, rng(1))
    assert np.array_equal(a.observations.value, b.observations.value)
    assert checkpoint.encode(one) == checkpoint.encode(two)


def test_an_alert_nobody_remembers_is_ended(run):
    list(feed(run, 14))
    assert run.hub.alerts(open_only=True)
    run.state = run.brain.start()
    run.step(START + 14 * MINUTE)
    assert not run.hub.alerts(open_only=True)
