import asyncio
import socket
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from guia.core.clock import ManualClock, instant
from guia.core.hub import Hub
from guia.core.series import Series
from guia.feeds.intake import Intakes
from guia.feeds.settings import FeedSettings

NOW = instant("2026-11-21T08:00:00Z")
NAMES = [f"urn:ngsi-ld:TrafficDetector:tiny:d{i}|speed" for i in range(3)]


class SmallCity:
    """A real hub with three series; nothing runs but what a test starts."""

    name = "tiny"
    pack = Path(__file__).parents[2] / "cities" / "tiny"

    def __init__(self, data: Path) -> None:
        self.data = data
        self.clock = ManualClock(NOW)
        self.hub = Hub.open(data, self.clock)
        specs = [
            Series(
                entity=n.partition("|")[0],
                attribute="speed",
                unit="KMH",
                label="synthetic",
                lower=0,
                upper=200,
            )
            for n in NAMES
        ]
        self.ids = self.hub.define(specs)


@pytest.fixture
def city(tmp_path: Path) -> Iterator[SmallCity]:
    city = SmallCity(tmp_path / "tiny")
    yield city
    city.hub.close()


@pytest.fixture
def intakes(city: SmallCity) -> Intakes:
    kinds = {"detectors": "http", "signals": "mqtt", "buses": "gtfs-rt"}
    settings = {n: FeedSettings(name=n, kind=k, label="synthetic") for n, k in kinds.items()}
    return Intakes(city.hub, city.clock, settings, time.monotonic)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class RealBroker:
    """amqtt, a whole MQTT broker, in this event loop."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._broker: Any = None

    async def start(self) -> None:
        from amqtt.broker import Broker

        config = {
            "listeners": {"default": {"type": "tcp", "bind": f"127.0.0.1:{self.port}"}},
            "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
        }
        self._broker = Broker(config)
        await self._broker.start()

    async def stop(self) -> None:
        await self._broker.shutdown()


@pytest.fixture
async def broker() -> AsyncIterator[RealBroker]:
    broker = RealBroker(free_port())
    await broker.start()
    yield broker
    await broker.stop()


async def eventually(test: Any, within_s: float = 8.0) -> None:
    """Wait until `test()` holds."""
    until = time.monotonic() + within_s
    while not test():
        assert time.monotonic() < until, "it did not come true in time"
        await asyncio.sleep(0.02)
