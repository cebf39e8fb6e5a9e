"""Milliseconds until the state of 10,000 segments has come over HTTP, with what else the console asks for."""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click
import numpy as np

from guia.benchmarks.result import Figure, show

if TYPE_CHECKING:
    import httpx

    from guia.core.clock import Clock
    from guia.core.hub import Hub

PATIENCE_S = 60.0


@click.command()
@click.option("--requests", default=100, show_default=True, help="Requests of each kind.")
@click.option("--data", type=click.Path(path_type=Path), help="Folder on the disk to measure.")
@click.option("--serve", type=click.Path(path_type=Path), hidden=True)
@click.option("--json", "as_json", is_flag=True, help="Only the JSON line.")
def command(requests: int, data: Path | None, serve: Path | None, as_json: bool) -> None:
    """A synthetic grid city of 10,200 segments in a process of its own, asked over HTTP one request at a time."""
    if serve is not None:
        run_server(serve)
        return
    with tempfile.TemporaryDirectory(prefix="guia-api-", dir=data) as folder:
        show(measure(Path(folder), requests), as_json)


def measure(folder: Path, requests: int) -> dict[str, Figure]:
    """Figures of `requests` requests of each kind to a server process."""
    import httpx

    from guia.benchmarks.loop import build_grid
    from guia.packs.write import write_sources

    build_grid(folder / "pack")
    write_sources([], folder / "pack")
    server = subprocess.Popen(
        [sys.executable, "-c", "from guia.benchmarks.api import command; command()", "--serve", str(folder)],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        told = json.loads(server.stdout.readline()) if server.stdout else {}
        with httpx.Client(base_url=f"http://127.0.0.1:{told['port']}", timeout=PATIENCE_S) as client:
            return _ask(client, requests)
    finally:
        server.terminate()
        server.wait(30)


def _ask(client: "httpx.Client", requests: int) -> dict[str, Figure]:
    figures: dict[str, Figure] = {}
    for name, path in (
        ("state", "/api/traffic/state"),
        ("forecast", "/api/traffic/state?horizon=30"),
        ("network", "/api/traffic/network"),
        ("search", "/api/search?q=row+4"),
    ):
        first = client.get(path).raise_for_status()
        delays = []
        for _ in range(requests if name != "network" else 5):
            begun = time.perf_counter()
            client.get(path).raise_for_status()
            delays.append((time.perf_counter() - begun) * 1e3)
        figures |= {
            f"{name}_p50_ms": float(np.percentile(delays, 50)),
            f"{name}_p95_ms": float(np.percentile(delays, 95)),
            f"{name}_bytes": len(first.content),
        }
        if name == "state":
            figures["segments"] = len(first.json()["speed_kmh"])
    return figures


def run_server(folder: Path) -> None:
    """Serve the grid city with state and forecasts of every segment; prints its port as JSON."""
    import asyncio

    from guia.core.clock import SECOND, ManualClock
    from guia.core.hub import Hub
    from guia.web.server import create_app, serve

    clock = ManualClock(1_800_000_000 * SECOND)
    city = GridCity(folder, clock)
    city.hub = Hub.open(city.data, clock)
    fill(city)
    try:
        asyncio.run(
            serve(
                create_app(city),
                "127.0.0.1",
                0,
                started=lambda port: click.echo(json.dumps({"port": port})),
            )
        )
    finally:
        city.hub.close()


class GridCity:
    """A city of which only hub and web run."""

    name = "grid"

    def __init__(self, folder: Path, clock: "Clock") -> None:
        self.pack = folder / "pack"
        self.data = folder / "data"
        self.clock = clock
        self.hub: Hub

    def stats(self) -> dict[str, object]:
        """Nothing else runs."""
        return {}


def fill(city: GridCity) -> None:
    """One minute of state and an hour of forecasts for every segment."""
    from guia.core.clock import MINUTE
    from guia.core.columns import Batch, Forecasts
    from guia.core.ids import urn
    from guia.core.series import Series
    from guia.packs.pack import Pack

    segments = [urn("RoadSegment", "grid", str(i)) for i in Pack.open(city.pack).network.id]
    now, rng, n = city.clock.now(), np.random.default_rng(1), len(segments)
    for attribute, unit, high in (("speed", "KMH", 60), ("level", "C62", 5), ("flow", "C62", 900)):
        specs = [
            Series(entity=s, attribute=attribute, unit=unit, label="synthetic", source="traffic")
            for s in segments
        ]
        ids = city.hub.define(specs)
        city.hub.ingest(Batch.of(ids, now, rng.integers(0, high, n)), "traffic")
        if attribute == "speed":
            targets, quantiles = np.meshgrid(now + np.arange(1, 13) * 5 * MINUTE, [0.1, 0.5, 0.9])
            k = targets.size
            forecasts = Forecasts(
                np.repeat(ids, k),
                np.full(n * k, now),
                np.tile(targets.ravel(), n),
                np.tile(quantiles.ravel(), n),
                rng.uniform(5, 60, n * k),
                "bench/1",
            )
            city.hub.put_forecasts(forecasts, "traffic")
