"""The city behind its real web server, and a browser window on it."""

import asyncio
import base64
import contextlib
import threading
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page
from recorded_city import RecordedCity

from guia.web.server import create_app, serve

PASSWORD = "harbour at night"
DRAWN = "[data-state=idle]"
SLOW_MS = 30_000


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
        with contextlib.suppress(asyncio.CancelledError):
            self._loop.run_until_complete(self._task)

    def _started(self, port: int) -> None:
        self.port = port
        self._up.set()

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._task.cancel)
        self._thread.join(15)


class Window:
    """A browser window on the city; it notes every request that leaves the machine and every script error."""

    def __init__(self, browser: Browser, served: Served, **options: Any) -> None:
        self.served = served
        self.context: BrowserContext = browser.new_context(
            **{"viewport": {"width": 1280, "height": 800}, **options}
        )
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
        return count_near(
            self.context, self.page.locator(".maplibregl-canvas").screenshot(), token, tolerance
        )

    def close(self) -> None:
        self.context.close()
        assert not self.away, f"requests left the machine: {self.away}"
        assert not self.errors, f"scripts failed: {self.errors}"


def count_near(context: BrowserContext, png: bytes, colour: str, tolerance: int) -> int:
    """Pixels of a PNG within `tolerance` of `#rrggbb` in every channel; the browser decodes it."""
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
                    for (let i = 0; i < px.length; i += 4) {
                        const away = [px[i] - r, px[i + 1] - g, px[i + 2] - b];
                        if (away.every(one => Math.abs(one) <= near)) n++;
                    }
                    return n;
                }""",
                [base64.b64encode(png).decode(), wanted, tolerance],
            )
        )
    finally:
        scratch.close()
