"""A city put together from its parts: hub, brains, web, feeds, actuators, broker, twin."""

import asyncio
import contextlib
import fcntl
import logging
import socket
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from guia.actuators.broker import HOST as BROKER_HOST
from guia.actuators.registry import MQTT_COMMANDS, actuators
from guia.cli.access import LOOPBACK, Access, Keys
from guia.cli.backup import last_record
from guia.cli.week import fill_week
from guia.core.city import City
from guia.core.clock import Clock, SimulatedClock, WallClock, iso
from guia.core.domains import domain_brains
from guia.core.errors import Conflict, InvalidInput, Unavailable
from guia.core.supervise import Child
from guia.packs.find import find_pack
from guia.packs.pack import Pack

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Wish:
    """What the user asked for."""

    city: str
    data: Path
    host: str = "127.0.0.1"
    port: int = 8600
    start: int | None = None
    speed: float = 1.0
    seconds: float | None = None
    brains: bool = True
    twin: bool = True
    broker: tuple[str, int] | None = None


@dataclass
class RunningCity:
    """A city with everything around it."""

    wish: Wish
    pack: Pack
    city: City
    access: Access = field(default_factory=Access)
    twin_token: str = ""
    port: int = 0
    first_answer_s: float | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Where its console is."""
        return f"http://{self.wish.host}:{self.port}"


def autonomy(pack: Pack, domains: list[str]) -> dict[str, dict[str, str]]:
    """Per domain the level of each action (`*`: any other), from the pack's settings `level` and `levels`."""
    found = {}
    for domain in domains:
        settings = pack.settings(domain)
        levels = {"*": settings.get("level", "confirm"), **settings.get("levels", {})}
        for action, level in levels.items():
            if level not in ("advise", "confirm", "act"):
                raise InvalidInput(
                    f"level {level!r} of {action} is not known",
                    place=f"pack.toml domains.{domain}",
                    remedy="use advise, confirm or act",
                )
        found[domain] = levels
    return found


def clock_for(wish: Wish, live: Path) -> Clock:
    """The city's clock: the machine's, or a simulated one that never starts before what is recorded."""
    last = last_record(live / "log")
    recorded = last.received if last else 0
    if wish.start is None and wish.speed == 1.0 and recorded <= time.time_ns():
        return WallClock()
    start = max(time.time_ns(), recorded) if wish.start is None else wish.start
    if start < recorded:
        raise InvalidInput(
            f"the city's records reach to {iso(recorded)}, it cannot start before that",
            place="--start",
            remedy="start later, use another --data folder, or --fresh to put the old records aside",
        )
    return SimulatedClock(start, wish.speed)


def put_aside(wish: Wish) -> Path | None:
    """Rename the city's data folder, so that it begins anew; where it went, None if there was none."""
    data = wish.data / Pack.open(find_pack(wish.city)).name
    if not data.exists():
        return None
    with sole_writer(data):
        aside = data.with_name(f"{data.name}.before-{time.strftime('%Y%m%dT%H%M%S')}")
        data.rename(aside)
    return aside


@contextlib.contextmanager
def sole_writer(data: Path) -> Iterator[None]:
    """Hold the data folder for one process; Conflict if another runs on it."""
    try:
        data.mkdir(parents=True, exist_ok=True)
        opened = (data / "lock").open("a+")
    except OSError as error:
        raise Unavailable(
            f"the data folder cannot be written: {error.strerror}",
            place=str(data),
            remedy="name a folder of your own by --data, or set its permissions",
        ) from None
    with opened as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Conflict(
                "another process runs this city",
                place=str(data),
                remedy="stop it first, or use another --data folder",
            ) from None
        yield


async def run(wish: Wish, stop: asyncio.Event, ready: Callable[[RunningCity], None]) -> dict[str, Any]:
    """Run a city until `stop` is set or its time is over; a report of what it did.

    `ready` is called once the web answers.
    """
    begun = time.monotonic()
    pack = Pack.open(find_pack(wish.city))
    data = wish.data / pack.name
    with sole_writer(data):
        _log_to(data / "live" / "logs" / "writer.log")
        clock = clock_for(wish, data / "live")
        broker = wish.broker or _free_address(pack)
        brains = domain_brains() if wish.brains else {}
        city = City(
            pack.name,
            pack.folder,
            data,
            clock,
            brains=brains,
            levels=autonomy(pack, list(brains)),
            actuators=actuators(pack, clock, broker),
            rng=np.random.default_rng(),
        )
        running = RunningCity(wish, pack, city)
        try:
            await _live(running, broker, begun, stop, ready)
            return report(running, time.monotonic() - begun)
        finally:
            await asyncio.to_thread(city.close)


def report(running: RunningCity, seconds: float) -> dict[str, Any]:
    """What a city did, as JSON-ready dict."""
    hub = running.city.hub
    return {
        "city": running.city.name,
        "seconds": round(seconds, 1),
        "now": iso(running.city.clock.now()),
        "first_answer_s": running.first_answer_s,
        "position": hub.position,
        "hub": hub.stats(),
        "entities": hub.count_entities(),
        "alerts_open": len(hub.alerts()),
        "alerts": len(hub.alerts(open_only=False, limit=100_000)),
        "decisions": len(hub.decisions(limit=100_000)),
        "rejected": hub.rejected_counts(),
        "notes": running.notes,
        **running.city.stats(),
    }


async def _live(
    running: RunningCity,
    broker: tuple[str, int] | None,
    begun: float,
    stop: asyncio.Event,
    ready: Callable[[RunningCity], None],
) -> None:
    from guia.feeds.running import start as start_feeds
    from guia.web.server import create_app, serve

    wish, city = running.wish, running.city
    if broker is not None and wish.broker is None:
        _add_child(city, "broker", lambda: [sys.executable, "-m", "guia.actuators.broker", str(broker[1])])
    rt_port = _free_port()
    at_work = start_feeds(city, broker=broker, urls=twin_urls(running, rt_port))
    keys = Keys(city.data)
    if wish.host in LOOPBACK:
        running.access = keys.operator()
    running.twin_token = keys.twin()
    app = create_app(city, at_work.intakes, host=wish.host)
    listening = asyncio.Event()

    def started(port: int) -> None:
        running.port = port
        running.first_answer_s = round(time.monotonic() - begun, 2)
        listening.set()

    server = asyncio.create_task(serve(app, wish.host, wish.port, started=started))
    waiting = asyncio.create_task(listening.wait())
    try:
        await asyncio.wait({server, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if server.done():
            server.result()
        ready(running)
        filling = threading.Thread(target=_fill, args=(running, broker, rt_port), name="fill", daemon=True)
        filling.start()
        threading.Thread(target=prepare_pages, args=(running.url,), name="pages", daemon=True).start()
        await _until(stop, wish.seconds, server)
    finally:
        await at_work.stop()
        server.cancel()
        waiting.cancel()
        await asyncio.gather(server, waiting, return_exceptions=True)
        keys.close()


async def _until(stop: asyncio.Event, seconds: float | None, server: "asyncio.Task[None]") -> None:
    """Wait for the stop, the end of the time, or the server's failure."""
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({stopping, server}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if server.done():
        server.result()


def prepare_pages(url: str) -> None:
    """Ask for what the pages draw first, so that nobody waits while it is made; what fails here fails for them too."""
    for path in ("/api/city/basemap", "/api/traffic/network", "/api/transit/lines", "/api/transit/stops"):
        with contextlib.suppress(OSError), urllib.request.urlopen(url + path, timeout=30) as answer:
            answer.read()


def _fill(running: RunningCity, broker: tuple[str, int] | None, rt_port: int) -> None:
    """What may take a while and must not delay the first answer: pack, brains, twin, the synthetic week."""
    from guia.packs.load import load

    try:
        load(running.pack, running.city.hub)
        running.city.start()
        if _has_twin(running) and broker is not None:
            _add_child(running.city, "twin", lambda: twin_command(running, broker, rt_port))
            fill_week(running.pack, running.city.hub, running.city.clock.now())
    except Exception as error:  # the web goes on and shows what is missing
        logger.exception("the city could not be filled")
        running.notes.append(f"{type(error).__name__}: {error}")


def twin_urls(running: RunningCity, port: int) -> dict[str, tuple[str, ...]]:
    """Where the twin answers as GTFS-RT, for each such feed of the pack; none where no twin runs."""
    if not _has_twin(running):
        return {}
    from guia.twin.gtfs_rt import POSITIONS, UPDATES

    addresses = tuple(f"http://127.0.0.1:{port}{path}" for path in (POSITIONS, UPDATES))
    return {feed.id: addresses for feed in running.pack.feeds if feed.kind == "gtfs-rt"}


def _has_twin(running: RunningCity) -> bool:
    return running.wish.twin and bool(running.pack.settings("twin"))


def twin_command(running: RunningCity, broker: tuple[str, int], rt_port: int) -> list[str]:
    """The command that starts the twin at the city's present time."""
    options = {
        "--city": running.pack.folder,
        "--data": running.wish.data,
        "--start": iso(running.city.clock.now()),
        "--origin": time.time_ns(),
        "--speed": running.wish.speed,
        "--url": running.url,
        "--token": running.twin_token,
        "--mqtt": f"{broker[0]}:{broker[1]}",
        "--gtfs-rt-port": rt_port,
    }
    return [sys.executable, "-m", "guia.twin", *(str(w) for pair in options.items() for w in pair)]


def _log_to(file: Path) -> None:
    """Send warnings to a file: the screen stays calm."""
    file.parent.mkdir(parents=True, exist_ok=True)
    logging.basicConfig(
        filename=file, level=logging.WARNING, format="%(asctime)s %(name)s %(levelname)s %(message)s"
    )


def _free_address(pack: Pack) -> tuple[str, int] | None:
    """Address for a broker of our own, where the pack's feeds need one."""
    if any(feed.kind in ("mqtt", MQTT_COMMANDS) for feed in pack.feeds):
        return BROKER_HOST, _free_port()
    return None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _add_child(city: City, name: str, command: Callable[[], list[str]]) -> None:
    city.children[name] = Child(name, command, city.data / "live" / "logs" / f"{name}.log")
    city.children[name].start()
