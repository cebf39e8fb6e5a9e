"""Observations per second that the hub acknowledges after fdatasync, in process or over HTTP."""

import asyncio
import shutil
import tempfile
import time
from pathlib import Path

import click
import numpy as np

from guia.benchmarks.result import Figure, show

SERIES = 10_000


@click.command()
@click.option("--seconds", default=60.0, help="How long to write.")
@click.option("--batch", default=1_000, help="Observations per batch.")
@click.option(
    "--producers", type=int, help="Producers, each waiting for its acknowledgement: 8, or 4 over HTTP."
)
@click.option("--http", is_flag=True, help="Post Arrow batches to a server of its own.")
@click.option("--kills", default=0, help="Instead, kill a writer in mid-ingest this many times.")
@click.option("--data", type=click.Path(path_type=Path), help="Folder on the disk to measure.")
@click.option("--json", "as_json", is_flag=True, help="Only the JSON line.")
def command(
    seconds: float,
    batch: int,
    producers: int | None,
    http: bool,
    kills: int,
    data: Path | None,
    as_json: bool,
) -> None:
    """Batches of 1,000, each acknowledged when it is on disk."""
    folder = Path(tempfile.mkdtemp(prefix="guia-ingest-", dir=data))
    try:
        if kills:
            from guia.benchmarks.kills import kill_repeatedly

            figures = kill_repeatedly(folder, kills)
        elif http:
            from guia.benchmarks.posts import measure_http

            figures = measure_http(folder, seconds, batch, producers or 4)
        else:
            figures = asyncio.run(measure(folder, seconds, batch, producers or 8))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    show(figures, as_json)


async def measure(folder: Path, seconds: float, batch: int, producers: int) -> dict[str, Figure]:
    """Figures of `producers` tasks that write through one hub."""
    from guia.core.clock import WallClock
    from guia.core.columns import Batch
    from guia.core.hub import Hub
    from guia.core.series import Series

    hub = Hub.open(folder, WallClock())
    ids = hub.define(
        [
            Series(
                entity=f"urn:ngsi-ld:TrafficDetector:bench:{n}",
                attribute="speed",
                unit="KMH",
                label="synthetic",
                lower=0,
                upper=200,
            )
            for n in range(SERIES)
        ]
    )
    rng = np.random.default_rng(1)
    values = np.round(rng.uniform(0, 120, SERIES + batch), 1)
    delays: list[float] = []
    end = time.perf_counter() + seconds

    async def produce(number: int) -> None:
        turn = number
        while time.perf_counter() < end:
            rows = np.arange(turn * batch, (turn + 1) * batch) % SERIES
            start = turn * 7919 % SERIES
            sent = Batch.of(ids[rows], time.time_ns(), values[start : start + batch])
            begun = time.perf_counter()
            receipt = await hub.ingest_async(sent, "bench")
            delays.append(time.perf_counter() - begun)
            assert receipt.accepted == batch
            turn += producers

    begun = time.perf_counter()
    await asyncio.gather(*(produce(n) for n in range(producers)))
    taken = time.perf_counter() - begun
    begun = time.perf_counter()
    hub.close()
    return {
        "seconds": taken,
        "batch_rows": batch,
        "producers": producers,
        "observations": len(delays) * batch,
        "close_s": time.perf_counter() - begun,
        "observations_per_s": len(delays) * batch / taken,
        "ack_p50_ms": float(np.percentile(delays, 50)) * 1e3,
        "ack_p99_ms": float(np.percentile(delays, 99)) * 1e3,
    }
