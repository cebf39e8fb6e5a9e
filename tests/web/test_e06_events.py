"""E06: events over a real connection: what is new arrives, silence is filled, who falls behind is told to reload."""

import asyncio
import json

import httpx
import pytest

from guia.core.alert import Alert
from guia.core.clock import instant
from guia.core.columns import Batch
from guia.web.routes import events
from guia.web.server import create_app, serve

NOW = instant("2026-11-21T08:00:00Z")


@pytest.fixture
async def url(city, monkeypatch):
    monkeypatch.setattr(events, "HEARTBEAT_S", 0.1)
    port = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(serve(create_app(city), "127.0.0.1", 0, started=port.set_result))
    yield f"http://127.0.0.1:{await asyncio.wait_for(port, 5)}"
    task.cancel()
    await asyncio.wait({task}, timeout=5)


async def read(url, until, *, topics="alerts,traffic", headers=None, after=lambda: None):
    """Events until `until(events)` holds; comments count as heartbeats."""
    found, beats = [], 0
    async with (
        asyncio.timeout(5),
        httpx.AsyncClient() as web,
        web.stream("GET", f"{url}/api/events", params={"topics": topics}, headers=headers) as answer,
    ):
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        first = True
        async for line in answer.aiter_lines():
            if first:
                after()
                first = False
            if line.startswith(":"):
                beats += 1
            if line.startswith("data: "):
                found.append(json.loads(line[6:]))
            if until(found, beats):
                return found, beats


def alert(number):
    return Alert(
        id=f"a{number}",
        domain="traffic",
        kind="k",
        severity="minor",
        title={"en": "x"},
        since=NOW,
        updated=NOW,
    )


async def test_news_arrives_with_readable_times(url, city, speeds):
    def news():
        city.hub.put_alerts([alert(1)], "traffic")
        city.hub.ingest(Batch.of([speeds[0]], NOW, 5.0), "traffic")
        city.hub.ingest(Batch.of([speeds[0]], NOW, 5.0), "detectors")

    found, _ = await read(url, lambda f, _: len(f) >= 2, after=news)
    assert [e["topic"] for e in found] == ["alerts", "traffic"]
    assert found[0]["body"]["since"] == "2026-11-21T08:00:00Z"
    assert found[1]["body"] == {"rows": 1}
    assert found[1]["position"] > found[0]["position"]


async def test_silence_is_filled(url):
    _, beats = await read(url, lambda _, beats: beats >= 3)
    assert beats == 3


async def test_who_comes_back_after_a_break_is_told_to_reload(url):
    found, _ = await read(url, lambda f, _: bool(f), headers={"last-event-id": "7"})
    assert found[0]["topic"] == "resync"


async def test_who_falls_behind_is_told_to_reload_and_the_city_does_not_wait(city, monkeypatch):
    subscribe = city.hub.subscribe
    monkeypatch.setattr(city.hub, "subscribe", lambda topics: subscribe(topics, capacity=5))
    stream = events.follow(city, {"alerts": "alerts"}, heartbeat_s=1.0, missed=False)
    await anext(stream)
    city.hub.put_alerts([alert(1)], "traffic")
    assert b'"alerts"' in await anext(stream)
    for number in range(50):
        city.hub.put_alerts([alert(number)], "traffic")
    topics = []
    for _ in range(7):
        text = (await asyncio.wait_for(anext(stream), 2)).decode()
        topics.append(text.partition("event: ")[2].partition("\n")[0])
        if topics[-1] == "resync":
            break
    assert "resync" in topics
    await stream.aclose()


async def test_a_reader_that_leaves_is_forgotten(url, city):
    await read(url, lambda _, beats: beats >= 1)
    bus = city.hub.state.bus
    for _ in range(100):
        if not bus._subscriptions:
            break
        await asyncio.sleep(0.02)
    assert not bus._subscriptions


async def test_serving_ends_within_two_seconds_though_somebody_listens(city, speeds):
    port = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(serve(create_app(city), "127.0.0.1", 0, started=port.set_result))
    url = f"http://127.0.0.1:{await port}/api/events"
    async with httpx.AsyncClient() as web, web.stream("GET", url) as answer:
        assert answer.status_code == 200
        task.cancel()
        done, _ = await asyncio.wait({task}, timeout=4)
        assert done


async def test_a_small_answer_does_not_wait_for_an_acknowledgement(url):
    """Nagle's algorithm would hold the second part of every answer for 40 ms."""
    loop = asyncio.get_running_loop()
    async with httpx.AsyncClient() as web:
        took = []
        for _ in range(20):
            begun = loop.time()
            assert (await web.get(f"{url}/api/session")).status_code == 200
            took.append(loop.time() - begun)
    assert min(took[2:]) < 0.03
