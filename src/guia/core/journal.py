"""The journal: who decided and accessed what, append-only, as an RFC 6962 Merkle log that anyone can check.

An entry is one line of canonical JSON; the tree is built over the lines. `heads` keeps the tree heads that
were told: a journal that was changed afterwards no longer leads to them.
"""

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from guia.core import merkle
from guia.core.clock import Clock
from guia.core.errors import Corrupt

_json = msgspec.json.Encoder(order="deterministic")
_HEAD_EVERY = 256


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One entry."""

    at: int
    """Wall time, UTC nanoseconds."""
    kind: str
    """`decision`, `input`, `login`, `refused`…"""
    actor: str
    body: dict[str, Any] = {}
    position: int = -1
    """Log position of the record that it tells of; -1 where there is none."""


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """A tree head: commits to the first `size` entries."""

    size: int
    root: str
    """Hex."""
    at: int


class Journal:
    """The one writer of a journal folder. `clock` is the wall clock, never a simulated one."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._entries = folder / "entries.jsonl"
        self._heads = folder / "heads.jsonl"
        self._clock = clock
        self._lock = threading.Lock()
        self._tree = merkle.Frontier()
        self.last_position = -1
        """Highest log position that an entry tells of."""
        self.rows_at_last = 0
        """How many entries tell of it."""
        _mend(self._entries)
        _mend(self._heads)
        for line in lines(self._entries):
            self._tree.append(merkle.leaf_hash(line))
            self._note(_decode(line).position)
        self._out = self._entries.open("ab")

    def append(self, kind: str, actor: str, body: dict[str, Any] | None = None, *, position: int = -1) -> int:
        """Add an entry; its index. On disk when this returns."""
        entry = Entry(at=self._clock.now(), kind=kind, actor=actor, body=body or {}, position=position)
        line = _json.encode(entry)
        with self._lock:
            self._out.write(line + b"\n")
            self._out.flush()
            os.fdatasync(self._out.fileno())
            self._tree.append(merkle.leaf_hash(line))
            self._note(position)
            index = self._tree.size - 1
            if self._tree.size % _HEAD_EVERY == 0:
                self._tell_head()
        return index

    @property
    def size(self) -> int:
        """Number of entries."""
        return self._tree.size

    def head(self) -> Head:
        """The present tree head."""
        with self._lock:
            return self._head()

    def close(self) -> None:
        """Tell a last head and let go of the files."""
        with self._lock:
            if self._tree.size:
                self._tell_head()
            self._out.close()

    def _note(self, position: int) -> None:
        if position > self.last_position:
            self.last_position, self.rows_at_last = position, 1
        elif position == self.last_position >= 0:
            self.rows_at_last += 1

    def _head(self) -> Head:
        return Head(size=self._tree.size, root=self._tree.root().hex(), at=self._clock.now())

    def _tell_head(self) -> None:
        with self._heads.open("ab") as out:
            out.write(_json.encode(self._head()) + b"\n")
            out.flush()
            os.fdatasync(out.fileno())


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What checking a journal found."""

    entries: int
    root: str
    heads: int
    """Told heads that the entries lead to."""
    problems: tuple[str, ...] = ()


def verify(folder: Path) -> Verdict:
    """Check that every told head follows from the entries, and each from the one before."""
    problems = []
    leaves = []
    for number, line in enumerate(lines(folder / "entries.jsonl"), 1):
        leaves.append(merkle.leaf_hash(line))
        try:
            _decode(line)
        except Corrupt as error:
            problems.append(f"entry {number}: {error.detail}")
    heads = [msgspec.json.decode(line, type=Head) for line in lines(folder / "heads.jsonl")]
    roots = _roots(leaves, {h.size for h in heads})
    sound = 0
    older = Head(size=0, root=merkle.EMPTY_ROOT.hex(), at=0)
    for head in heads:
        if head.size not in roots:
            problems.append(f"a head of {head.size} entries was told, but only {len(leaves)} are there")
        elif roots[head.size].hex() != head.root:
            problems.append(f"the first {head.size} entries do not lead to the head that was told")
        elif head.size < older.size:
            problems.append(f"a head of {head.size} entries was told after one of {older.size}")
        else:
            sound += 1
        older = head
    return Verdict(entries=len(leaves), root=merkle.root(leaves).hex(), heads=sound, problems=tuple(problems))


def entries(folder: Path) -> Iterator[Entry]:
    """All entries in order."""
    for line in lines(folder / "entries.jsonl"):
        yield _decode(line)


def proof(folder: Path, index: int) -> dict[str, Any]:
    """The inclusion proof of entry `index` under the present head, as JSON-ready dict; IndexError outside."""
    leaves = [merkle.leaf_hash(line) for line in lines(folder / "entries.jsonl")]
    path = merkle.inclusion_proof(leaves, index)
    return {
        "index": index,
        "size": len(leaves),
        "leaf": leaves[index].hex(),
        "root": merkle.root(leaves).hex(),
        "proof": [h.hex() for h in path],
    }


def lines(file: Path) -> Iterator[bytes]:
    """Whole lines of a file without their ends; none if there is no file."""
    if not file.exists():
        return
    with file.open("rb") as source:
        for line in source:
            if line.endswith(b"\n"):
                yield line[:-1]


def _roots(leaves: list[bytes], sizes: set[int]) -> dict[int, bytes]:
    """Roots over the first n leaves for each n in `sizes`, in one pass."""
    edge = merkle.Frontier()
    found = {0: edge.root()}
    for leaf in leaves:
        edge.append(leaf)
        if edge.size in sizes:
            found[edge.size] = edge.root()
    return found


def _decode(line: bytes) -> Entry:
    try:
        return msgspec.json.decode(line, type=Entry)
    except msgspec.DecodeError as error:
        raise Corrupt(f"it is no journal entry: {error}") from None


def _mend(file: Path) -> None:
    """Cut off a last line that was never finished: it was never acknowledged."""
    if not file.exists():
        return
    data = file.read_bytes()
    whole = data.rfind(b"\n") + 1
    if whole < len(data):
        with file.open("r+b") as out:
            out.truncate(whole)
            os.fsync(out.fileno())
