"""F06: the commands: accounts and tokens, files brought into a running city, feeds looked at before they are stored."""

import asyncio
import json
import threading

import pytest
from click.testing import CliRunner

from guia.cli.account import account, token
from guia.cli.feed import feed
from guia.core.errors import GuiaError, Unavailable
from guia.web.accounts import Accounts
from guia.web.server import create_app, serve

NAME = "urn:ngsi-ld:TrafficDetector:tiny:d{id}|speed"
CSV = """id,when,v
0,2026-11-21T07:00:00,31
1,2026-11-21T07:00:00,32
7,2026-11-21T07:00:00,33
0,soon,34
0,2026-11-21T07:01:00,900
"""


def run(command, *words):
    result = CliRunner().invoke(command, [str(w) for w in words])
    if isinstance(result.exception, GuiaError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture
def served(city):
    """The city on a real port, in a thread of its own; its address and an operator's token."""
    loop = asyncio.new_event_loop()
    ready, found = threading.Event(), {}

    def started(port):
        found["port"] = port
        ready.set()

    task = loop.create_task(serve(create_app(city), "127.0.0.1", 0, started=started))
    thread = threading.Thread(target=lambda: loop.run_until_complete(asyncio.wait({task})))
    thread.start()
    assert ready.wait(20)
    accounts = Accounts(city.data)
    accounts.add("ana", "correct horse battery")
    yield "--url", f"http://127.0.0.1:{found['port']}", "--token", accounts.create_token("ana")
    accounts.close()
    loop.call_soon_threadsafe(task.cancel)
    thread.join(10)
    loop.close()


def test_accounts_and_tokens_from_the_command_line(tmp_path):
    of = ("--city", "tiny", "--data", tmp_path)
    run(account, "add", "ana", "--role", "steward", "--password", "correct horse battery", *of)
    (shown,) = json.loads(run(account, "list", "--json", *of))
    assert (shown["name"], shown["role"]) == ("ana", "steward")
    secret = run(token, "create", "--account", "ana", "--feed", "detectors", *of).strip()
    accounts = Accounts(tmp_path / "tiny")
    assert accounts.bearer(secret).feed == "detectors"
    (key,) = json.loads(run(token, "list", "--json", *of))
    assert secret not in json.dumps(key)
    run(token, "remove", key["id"], *of)
    assert accounts.bearer(secret) is None
    run(account, "remove", "ana", *of)
    assert list(accounts.list()) == []
    accounts.close()


def test_a_file_is_tried_then_brought_in(city, served, tmp_path):
    file = tmp_path / "old.csv"
    file.write_text(CSV)
    words = ("backfill", file, "--feed", "detectors", "--name", NAME, "--map", "observed=when", "--map", "value=v",
             "--timezone", "UTC", "--json", *served)  # fmt: skip
    tried = json.loads(run(feed, *words, "--dry-run"))
    assert city.hub.latest(city.ids).observed.max() == 0
    stored = json.loads(run(feed, *words))
    assert {**tried, "dry_run": False} == stored
    assert (stored["read"], stored["accepted"], stored["rejected"]) == (5, 2, 3)
    assert stored["reasons"] == {"unknown-series": 1, "before-1970": 1, "above-upper-bound": 1}
    assert [r["row"] for r in stored["first_rejected"]] == [2, 3, 4]
    assert city.hub.latest(city.ids).value[:2].tolist() == [31.0, 32.0]
    assert city.hub.rejected_counts() == {"detectors": 3}
    defined = json.loads(run(feed, *words, "--define", "--unit", "KMH", "--label", "synthetic"))
    assert defined["accepted"] == 3
    (series,) = [s for s in city.hub.series() if ":d7" in s.entity]
    assert (series.unit, series.label, series.source) == ("KMH", "synthetic", "detectors")
    assert "rejected" in run(feed, *[w for w in words if w != "--json"])


def test_feeds_are_listed(served):
    assert {f["name"] for f in json.loads(run(feed, "list", "--json", *served))} >= {"detectors", "buses"}
    assert "detectors" in run(feed, "list", *served)


def test_no_city_and_wrong_options_say_what_to_do(tmp_path, served):
    with pytest.raises(Unavailable):
        run(feed, "list", "--url", "http://127.0.0.1:9")
    for words in (
        ("backfill", tmp_path / "none.csv", "--feed", "x"),
        ("preview",),
        ("backfill", tmp_path, "--feed", "x", "--map", "odd"),
    ):
        with pytest.raises(GuiaError) as error:
            run(feed, *words, *served)
        assert error.value.remedy


def test_a_gtfs_rt_feed_is_looked_at_without_storing(city, served):
    from test_f04_gtfs_rt import Server, message

    server = Server()
    server.body = message(("b1", 113.5, 22.2, "T1"))
    try:
        rows = json.loads(run(feed, "preview", "--gtfs-rt", server.url, "--json", *served))
    finally:
        server.close()
    assert {r["series"].rpartition("|")[2] for r in rows} == {"longitude", "latitude", "speed", "bearing"}
    assert city.hub.ids(["urn:ngsi-ld:Vehicle:tiny:b1|speed"]).tolist() == [-1]
