"""I04: `guia transit …` beside a running city."""

import json

import pytest
from click.testing import CliRunner

from guia.core.clock import ManualClock, instant
from guia.core.hub import Hub
from guia.domains.transit.cli import commands

NOW = instant("2026-11-20T09:05:00Z")


@pytest.fixture
def ask(tmp_path, schedule, serve_city):
    clock = ManualClock(NOW)
    hub = Hub.open(tmp_path / "tiny", clock)
    url = serve_city(schedule.pack.folder, hub, clock)

    def asked(*words):
        result = CliRunner().invoke(commands, [*words, "--url", url], catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.output

    yield asked
    hub.close()


def test_tables_and_json_of_every_command(ask):
    assert "09:15" in ask("departures", "S1")
    assert "Under way (synthetic)" in ask("vehicles")
    assert "on foot > 1 > on foot" in ask("journeys", "9.99725,20.0005", "10.0065,20.0005")
    assert len(json.loads(ask("departures", "S1", "--limit", "3", "--json"))["departures"]) == 3
    assert json.loads(ask("vehicles", "--line", "1", "--json"))["id"]
    journeys = json.loads(ask("journeys", "9.99725,20.0005", "10.0065,20.0005", "--json"))
    drawn = [leg["coordinates"] for j in journeys for leg in j["legs"] if leg["mode"] == "foot"]
    assert max(len(line) for line in drawn) > 2
