"""The loop: brains step on the city's time; what fails is restarted and reported, the rest goes on."""

import itertools
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from brains.counting import MEAN, READS
from brains.waiting import eventually

from guia.core.clock import SECOND, SimulatedClock
from guia.core.columns import Batch
from guia.core.hub import Hub
from guia.core.loop import Loop, Place
from guia.core.series import Series
from guia.core.steps import steps_of

BOTH = {"counting": "brains.counting", "failing": "brains.failing"}


def loop_of(hub: Hub, pack: Path, brains: dict[str, str], **levels) -> Loop:
    rng = np.random.default_rng(1)
    return Loop(hub, hub.clock, Place(pack, hub.folder), brains, levels=levels, rng=rng)


@pytest.fixture
def running(hub, tmp_path):
    loop = loop_of(hub, tmp_path, BOTH)
    loop.start()
    eventually(lambda: all(s["steps"] > 1 for s in loop.stats().values()))
    yield loop
    loop.stop()


def test_outputs_go_into_the_hub_under_the_brains_name_and_steps_are_logged(hub, running, feed):
    feed(500.0)
    eventually(lambda: len(hub.alerts(domain="counting")) == 1)
    eventually(lambda: hub.decisions(domain="counting"))
    assert hub.decisions(domain="counting")[0].level == "confirm"
    assert not np.isnan(hub.forecast_latest(hub.ids([MEAN]), hub.clock.now() + 90 * SECOND)[0])
    feed(-1000.0)
    eventually(lambda: hub.alerts(domain="counting") == [])
    running.stop()
    steps = list(steps_of(hub.folder / "log", "counting"))
    assert steps[0].fresh
    assert not any(s.fresh for s in steps[1:])
    assert all(s.now % SECOND == SECOND // 6 for s in steps)
    assert len(steps) == running.stats()["counting"]["steps"]


@pytest.mark.parametrize("how", ["raise", "hang", "segfault", "exit"])
def test_a_failing_brain_is_restarted_and_reported_and_the_other_goes_on(hub, running, tmp_path, how):
    (tmp_path / "fail").write_text(how)
    before = running.stats()
    eventually(lambda: running.stats()["failing"]["restarts"] == 1)
    eventually(lambda: running.stats()["failing"]["steps"] > before["failing"]["steps"] + 1)
    (alert,) = [a for a in hub.alerts() if a.kind == "brain-restarted"]
    assert set(alert.title) == {"en", "zh", "pt"}
    after = running.stats()
    assert after["counting"]["restarts"] == 0
    assert after["counting"]["skipped"] == 0
    assert after["counting"]["steps"] >= before["counting"]["steps"] + 2
    assert after["failing"]["restored"]["different"] == 0


def test_the_alert_of_a_restart_ends_after_good_steps(hub, tmp_path):
    hub.clock = SimulatedClock(hub.clock.now(), 8.0)
    loop = loop_of(hub, tmp_path, {"failing": "brains.failing"})
    (tmp_path / "fail").write_text("raise")
    loop.start()
    eventually(lambda: loop.stats()["failing"]["restarts"] == 1)
    eventually(lambda: hub.alerts(open_only=False))
    eventually(lambda: hub.alerts() == [])
    assert hub.alerts(open_only=False)[0].ended is not None
    loop.stop()


def test_a_state_from_which_no_step_is_possible_is_given_up(hub, tmp_path):
    loop = loop_of(hub, tmp_path, {"failing": "brains.failing"})
    loop.start()
    eventually(lambda: loop.stats()["failing"]["steps"] >= 2)
    (tmp_path / "fail").write_text("poison")
    eventually(lambda: loop.stats()["failing"]["restarts"] == 3)
    eventually(lambda: loop.stats()["failing"]["restored"]["fresh"] and loop.stats()["failing"]["running"])
    before = loop.stats()["failing"]["steps"]
    eventually(lambda: loop.stats()["failing"]["steps"] > before + 1)
    assert loop.stats()["failing"]["restarts"] == 3
    loop.stop()
    assert [s.fresh for s in steps_of(hub.folder / "log", "failing")].count(True) == 2


def test_what_is_not_a_brains_own_is_left_out_and_counted(hub, running, feed, tmp_path):
    feed(1.0)
    before = hub.latest(hub.ids(READS)).value.tolist()
    (tmp_path / "fail").write_text("steal")
    eventually(lambda: running.stats()["failing"]["refused"])
    refused = running.stats()["failing"]["refused"]
    assert refused == {"observation of a foreign series": 4, "alert of a foreign domain": 1}
    assert hub.latest(hub.ids(READS)).value.tolist() == before
    assert all(a.id != "a" for a in hub.alerts())


def test_a_late_brain_skips_and_counts(hub, tmp_path):
    hub.clock = SimulatedClock(hub.clock.now(), 400.0)
    loop = loop_of(hub, tmp_path, {"counting": "brains.counting"})
    loop.start()
    eventually(lambda: loop.stats()["counting"]["skipped"] > 10)
    loop.stop()
    steps = list(steps_of(hub.folder / "log", "counting"))
    assert all(b.now > a.now for a, b in itertools.pairwise(steps))


def test_a_clean_stop_and_start_go_on_without_a_fresh_state(hub, feed, tmp_path):
    for _ in range(2):
        loop = loop_of(hub, tmp_path, {"counting": "brains.counting"})
        loop.start()
        eventually(has_stepped(loop))
        loop.stop()
    assert [s.fresh for s in steps_of(hub.folder / "log", "counting")].count(True) == 1
    assert loop.stats()["counting"]["notes"]["steps"] >= 4
    assert loop.stats()["counting"]["skipped"] == 0
    times = [s.now for s in steps_of(hub.folder / "log", "counting")]
    assert len(set(times)) == len(times)


def test_when_the_writer_is_killed_no_worker_is_left(tmp_path):
    program = f"""
import sys, time, numpy as np
from pathlib import Path
from guia.core.clock import WallClock
from guia.core.hub import Hub
from guia.core.loop import Loop, Place
hub = Hub.open(Path({str(tmp_path / "data")!r}), WallClock())
loop = Loop(hub, hub.clock, Place(Path({str(tmp_path)!r}), hub.folder),
            {{"counting": "brains.counting"}}, levels={{}}, rng=np.random.default_rng(1))
loop.start()
while loop.stats()["counting"]["steps"] < 2:
    time.sleep(0.05)
print("stepping", flush=True)
time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as writer:
        assert writer.stdout.readline() == b"stepping\n"
        workers = children(writer.pid)
        assert workers
        writer.kill()
    eventually(lambda: not any(alive(pid) for pid in workers), 5.0)
    with_data = Hub.open(tmp_path / "data", SimulatedClock(0))
    assert len(list(steps_of(with_data.folder / "log", "counting"))) >= 2
    with_data.close()


def has_stepped(loop: Loop) -> Callable[[], bool]:
    return lambda: loop.stats()["counting"]["steps"] >= 2


def children(pid: int) -> list[int]:
    """Ids of the processes that `pid` has started."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return [int(child) for task in tasks for child in (task / "children").read_text().split()]


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()


def test_series_defined_later_reach_the_brain(hub, running):
    hub.define([Series(entity="urn:ngsi-ld:Thing:t:9", attribute="number")])
    hub.ingest(Batch.of(hub.ids(READS), hub.clock.now(), 3.0), "things")
    eventually(lambda: hub.latest(hub.ids([MEAN])).value[0] > 0)
