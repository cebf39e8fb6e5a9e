"""Kill -9 of a writer in mid-ingest, again and again: is anything lost that was acknowledged?

Run as `python -m guia.benchmarks.kills FOLDER` it is the writer: threads ingest numbered batches and print what was
acknowledged, while files are flushed every few thousand rows so that kills meet every kind of write.
"""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from guia.benchmarks.result import Figure

if TYPE_CHECKING:
    from guia.core.hub import Hub

THREADS = 4
ROWS = 100
TICK_NS = 1_000_000
START = 1_700_000_000 * 10**9


def kill_repeatedly(folder: Path, kills: int, seed: int = 1) -> dict[str, Figure]:
    """Figures of `kills` writers killed at random moments, each followed by a recovery that is checked."""
    rng = random.Random(seed)
    lost = acknowledged = torn = 0
    clean = True
    for _ in range(kills):
        newest = write_until_killed(folder, rng.uniform(0.05, 1.0))
        acknowledged += sum(n is not None for n in newest)
        hub = open_hub(folder)
        torn += hub.log.torn is not None
        lost += count_lost(hub, newest)
        clean &= hub.verify().clean
        hub.close()
    return {
        "kills": kills,
        "writers_acknowledged": acknowledged,
        "torn_tails_cut": torn,
        "lost": lost,
        "verify_clean": clean,
    }


def write_until_killed(folder: Path, seconds: float) -> list[int | None]:
    """Newest number that each thread of a writer had acknowledged when it was killed."""
    command = [sys.executable, "-m", "guia.benchmarks.kills", str(folder)]
    writer = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert writer.stdout is not None
    head = writer.stdout.readline()
    time.sleep(seconds)
    writer.send_signal(signal.SIGKILL)
    newest: list[int | None] = [None] * THREADS
    for line in (head + writer.stdout.read()).split(b"\n")[:-1]:
        thread, number = line.split()
        newest[int(thread)] = int(number)
    writer.wait()
    return newest


def count_lost(hub: "Hub", newest: list[int | None]) -> int:
    """Acknowledged observations that the history no longer has, or has wrong."""
    lost = 0
    for thread, number in enumerate(newest):
        if number is None:
            continue
        for series in define(hub, thread)[[0, -1]]:
            found = hub.history(np.array([series], np.int32), 0, 2**62).value
            expected = np.arange(number + 1)
            lost += len(expected) - int((found[: number + 1] == expected[: len(found)]).sum())
        state = hub.latest(define(hub, thread)).value
        lost += int((state < number).sum())
    return lost


def open_hub(folder: Path) -> "Hub":
    """The hub, with files flushed early and often."""
    from guia.core.clock import WallClock
    from guia.core.hub import Hub, Settings

    return Hub.open(folder, WallClock(), settings=Settings(flush_rows=5_000))


def define(hub: "Hub", thread: int) -> "np.ndarray[tuple[int], np.dtype[np.int32]]":
    """The series of one thread."""
    from guia.core.series import Series

    entities = [f"urn:ngsi-ld:Counter:bench:{thread}-{n}" for n in range(ROWS)]
    return hub.define([Series(entity=e, attribute="number", label="synthetic") for e in entities])


def write(hub: "Hub", thread: int) -> None:
    """Ingest numbered batches without end, going on where the last writer stopped."""
    from guia.core.columns import Batch

    ids = define(hub, thread)
    before = hub.latest(ids).value[0]
    number = 0 if np.isnan(before) else int(before) + 1
    while True:
        hub.ingest(Batch.of(ids, START + number * TICK_NS, float(number)), f"thread-{thread}")
        os.write(1, f"{thread} {number}\n".encode())
        number += 1


def main(folder: Path) -> None:
    """The writer: threads that never stop of themselves."""
    hub = open_hub(folder)
    threads = [threading.Thread(target=write, args=(hub, n)) for n in range(THREADS)]
    for thread in threads:
        thread.start()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
