"""`guia up` as a user runs it: it answers, reports, stops calmly, starts again with nothing lost, leaves no orphan."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from brains.waiting import eventually

from guia.cli import compose
from guia.core.errors import Conflict, InvalidInput, NotFound
from guia.packs.find import find_pack
from guia.packs.pack import Pack


class Up:
    """One `guia up` of the tiny city in a process of its own."""

    def __init__(self, data: Path, *words: str) -> None:
        command = [sys.executable, "-m", "guia.cli", "up", "--city", "tiny", "--no-twin", "--port", "0"]
        self.process = subprocess.Popen(
            [*command, "--data", str(data), *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "COLUMNS": "200"},
        )
        self.text = ""
        while "Ctrl-C" not in self.text:
            line = self.process.stdout.readline()
            assert line, self.text
            self.text += line
        self.url = re.search(r"http://127\.0\.0\.1:\d+", self.text)[0]

    def health(self) -> dict:
        return httpx.get(f"{self.url}/api/health").json()

    def stop(self) -> int:
        self.process.send_signal(signal.SIGINT)
        self.process.stdout.read()
        return self.process.wait(60)


@pytest.fixture
def up(tmp_path):
    started: list[Up] = []

    def start(*words: str) -> Up:
        started.append(Up(tmp_path, *words))
        return started[-1]

    yield start
    for one in started:
        one.process.kill()
        one.process.wait()
        one.process.stdout.close()


def descendants(pid: int) -> list[int]:
    """Ids of all processes below `pid`."""
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += [int(child), *descendants(int(child))]
    return found


def alive(pid: int) -> bool:
    status = Path(f"/proc/{pid}/status")
    try:
        return "State:\tZ" not in status.read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_it_answers_stops_and_goes_on_where_it_was(up, tmp_path):
    first = up("--report", str(tmp_path / "report.json"))
    assert "shown once" in first.text
    assert httpx.get(f"{first.url}/api/city").json()["name"] == "tiny"
    eventually(lambda: all(b["steps"] for b in first.health()["brains"].values()), 40)
    entities = first.health()["hub"]["entities"]
    token = re.search(r"guia_\S+", first.text)[0]
    assert httpx.get(f"{first.url}/api/session", headers={"authorization": f"Bearer {token}"}).json()
    assert first.stop() == 0
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["brains"]["traffic"]["steps"] >= 1
    assert report["first_answer_s"] > 0
    again = up()
    assert "shown once" not in again.text
    refused = httpx.get(f"{again.url}/api/session", headers={"authorization": f"Bearer {token}"})
    assert refused.status_code == 401
    eventually(lambda: again.health()["brains"]["traffic"].get("restored") not in (None, {}), 40)
    assert again.health()["brains"]["traffic"]["restored"]["fresh"] is False
    assert again.health()["hub"]["entities"] == entities
    assert again.health()["hub"]["position"] >= report["position"]


def test_killed_it_leaves_no_process_and_loses_nothing(up, tmp_path):
    city = up()
    eventually(lambda: all(b["steps"] for b in city.health()["brains"].values()), 40)
    position = city.health()["hub"]["position"]
    below = descendants(city.process.pid)
    assert len(below) >= 2
    city.process.kill()
    city.process.wait()
    eventually(lambda: not any(alive(pid) for pid in below), 10)
    verified = subprocess.run(
        [sys.executable, "-m", "guia.cli", "verify", "--city", "tiny", "--data", str(tmp_path), "--json"],
        stdout=subprocess.PIPE,
        check=True,
    )
    told = json.loads(verified.stdout)
    assert told["clean"]
    assert told["position"] >= position


def test_one_writer_at_a_time(up, tmp_path):
    up()
    second = subprocess.run(
        [sys.executable, "-m", "guia.cli", "up", "--city", "tiny", "--port", "0", "--data", str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert second.returncode == 1
    assert "another process runs this city" in second.stdout


def wish(tmp_path: Path, **changes) -> compose.Wish:
    return compose.Wish(city="tiny", data=tmp_path, **changes)


def test_a_city_cannot_start_before_its_records(hub):
    live = hub.folder
    with pytest.raises(InvalidInput, match="cannot start before"):
        compose.clock_for(wish(live, start=1_000), live)
    later = hub.clock.now() + 10**12
    clock = compose.clock_for(wish(live, start=later, speed=10.0), live)
    assert clock.now() >= later


def test_earlier_records_are_put_aside_not_deleted(tmp_path):
    with compose.sole_writer(tmp_path / "tiny"):
        (tmp_path / "tiny" / "kept").write_text("records")
    aside = compose.put_aside(wish(tmp_path))
    assert (aside / "kept").read_text() == "records"
    assert not (tmp_path / "tiny").exists()
    assert compose.put_aside(wish(tmp_path)) is None


def test_nothing_is_put_aside_under_a_running_city(tmp_path):
    with compose.sole_writer(tmp_path / "tiny"), pytest.raises(Conflict):
        compose.put_aside(wish(tmp_path))


def test_an_unknown_city_and_an_unknown_level_are_named(monkeypatch):
    with pytest.raises(NotFound, match="atlantis"):
        find_pack("atlantis")
    pack = Pack.open(find_pack("tiny"))
    assert compose.autonomy(pack, ["traffic"]) == {"traffic": {"*": "confirm"}}
    monkeypatch.setattr(pack, "settings", lambda domain: {"levels": {"signals.run-plan": "always"}})
    with pytest.raises(InvalidInput, match="always"):
        compose.autonomy(pack, ["traffic"])
