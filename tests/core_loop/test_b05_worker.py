"""A brain in its own process: equal steps give equal outputs, and a restart loses nothing."""

import itertools
import os
from pathlib import Path

import pytest
from brains.counting import Counting

from guia.core import wire
from guia.core.checkpoints import Checkpoints
from guia.core.clock import HOUR, SECOND
from guia.core.hub import Hub
from guia.core.loop import Place
from guia.core.remote import BrainFailed, RemoteBrain
from guia.core.steps import Step, steps_of
from guia.core.worker import Host


def start(module: str, hub: Hub, pack: Path) -> RemoteBrain:
    place = Place(pack, hub.folder)
    return RemoteBrain(module, pack, place.log, place.checkpoints, place.errors("x"))


def step_of(hub: Hub, **changes) -> Step:
    return Step(
        **{"brain": "counting", "now": hub.clock.now(), "position": hub.position, "seed": 7, **changes}
    )


def logged(hub: Hub, brain: RemoteBrain, **changes) -> dict:
    """Run a step and log it, as the loop does."""
    step = step_of(hub, **changes)
    answer = brain.step(step)
    row = Step(**{f: getattr(step, f) for f in step.__struct_fields__} | {"digest": answer["digest"]})
    hub.put_rows("steps", [(step.id, row)], "loop")
    return answer


def restored(brain: RemoteBrain, hub: Hub, **how) -> tuple[int, int, bool]:
    """Steps repeated, how many of them came out different, and whether the next starts fresh."""
    told = brain.restore(hub.position, hub.clock.now(), **how)
    return told["repeated"], told["different"], told["fresh"]


def test_outputs_come_over_the_pipe_whole(hub, feed, tmp_path):
    brain = start("brains.counting", hub, tmp_path)
    assert brain.description.period_s == 1
    hub.define(brain.description.writes)
    feed(10.0)
    step = step_of(hub)
    outputs = wire.unpack_outputs(brain.step(step)["outputs"])
    assert outputs.observations.value[0] == outputs.forecasts[0].value[0]
    assert outputs.decisions[0].action == "things.turn"
    assert outputs.notes == {"steps": 1.0}
    brain.close()


def test_equal_steps_have_equal_digests_and_others_not(hub, feed, tmp_path):
    feed(10.0)
    digests = []
    steps = [step_of(hub), step_of(hub, seed=8)]
    for _ in range(2):
        brain = start("brains.counting", hub, tmp_path)
        digests.append([brain.step(s)["digest"] for s in steps])
        brain.close()
    assert digests[0] == digests[1]
    assert digests[0][0] != digests[0][1]


def test_after_a_restart_the_steps_since_the_checkpoint_are_repeated(hub, feed, tmp_path):
    brain = start("brains.counting", hub, tmp_path)
    hub.define(brain.description.writes)
    assert restored(brain, hub) == (0, 0, True)
    feed(10.0)
    logged(hub, brain, fresh=True)
    assert brain.save() > 0
    for value in (20.0, 30.0):
        feed(value)
        logged(hub, brain)
    feed(40.0)
    step = step_of(hub)
    expected = brain.step(step)
    os.kill(brain.process.pid, 9)
    again = start("brains.counting", hub, tmp_path)
    assert restored(again, hub) == (2, 0, False)
    assert again.step(step)["digest"] == expected["digest"]
    again.close()
    with pytest.raises(BrainFailed, match="SIGKILL"):
        brain.step(step)


def test_without_a_checkpoint_a_replay_starts_from_the_log_and_a_live_city_fresh(hub, feed, tmp_path):
    brain = start("brains.counting", hub, tmp_path)
    feed(10.0)
    logged(hub, brain, fresh=True)
    feed(20.0)
    logged(hub, brain)
    brain.close()
    again = start("brains.counting", hub, tmp_path)
    assert again.restore(hub.position, hub.clock.now())["fresh"] is True
    assert restored(again, hub, from_log=True) == (2, 0, False)
    again.close()


def test_damaged_checkpoints_are_passed_over(hub, feed, tmp_path):
    brain = start("brains.counting", hub, tmp_path)
    feed(10.0)
    logged(hub, brain, fresh=True)
    brain.save()
    feed(20.0)
    logged(hub, brain)
    brain.save()
    brain.close()
    newest = sorted((hub.folder / "checkpoints").iterdir())[-1]
    newest.write_bytes(newest.read_bytes()[:-3])
    again = start("brains.counting", hub, tmp_path)
    assert again.restore(hub.position, hub.clock.now())["repeated"] == 1
    again.close()


@pytest.mark.parametrize(
    ("how", "kind", "words"),
    [
        ("raise", "raised", "told to"),
        ("hang", "hung", "within 0.7 s"),
        ("segfault", "ended", "SIGSEGV"),
        ("exit", "ended", "code 3"),
    ],
)
def test_every_failure_is_told_in_words(hub, tmp_path, how, kind, words):
    (tmp_path / "fail").write_text(how)
    brain = start("brains.failing", hub, tmp_path)
    with pytest.raises(BrainFailed, match=words) as failure:
        brain.step(step_of(hub, brain="failing"))
    assert failure.value.kind == kind
    assert brain.process.poll() is not None


def test_a_brain_that_cannot_be_built_is_told(hub, tmp_path):
    with pytest.raises(BrainFailed, match="no_such_module"):
        start("brains.no_such_module", hub, tmp_path)


def test_two_newest_checkpoints_and_one_an_hour_are_kept(hub, feed, tmp_path):
    host = Host(Counting(), hub.folder / "log", Checkpoints(tmp_path, "counting"))
    base = hub.clock.now() // HOUR * HOUR
    for quarter in range(30 * 4):
        host.step(step_of(hub, now=base + quarter * HOUR // 4, position=hub.position))
        host.save()
    kept = sorted(int(f.stem.rsplit("-", 1)[1]) for f in tmp_path.glob("*.ckpt"))
    assert len(kept) <= 27
    assert kept[-1] == base + 119 * HOUR // 4
    assert kept[0] <= base + 6 * HOUR
    assert all(b - a <= HOUR for a, b in itertools.pairwise(kept))


def test_a_checkpoint_of_another_city_pack_is_passed_over(hub, tmp_path):
    known = Checkpoints(tmp_path, "counting", pack="one")
    host = Host(Counting(), hub.folder / "log", known)
    host.step(step_of(hub, position=hub.position))
    host.save()
    assert known.newest(1 << 60)
    changed = Host(Counting(), hub.folder / "log", Checkpoints(tmp_path, "counting", pack="two"))
    assert changed.restore(hub.position, hub.clock.now(), from_log=False)["fresh"]


def test_logged_steps_are_read_back(hub, tmp_path):
    step = step_of(hub, now=5 * SECOND, digest="d")
    hub.put_rows("steps", [(step.id, step)], "loop")
    assert list(steps_of(hub.folder / "log", "counting")) == [step]
    assert list(steps_of(hub.folder / "log", "other")) == []
