"""The benchmark's own arithmetic: what counts as under way, and which pairs are compared."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from guia.benchmarks.twin import FILES, compare, read_measured, run_time_s


@given(speed=st.integers(2, 20), seconds=st.integers(30, 300), reach=st.integers(0, 50))
def test_at_steady_speed_the_time_is_way_by_speed(speed: int, seconds: int, reach: int):
    trace = [speed * s for s in range(seconds + 1)]
    kept = min(reach, trace[-1] / 3)
    assert abs(run_time_s(trace, reach) - (trace[-1] - 2 * kept) / speed) <= 2


@given(st.lists(st.integers(0, 15), min_size=1, max_size=100), st.floats(0, 100))
def test_any_way_takes_some_time_and_no_more_than_the_whole(steps: list[int], reach: float):
    trace = [sum(steps[:i]) for i in range(len(steps) + 1)]
    assert 1 <= run_time_s(trace, reach) <= max(1, len(steps))


def test_waiting_at_the_pole_is_no_driving():
    assert run_time_s([0] * 60 + [10 * s for s in range(40)], 20) < 40


def test_pairs_with_few_runs_are_left_out():
    key, other = ("26", ("A", "B"), "late"), ("26", ("B", "C"), "late")
    measured = {key: [100.0] * 10, other: [100.0] * 9}
    assert compare(measured, {key: [110.0] * 3, other: [50.0] * 3}) == {"26": [10.0]}
    assert compare(measured, {key: [110.0] * 2}) == {}


def test_measured_runs_without_data_are_passed_over(tmp_path: Path):
    head = "startStation,endStation,time,weekday,passengerFlow,trafficCondition,busPlate,arrivalDuration\n"
    for name in FILES.values():
        (tmp_path / name).write_text(
            head + "M1/2,M3,8:05:00,0,-1,-1,X,50\nM1/2,M3,8:06:00,0,-1,-1,X,-1\nM1/2,M3,3:06:00,0,-1,-1,X,9\n"
        )
    assert read_measured(tmp_path)["3", ("M1_2", "M3"), "morning"] == [50.0]
    assert len(read_measured(tmp_path)) == len(FILES)
