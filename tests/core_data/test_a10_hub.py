"""The hub as its users see it."""

import asyncio
import os
import threading

import numpy as np
import pytest
from tiny_city import NOW, speed

from guia.core.alert import Alert
from guia.core.clock import DAY, MINUTE
from guia.core.columns import Batch, Forecasts
from guia.core.decision import Decision
from guia.core.entity import Entity
from guia.core.errors import Conflict, NotFound, TooBusy
from guia.core.hub import Hub
from guia.core.log import LogReader
from guia.core.records import Kind, decode_observations, decode_rows
from guia.core.validate import Rejection


def alert(name="a", **more):
    fields = {"domain": "traffic", "kind": "congestion", "severity": "minor", "title": {"en": "x"}}
    return Alert(id=name, **(fields | {"since": NOW, "updated": NOW} | more))


def decision(name="d", **more):
    fields = {
        "domain": "traffic",
        "action": "signals.run-plan",
        "parameters": {"plan": "peak"},
        "entities": (),
    }
    return Decision(
        id=name,
        **(fields | {"title": {"en": "x"}, "proposed": NOW, "known_at": 0, "expires": NOW + DAY} | more),
    )


def test_what_was_acknowledged_can_be_read_at_once(hub, ids):
    receipt = hub.ingest(Batch.of(ids, NOW, np.arange(20.0)), "detectors")
    assert (receipt.accepted, receipt.rejected_rows) == (20, 0)
    assert receipt.position < hub.position
    assert hub.latest(ids).value.tolist() == list(range(20))
    assert hub.history(ids[:2], NOW, NOW + 1).value.tolist() == [0, 1]
    assert hub.history(ids, NOW, NOW + 1, known_at=receipt.position).value.tolist() == []
    assert len(hub.history(ids, NOW, NOW + 1, known_at=hub.position)) == 20


def test_the_log_holds_the_raw_batch(hub, ids):
    hub.ingest(Batch.of(ids[:2], NOW, [1.0, 2.0]), "detectors")
    kinds = [r.kind for r in LogReader(hub.folder / "log").read()]
    assert kinds == [Kind.ROWS, Kind.OBSERVATIONS]
    source, batch = decode_observations(list(LogReader(hub.folder / "log").read())[1].payload)
    assert (source, batch.value.tolist()) == ("detectors", [1.0, 2.0])


def test_bad_rows_are_told_and_kept_and_the_good_ones_stored(hub, ids):
    batch = Batch.of([ids[0], 999, ids[1], ids[2]], [NOW, NOW, NOW + 6 * MINUTE, NOW], [1.0, 1.0, 1.0, 900.0])
    assert hub.check(batch, "probes").accepted == 1
    assert hub.rejected_counts() == {}
    receipt = hub.ingest(batch, "probes")
    assert (receipt.accepted, receipt.rejected_rows) == (1, 3)
    assert [(r.row, r.reason) for r in receipt.rejected] == [
        (1, "unknown-series"),
        (2, "in-the-future"),
        (3, "above-upper-bound"),
    ]
    assert hub.latest(ids[:1]).value.tolist() == [1.0]
    assert hub.rejected_counts() == {"probes": 3}
    kept = hub.rejected(source="probes")
    assert {r["reason"] for r in kept} == {"unknown-series", "in-the-future", "above-upper-bound"}
    assert all(r["remedy"] and r["at"] == NOW for r in kept)
    hub.reject([Rejection(0, "nobody|speed", "unknown-series", "define it")], "mqtt")
    assert hub.rejected_counts() == {"probes": 3, "mqtt": 1}


def test_a_batch_without_one_good_row_stores_nothing(hub, ids):
    before = hub.position
    receipt = hub.ingest(Batch.of([999], NOW, 1.0), "probes")
    assert (receipt.position, receipt.accepted, hub.position) == (-1, 0, before)
    assert hub.ingest(Batch.empty(), "probes").position == -1


def test_definitions_are_idempotent_and_can_change(hub, ids):
    before = hub.position
    assert hub.define([speed(3, lower=0, upper=200), speed(3, lower=0, upper=200)]).tolist() == [3, 3]
    assert hub.position == before
    assert hub.define([speed(3, lower=0, upper=50), speed(99)]).tolist() == [3, 20]
    assert hub.ingest(Batch.of([3], NOW, 60.0), "x").rejected[0].reason == "above-upper-bound"
    assert hub.series(np.array([20], np.int32))[0] == speed(99)


async def test_many_async_writers_share_commits(hub, ids):
    receipts = await asyncio.gather(
        *(hub.ingest_async(Batch.of(ids, NOW + n, float(n)), "detectors") for n in range(50))
    )
    assert [r.position for r in receipts] == sorted({r.position for r in receipts})
    assert hub.latest(ids).value.tolist() == [49.0] * 20


async def test_too_much_at_once_is_refused_and_what_was_taken_is_kept(hub, ids, monkeypatch):
    monkeypatch.setattr("guia.core.log.MOST_WAITING_BYTES", 1_000_000)
    disk, sync = threading.Event(), os.fdatasync
    monkeypatch.setattr("os.fdatasync", lambda fd: (disk.wait(), sync(fd)))

    async def the_disk_gets_ready():
        disk.set()

    big = Batch.of(np.resize(ids, 20_000), NOW, np.random.default_rng(1).uniform(0, 200, 20_000))
    results = await asyncio.gather(
        *(hub.ingest_async(big, "flood") for _ in range(40)), the_disk_gets_ready(), return_exceptions=True
    )
    taken = [r for r in results[:-1] if not isinstance(r, Exception)]
    assert taken
    assert all(isinstance(r, TooBusy) for r in results if isinstance(r, Exception))
    assert len(taken) < 40
    assert hub.stats()["observations"] == 20_000 * len(taken)


def test_binned_history(hub, ids):
    hub.ingest(Batch.of([0, 0, 0, 1], NOW + np.array([0, 1, 10, 0]), [1.0, 3.0, 5.0, 7.0]), "x")
    found = hub.history_binned(ids[:2], NOW, NOW + 100, 10)
    assert [found[k].tolist() for k in ("series", "bin", "mean", "low", "high", "count")] == [
        [0, 0, 1],
        [NOW, NOW + 10, NOW],
        [2.0, 5.0, 7.0],
        [1.0, 5.0, 7.0],
        [3.0, 5.0, 7.0],
        [2, 1, 1],
    ]


def test_forecasts(hub, ids):
    issue = Forecasts(
        ids[:2], np.full(2, NOW), np.full(2, NOW + MINUTE), np.full(2, 0.5), np.array([3.0, 4.0]), "m/1"
    )
    position = hub.put_forecasts(issue, "traffic")
    assert position < hub.position
    assert hub.forecast_latest(ids[:3], NOW + MINUTE).tolist()[:2] == [3.0, 4.0]
    assert np.isnan(hub.forecast_latest(ids[:3], NOW + MINUTE)[2])
    assert hub.forecasts(ids[:1], NOW, NOW + DAY)[0].value.tolist() == [3.0]


def test_entities_keep_their_creation_time(hub, clock):
    stop = Entity(id="urn:ngsi-ld:Stop:tiny:1", type="Stop")
    hub.put_entities([stop], "pack")
    clock.set(NOW + 5)
    hub.put_entities([stop], "operator")
    found = hub.entity(stop.id)
    assert (found.created, found.modified, found.source) == (NOW, NOW + 5, "operator")
    hub.delete_entities([stop.id, "urn:ngsi-ld:Stop:tiny:2"])
    with pytest.raises(NotFound):
        hub.entity(stop.id)
    assert hub.count_entities() == {}


def test_alerts_are_updated_acknowledged_once_and_end(hub):
    hub.put_alerts([alert("a"), alert("b", updated=NOW + 1, domain="transit")], "traffic")
    assert [a.id for a in hub.alerts()] == ["b", "a"]
    assert [a.id for a in hub.alerts(domain="traffic")] == ["a"]
    assert hub.acknowledge("a", "rosa").acknowledged_by == "rosa"
    assert hub.acknowledge("a", "joao").acknowledged_by == "rosa"
    hub.put_alerts([alert("a", ended=NOW + 2, updated=NOW + 2)], "traffic")
    assert [a.id for a in hub.alerts()] == ["b"]
    assert [a.id for a in hub.alerts(open_only=False, since=NOW + 2)] == ["a"]
    with pytest.raises(NotFound):
        hub.acknowledge("nothing", "rosa")


def test_an_update_keeps_who_acknowledged(hub):
    hub.put_alerts([alert("a")], "traffic")
    hub.acknowledge("a", "rosa")
    hub.put_alerts([alert("a", updated=NOW + 9)], "traffic")
    found = hub.alert("a")
    assert (found.acknowledged_by, found.updated) == ("rosa", NOW + 9)


def test_decisions_move_only_as_allowed_and_inputs_are_logged(hub):
    hub.put_decisions([decision("d"), decision("e", proposed=NOW + 1)], "traffic")
    approved = hub.decide("d", "approved", "rosa")
    assert (approved.state, approved.decided_by, approved.decided_at) == ("approved", "rosa", NOW)
    with pytest.raises(Conflict):
        hub.decide("d", "rejected", "joao")
    assert [d.id for d in hub.decisions()] == ["e", "d"]
    assert [d.id for d in hub.decisions(states=["approved"], domain="traffic")] == ["d"]
    last = list(LogReader(hub.folder / "log").read())[-1]
    assert {r.table for r in decode_rows(last.payload).rows} == {"inputs", "decisions"}
    assert hub.rows("inputs")[0][2]["actor"] == "rosa"


def test_events_tell_what_was_stored_after_it_can_be_read(hub, ids):
    subscription = hub.subscribe(["observations.detectors", "alerts", "decisions", "entities"])
    hub.ingest(Batch.of(ids[:1], NOW, 1.0), "detectors")
    hub.ingest(Batch.of(ids[:1], NOW, 1.0), "other")
    hub.put_alerts([alert("a")], "traffic")
    hub.put_entities([Entity(id="urn:ngsi-ld:Stop:tiny:1", type="Stop")], "pack")
    hub.delete_entities(["urn:ngsi-ld:Stop:tiny:1"])
    events = subscription.poll()
    assert [e.topic for e in events] == ["observations.detectors", "alerts", "entities", "entities"]
    assert events[0].body.value.tolist() == [1.0]
    assert events[1].body["id"] == "a"
    assert events[3].body == {"id": "urn:ngsi-ld:Stop:tiny:1", "deleted": True}


def test_runs_never_mix(tmp_path, clock):
    live, replay = Hub.open(tmp_path, clock), Hub.open(tmp_path, clock, run="yesterday")
    number = replay.define([speed(1)])
    replay.ingest(Batch.of(number, NOW, 1.0), "x")
    assert live.series() == []
    assert live.position < replay.position
    live.close()
    replay.close()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["live", "runs"]


def test_what_would_not_come_back_is_refused_before_it_is_stored(hub):
    from guia.core.decision import Effect
    from guia.core.errors import InvalidInput

    before = hub.position
    nothing = Effect(metric="delay", unit="s", value=float("nan"), low=0, high=1)
    with pytest.raises(InvalidInput, match="cannot be stored"):
        hub.put_decisions([decision("d", predicted=nothing)], "traffic")
    with pytest.raises(InvalidInput, match="since"):
        hub.put_alerts([alert("a", since=2**63)], "traffic")
    with pytest.raises(InvalidInput, match="entities"):
        hub.put_rows("entities", [("x", {})], "x")
    assert hub.position == before
    hub.put_alerts([alert("b")], "traffic")
