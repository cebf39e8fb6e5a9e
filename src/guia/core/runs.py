"""Runs other than the live one: each in its own folder, and none writes to another."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from guia.core.errors import InvalidInput

KINDS = ("replay", "what-if")
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


class Run:
    """A folder `runs/<kind>-<name>` that takes what a replay or a what-if found."""

    def __init__(self, data: Path, kind: str, name: str) -> None:
        if kind not in KINDS:
            raise InvalidInput(f"there is no kind of run {kind!r}", remedy=f"use one of {', '.join(KINDS)}")
        if not _NAME.fullmatch(name):
            raise InvalidInput(f"{name!r} cannot be a run's name", remedy="use a-z, 0-9, dot and dash")
        self.folder = data / "runs" / f"{kind}-{name}"
        self.folder.mkdir(parents=True, exist_ok=True)

    @property
    def errors(self) -> Path:
        """File that takes what brains print."""
        return self.folder / "brains.log"

    def write(self, name: str, value: Any) -> Path:
        """Write one JSON document."""
        file = self.folder / f"{name}.json"
        file.write_bytes(msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n")
        return file

    def write_lines(self, name: str, values: Iterable[Any]) -> Path:
        """Write one JSON document a line."""
        file = self.folder / f"{name}.jsonl"
        file.write_bytes(b"".join(msgspec.json.encode(v) + b"\n" for v in values))
        return file
