"""Brains and replays on a log whose front was given up: they begin anew, or say what is gone."""

import json

import pytest

from guia.core.city import JournalKeeper
from guia.core.errors import NotFound
from guia.core.journal import Journal
from guia.core.loop import Place
from guia.core.remote import BrainFailed, RemoteBrain
from guia.core.replay import replay
from guia.core.runs import Run
from guia.core.segments import first_position
from guia.core.steps import Step

BRAINS = {"counting": "brains.counting"}


def start(hub, pack):
    place = Place(pack, hub.folder)
    return RemoteBrain("brains.counting", pack, place.log, place.checkpoints, place.errors("x"))


def step(hub, brain, fresh=False):
    one = Step(brain="counting", now=hub.clock.now(), position=hub.position, seed=7, fresh=fresh)
    row = {f: getattr(one, f) for f in one.__struct_fields__} | {"digest": brain.step(one)["digest"]}
    hub.put_rows("steps", [(one.id, row)], "loop")
    return one


def give_up(hub):
    """Let a segment begin here and give up all before it."""
    hub.log._segment_bytes = 0
    hub.put_rows("steps", [("mark", {"brain": "none", "now": 0, "position": 0, "seed": 0})], "loop")
    hub.log._segment_bytes = 1 << 20
    hub.state.flush()
    hub._trim(hub.clock.now())
    assert first_position(hub.folder / "log") > 0


@pytest.fixture
def brain(hub, tmp_path):
    found = start(hub, tmp_path)
    hub.define(found.description.writes)
    yield found
    found.close()


def test_a_checkpoint_from_before_the_log_is_passed_over(hub, feed, brain, tmp_path):
    feed(10.0)
    brain.restore(hub.position, hub.clock.now())
    step(hub, brain, fresh=True)
    brain.save()
    give_up(hub)
    feed(20.0)
    again = start(hub, tmp_path)
    told = again.restore(hub.position, hub.clock.now())
    assert (told["repeated"], told["fresh"]) == (0, True)
    again.close()
    assert "has been given up" in Place(tmp_path, hub.folder).errors("x").read_text()


def test_a_checkpoint_behind_the_cut_goes_on(hub, feed, brain, tmp_path):
    feed(10.0)
    brain.restore(hub.position, hub.clock.now())
    step(hub, brain, fresh=True)
    give_up(hub)
    feed(20.0)
    step(hub, brain)
    brain.save()
    feed(30.0)
    step(hub, brain)
    again = start(hub, tmp_path)
    told = again.restore(hub.position, hub.clock.now())
    assert (told["repeated"], told["different"], told["fresh"]) == (1, 0, False)
    again.close()


def test_a_replay_tells_what_is_gone(hub, feed, brain, tmp_path):
    feed(10.0)
    brain.restore(hub.position, hub.clock.now())
    first = step(hub, brain, fresh=True)
    give_up(hub)
    place = Place(tmp_path, hub.folder)
    run = Run(tmp_path, "replay", "a")
    with pytest.raises(NotFound, match="the log of this time has been given up"):
        replay(place, BRAINS, run, first.now, first.now + 1)
    feed(20.0)
    second = step(hub, brain)
    with pytest.raises(BrainFailed, match="cannot be reached"):
        replay(place, BRAINS, run, second.now, second.now + 1)
    fresh = step(hub, brain, fresh=True)
    feed(30.0)
    last = step(hub, brain)
    found = replay(place, BRAINS, run, fresh.now, last.now + 1)
    assert (found.steps, found.equal, found.given_up) == (2, True, 0)
    with pytest.raises(BrainFailed, match="cannot be reached"):
        replay(place, BRAINS, run, first.now, last.now + 1)
    hub_report = json.loads((run.folder / "report.json").read_text())
    assert hub_report["given_up"] == 0


def test_the_journal_goes_on_behind_the_cut(hub, feed, tmp_path):
    give_up(hub)
    journal = Journal(tmp_path / "journal", hub.clock)
    keeper = JournalKeeper(journal, hub.folder / "log", hub)
    keeper.follow()
    assert keeper.position == hub.position
    keeper.stop()
    journal.close()
