"""L04: a city saved while it runs comes back whole, and never over another."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from small_city import NOW, SENSOR, fill

from guia.cli.main import guia
from guia.core.clock import HOUR, ManualClock
from guia.core.errors import Conflict, InvalidInput, NotFound
from guia.core.hub import Hub


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with the small city."""
    hub = Hub.open(tmp_path / "data/tiny", ManualClock(NOW))
    fill(hub)
    hub.close()
    return tmp_path / "data"


def run(*words: object) -> str:
    done = CliRunner().invoke(guia, [str(w) for w in words], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def test_what_was_saved_comes_back(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "tiny.tar.zst"
    saved = json.loads(run("backup", file, "--city", "tiny", "--data", data, "--json"))
    assert saved["bytes"] == file.stat().st_size
    back = json.loads(run("restore", file, "--city", "tiny", "--data", tmp_path / "back", "--json"))
    assert back["position"] == saved["position"]
    hub = Hub.open(tmp_path / "back/tiny", ManualClock(NOW))
    ids = hub.ids([f"{SENSOR}|count"])
    assert len(hub.history(ids, NOW - 2 * HOUR, NOW)) == 60
    assert {d.id for d in hub.decisions()} == {"first", "second"}
    assert len(hub.alerts()) == 2
    hub.close()


def test_it_can_be_saved_while_it_runs(data: Path, tmp_path: Path) -> None:
    hub = Hub.open(data / "tiny", ManualClock(NOW))
    assert "saved tiny" in run("backup", tmp_path / "x.tar.zst", "--city", "tiny", "--data", data)
    hub.close()


def test_a_restore_never_writes_over_a_city(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "tiny.tar.zst"
    run("backup", file, "--city", "tiny", "--data", data)
    with pytest.raises(Conflict):
        run("restore", file, "--city", "tiny", "--data", data)


def test_a_damaged_file_restores_nothing(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "tiny.tar.zst"
    run("backup", file, "--city", "tiny", "--data", data)
    file.write_bytes(file.read_bytes()[:-40])
    with pytest.raises(InvalidInput):
        run("restore", file, "--city", "tiny", "--data", tmp_path / "back")
    assert not (tmp_path / "back/tiny").exists()


def test_where_there_is_no_city_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no records of tiny"):
        run("backup", tmp_path / "x", "--city", "tiny", "--data", tmp_path)
