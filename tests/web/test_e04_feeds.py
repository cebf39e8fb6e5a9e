"""E04: pushing observations over HTTP: stored when answered, bad rows named, hostile bodies survived."""

import asyncio

import numpy as np
import pyarrow as pa
import pytest

from guia.core.clock import MINUTE, instant, iso
from guia.core.errors import TooBusy

NOW = instant("2026-11-21T08:00:00Z")
NAME = "urn:ngsi-ld:RoadSegment:tiny:s0|speed"
PUSH = "/api/feeds/detectors/observations"
ARROW = {"content-type": "application/vnd.apache.arrow.stream"}


def arrow(**columns):
    table = pa.table(columns)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


async def test_json_and_arrow_are_stored_when_answered(operator, city, speeds):
    answer = await operator.post(PUSH, json={"series": [NAME], "observed": [iso(NOW)], "value": [31.5]})
    assert answer.status_code == 200
    assert answer.json() == {"position": answer.json()["position"], "accepted": 1, "rejected": []}
    assert city.hub.latest(np.array(speeds, np.int32)).value[0] == 31.5
    body = arrow(
        series=pa.array([NAME, NAME]).dictionary_encode(),
        observed=pa.array([NOW + 1, NOW + 2], pa.timestamp("ns", "UTC")),
        value=[32.5, 33.5],
    )
    answer = await operator.post(PUSH, content=body, headers=ARROW)
    assert answer.json()["accepted"] == 2
    assert city.hub.latest(np.array(speeds, np.int32)).value[0] == 33.5
    latest = (await operator.get(f"/api/series/{speeds[0]}/latest")).json()
    assert (latest["value"], latest["unit"], latest["label"]) == (33.5, "KMH", "synthetic")


async def test_series_are_defined_first_and_again_without_harm(operator, city):
    specs = [{"entity": "urn:ngsi-ld:Meter:tiny:1", "attribute": "power", "unit": "KWT"}]
    first = await operator.post("/api/feeds/meters/series", json=specs)
    again = await operator.post("/api/feeds/meters/series", json=specs)
    assert first.json() == again.json()
    (found,) = (await operator.get("/api/series", params={"entity": "urn:ngsi-ld:Meter:tiny:1"})).json()
    assert (found["unit"], found["source"], found["id"]) == ("KWT", "meters", first.json()["ids"][0])


async def test_bad_rows_are_named_and_the_good_ones_stored(operator, speeds):
    rows = [
        (NAME, NOW, 40.0, None),
        ("nobody|speed", NOW, 1.0, "unknown-series"),
        (NAME, NOW + 10 * MINUTE, 1.0, "in-the-future"),
        (NAME, 2**63 - 1, 1.0, "in-the-future"),
        (NAME, -5, 1.0, "before-1970"),
        (NAME, NOW, -1.0, "below-lower-bound"),
        (NAME, NOW, 1e300, "above-upper-bound"),
        (NAME, NOW, float("nan"), "not-a-number"),
        (NAME, NOW, float("inf"), "not-a-number"),
    ]
    body = arrow(series=[r[0] for r in rows], observed=[r[1] for r in rows], value=[r[2] for r in rows])
    dry = (await operator.post(PUSH, params={"dry_run": True}, content=body, headers=ARROW)).json()
    answer = (await operator.post(PUSH, content=body, headers=ARROW)).json()
    assert dry["rejected"] == answer["rejected"]
    assert dry["position"] == -1
    assert answer["accepted"] == 1
    assert [(r["row"], r["reason"]) for r in answer["rejected"]] == [
        (i, reason) for i, (_, _, _, reason) in enumerate(rows) if reason
    ]
    assert all(r["remedy"] for r in answer["rejected"])
    kept = (await operator.get("/api/feeds/rejected", params={"feed": "detectors"})).json()
    assert kept["counts"]["detectors"] == 8
    assert {r["reason"] for r in kept["rows"]} == {r[3] for r in rows if r[3]}
    (state,) = [f for f in (await operator.get("/api/feeds")).json() if f["name"] == "detectors"]
    assert (state["accepted"], state["rejected"]) == (1, 8)


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"", {}),
        (b"{", {}),
        (b"[]", {}),
        (b"{}", {}),
        (b"[" * 50_000, {}),
        (b'{"series": ["a"], "observed": [], "value": []}', {}),
        (b"nonsense", ARROW),
        (b"\xff\xff\xff\xff\x10\x00\x00\x00" + b"\x00" * 64, ARROW),
        (b"", ARROW),
    ],
)
async def test_what_is_no_batch_is_refused_counted_and_kept(operator, city, body, headers):
    answer = await operator.post(PUSH, content=body, headers=headers)
    assert answer.status_code == 400, answer.text
    assert answer.json()["remedy"]
    assert city.hub.rejected_counts() == {"detectors": 1}
    (state,) = [f for f in (await operator.get("/api/feeds")).json() if f["name"] == "detectors"]
    assert state["malformed"] == 1


async def test_a_body_without_end_is_cut_off_counted_and_kept(operator, city):
    async def endless():
        for _ in range(80):
            yield b" " * (1 << 20)

    answer = await operator.post(PUSH, content=endless())
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"
    assert city.hub.rejected_counts() == {"detectors": 1}
    assert "64 MB" in city.hub.rejected()[0]["remedy"]


async def test_a_feed_that_is_too_fast_is_told_when_to_come_back(operator, city, speeds, monkeypatch):
    async def busy(batch, source):
        await asyncio.sleep(0)
        raise TooBusy("too many writes are waiting for the disk", remedy="send again in a second")

    monkeypatch.setattr(city.hub, "ingest_async", busy)
    answer = await operator.post(PUSH, json={"series": [NAME], "observed": [NOW], "value": [1]})
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "1"


async def test_a_feeds_name_cannot_be_anything(operator):
    for name in ("A", "a b", "%2e%2e", "x" * 80):
        answer = await operator.post(f"/api/feeds/{name}/observations", json={})
        assert answer.status_code in (400, 404), name
