"""A city keeps its parts together: the journal tells every decision once, abilities are found, all ends calmly."""

from pathlib import Path
from typing import Protocol

import numpy as np
import pytest
from brains.counting import READS
from brains.waiting import eventually

from guia.actuators.registry import actuators
from guia.core import journal
from guia.core.city import City, JournalKeeper
from guia.core.clock import WallClock
from guia.core.columns import Batch
from guia.core.errors import InvalidInput, Unavailable
from guia.core.journal import Journal
from guia.core.series import Series
from guia.packs.pack import FeedSettings


class Greeting(Protocol):
    def greet(self) -> str: ...


class Polite:
    def greet(self) -> str:
        return "good day"


@pytest.fixture
def city(tmp_path: Path):
    made = City(
        "t",
        tmp_path,
        tmp_path / "data",
        WallClock(),
        brains={"counting": "brains.counting"},
        levels={"counting": {"*": "advise", "things.turn": "confirm"}},
        rng=np.random.default_rng(1),
    )
    made.hub.define([Series(entity=name.split("|")[0], attribute="number") for name in READS])
    yield made
    made.close()


def decided(city: City) -> str:
    """Run the city until its proposal is made, and approve it."""
    city.start()
    city.hub.ingest(Batch.of(city.hub.ids(READS), city.clock.now(), 5.0), "things")
    eventually(city.hub.decisions)
    (proposal,) = city.hub.decisions()
    assert proposal.level == "confirm"
    city.hub.decide(proposal.id, "approved", "operator")
    eventually(lambda: city.hub.decision(proposal.id).state == "failed")
    return proposal.id


def told(folder: Path) -> list[tuple[str, str, str]]:
    return [(e.kind, e.actor, e.body.get("state", "")) for e in journal.entries(folder)]


EXPECTED = [
    ("decision", "counting", "proposed"),
    ("input", "operator", "approved"),
    ("decision", "operator", "approved"),
    ("decision", "dispatch", "failed"),
]


def test_every_decision_and_input_is_journalled_once_even_when_cut_off(city, tmp_path):
    decided(city)
    folder = tmp_path / "data" / "live" / "journal"
    eventually(lambda: len(told(folder)) == 4)
    assert told(folder) == EXPECTED
    lines = (folder / "entries.jsonl").read_bytes().splitlines(keepends=True)
    for kept in range(5):
        copy = tmp_path / f"copy{kept}"
        copy.mkdir()
        (copy / "entries.jsonl").write_bytes(b"".join(lines[:kept]))
        book = Journal(copy, WallClock())
        keeper = JournalKeeper(book, city.hub.folder / "log", city.hub)
        keeper.follow()
        keeper.follow()
        book.close()
        assert told(copy) == EXPECTED
        assert journal.verify(copy).problems == ()


def test_an_ability_is_found_or_said_to_be_missing(city):
    with pytest.raises(Unavailable, match="Greeting"):
        city.need(Greeting)
    city.provide(Greeting, Polite())
    assert city.need(Greeting).greet() == "good day"


def test_figures_of_the_city(city):
    city.start()
    eventually(lambda: city.stats()["brains"]["counting"]["steps"] > 0)
    stats = city.stats()
    assert stats["dispatch"] == {"applied": 0, "failed": 0, "expired": 0}
    assert stats["complaints"] == []


def test_actuators_are_what_the_pack_says(monkeypatch):
    from guia.packs.find import find_pack
    from guia.packs.pack import Pack

    pack = Pack.open(find_pack("tiny"))
    (found,) = actuators(pack, WallClock(), ("127.0.0.1", 1))
    assert found.actions == ("signals.run-plan",)
    assert actuators(pack, WallClock(), None) == []
    wrong = (FeedSettings(id="x", kind="mqtt-commands", options={"actions": "all"}),)
    monkeypatch.setattr(Pack, "feeds", wrong)
    with pytest.raises(InvalidInput, match="lists the actions"):
        actuators(pack, WallClock(), None)
