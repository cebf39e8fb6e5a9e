"""H06: what the traffic domain answers over HTTP: now, ahead, the past, and what is asked wrongly."""

from types import SimpleNamespace

import numpy as np
import pytest
from litestar import Litestar
from litestar.testing import TestClient

from guia.core.clock import MINUTE, instant
from guia.core.columns import Batch
from guia.core.errors import GuiaError
from guia.domains.traffic import api, sample
from guia.domains.traffic import brain as traffic

START = instant("2026-11-20T09:00:00Z")


def as_problem(_, error):
    from litestar import Response

    return Response(error.problem(), status_code=error.status)


@pytest.fixture
def run(rehearse, tmp_path):
    folder = tmp_path / "pack"
    sample.write_pack(folder, side=6, detectors=30)
    begun = rehearse(traffic.build(folder), START)
    ids = begun.hub.define(sample.detector_series("grid", begun.brain.detectors))
    free = begun.brain.roads.free_speed_kmh[begun.brain.detector_rows]
    for now, rows in sample.minutes(free, START, 16, np.arange(4), np.random.default_rng(2)):
        begun.clock.set(now)
        begun.hub.ingest(Batch.of(ids, now, np.nan_to_num(rows.ravel())), "detectors")
        begun.step(now)
    begun.folder = folder
    return begun


@pytest.fixture
def client(run):
    city = SimpleNamespace(name="grid", pack=run.folder, hub=run.hub, clock=run.clock)
    with TestClient(Litestar(api.handlers(city), exception_handlers={GuiaError: as_problem})) as client:
        yield client


def get(client, path, **query):
    answer = client.get(path, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_the_state_now_and_ahead_in_network_order(client, run):
    network = get(client, "/api/traffic/network")
    n = len(network["ids"])
    for horizon in (0, 1, 5, 33, 60):
        state = get(client, "/api/traffic/state", horizon=horizon)
        columns = ("speed_kmh", "level", "low_kmh", "high_kmh", "quality")
        assert {len(state[c]) for c in columns} == {n}
        speed, low, high = (np.array(state[c], float) for c in ("speed_kmh", "low_kmh", "high_kmh"))
        assert np.isfinite(speed).all()
        assert ((low <= speed) & (speed <= high)).all()
        assert state["horizon_min"] == horizon
        assert state["label"] == "synthetic"
        assert state["issued"] == "2026-11-20T09:15:00Z"
    assert state["time"] == "2026-11-20T10:15:00Z"


def test_the_past_is_what_was_known_then(client, run):
    now = get(client, "/api/traffic/state")
    then = get(client, "/api/traffic/state", at="2026-11-20T09:03:30Z")
    assert then["speed_kmh"] != now["speed_kmh"]
    ids = run.hub.ids(run.brain.names["speed"])
    past = run.hub.history(ids, START, START + 3 * MINUTE + 1)
    newest = past.value[past.observed == START + 3 * MINUTE]
    assert np.allclose(np.sort(newest), np.sort(np.array(then["speed_kmh"], float)))
    nothing = get(client, "/api/traffic/state", at="2020-01-01T00:00:00Z")
    assert set(nothing["speed_kmh"]) == {None}
    assert set(nothing["level"]) == {None}


def test_the_network_is_sent_once(client):
    first = client.get("/api/traffic/network")
    again = client.get("/api/traffic/network", headers={"if-none-match": first.headers["etag"]})
    assert again.status_code == 304
    assert again.content == b""


def test_a_segment_has_its_series(client, run):
    counted = run.brain.detectors[0]
    found = get(client, f"/api/traffic/segments/{counted}")
    values = {s["name"].split(":")[2] + "|" + s["name"].split("|")[1]: s["value"] for s in found["series"]}
    assert {"RoadSegment|speed", "RoadSegment|level", "RoadSegment|flow", "TrafficDetector|count"} <= set(
        values
    )
    assert all(v is not None for v in values.values())


def test_a_route_warns_of_the_jams_on_its_way(client, run):
    (alert, *_) = run.hub.alerts(open_only=True)
    row = run.brain.network.row[alert.entities[0].rsplit(":", 1)[1]]
    line = run.brain.network.line(row)
    a, b = (f"{x:.6f},{y:.6f}" for x, y in (line[0] * 0.9 + line[1] * 0.1, line[0] * 0.1 + line[1] * 0.9))
    found = get(client, "/api/traffic/route", **{"from": a, "to": b})
    assert [w["id"] for w in found["warnings"]] == [alert.id]
    assert found["depart"] <= found["arrive_early"] <= found["arrive"] <= found["arrive_late"]
    assert sum(s["distance_m"] for s in found["steps"]) == pytest.approx(found["distance_m"], abs=3)
    on_foot = get(client, "/api/traffic/route", **{"from": a, "to": b, "mode": "foot"})
    assert on_foot["warnings"] == []


@pytest.mark.parametrize(
    ("path", "status", "word"),
    [
        ("state?horizon=61", 400, "between"),
        ("state?at=yesterday", 400, "no instant"),
        ("route?from=here&to=113.5,22.2", 400, "no place"),
        ("route?from=113.5,95&to=113.5,22.2", 400, "no place"),
        ("route?from=113.541,22.191&to=113.542,22.192&mode=boat", 400, "boat"),
        ("route?from=nan,nan&to=113.542,22.192", 400, "no place"),
        ("segments/none", 404, "no segment"),
        ("junctions/none", 404, "no junction"),
    ],
)
def test_wrong_questions_get_an_answer_that_helps(client, path, status, word):
    answer = client.get(f"/api/traffic/{path}")
    assert answer.status_code == status
    assert word in answer.json()["detail"]
    assert answer.json()["remedy"]
