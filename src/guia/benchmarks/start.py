"""Milliseconds to `guia --help`, and seconds from the start of `guia up` to its first answer."""

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import click

from guia.benchmarks.process import city_process
from guia.benchmarks.result import Figure, show


@click.command()
@click.option("--city", default="macau", show_default=True, help="Name or folder of the city pack.")
@click.option("--runs", default=5, show_default=True, help="How often to ask for the help.")
@click.option("--data", type=click.Path(path_type=Path), help="Folder on the disk to use.")
@click.option("--json", "as_json", is_flag=True, help="Only the JSON line.")
def command(city: str, runs: int, data: Path | None, as_json: bool) -> None:
    """Start the real processes, each with an empty data folder."""
    with tempfile.TemporaryDirectory(prefix="guia-start-", dir=data) as folder:
        show(measure(Path(folder), city, runs), as_json)


def measure(folder: Path, city: str, runs: int) -> dict[str, Figure]:
    """Figures: medians of the help, and of one cold and one second start."""
    helps = [_help_ms() for _ in range(runs)]
    cold_answer, cold_state = _start_s(folder, city)
    again, _ = _start_s(folder, city)
    return {
        "help_ms": median(helps),
        "help_max_ms": max(helps),
        "cold_start_s": cold_answer,
        "cold_first_state_s": cold_state,
        "second_start_s": again,
    }


def _help_ms() -> float:
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-m", "guia.cli", "--help"], check=True, stdout=subprocess.DEVNULL)
    return (time.perf_counter() - begun) * 1e3


def _start_s(folder: Path, city: str) -> tuple[float, float]:
    """Seconds until the city answers, and until the traffic brain has told a first state."""
    with city_process(folder, city, "--no-twin") as started:
        answered = started.seconds_until("/api/city", b"{")
        return answered, started.seconds_until("/api/traffic/state", b'"time":"')
