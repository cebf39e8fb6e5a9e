"""Replay: the recorded steps again, twice, with equal outputs; and what is not equal is noticed."""

import json
from pathlib import Path

import msgspec
import numpy as np
import pytest
from brains.counting import READS
from brains.waiting import eventually

from guia.core.clock import WallClock
from guia.core.columns import Batch
from guia.core.errors import InvalidInput, NotFound
from guia.core.hub import Hub
from guia.core.loop import Loop, Place
from guia.core.replay import recorded_span, replay
from guia.core.runs import Run
from guia.core.series import Series

BRAINS = {"counting": "brains.counting"}


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory):
    opened = Hub.open(tmp_path_factory.mktemp("recorded") / "data", WallClock())
    opened.define([Series(entity=name.split("|")[0], attribute="number") for name in READS])
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def recorded(hub):
    """A few seconds of a city, with a rejected proposal and a restart in them."""
    place = Place(hub.folder, hub.folder)
    for value in (10.0, 500.0):
        loop = Loop(hub, hub.clock, place, BRAINS, levels={}, rng=np.random.default_rng(1))
        loop.start()
        hub.ingest(Batch.of(hub.ids(READS), hub.clock.now(), value), "things")
        eventually(hub.decisions)
        if value == 10.0:
            hub.decide(hub.decisions()[0].id, "rejected", "operator", "no")
        eventually(lambda end=hub.position + 2000: hub.position > end)
        loop.stop()
    return place


def files(folder: Path) -> dict[str, int]:
    return {str(p): p.stat().st_mtime_ns for p in folder.rglob("*") if p.is_file()}


def test_twice_the_same_and_the_live_folder_untouched(hub, recorded):
    before = files(recorded.live)
    first, last = recorded_span(recorded.log)
    found = []
    for name in ("a", "b"):
        run = Run(hub.folder.parent, "replay", name)
        found.append(replay(recorded, BRAINS, run, first, last + 1))
        assert (run.folder / "report.json").exists()
    assert files(recorded.live) == before
    for one in found:
        assert one.equal
        assert one.steps >= 4
        assert one.repeated_before == 0
    assert found[0].decisions == found[1].decisions
    live = {d.id for d in hub.decisions()}
    assert set(found[0].decisions) == live


def test_a_later_part_starts_from_the_state_before_it(hub, recorded):
    first, last = recorded_span(recorded.log)
    middle = (first + last) // 2
    found = replay(recorded, BRAINS, Run(hub.folder.parent, "replay", "late"), middle, last + 1)
    assert found.equal
    for file in recorded.checkpoints.iterdir():
        file.unlink()
    found = replay(recorded, BRAINS, Run(hub.folder.parent, "replay", "nockpt"), middle, last + 1)
    assert found.equal
    assert found.repeated_before > 0


def test_a_step_that_is_not_as_recorded_is_noticed(hub, recorded):
    first, last = recorded_span(recorded.log)
    rows = hub.rows("steps", 1000)
    forged = {**rows[0][2], "digest": "0" * 64, "now": last + 1}
    hub.put_rows("steps", [("counting-forged", forged)], "test")
    run = Run(hub.folder.parent, "replay", "forged")
    found = replay(recorded, BRAINS, run, first, last + 2)
    assert not found.equal
    assert [d.now for d in found.different] == [last + 1]
    report = json.loads((run.folder / "report.json").read_text())
    assert report["equal"] is False
    lines = (run.folder / "steps.jsonl").read_bytes().splitlines()
    assert msgspec.json.decode(lines[-1])["recorded"] == "0" * 64


def test_nothing_recorded_and_bad_names_are_said(hub, recorded):
    first, _ = recorded_span(recorded.log)
    with pytest.raises(NotFound, match="no step"):
        replay(recorded, BRAINS, Run(hub.folder.parent, "replay", "x"), 0, first)
    with pytest.raises(InvalidInput):
        Run(hub.folder.parent, "replay", "../live")
    with pytest.raises(InvalidInput):
        Run(hub.folder.parent, "live", "x")
