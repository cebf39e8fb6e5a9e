import asyncio
import os
import shutil
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from guia.core.alert import Alert
from guia.core.clock import HOUR, MINUTE, SimulatedClock, instant
from guia.core.columns import Batch, Forecasts
from guia.core.decision import Decision, Effect, Evidence, Option
from guia.core.hub import Hub
from guia.core.ids import urn
from guia.core.series import Series
from guia.packs.pack import Pack
from guia.web.accounts import Accounts
from guia.web.routes.console import STATIC
from guia.web.server import create_app, serve

TINY = Path(__file__).parents[2] / "cities" / "tiny"
NOW = instant("2026-11-20T10:00:00Z")
PASSWORD = "harbour at night"
FLAGS = (
    "--no-sandbox --disable-gpu --enable-unsafe-swiftshader --disable-quic --no-first-run "
    "--disable-background-networking --disable-component-update --disable-sync"
).split()
DRAWN = "[data-state=idle]"
SLOW_MS = 30_000


class RecordedCity:
    """A real hub on the tiny pack, filled with one evening: free in the past, slow now, jammed in half an hour."""

    name = "tiny"
    pack = TINY

    def __init__(self, data: Path) -> None:
        self.data = data
        self.clock = SimulatedClock(NOW)
        self.hub = Hub.open(data, self.clock)
        pack = Pack.open(TINY)
        self.roads = pack.network
        self.stop_name = "Market"
        self.speed = self._speeds()
        self.hub.put_alerts([self.alert("jam-1", "severe", 9.0), self.alert("slow-1", "minor", 2.0)], "traffic")
        self.hub.put_decisions([self.proposal("plan-1"), self.proposal("plan-2")], "traffic")

    def stats(self) -> dict[str, Any]:
        return {"brains": {}}

    def _speeds(self) -> Any:
        specs = [
            Series(entity=urn("RoadSegment", "tiny", str(s)), attribute="speed", unit="KMH", label="synthetic",
                   source="traffic")
            for s in self.roads.id
        ]  # fmt: skip
        ids = self.hub.define(specs)
        free = self.roads.free_speed_kmh
        for minutes in range(0, 26 * 60, 15):
            ratio = 0.5 if minutes == 0 else 0.95
            self.hub.ingest(Batch.of(ids, NOW - minutes * MINUTE, free * ratio), "traffic")
        ahead = np.arange(5, 65, 5)
        series = np.tile(np.repeat(ids, len(ahead)), 3)
        target = NOW + np.tile(ahead, 3 * len(ids)) * MINUTE
        quantile = np.repeat([0.1, 0.5, 0.9], len(ids) * len(ahead))
        value = np.tile(np.repeat(free, len(ahead)), 3) * np.repeat([0.1, 0.2, 0.3], len(ids) * len(ahead))
        self.hub.put_forecasts(
            Forecasts(series.astype(np.int32), np.full(len(series), NOW), target, quantile, value, "test/1"), "traffic"
        )
        return ids

    def alert(self, name: str, severity: str, delay_min: float) -> Alert:
        line = self.roads.line(len(name) % len(self.roads))
        return Alert(
            id=name, domain="traffic", kind="congestion", severity=severity,
            title={"en": f"{name} Street: slow", "zh": "友誼大馬路：行車緩慢", "pt": f"Rua {name}: lenta"},
            entities=(urn("RoadSegment", "tiny", str(self.roads.id[0])),),
            geometry={"type": "LineString", "coordinates": np.asarray(line).tolist()},
            since=NOW - 10 * MINUTE, updated=NOW, until=NOW + 20 * MINUTE, measure=delay_min, measure_unit="MIN",
            label="synthetic",
        )  # fmt: skip

    def proposal(self, name: str) -> Decision:
        effect = Effect(metric="delay", unit="veh·min/h", value=-120, low=-180, high=-60, method="queue model")
        return Decision(
            id=name, domain="traffic", action="signals.run-plan", parameters={"plan": 1}, entities=(),
            title={"en": f"Run the peak plan ({name})", "zh": "運行繁忙方案", "pt": "Passar ao plano de ponta"},
            cost={"en": "Side streets wait 9 s longer"}, proposed=NOW, known_at=self.hub.position,
            expires=NOW + HOUR, predicted=effect, label="synthetic",
            evidence=(Evidence(note={"en": "Occupancy of the northern arm"}, value=41.0, unit="P1"),),
            alternatives=(Option(name={"en": "Stay as it is"}),),
        )  # fmt: skip


class Served:
    """The city behind its real web server, on a port of its own; `stop` takes it away as a crash would."""

    def __init__(self, city: RecordedCity, port: int = 0) -> None:
        self.city = city
        self.port = port
        self._up = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self._up.wait(30), "the server did not start"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _run(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._task = self._loop.create_task(
            serve(create_app(self.city), "127.0.0.1", self.port, started=self._started)
        )
        try:
            self._loop.run_until_complete(self._task)
        except asyncio.CancelledError:
            pass

    def _started(self, port: int) -> None:
        self.port = port
        self._up.set()

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._task.cancel)
        self._thread.join(15)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Chromium as scripts/browser.sh sees to it."""
    names = (os.environ.get("GUIA_CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome")
    path = next((found for name in names if name and (found := shutil.which(name))), None)
    assert path, "no Chromium: run scripts/browser.sh"
    assert (STATIC / "index.html").is_file(), "the console is not built: run scripts/console.sh"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def accounts_db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("console-accounts")
    accounts = Accounts(folder)
    accounts.add("ana", PASSWORD, "operator", "roads")
    accounts.close()
    return folder / "accounts.db"


@pytest.fixture
def served(accounts_db: Path) -> Iterator[Served]:
    folder = Path(tempfile.mkdtemp(prefix="guia-console-"))
    data = folder / "tiny"
    data.mkdir()
    shutil.copy(accounts_db, data)
    city = RecordedCity(data)
    served = Served(city)
    yield served
    served.stop()
    city.hub.close()
    shutil.rmtree(folder, ignore_errors=True)


class Window:
    """A browser window on the city; it notes every request that leaves the machine and every script error."""

    def __init__(self, browser: Browser, served: Served, **options: Any) -> None:
        self.served = served
        self.context: BrowserContext = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **options})
        self.context.set_default_timeout(SLOW_MS)
        self.away: list[str] = []
        self.errors: list[str] = []
        self.context.on("request", self._note)
        self.page: Page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))

    def _note(self, request: Any) -> None:
        if not request.url.startswith((self.served.url, "data:", "blob:")):
            self.away.append(request.url)

    def open(self, path: str = "/") -> Page:
        """The page at `path`, its map drawn."""
        self.page.goto(self.served.url + path)
        self.page.wait_for_selector(DRAWN)
        return self.page

    def log_in(self) -> None:
        """Through the dialog, as a person does."""
        self.page.get_by_role("button", name="Log in").first.click()
        dialog = self.page.get_by_role("dialog")
        dialog.get_by_label("Name").fill("ana")
        dialog.get_by_label("Password").fill(PASSWORD)
        dialog.get_by_role("button", name="Log in").click()
        self.page.get_by_role("button", name="Log out").wait_for()

    def count(self, colour: str, tolerance: int = 12) -> int:
        """Pixels of the map near a colour token such as `--level-2`, counted on a screenshot of what is seen."""
        token = self.page.evaluate(
            "name => getComputedStyle(document.documentElement).getPropertyValue(name).trim()", colour
        )
        return count_near(self.context, self.page.locator(".maplibregl-canvas").screenshot(), token, tolerance)

    def close(self) -> None:
        self.context.close()
        assert not self.away, f"requests left the machine: {self.away}"
        assert not self.errors, f"scripts failed: {self.errors}"


def count_near(context: BrowserContext, png: bytes, colour: str, tolerance: int) -> int:
    """Pixels of a PNG within `tolerance` of `#rrggbb` in every channel; the browser decodes it."""
    import base64

    wanted = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    scratch = context.new_page()
    try:
        return int(
            scratch.evaluate(
                """async ([data, [r, g, b], near]) => {
                    const image = new Image();
                    image.src = 'data:image/png;base64,' + data;
                    await image.decode();
                    const pen = new OffscreenCanvas(image.width, image.height).getContext('2d');
                    pen.drawImage(image, 0, 0);
                    const px = pen.getImageData(0, 0, image.width, image.height).data;
                    let n = 0;
                    for (let i = 0; i < px.length; i += 4)
                        if (Math.abs(px[i] - r) <= near && Math.abs(px[i+1] - g) <= near && Math.abs(px[i+2] - b) <= near) n++;
                    return n;
                }""",
                [base64.b64encode(png).decode(), wanted, tolerance],
            )
        )
    finally:
        scratch.close()


@pytest.fixture
def window(browser: Browser, served: Served) -> Iterator[Window]:
    window = Window(browser, served, color_scheme="light", locale="en-GB")
    yield window
    window.close()


@pytest.fixture
def phone(browser: Browser, served: Served) -> Iterator[Window]:
    window = Window(
        browser, served, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True, locale="en-GB"
    )
    yield window
    window.close()
