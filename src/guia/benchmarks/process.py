"""A city started as its user would, for benchmarks that measure it from outside."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click

GIVE_UP_S = 120.0


@dataclass(frozen=True)
class CityProcess:
    """`guia up` under way."""

    url: str
    begun: float
    """`time.perf_counter()` just before it was started."""
    process: "subprocess.Popen[bytes]"

    def seconds_until(self, path: str, sign: bytes) -> float:
        """Seconds since it was started when `path` first answers with `sign` in it."""
        while time.perf_counter() < self.begun + GIVE_UP_S and self.process.poll() is None:
            try:
                with urllib.request.urlopen(self.url + path, timeout=5) as answer:
                    if sign in answer.read():
                        return time.perf_counter() - self.begun
            except OSError:
                pass  # not up yet
            time.sleep(0.02)
        raise click.ClickException(f"{self.url}{path} gave no answer within {GIVE_UP_S:g} s")


@contextlib.contextmanager
def city_process(folder: Path, city: str, *options: str) -> Iterator[CityProcess]:
    """`guia up` on the city with its data in `folder`, on a free port; stopped as by Ctrl-C at the end."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = ["up", "--city", city, "--port", str(port), "--data", str(folder), *options]
    begun = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", "guia.cli", *words], stdout=subprocess.DEVNULL)
    try:
        yield CityProcess(f"http://127.0.0.1:{port}", begun, process)
    finally:
        os.kill(process.pid, signal.SIGTERM)
        process.wait(60)
