"""F03: MQTT, with real brokers: stored before acknowledged, connected again after a break, not stopped by nonsense."""

import asyncio
import json
import shutil
import socket
import subprocess
from collections import namedtuple

import aiomqtt
import pytest

from guia.core.clock import instant
from guia.core.errors import TooBusy, Unavailable
from guia.feeds.mqtt import Mqtt
from guia.feeds.twin import LATEST_S, TwinWatch

NOW = instant("2026-11-21T08:00:00Z")
Address = namedtuple("Address", "port")
NAME = "urn:ngsi-ld:TrafficDetector:tiny:d0|speed"


async def eventually(test, within_s=8.0):
    async with asyncio.timeout(within_s):
        while not test():
            await asyncio.sleep(0.02)


def batch(observed, value):
    return json.dumps({"series": [NAME], "observed": [observed], "value": [value]}).encode()


def newest(city):
    return float(city.hub.latest(city.ids[:1]).value[0])


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


async def listening(broker, intakes):
    mqtt = Mqtt("tiny", "127.0.0.1", broker.port, intakes, pause_s=0.1)
    task = asyncio.create_task(mqtt.run())
    await asyncio.wait_for(mqtt.connected.wait(), 5)
    return mqtt, task


async def test_what_is_published_is_stored_and_nonsense_is_kept_and_passed_over(city, intakes, broker):
    _, task = await listening(broker, intakes)
    async with aiomqtt.Client("127.0.0.1", broker.port) as client:
        topic = "guia/tiny/feeds/signals"
        for payload in (b"nonsense", b"", b'{"series": []}', batch(NOW, 31.0)):
            await client.publish(topic, payload, qos=1)
        await client.publish("guia/tiny/feeds/Not A Feed", batch(NOW, 99.0), qos=1)
        await client.publish("guia/other/feeds/signals", batch(NOW, 98.0), qos=1)
        await client.publish(topic, batch(NOW + 1, 32.0), qos=1)
    await eventually(lambda: newest(city) == 32.0)
    await eventually(lambda: intakes.of("signals").state().malformed == 3)
    assert intakes.of("signals").state().accepted == 2
    assert {r["reason"] for r in city.hub.rejected(10, "signals")} == {"malformed"}
    task.cancel()


@pytest.mark.parametrize("trouble", [TooBusy("busy"), Unavailable("the disk is full")])
async def test_trouble_with_the_disk_delays_a_message_but_does_not_lose_it(
    city, intakes, broker, monkeypatch, trouble
):
    intake = intakes.of("signals")
    receive = intake.receive
    tries = []

    async def troubled(columns):
        tries.append(1)
        if len(tries) < 3:
            raise trouble
        return await receive(columns)

    monkeypatch.setattr(intake, "receive", troubled)
    _, task = await listening(broker, intakes)
    async with aiomqtt.Client("127.0.0.1", broker.port) as client:
        await client.publish("guia/tiny/feeds/signals", batch(NOW, 56.0), qos=1)
    await eventually(lambda: newest(city) == 56.0)
    await eventually(lambda: intake.problem == "")
    task.cancel()


@pytest.mark.skipif(
    shutil.which("mosquitto") is None, reason="amqtt does not send again after a new connection"
)
async def test_what_was_not_stored_is_not_acknowledged_so_the_broker_sends_it_again(
    city, intakes, monkeypatch, tmp_path
):
    port = free_port()
    process = subprocess.Popen([str(shutil.which("mosquitto")), "-p", str(port)], stderr=subprocess.DEVNULL)
    intake = intakes.of("signals")
    receive = intake.receive
    failing = True

    async def refuse(columns):
        if failing:
            raise Unavailable("the disk is full")
        return await receive(columns)

    monkeypatch.setattr(intake, "receive", refuse)
    try:
        await eventually(lambda: listens(port))
        _, task = await listening(Address(port), intakes)
        async with aiomqtt.Client("127.0.0.1", port) as client:
            await client.publish("guia/tiny/feeds/signals", batch(NOW, 55.0), qos=1)
        await eventually(lambda: "disk is full" in intake.problem)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        failing = False
        _, task = await listening(Address(port), intakes)
        await eventually(lambda: newest(city) == 55.0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    finally:
        process.terminate()
        process.wait()


async def test_it_connects_again_when_the_broker_comes_back(city, intakes, broker):
    mqtt, task = await listening(broker, intakes)
    await broker.stop()
    await eventually(lambda: not mqtt.connected.is_set())
    assert intakes.of("signals").state().problem
    await broker.start()
    await asyncio.wait_for(mqtt.connected.wait(), 10)
    async with aiomqtt.Client("127.0.0.1", broker.port) as client:
        await client.publish("guia/tiny/feeds/signals", batch(NOW, 57.0), qos=1)
    await eventually(lambda: newest(city) == 57.0)
    assert intakes.of("signals").state().problem == ""
    task.cancel()


async def test_the_twin_s_own_words_tell_how_far_behind_it_is(intakes, broker):
    _, task = await listening(broker, intakes)
    assert intakes.twin.complaints() == []
    async with aiomqtt.Client("127.0.0.1", broker.port) as client:
        await client.publish("guia/tiny/twin", b"nonsense", qos=1, retain=True)
        told = {"time": "2026-11-21T08:00:00Z", "lag_s": 75.2, "vehicles": 12, "sent": 9}
        await client.publish("guia/tiny/twin", json.dumps(told).encode(), qos=1, retain=True)
        await eventually(lambda: intakes.twin.state is not None)
        assert intakes.twin.complaints() == [
            "the twin is 75 s behind the city's clock: this machine is too busy"
        ]
        await client.publish(
            "guia/tiny/twin", json.dumps({**told, "lag_s": 2.0}).encode(), qos=1, retain=True
        )
        await eventually(lambda: intakes.twin.complaints() == [])
    task.cancel()


def test_a_twin_that_says_nothing_more_is_complained_of():
    seconds = [0.0]
    watch = TwinWatch(lambda: seconds[0])
    watch.hear(b'{"time": "2026-11-21T08:00:00Z", "lag_s": 0.4}')
    seconds[0] = LATEST_S
    assert watch.complaints() == []
    seconds[0] += 1
    assert "said nothing for 61 s" in watch.complaints()[0]
