"""E05: alerts are acknowledged, decisions taken, the past and the forecast of a series shown."""

import numpy as np
import pytest

from guia.core.alert import Alert
from guia.core.clock import HOUR, MINUTE, instant
from guia.core.columns import Batch, Forecasts
from guia.core.decision import Decision, Evidence

NOW = instant("2026-11-21T08:00:00Z")


@pytest.fixture
def alert(city):
    about = {"domain": "traffic", "kind": "congestion", "title": {"en": "Slow"}}
    alert = Alert(id="a1", severity="severe", since=NOW - HOUR, updated=NOW, **about)
    then = NOW - 8 * HOUR
    old = Alert(id="a0", severity="minor", since=then - HOUR, updated=then, ended=then, **about)
    city.hub.put_alerts([alert, old], "traffic")
    return alert


@pytest.fixture
def decision(city):
    decision = Decision(
        id="d1", domain="traffic", action="signals.run-plan", parameters={"junction": "j", "plan": 2}, entities=(),
        title={"en": "Run plan 2"}, proposed=NOW, known_at=0, expires=NOW + HOUR,
        evidence=(Evidence(note={"en": "long queue"}, observed=NOW - MINUTE, value=9.0, unit="C62"),),
    )  # fmt: skip
    city.hub.put_decisions([decision], "traffic")
    return decision


async def test_alerts_are_listed_and_acknowledged_once(operator, alert):
    (shown,) = (await operator.get("/api/alerts")).json()
    assert (shown["since"], shown["acknowledged_at"]) == ("2026-11-21T07:00:00Z", None)
    assert len((await operator.get("/api/alerts", params={"open": False})).json()) == 2
    assert (await operator.get("/api/alerts", params={"domain": "transit"})).json() == []
    done = (await operator.post("/api/alerts/a1/acknowledge")).json()
    assert (done["acknowledged_by"], done["acknowledged_at"]) == ("ana", "2026-11-21T08:00:00Z")
    assert (await operator.post("/api/alerts/a1/acknowledge")).json() == done
    assert (await operator.post("/api/alerts/none/acknowledge")).status_code == 404


async def test_a_decision_is_approved_or_rejected_but_not_both(operator, decision):
    (shown,) = (await operator.get("/api/decisions", params={"state": "proposed,approved"})).json()
    assert shown["evidence"][0]["observed"] == "2026-11-21T07:59:00Z"
    assert shown["known_at"] == 0
    done = (await operator.post("/api/decisions/d1/reject", json={"reason": "not today"})).json()
    assert (done["state"], done["decided_by"], done["reason"]) == ("rejected", "ana", "not today")
    late = await operator.post("/api/decisions/d1/approve")
    assert late.status_code == 409
    assert late.json()["remedy"]
    assert (await operator.get("/api/decisions/d1")).json() == done


async def test_approving_needs_no_reason(operator, decision):
    assert (await operator.post("/api/decisions/d1/approve")).json()["state"] == "approved"


async def test_the_past_in_bins(operator, city, speeds):
    observed = NOW - HOUR + np.arange(60) * MINUTE
    city.hub.ingest(Batch.of([speeds[0]] * 60, observed, np.arange(60.0)), "detectors")
    url = f"/api/series/{speeds[0]}/history"
    past = (
        await operator.get(
            url, params={"from": "2026-11-21T07:00:00Z", "to": "2026-11-21T08:00:00Z", "step": "30m"}
        )
    ).json()
    assert past["time"] == ["2026-11-21T07:00:00Z", "2026-11-21T07:30:00Z"]
    assert (past["mean"], past["low"], past["high"], past["count"]) == (
        [14.5, 44.5],
        [0, 30],
        [29, 59],
        [30, 30],
    )
    assert (past["unit"], past["label"], past["source"]) == ("KMH", "synthetic", "detectors")
    whole = (await operator.get(url)).json()
    assert sum(whole["count"]) == 60
    for wrong in ({"step": "0"}, {"step": "soon"}, {"step": "1s", "from": "2020-01-01T00:00:00Z"},
                  {"from": "2026-11-21T09:00:00Z", "to": "2026-11-21T08:00:00Z"}, {"from": "2026-11-21"}):  # fmt: skip
        answer = await operator.get(url, params=wrong)
        assert answer.status_code == 400, wrong
        assert answer.json()["remedy"]


async def test_the_newest_forecast_with_its_interval(operator, city, speeds):
    url = f"/api/series/{speeds[0]}/forecast"
    assert (await operator.get(url)).json()["target"] == []
    for issued, shift in ((NOW - MINUTE, 0.0), (NOW, 10.0)):
        targets = np.repeat(issued + np.array([5, 10]) * MINUTE, 3)
        n = len(targets)
        city.hub.put_forecasts(
            Forecasts(np.full(n, speeds[0], np.int32), np.full(n, issued), targets, np.tile([0.1, 0.5, 0.9], 2),
                      np.tile([1.0, 2.0, 3.0], 2) + shift, "test/1"), "traffic")  # fmt: skip
    body = (await operator.get(url)).json()
    assert (body["issued"], body["model"]) == ("2026-11-21T08:00:00Z", "test/1")
    assert body["target"] == ["2026-11-21T08:05:00Z", "2026-11-21T08:10:00Z"]
    assert (body["q10"], body["q50"], body["q90"]) == ([11, 11], [12, 12], [13, 13])


async def test_series_are_found_by_entity_and_attribute(operator, speeds):
    assert len((await operator.get("/api/series", params={"attribute": "speed"})).json()) == 2
    entity = "urn:ngsi-ld:RoadSegment:tiny:s1"
    (one,) = (await operator.get("/api/series", params={"entity": entity, "attribute": "speed"})).json()
    assert (one["id"], one["name"]) == (speeds[1], f"{entity}|speed")
    assert (await operator.get("/api/series", params={"entity": "urn:x"})).json() == []
