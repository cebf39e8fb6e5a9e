"""The twin as a process: a city that listens hears everything it is promised, and a command comes back acknowledged."""

import asyncio
import json
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import aiomqtt
import pytest
from google.transit.gtfs_realtime_pb2 import FeedMessage

from guia.packs import Pack
from guia.twin.gtfs_rt import BOTH

CITY = Path(__file__).parents[2] / "cities" / "tiny"
SOURCE = Path(__file__).parents[2] / "src"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class City(ThreadingHTTPServer):
    """Takes what the twin posts; refuses observations of series that were not defined."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Desk)
        self.defined: set[str] = set()
        self.rows: dict[str, int] = {}
        self.unknown = 0
        self.tokens: set[str] = set()
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Desk(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        city = self.server
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        city.tokens.add(self.headers.get("Authorization", ""))
        feed, kind = self.path.split("/")[3:5]
        if kind == "series":
            city.defined |= {f"{s['entity']}|{s['attribute']}" for s in body}
        else:
            city.unknown += len(set(body["series"]) - city.defined)
            city.rows[feed] = city.rows.get(feed, 0) + len(body["series"])
        answer = b'{"position": 1, "accepted": 1, "rejected": []}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def broker():
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "guia.actuators.broker", str(port)], env={"PYTHONPATH": str(SOURCE)}
    )
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.1)
    yield port
    process.terminate()
    process.wait(timeout=20)


async def listen(port: int, city: City) -> dict[str, list[dict]]:
    """What is heard by MQTT until everything promised has come, the answers to two commands among it."""
    heard: dict[str, list[dict]] = {}
    wanted = {"feeds/pulses", "feeds/signals", "twin", "ack/d-good", "ack/d-bad"}
    junction = Pack.open(CITY).signals[0].id
    async with asyncio.timeout(150), aiomqtt.Client("127.0.0.1", port) as client:
        await client.subscribe("guia/tiny/#", qos=1)
        asked = False
        async for message in client.messages:
            topic = str(message.topic).removeprefix("guia/tiny/")
            heard.setdefault(topic, []).append(json.loads(message.payload))
            if "feeds/signals" in heard and not asked:
                asked = True
                for decision, plan in (("d-good", 3), ("d-bad", 77)):
                    order = {"decision": decision, "action": "signals.run-plan", "parameters": {"plan": plan}}
                    await client.publish(f"guia/tiny/command/{junction}", json.dumps(order), qos=1)
            if wanted <= set(heard) and {"detectors", "probes"} <= set(city.rows):
                return heard
    return heard


def test_a_city_hears_what_it_is_promised(broker: int, tmp_path: Path):
    city, rt = City(), free_port()
    command = [
        *(sys.executable, "-m", "guia.twin", "--city", str(CITY), "--data", str(tmp_path), "--speed", "20"),
        *("--start", "2026-11-20T18:00:00Z", "--origin", str(time.time_ns())),
        *("--url", f"http://127.0.0.1:{city.server_address[1]}", "--token", "secret"),
        *("--mqtt", f"127.0.0.1:{broker}", "--gtfs-rt-port", str(rt)),
    ]
    twin = subprocess.Popen(command, env={"PYTHONPATH": str(SOURCE)})
    try:
        heard = asyncio.run(listen(broker, city))
        with urllib.request.urlopen(f"http://127.0.0.1:{rt}{BOTH}", timeout=10) as reply:
            buses = FeedMessage.FromString(reply.read())
    finally:
        twin.send_signal(signal.SIGTERM)
        ended = twin.wait(timeout=30)
        city.shutdown()
    assert ended == 0
    assert city.unknown == 0
    assert city.tokens == {"Bearer secret"}
    assert buses.header.timestamp >= 1_795_197_600
    assert heard["ack/d-good"][0]["ok"] is True
    assert heard["ack/d-bad"][0]["ok"] is False
    assert "no plan 77" in heard["ack/d-bad"][0]["detail"]
    for topic in ("feeds/pulses", "feeds/signals"):
        for body in heard[topic]:
            assert len(body["series"]) == len(body["observed"]) == len(body["value"])
            assert set(body["series"]) <= city.defined
    assert (tmp_path / "tiny" / "twin" / "twin.json").exists()
