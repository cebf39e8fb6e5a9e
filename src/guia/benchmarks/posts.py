"""Observations per second that a real server acknowledges over HTTP: Arrow batches, answered once on disk."""

import http.client
import secrets
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from guia.benchmarks.result import Figure
from guia.core.errors import Unavailable

SERIES = 10_000
PATIENCE_S = 60.0


def measure_http(folder: Path, seconds: float, batch: int, producers: int) -> dict[str, Figure]:
    """Figures of `producers` connections that post to `guia serve` for the small city."""
    from guia.web.accounts import Accounts

    accounts = Accounts(folder / "tiny")
    accounts.add("bench", secrets.token_urlsafe(16))
    token = accounts.create_token("bench")
    accounts.close()
    port = _free_port()
    serve = [
        sys.executable,
        "-m",
        "guia.cli",
        "serve",
        "--city",
        "tiny",
        "--port",
        str(port),
        "--data",
        str(folder),
    ]
    server = subprocess.Popen(serve, stdout=subprocess.DEVNULL)
    try:
        connection = _wait_for(server, port)
        names = _define(connection, token)
        return _post(port, token, names, seconds, batch, producers)
    finally:
        server.terminate()
        server.wait(30)


def _post(
    port: int, token: str, names: list[str], seconds: float, batch: int, producers: int
) -> dict[str, Figure]:
    _arrow(names[:1], np.zeros(1))  # loads pyarrow, which is not to be measured
    delays: list[float] = []
    failures: list[str] = []
    end = time.perf_counter() + seconds

    def produce(number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        values = np.round(np.random.default_rng(number).uniform(0, 120, batch), 1)
        turn = number
        while time.perf_counter() < end:
            chosen = [names[n % SERIES] for n in range(turn * batch, (turn + 1) * batch)]
            body = _arrow(chosen, values)
            begun = time.perf_counter()
            status, answer = _send(
                connection, token, "observations", body, "application/vnd.apache.arrow.stream"
            )
            if status == 200 and answer["accepted"] == batch:
                delays.append(time.perf_counter() - begun)
            else:
                failures.append(f"{status} {answer}"[:200])
            turn += producers

    begun = time.perf_counter()
    threads = [threading.Thread(target=produce, args=(n,)) for n in range(producers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    taken = time.perf_counter() - begun
    if not delays:
        raise Unavailable(f"the server stored nothing: {failures[:1]}")
    return {
        "seconds": taken,
        "batch_rows": batch,
        "producers": producers,
        "observations": len(delays) * batch,
        "refused": len(failures),
        "observations_per_s": len(delays) * batch / taken,
        "ack_p50_ms": float(np.percentile(delays, 50)) * 1e3,
        "ack_p99_ms": float(np.percentile(delays, 99)) * 1e3,
    }


def _arrow(names: list[str], values: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> bytes:
    """An Arrow IPC stream of one batch, observed now."""
    import pyarrow as pa

    table = pa.table(
        {
            "series": pa.DictionaryArray.from_arrays(np.arange(len(names), dtype=np.int32), names),
            "observed": np.full(len(names), time.time_ns()),
            "value": values,
        }
    )
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    body: bytes = sink.getvalue().to_pybytes()
    return body


def _define(connection: http.client.HTTPConnection, token: str) -> list[str]:
    entities = [f"urn:ngsi-ld:TrafficDetector:bench:{n}" for n in range(SERIES)]
    specs = [{"entity": e, "attribute": "speed", "unit": "KMH", "label": "synthetic"} for e in entities]
    status, answer = _send(connection, token, "series", msgspec.json.encode(specs), "application/json")
    if status != 200:
        raise Unavailable(f"the series could not be defined: {answer}")
    return [f"{e}|speed" for e in entities]


def _send(
    connection: http.client.HTTPConnection, token: str, what: str, body: bytes, media_type: str
) -> tuple[int, Any]:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": media_type}
    connection.request("POST", f"/api/feeds/detectors/{what}", body, headers)
    response = connection.getresponse()
    return response.status, msgspec.json.decode(response.read())


def _wait_for(server: "subprocess.Popen[bytes]", port: int) -> http.client.HTTPConnection:
    """A connection to the server as soon as it answers."""
    end = time.perf_counter() + PATIENCE_S
    while time.perf_counter() < end and server.poll() is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            connection.request("GET", "/api/health")
            connection.getresponse().read()
        except OSError:
            time.sleep(0.1)
            continue
        return connection
    raise Unavailable("the server did not start", remedy="run `guia serve --city tiny` to see why")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
