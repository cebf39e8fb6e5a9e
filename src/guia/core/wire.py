"""What goes over the pipe between the writer and a brain's worker: frames of MessagePack.

A frame is its length (4 bytes, little endian) and one map. Outputs travel as the log's own payloads, so
that their digest is a digest of bytes: equal digests mean equal outputs.
"""

import hashlib
import os
import select
import struct
import time
from typing import Any

import msgspec

from guia.core.alert import Alert
from guia.core.brain import Outputs
from guia.core.decision import Decision
from guia.core.errors import Corrupt
from guia.core.records import decode_forecasts, decode_observations, encode_forecasts, encode_observations

_LENGTH = struct.Struct("<I")
_MOST_BYTES = 1 << 30
_json = msgspec.json.Encoder(order="deterministic")


class PipeClosed(Exception):  # noqa: N818
    """The other side has ended."""


class PipeSilent(Exception):  # noqa: N818
    """The other side did not answer in time."""


def send(fd: int, message: dict[str, Any]) -> None:
    """Write one frame; PipeClosed if nobody reads."""
    body = msgspec.msgpack.encode(message)
    data = memoryview(_LENGTH.pack(len(body)) + body)
    try:
        while data:
            data = data[os.write(fd, data) :]
    except BrokenPipeError:
        raise PipeClosed from None


def receive(fd: int, timeout_s: float | None = None) -> dict[str, Any]:
    """Read one frame; PipeClosed at the end, PipeSilent when `timeout_s` of machine time has passed."""
    until = None if timeout_s is None else time.monotonic() + timeout_s
    (length,) = _LENGTH.unpack(_read(fd, _LENGTH.size, until))
    if length > _MOST_BYTES:
        raise Corrupt(f"a frame of {length} bytes on a worker's pipe", remedy="report this as a defect")
    message: dict[str, Any] = msgspec.msgpack.decode(_read(fd, length, until))
    return message


def pack_outputs(source: str, outputs: Outputs) -> dict[str, Any]:
    """Outputs as a map of bytes; `notes` stay figures."""
    return {
        "observations": None
        if outputs.observations is None
        else encode_observations(source, outputs.observations),
        "forecasts": [encode_forecasts(source, f) for f in outputs.forecasts],
        "alerts": _json.encode(outputs.alerts),
        "decisions": _json.encode(outputs.decisions),
        "notes": {key: float(value) for key, value in outputs.notes.items()},
    }


def unpack_outputs(packed: dict[str, Any]) -> Outputs:
    """Outputs of `pack_outputs`."""
    observations = packed["observations"]
    return Outputs(
        observations=None if observations is None else decode_observations(observations)[1],
        forecasts=tuple(decode_forecasts(f)[1] for f in packed["forecasts"]),
        alerts=msgspec.json.decode(packed["alerts"], type=tuple[Alert, ...]),
        decisions=msgspec.json.decode(packed["decisions"], type=tuple[Decision, ...]),
        notes=packed["notes"],
    )


def digest(packed: dict[str, Any]) -> str:
    """SHA-256 over packed outputs, hex. Notes are left out: they may tell machine time."""
    parts = (packed["observations"] or b"", *packed["forecasts"], packed["alerts"], packed["decisions"])
    found = hashlib.sha256()
    for part in parts:
        found.update(len(part).to_bytes(8, "little"))
        found.update(part)
    return found.hexdigest()


def _read(fd: int, count: int, until: float | None) -> bytes:
    parts = []
    while count:
        if until is not None:
            ready, _, _ = select.select([fd], [], [], max(0.0, until - time.monotonic()))
            if not ready:
                raise PipeSilent
        part = os.read(fd, min(count, 1 << 20))
        if not part:
            raise PipeClosed
        parts.append(part)
        count -= len(part)
    return b"".join(parts)
