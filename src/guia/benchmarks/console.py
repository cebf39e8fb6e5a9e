"""Seconds from opening the control room or the phone page to a map that answers, in a real browser."""

import os
import shutil
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

import click

from guia.benchmarks.process import city_process
from guia.benchmarks.result import Figure, show

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--enable-unsafe-swiftshader",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PAGES = {"room": ("/", 1440, 900), "phone": ("/go", 390, 844)}


def chromium() -> str | None:
    """Path of the browser: the one named by GUIA_CHROMIUM, or the machine's Chromium or Chrome; None without one."""
    names = (os.environ.get("GUIA_CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome")
    return next((found for name in names if name and (found := shutil.which(name))), None)


@click.command()
@click.option("--city", default="macau", show_default=True, help="Name or folder of the city pack.")
@click.option("--runs", default=5, show_default=True, help="How often each page is opened, each time anew.")
@click.option("--url", help="A city that runs already, instead of a new one without its twin.")
@click.option("--data", type=click.Path(path_type=Path), help="Folder on the disk to use.")
@click.option("--json", "as_json", is_flag=True, help="Only the JSON line.")
def command(city: str, runs: int, url: str | None, data: Path | None, as_json: bool) -> None:
    """Open the pages of a city with an empty browser cache; drawn by software, as on a machine without a GPU."""
    if url:
        show(measure(url.rstrip("/"), runs), as_json)
        return
    with (
        tempfile.TemporaryDirectory(prefix="guia-console-", dir=data) as folder,
        city_process(Path(folder), city, "--no-twin") as started,
    ):
        started.seconds_until("/api/traffic/state", b'"time":"')
        show(measure(started.url, runs), as_json)


def measure(url: str, runs: int) -> dict[str, Figure]:
    """Medians and maxima over `runs` openings of each page."""
    try:
        from playwright.sync_api import sync_playwright
    except ModuleNotFoundError:
        raise click.ClickException("needs playwright: run `make install` in the repository") from None
    if chromium() is None:
        raise click.ClickException("needs Chromium: run scripts/browser.sh")
    figures: dict[str, Figure] = {}
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium(), args=FLAGS)
        for name, (path, width, height) in PAGES.items():
            ready = [_open(browser, url + path, width, height) for _ in range(runs)]
            figures[f"{name}_to_map_s"] = median(ready)
            figures[f"{name}_to_map_max_s"] = max(ready)
        browser.close()
    return figures


def _open(browser: Any, address: str, width: int, height: int) -> float:
    """Seconds from the start of the navigation to the map's `load`: drawn, and taking clicks."""
    context = browser.new_context(viewport={"width": width, "height": height})
    try:
        page = context.new_page()
        page.goto(address)
        page.wait_for_function("() => performance.getEntriesByName('map-ready').length > 0", timeout=60_000)
        return float(page.evaluate("() => performance.getEntriesByName('map-ready')[0].startTime")) / 1e3
    finally:
        context.close()
