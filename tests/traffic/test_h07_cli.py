"""H07: `guia traffic …` beside a running city."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from guia.core.clock import instant
from guia.core.columns import Batch
from guia.domains.traffic import brain as traffic
from guia.domains.traffic import sample
from guia.domains.traffic.cli import commands

TINY = Path(__file__).parents[2] / "cities" / "tiny"
START = instant("2026-11-20T09:00:00Z")


@pytest.fixture
def ask(rehearse, serve_city):
    run = rehearse(traffic.build(TINY), START)
    ids = run.hub.define(sample.detector_series("tiny", run.brain.detectors))
    free = run.brain.roads.free_speed_kmh[run.brain.detector_rows]
    every = np.arange(len(free))
    for now, rows in sample.minutes(free, START, 14, every, np.random.default_rng(2)):
        run.clock.set(now)
        run.hub.ingest(Batch.of(ids, now, np.nan_to_num(rows.ravel())), "detectors")
        run.step(now)
    url = serve_city(TINY, run.hub, run.clock)

    def asked(*words):
        result = CliRunner().invoke(commands, [*words, "--url", url], catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.output

    return asked


def test_tables_and_json_of_every_command(ask):
    assert "standstill" in ask("state")
    assert "Rua Longa" in ask("state", "--street", "long")
    assert "synthetic" in ask("state", "--horizon", "30")
    assert "slow towards" in ask("alerts")
    assert "off-peak" in ask("junctions")
    here, there = "9.998500,20.000000", "10.005000,20.000000"
    told = ask("route", here, there)
    assert "km, arriving" in told
    assert "Long Street" in told
    assert json.loads(ask("route", here, there, "--mode", "foot", "--json"))["mode"] == "foot"
    assert len(json.loads(ask("state", "--json"))["level"]) == 30
    assert json.loads(ask("alerts", "--json"))[0]["kind"] == "congestion"
    assert json.loads(ask("junctions", "--json"))[0]["plans"]
