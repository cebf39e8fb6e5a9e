"""Checkpoints: a brain's state as one file that is whole or not there.

A state is a tree of dataclasses and msgspec structs, NumPy arrays, numbers, text, bytes, lists, tuples and
dicts. It is written as MessagePack, never pickled: reading a checkpoint cannot run code, and only classes
that are loaded already are filled. Every node that is no plain value is a map with one key that tells its
kind.
"""

import dataclasses
import hashlib
import os
import struct
import sys
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from guia.core.errors import Corrupt, InvalidInput

MAGIC = b"GUIACKPT"
VERSION = 1
_HEADER = struct.Struct("<8sIQ32s")
_PLAIN = (bool, str, bytes, float, type(None))


def encode(value: object, *, path: str = "state") -> bytes:
    """Bytes of a state; InvalidInput naming the member that is of no supported kind."""
    payload = msgspec.msgpack.encode(_pack(value, path))
    return _HEADER.pack(MAGIC, VERSION, len(payload), hashlib.sha256(payload).digest()) + payload


def decode(data: bytes) -> Any:
    """The state that `encode` was given; Corrupt if a bit differs, InvalidInput if of another version."""
    if len(data) < _HEADER.size:
        raise Corrupt("the checkpoint is cut short", remedy="an older checkpoint is used if there is one")
    magic, version, length, digest = _HEADER.unpack_from(data)
    if magic != MAGIC:
        raise Corrupt("this is no checkpoint", remedy="an older checkpoint is used if there is one")
    if version != VERSION:
        raise InvalidInput(f"the checkpoint has version {version}, this Guia reads {VERSION}")
    payload = memoryview(data)[_HEADER.size :]
    if len(payload) != length or hashlib.sha256(payload).digest() != digest:
        raise Corrupt(
            "the checkpoint fails its checksum", remedy="an older checkpoint is used if there is one"
        )
    return _unpack(msgspec.msgpack.decode(payload))


def write(file: Path, value: object) -> int:
    """Write a checkpoint that is on disk whole when this returns, or not at all; its size in bytes."""
    data = encode(value)
    part = file.with_suffix(".part")
    with part.open("wb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())
    part.replace(file)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return len(data)


def read(file: Path) -> Any:
    """The state in `file`; Corrupt or InvalidInput with its place if it cannot be used."""
    try:
        return decode(file.read_bytes())
    except (Corrupt, InvalidInput) as error:
        error.place = str(file)
        raise


def _pack(value: Any, path: str) -> Any:
    kind = type(value)
    if kind in _PLAIN:
        return value
    if isinstance(value, np.generic):
        return {"n": [value.dtype.str, value.tobytes()]}
    if isinstance(value, int):
        number = int(value)
        return number if -(1 << 63) <= number < 1 << 64 else {"i": str(number)}
    if isinstance(value, np.ndarray):
        return _pack_array(value, path)
    if kind is list:
        return [_pack(v, f"{path}[{i}]") for i, v in enumerate(value)]
    if kind is tuple:
        return {"t": [_pack(v, f"{path}[{i}]") for i, v in enumerate(value)]}
    if kind is dict:
        return {"d": [[_pack(k, f"{path} key"), _pack(v, f"{path}[{k!r}]")] for k, v in value.items()]}
    if dataclasses.is_dataclass(kind) or issubclass(kind, msgspec.Struct):
        name = f"{kind.__module__}:{kind.__qualname__}"
        return {"o": [name, {f: _pack(getattr(value, f), f"{path}.{f}") for f in _fields(kind)}]}
    raise InvalidInput(
        f"a checkpoint cannot hold a {kind.__name__}",
        place=path,
        remedy="keep arrays, numbers, text, lists, dicts and dataclasses of them in a brain's state",
    )


def _pack_array(value: np.ndarray, path: str) -> Any:
    if value.dtype.kind not in "biufSUM":
        raise InvalidInput(f"a checkpoint cannot hold an array of {value.dtype}", place=path)
    return {"a": [value.dtype.str, list(value.shape), np.ascontiguousarray(value).tobytes()]}


def _unpack(node: Any) -> Any:
    if isinstance(node, list):
        return [_unpack(v) for v in node]
    if not isinstance(node, dict):
        return node
    ((kind, body),) = node.items()
    match kind:
        case "a":
            dtype, shape, data = body
            return np.frombuffer(data, np.dtype(dtype)).reshape(shape).copy()
        case "n":
            return np.frombuffer(body[1], np.dtype(body[0]))[0]
        case "i":
            return int(body)
        case "t":
            return tuple(_unpack(v) for v in body)
        case "d":
            return {_unpack(k): _unpack(v) for k, v in body}
        case "o":
            return _rebuild(body[0], {k: _unpack(v) for k, v in body[1].items()})
    raise Corrupt(f"the checkpoint holds a node of unknown kind {kind!r}")


def _rebuild(name: str, members: dict[str, Any]) -> Any:
    module, _, qualname = name.partition(":")
    found: Any = sys.modules.get(module)
    for part in qualname.split("."):
        found = getattr(found, part, None)
    if not isinstance(found, type) or not (
        dataclasses.is_dataclass(found) or issubclass(found, msgspec.Struct)
    ):
        raise InvalidInput(f"the checkpoint holds a {name}, which this version does not know")
    if set(_fields(found)) != set(members):
        raise InvalidInput(f"the members of {name} have changed since the checkpoint was written")
    if issubclass(found, msgspec.Struct):
        return found(**members)
    made = object.__new__(found)
    for member, value in members.items():
        object.__setattr__(made, member, value)
    return made


def _fields(kind: type[Any]) -> tuple[str, ...]:
    if issubclass(kind, msgspec.Struct):
        return tuple(kind.__struct_fields__)
    return tuple(f.name for f in dataclasses.fields(kind))
