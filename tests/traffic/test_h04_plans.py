"""H04: which stored signal plan to run: proposed, left alone after a rejection, withdrawn, measured."""

from pathlib import Path

import numpy as np
import pytest
from msgspec import structs

from guia.core.clock import HOUR, MINUTE, instant
from guia.core.columns import Batch
from guia.core.decision import move
from guia.core.ids import urn
from guia.core.series import Series
from guia.domains.traffic import brain as traffic
from guia.domains.traffic import sample
from guia.domains.traffic.junctions import next_change

TINY = Path(__file__).parents[2] / "cities" / "tiny"
START = instant("2026-11-20T09:00:00Z")
NIGHT, BUSY, QUIET = 3, 11, 1


@pytest.fixture
def run(rehearse):
    begun = rehearse(traffic.build(TINY), START)
    begun.loops = begun.hub.define(sample.detector_series("tiny", begun.brain.detectors))
    lights = [urn("TrafficLight", "tiny", a.junction.id) for a in begun.brain.junctions]
    begun.lights = begun.hub.define([Series(entity=e, attribute="plan", label="synthetic") for e in lights])
    begun.hub.ingest(Batch.of(begun.lights, START, np.full(len(lights), float(NIGHT))), "signals")
    begun.minute = 0
    begun.rng = np.random.default_rng(5)
    return begun


def go(run, minutes, passed, speed=30.0):
    """So many minutes with `passed` vehicles a minute on every detector; all decisions given."""
    given = []
    for _ in range(minutes):
        now = START + run.minute * MINUTE
        run.minute += 1
        n = len(run.brain.detectors)
        rows = np.column_stack([run.rng.poisson(passed, n), np.full(n, speed), np.full(n, 15.0)])
        run.clock.set(now)
        run.hub.ingest(Batch.of(run.loops, now, rows.ravel()), "detectors")
        given += run.step(now).decisions
    return given


def end(run, decision, state, **changes):
    """A person or the dispatcher moves a decision on."""
    run.hub.put_decisions([move(decision, state, **changes)], "people")
    return run.hub.decision(decision.id)


def test_a_plan_that_suits_is_proposed_once_with_effect_evidence_and_cost(run):
    assert go(run, 14, BUSY) == []
    (proposed,) = {d.id: d for d in go(run, 15, BUSY)}.values()
    junction = next(
        a.junction for a in run.brain.junctions if a.junction.id == proposed.parameters["junction"]
    )
    assert proposed.action == "signals.run-plan"
    assert proposed.parameters["plan"] in [p.number for p in junction.plans]
    assert proposed.parameters["plan"] != NIGHT
    assert proposed.predicted.low < proposed.predicted.value < proposed.predicted.high < 0
    assert "Highway" in proposed.predicted.method or "HCM" in proposed.predicted.method
    assert len(proposed.evidence) == len({start for start, _ in junction.movements})
    assert len(proposed.alternatives) == len(junction.plans) - 2
    assert all(set(text) == {"en", "zh", "pt"} for text in (proposed.title, proposed.cost))
    assert proposed.level == "confirm"
    assert proposed.label == "synthetic"
    assert proposed.expires > proposed.proposed


def at(run, hhmm):
    """Let the minutes go on at a time of the local day (UTC, 09:00 at the start)."""
    hours, minutes = map(int, hhmm.split(":"))
    run.minute = (hours - 9) * 60 + minutes


def test_the_timetable_turns_at_its_hours(run):
    junction = run.brain.junctions[0].junction
    for now, change in (("09:30", "10:00"), ("10:00", "17:00"), ("23:10", "06:00")):
        told = next_change(junction, instant(f"2026-11-20T{now}:00Z"), run.brain.zone)
        assert (told - instant(f"2026-11-20T{change}:00Z")) % (24 * HOUR) == 0, now
    always = structs.replace(junction, plans=junction.plans[:1])
    assert next_change(always, START, run.brain.zone) == START + 24 * HOUR


def test_what_the_timetable_will_soon_do_is_not_proposed(run):
    at(run, "18:58")
    given = go(run, 62, BUSY)
    assert given
    for proposed in given:
        if proposed.state == "proposed":
            assert proposed.expires + 35 * MINUTE <= START + 11 * HOUR
            assert "until 20:00" in proposed.title["en"]
            assert proposed.proposed <= START + 11 * HOUR - 40 * MINUTE


def queue(run, speed, passed, minutes=24):
    """Proposals of a rehearsal in which every arm has been slow for a while."""
    return [d for d in go(run, minutes, passed, speed=speed) if d.state == "proposed"]


def test_arms_that_queue_count_with_all_that_their_green_lets_through(run):
    proposed = queue(run, 6.0, BUSY)
    assert proposed
    for decision in proposed:
        junction = next(a for a in run.brain.junctions if a.junction.id == decision.parameters["junction"])
        night = [p.number for p in junction.plans].index(NIGHT)
        told = sorted(e.value for e in decision.evidence if "queues" in e.note["en"])
        assert told == pytest.approx(sorted(np.maximum(junction.capacity_h(night), BUSY * 60)), rel=0.35)


def test_a_junction_blocked_from_ahead_is_left_alone(run):
    assert queue(run, 4.0, 3) == []


def test_quiet_roads_bring_no_proposal(run):
    assert go(run, 40, QUIET) == []


def test_after_a_rejection_the_junction_is_left_alone_for_two_hours(run):
    (proposed,) = go(run, 22, BUSY)
    end(run, proposed, "rejected", decided_by="operator", decided_at=run.clock.now(), reason="no")
    assert go(run, 115, BUSY) == []
    (again,) = go(run, 20, BUSY)
    assert again.id != proposed.id
    assert again.proposed >= proposed.proposed + 2 * HOUR


def test_a_proposal_that_no_longer_pays_is_withdrawn(run):
    (proposed,) = go(run, 22, BUSY)
    (withdrawn,) = next(given for given in (go(run, 1, QUIET) for _ in range(40)) if given)
    assert (withdrawn.id, withdrawn.state) == (proposed.id, "withdrawn")
    assert withdrawn.reason
    assert run.state.quiet == {proposed.parameters["junction"]: run.clock.now() + 30 * MINUTE}


def test_what_was_applied_is_measured_before_and_after(run):
    go(run, 15, BUSY, speed=10.0)
    (proposed,) = go(run, 8, BUSY, speed=10.0)
    approved = end(run, proposed, "approved", decided_by="operator", decided_at=run.clock.now())
    applied = end(run, approved, "applied", applied_at=run.clock.now())
    place = [a.junction.id for a in run.brain.junctions].index(applied.parameters["junction"])
    plan = Batch.of(run.lights[place : place + 1], run.clock.now() + 1, [float(applied.parameters["plan"])])
    run.hub.ingest(plan, "signals")
    given = go(run, 40, BUSY, speed=30.0)
    (measured,) = [d for d in given if d.id == applied.id]
    assert measured.state == "measured"
    assert measured.measured.method.startswith("before/after")
    assert measured.measured.unit == measured.predicted.unit
    assert measured.measured.low <= measured.measured.value <= measured.measured.high < 0
    assert measured.measured_at >= applied.applied_at + 35 * MINUTE


def test_a_junction_that_left_the_plan_has_no_effect_to_measure(run):
    (proposed,) = go(run, 22, BUSY)
    approved = end(run, proposed, "approved", decided_by="operator", decided_at=run.clock.now())
    end(run, approved, "applied", applied_at=run.clock.now())
    (ended,) = [d for d in go(run, 10, BUSY) if d.id == proposed.id]
    assert (ended.state, ended.measured) == ("withdrawn", None)
    assert "did not keep to the plan" in ended.reason


def test_an_effect_that_was_not_measured_is_not_made_up(run):
    (proposed,) = go(run, 22, BUSY)
    approved = end(run, proposed, "approved", decided_by="operator", decided_at=run.clock.now())
    end(run, approved, "applied", applied_at=run.clock.now())
    run.state.waiting[:] = np.nan
    given = []
    for k in range(40):
        given += run.step(START + (run.minute + k) * MINUTE).decisions
    (ended,) = [d for d in given if d.id == proposed.id]
    assert ended.state == "withdrawn"
    assert ended.measured is None


def test_a_junction_whose_running_plan_is_not_known_is_left_alone(rehearse):
    run = rehearse(traffic.build(TINY), START)
    run.loops = run.hub.define(sample.detector_series("tiny", run.brain.detectors))
    run.minute, run.rng = 0, np.random.default_rng(5)
    assert go(run, 30, BUSY) == []
