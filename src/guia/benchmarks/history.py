"""One day of one series out of 100 million observations: how long the answer takes."""

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click
import numpy as np

from guia.benchmarks.result import Figure, show
from guia.core.errors import TooBusy

if TYPE_CHECKING:
    from guia.core.columns import Batch
    from guia.core.hub import Hub

SERIES = 10_000
MINUTES_PER_DAY = 1_440
FIRST_DAY = 20_000


@click.command()
@click.option("--observations", default=100_000_000, help="Size of the history, rounded up to whole days.")
@click.option("--queries", default=200, help="Days of series to ask for, drawn at random.")
@click.option("--data", type=click.Path(path_type=Path), help="Folder that keeps the history between runs.")
@click.option("--json", "as_json", is_flag=True, help="Only the JSON line.")
def command(observations: int, queries: int, data: Path | None, as_json: bool) -> None:
    """Builds the history once, through the hub, a minute of 10,000 series at a time; then asks."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "guia"
    days = -(-observations // (SERIES * MINUTES_PER_DAY))
    folder = (data or cache) / f"history-{days}-days"
    build_s = build(folder, days, quiet=as_json)
    show({"build_s": build_s} | measure(folder, days, queries), as_json)


def build(folder: Path, days: int, quiet: bool) -> float | None:
    """Seconds it took to ingest `days` days into `folder`; None if they are there already. Goes on if broken off."""
    from guia.core.clock import DAY, MINUTE, ManualClock
    from guia.core.columns import Batch
    from guia.core.hub import Hub
    from guia.core.series import Series

    if (folder / "built").exists():
        return None
    begun = time.perf_counter()
    clock = ManualClock((FIRST_DAY + days) * DAY)
    hub = Hub.open(folder, clock)
    entities = [f"urn:ngsi-ld:TrafficDetector:bench:{n}" for n in range(SERIES)]
    ids = hub.define([Series(entity=e, attribute="speed", unit="KMH", label="synthetic") for e in entities])
    newest = int(hub.latest(ids[:1]).observed[0])
    first = (newest - FIRST_DAY * DAY) // MINUTE + 1 if newest else 0
    rng = np.random.default_rng(first)
    minutes = range(first, days * MINUTES_PER_DAY)
    with click.progressbar(minutes, label="building", file=open(os.devnull, "w") if quiet else None) as bar:  # noqa: PTH123
        for minute in bar:
            values = np.round(rng.uniform(0, 120, SERIES), 1)
            _store(hub, Batch.of(ids, FIRST_DAY * DAY + minute * MINUTE, values))
    hub.compact()
    hub.close()
    (folder / "built").touch()
    return time.perf_counter() - begun


def _store(hub: "Hub", batch: "Batch") -> None:
    """Ingest, waiting where the hub asks for it."""
    while True:
        try:
            hub.ingest(batch, "bench")
        except TooBusy:
            time.sleep(1)
        else:
            return


def measure(folder: Path, days: int, queries: int) -> dict[str, Figure]:
    """Figures of random questions to a hub just opened."""
    from guia.core.clock import DAY, ManualClock
    from guia.core.hub import Hub

    begun = time.perf_counter()
    hub = Hub.open(folder, ManualClock((FIRST_DAY + days) * DAY))
    open_s = time.perf_counter() - begun
    rng = np.random.default_rng(7)
    taken = []
    for series, day in zip(rng.integers(0, SERIES, queries), rng.integers(0, days, queries), strict=True):
        start = (FIRST_DAY + int(day)) * DAY
        begun = time.perf_counter()
        found = hub.history(np.array([series], np.int32), start, start + DAY)
        taken.append((time.perf_counter() - begun) * 1e3)
        if len(found) != MINUTES_PER_DAY:
            raise RuntimeError(f"a day has {len(found)} observations instead of {MINUTES_PER_DAY}")
    stats = hub.stats()
    hub.close()
    return {
        "observations": stats["observations"],
        "history_bytes": stats["history_bytes"],
        "history_files": stats["history_files"],
        "open_s": open_s,
        "query_first_ms": taken[0],
        "query_p50_ms": float(np.percentile(taken, 50)),
        "query_p95_ms": float(np.percentile(taken, 95)),
    }
