"""L03: status, alerts, decisions and history ask the running city and show it, for people and as JSON."""

import json

import pytest
from click.testing import CliRunner, Result
from small_city import SENSOR, Answering

from guia.cli.main import guia
from guia.core.errors import Conflict, GuiaError, NotFound, Unauthenticated, Unavailable


def run(answering: Answering, *words: str, token: bool = False) -> Result:
    environment = {"GUIA_URL": answering.url, "GUIA_TOKEN": answering.token if token else ""}
    return CliRunner(env=environment).invoke(guia, words)


def shown(answering: Answering, *words: str, token: bool = False) -> str:
    done = run(answering, *words, token=token)
    assert done.exit_code == 0, done.exception
    return done.output


def test_status_names_the_city_its_time_and_its_feeds(answering: Answering) -> None:
    text = shown(answering, "status")
    assert text.startswith("Tiny: ")
    assert "15 Jan 08:00 UTC" in text
    assert "detectors" in text
    assert set(json.loads(shown(answering, "status", "--json"))) == {"city", "health"}


def test_alerts_come_worst_first_with_label_and_expected_end(answering: Answering) -> None:
    lines = shown(answering, "alerts").splitlines()
    assert [line.split()[0] for line in lines[1::2]] == ["severe", "minor"]
    assert "since 15 Jan 07:00 · until about 15 Jan 09:00 · synthetic · alert-severe" in lines[2]
    assert {a["id"] for a in json.loads(shown(answering, "alerts", "--json"))} == {
        "alert-minor",
        "alert-severe",
    }
    assert "none" in shown(answering, "alerts", "--domain", "transit")


def test_acknowledging_needs_a_token_and_is_shown(answering: Answering) -> None:
    refused = run(answering, "alerts", "--acknowledge", "alert-minor")
    assert isinstance(refused.exception, Unauthenticated)
    shown(answering, "alerts", "--acknowledge", "alert-minor", token=True)
    assert "seen by operator" in shown(answering, "alerts")


def test_a_decision_shows_evidence_interval_cost_and_alternatives(answering: Answering) -> None:
    assert "predicted delay -12 s (-20 to -4)" in shown(answering, "decisions", "--state", "proposed")
    text = shown(answering, "decisions", "show", "first")
    for part in (
        "Queue on the bridge",
        "38 MTR",
        "Side street waits 4 s longer",
        "Stay with off-peak",
        "synthetic",
    ):
        assert part in text
    assert json.loads(shown(answering, "decisions", "show", "first", "--json"))["id"] == "first"


def test_approve_and_reject_are_kept_with_who_and_why(answering: Answering) -> None:
    assert "approved" in shown(answering, "decisions", "approve", "first", token=True)
    assert answering.hub.decision("first").decided_by == "operator"
    shown(answering, "decisions", "reject", "second", "--reason", "road works", token=True)
    assert answering.hub.decision("second").reason == "road works"
    again = run(answering, "decisions", "approve", "second", token=True)
    assert isinstance(again.exception, Conflict)
    assert again.exception.remedy


def test_history_shows_bins_of_one_attribute(answering: Answering) -> None:
    past = json.loads(shown(answering, "history", SENSOR, "count", "--step", "1h", "--json"))
    assert sum(past["count"]) == 60
    text = shown(answering, "history", SENSOR, "count", "--step", "1h")
    assert "count, C62, synthetic" in text


def test_what_does_not_exist_is_not_found_with_a_remedy(answering: Answering) -> None:
    for words in (("decisions", "show", "nope"), ("history", SENSOR, "nope")):
        error = run(answering, *words).exception
        assert isinstance(error, NotFound)
    assert isinstance(error, GuiaError)
    assert error.remedy


def test_where_no_city_runs_it_says_how_to_start_one(answering: Answering) -> None:
    done = CliRunner().invoke(guia, ["status", "--url", "http://127.0.0.1:9"])
    assert isinstance(done.exception, Unavailable)
    assert "guia up" in done.exception.remedy


@pytest.mark.parametrize("url", ["nonsense", "ftp://x", "http://"])
def test_an_address_that_is_none_is_told(url: str) -> None:
    done = CliRunner().invoke(guia, ["status", "--url", url])
    assert isinstance(done.exception, Unavailable)
