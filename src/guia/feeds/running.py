"""The feeds of a running city: MQTT and GTFS-RT connections, and an eye on those that fall silent."""

import asyncio
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import msgspec

from guia.core.alert import Alert
from guia.core.clock import Clock
from guia.core.hub import Hub
from guia.feeds.gtfsrt import Poller
from guia.feeds.intake import Intake, Intakes
from guia.feeds.mqtt import Mqtt
from guia.feeds.settings import read
from guia.packs.pack import Pack

WATCH_EVERY_S = 1.0


class City(Protocol):
    """What feeds need to know of a city."""

    name: str
    pack: Path
    hub: Hub
    clock: Clock


class Running:
    """Feeds at work. `intakes` is what the web pushes into and reports from."""

    def __init__(self, intakes: Intakes, tasks: list["asyncio.Task[None]"]) -> None:
        self.intakes = intakes
        self._tasks = tasks

    async def stop(self) -> None:
        """End all connections."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def start(
    city: City, *, broker: tuple[str, int] | None = None, urls: Mapping[str, tuple[str, ...]] | None = None
) -> Running:
    """Start the feeds that the pack declares; call it inside the event loop that shall carry them.

    `broker` is the address of the MQTT broker, without one there is no MQTT. `urls` replaces the addresses of
    GTFS-RT feeds by feed name (a twin listens where there was a free port).
    """
    settings = read(Pack.open(city.pack).feeds)
    intakes = Intakes(city.hub, city.clock, settings, time.monotonic)
    loop = asyncio.get_running_loop()
    tasks = [loop.create_task(_watch(city, intakes))]
    if broker is not None:
        tasks.append(loop.create_task(Mqtt(city.name, *broker, intakes).run()))
    for name, feed in settings.items():
        addresses = (urls or {}).get(name, feed.options.urls)
        if feed.kind == "gtfs-rt" and addresses:
            poller = Poller(city, intakes.of(name), addresses, feed.options.every_s)
            tasks.append(loop.create_task(poller.run()))
    return Running(intakes, tasks)


async def _watch(city: City, intakes: Intakes) -> None:
    while True:
        await asyncio.sleep(WATCH_EVERY_S)
        if changed := silences(city.name, intakes, city.clock.now()):
            await asyncio.to_thread(city.hub.put_alerts, changed, "feeds")


def silences(city: str, intakes: Intakes, now: int) -> list[Alert]:
    """Alerts of feeds that have fallen silent since the last look, and ended ones of those that speak again."""
    changed = []
    for intake in intakes:
        limit = intake.settings.options.silent_after_s
        silent = 0 < limit < intake.silence_s()
        if silent != intake.silent:
            changed.append(_alert(city, intake, now, ended=not silent))
            intake.silent = silent
    return changed


def _alert(city: str, intake: Intake, now: int, *, ended: bool) -> Alert:
    feed = intake.settings
    title = feed.options.title or feed.name
    if not ended:
        intake.silent_since = intake.last_seen
    alert = Alert(
        id=f"feed-silent-{city}-{feed.name}-{intake.silent_since}",
        domain="feeds",
        kind="feed-silent",
        severity="moderate",
        title={
            "en": f"Feed {title} has sent nothing",
            "zh": f"數據源「{title}」沒有傳送資料",
            "pt": f"A fonte {title} deixou de enviar dados",
        },
        since=intake.silent_since,
        updated=now,
        label=intake.state().label,
    )
    return msgspec.structs.replace(alert, ended=now) if ended else alert
