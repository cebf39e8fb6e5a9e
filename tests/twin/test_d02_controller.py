"""A controller never leaves the envelope, whatever it is asked and whenever."""

import itertools

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guia.core.errors import InvalidInput, NotFound
from guia.packs.signals import Interval, Junction, Plan, Stage
from guia.twin.controller import (
    ALL_RED,
    GREEN,
    MIN_ALL_RED_S,
    MIN_GREEN_S,
    MIN_YELLOW_S,
    YELLOW,
    check_plan,
    start,
)


def junction() -> Junction:
    """Three stages; the plans differ in order, length and number of stages."""

    def plan(number: int, hours: tuple[tuple[int, int], ...], *greens: tuple[int, int]) -> Plan:
        intervals = tuple(Interval(stage=s, green_s=g, yellow_s=3, all_red_s=2) for s, g in greens)
        return Plan(number=number, name=f"plan {number}", hours=hours, intervals=intervals)

    return Junction(
        id="j",
        nodes=(0,),
        lon=0,
        lat=0,
        names={},
        movements=(("a", "b"), ("c", "d"), ("e", "f")),
        stages=tuple(Stage(name=str(i), movements=(i,)) for i in range(3)),
        plans=(
            plan(1, ((6, 20),), (0, 30), (1, 20), (2, 10)),
            plan(2, ((20, 24),), (2, 6), (0, 12)),
            plan(3, ((0, 6),), (1, 8), (0, 8)),
        ),
    )


@given(
    st.integers(0, 23),
    st.integers(0, 10_000),
    st.lists(st.tuples(st.integers(0, 400), st.integers(1, 3)), max_size=20),
)
def test_greens_yellows_and_all_reds_are_never_cut_short(hour: int, second: int, commands: list):
    box = start(junction(), hour, second)
    asked = dict(commands)
    lasted: list[tuple[str, int, int]] = []
    begun, now = (box.aspect, box.stage), 0
    for t in range(400):
        if t in asked:
            box.command(asked[t])
        box.follow_timetable((hour + t // 100) % 24)
        box.step()
        if (box.aspect, box.stage) != begun or box.elapsed_s == 0:
            lasted.append((*begun, t + 1 - now))
            begun, now = (box.aspect, box.stage), t + 1
    least = {GREEN: MIN_GREEN_S, YELLOW: MIN_YELLOW_S, ALL_RED: MIN_ALL_RED_S}
    for aspect, _, seconds in lasted[1:]:
        assert seconds >= least[aspect]
    order = [aspect for aspect, _, _ in lasted]
    follows = {GREEN: YELLOW, YELLOW: ALL_RED, ALL_RED: GREEN}
    assert all(follows[a] == b for a, b in itertools.pairwise(order))
    for (aspect, stage, _), (after, other, _) in itertools.pairwise(lasted):
        assert stage == other or (aspect, after) == (ALL_RED, GREEN), (
            "the stage changes only behind an all-red"
        )


def test_a_commanded_plan_takes_over_within_one_stage_and_holds():
    box = start(junction(), 10, 0)
    assert "takes over" in box.command(2)
    for _ in range(36):
        box.step()
    assert box.plan.number == 2
    for _ in range(500):
        box.follow_timetable(10)
        box.step()
    assert box.plan.number == 2


def test_the_timetable_takes_over_again_when_it_changes():
    box = start(junction(), 10, 0)
    box.command(3)
    for _ in range(100):
        box.follow_timetable(10)
        box.step()
    box.follow_timetable(20)
    for _ in range(100):
        box.step()
    assert box.plan.number == 2
    assert not box.commanded


def test_commands_for_nothing_are_refused_with_what_exists():
    box = start(junction(), 10, 0)
    with pytest.raises(NotFound, match="1 \\(plan 1\\)"):
        box.command(9)


@pytest.mark.parametrize(
    "change", [{"green_s": 3}, {"green_s": 500}, {"yellow_s": 1}, {"all_red_s": 0}, {"stage": 7}]
)
def test_unsafe_plans_are_refused(change: dict):
    j = junction()
    bad = msgspec.structs.replace(j.plans[0].intervals[1], **change)
    plan = msgspec.structs.replace(j.plans[0], intervals=(j.plans[0].intervals[0], bad))
    with pytest.raises(InvalidInput, match="envelope"):
        check_plan(j, plan)


@given(st.integers(0, 100_000))
def test_a_start_in_mid_cycle_equals_having_run_until_then(second: int):
    j = junction()
    ran = start(j, 10, 0)
    for _ in range(second % 500):
        ran.step()
    there = start(j, 10, second % 500)
    assert (ran.stage, ran.aspect, ran.elapsed_s) == (there.stage, there.aspect, there.elapsed_s)
