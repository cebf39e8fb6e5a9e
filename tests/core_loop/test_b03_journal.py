"""The journal keeps what was acknowledged, mends a torn end, and betrays whoever changes it."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guia.core import journal, merkle
from guia.core.clock import ManualClock
from guia.core.journal import Journal


def filled(folder: Path, count: int) -> Journal:
    book = Journal(folder, ManualClock(5))
    for i in range(count):
        book.append("decision", "operator", {"id": f"d-{i}", "state": "approved"}, position=i * 8)
    return book


def test_an_empty_journal_is_sound(tmp_path: Path):
    Journal(tmp_path, ManualClock()).close()
    verdict = journal.verify(tmp_path)
    assert verdict.entries == 0
    assert verdict.root == merkle.EMPTY_ROOT.hex()
    assert verdict.problems == ()


def test_entries_come_back_and_verify(tmp_path: Path):
    book = filled(tmp_path, 5)
    head = book.head()
    book.close()
    verdict = journal.verify(tmp_path)
    assert (verdict.entries, verdict.heads, verdict.problems) == (5, 1, ())
    assert verdict.root == head.root
    assert [e.body["id"] for e in journal.entries(tmp_path)] == [f"d-{i}" for i in range(5)]


def test_it_goes_on_where_it_was(tmp_path: Path):
    filled(tmp_path, 3).close()
    book = Journal(tmp_path, ManualClock(9))
    assert book.last_position == 16
    assert book.append("login", "operator") == 3
    book.close()
    assert journal.verify(tmp_path).heads == 2


def test_a_torn_line_is_cut_off_and_the_rest_kept(tmp_path: Path):
    filled(tmp_path, 3).close()
    with (tmp_path / "entries.jsonl").open("ab") as out:
        out.write(b'{"at":1,"kind":"dec')
    book = Journal(tmp_path, ManualClock(9))
    assert book.append("login", "operator") == 3
    book.close()
    assert journal.verify(tmp_path).problems == ()


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("d-2", "d-9"),
        lambda text: "".join(text.splitlines(keepends=True)[:-1]),
        lambda text: "".join(reversed(text.splitlines(keepends=True))),
        lambda text: text.replace("operator", "somebody", 1),
    ],
    ids=["changed", "cut", "reordered", "other actor"],
)
def test_whoever_changes_it_is_found_out(tmp_path: Path, change):
    filled(tmp_path, 4).close()
    file = tmp_path / "entries.jsonl"
    file.write_text(change(file.read_text()))
    assert journal.verify(tmp_path).problems


@settings(deadline=None)
@given(st.integers(1, 20), st.data())
def test_any_entry_can_be_proven_to_be_in_it(tmp_path_factory: pytest.TempPathFactory, count, data):
    folder = tmp_path_factory.mktemp("journal")
    filled(folder, count).close()
    found = journal.proof(folder, data.draw(st.integers(0, count - 1)))
    path = [bytes.fromhex(h) for h in found["proof"]]
    leaf, head = bytes.fromhex(found["leaf"]), bytes.fromhex(found["root"])
    assert merkle.verify_inclusion(leaf, found["index"], found["size"], path, head)
