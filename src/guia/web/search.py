"""Finding places, stops and streets by name, in any of the city's languages, however typed.

A city has some ten thousand names: a scan over folded text takes a millisecond, so there is no index to keep.
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

KIND_ORDER = (
    "gateway",
    "station",
    "pier",
    "landmark",
    "hospital",
    "stop",
    "bridge",
    "street",
    "park",
    "clinic",
)
"""Where names match equally well, the more sought kind comes first."""
_JOINERS = str.maketrans(dict.fromkeys(".,'’`´·・()（）「」-–—/_", " "))
FUZZY = 0.45
"""Share of common trigrams (Dice) from which a name counts as meant in spite of a typing error."""


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """Something with a name and a place."""

    kind: str
    id: str
    names: dict[str, str]
    lon: float
    lat: float
    detail: str = ""
    label: str = "real"


@dataclass(frozen=True, slots=True)
class _Entry:
    hit: Hit
    names: tuple[str, ...]
    """Folded."""
    order: int


def fold(text: str) -> str:
    """Text as it is compared: no case, no diacritics, no punctuation, one space between words."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(c for c in plain if not unicodedata.combining(c))
    return " ".join(unicodedata.normalize("NFKC", bare).translate(_JOINERS).split())


class Search:
    """All named things of a city."""

    def __init__(self, hits: Iterable[Hit]) -> None:
        self._entries = [
            _Entry(h, tuple(dict.fromkeys(n for n in map(fold, h.names.values()) if n)), _order(h.kind))
            for h in hits
        ]

    def __len__(self) -> int:
        return len(self._entries)

    def find(self, query: str, limit: int = 20) -> list[Hit]:
        """The best matches, best first. With none, names that look alike: a letter wrong or left out."""
        wanted = fold(query)
        if not wanted:
            return []
        words = wanted.split()
        found = []
        for entry in self._entries:
            rank = min((_rank(wanted, words, name) for name in entry.names), default=9)
            if rank < 9:
                found.append((rank, entry.order, min(map(len, entry.names)), entry.hit.id, entry.hit))
        if not found and len(wanted) > 3:
            found = self._alike(wanted)
        return [row[-1] for row in sorted(found, key=lambda r: r[:-1])[:limit]]

    def _alike(self, wanted: str) -> list[tuple[int, int, int, str, Hit]]:
        sought = _trigrams(wanted)
        found = []
        for entry in self._entries:
            best = max((_dice(sought, _trigrams(name)) for name in entry.names), default=0.0)
            if best >= FUZZY:
                found.append((-int(best * 1000), entry.order, 0, entry.hit.id, entry.hit))
        return found


def _rank(wanted: str, words: list[str], name: str) -> int:
    """0 the name itself, 1 its beginning, 2 a word's beginning, 3 within, 4 all words somewhere, 9 no match."""
    if wanted == name:
        return 0
    at = name.find(wanted)
    if at == 0:
        return 1
    if at > 0:
        return 2 if name[at - 1] == " " else 3
    return 4 if len(words) > 1 and all(w in name for w in words) else 9


def _order(kind: str) -> int:
    return KIND_ORDER.index(kind) if kind in KIND_ORDER else len(KIND_ORDER)


def _trigrams(text: str) -> frozenset[str]:
    padded = f"  {text} "
    return frozenset(padded[i : i + 3] for i in range(len(padded) - 2))


def _dice(a: frozenset[str], b: frozenset[str]) -> float:
    return 2 * len(a & b) / (len(a) + len(b))
