"""Finding places, stops and streets by name, in any of the city's languages, however typed.

A city has some ten thousand names: a scan over folded text takes a millisecond, so there is no index to keep.
"""

import unicodedata
from collections.abc import Iterable
from heapq import nsmallest

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
FUZZY = 0.4
"""Share of common trigrams (Dice) from which a word counts as meant in spite of a typing error."""


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """Something with a name and a place."""

    kind: str
    id: str
    names: dict[str, str]
    lon: float
    lat: float
    detail: str = ""
    label: str = "real"


def fold(text: str) -> str:
    """Text as it is compared: no case, no diacritics, no punctuation, one space between words."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(c for c in plain if not unicodedata.combining(c))
    return " ".join(unicodedata.normalize("NFKC", bare).translate(_JOINERS).split())


class Search:
    """All named things of a city."""

    def __init__(self, hits: Iterable[Hit]) -> None:
        self._hits = list(hits)
        self._names: list[tuple[str, int]] = []
        """Folded names, each with the row of its hit."""
        self._words: dict[str, set[int]] = {}
        for row, hit in enumerate(self._hits):
            for name in dict.fromkeys(n for n in map(fold, hit.names.values()) if n):
                self._names.append((name, row))
                for word in name.split():
                    self._words.setdefault(word, set()).add(row)

    def __len__(self) -> int:
        return len(self._hits)

    def find(self, query: str, limit: int = 20) -> list[Hit]:
        """The best matches, best first. With none, names that look alike: a letter wrong or left out."""
        wanted = fold(query)
        if not wanted:
            return []
        ranks = self._containing(wanted) or self._alike(wanted)
        best = nsmallest(limit, ranks.items(), key=lambda item: (item[1], self._order(item[0])))
        return [self._hits[row] for row, _ in best]

    def _containing(self, wanted: str) -> dict[int, tuple[float, int]]:
        """(rank, length of name) by row: 0 the name, 1 begins it, 2 begins a word, 3 within, 4 all words somewhere."""
        words = wanted.split()
        ranks: dict[int, tuple[float, int]] = {}
        for name, row in self._names:
            at = name.find(wanted)
            if at < 0:
                if len(words) < 2 or not all(word in name for word in words):
                    continue
                rank = 4
            elif at == 0:
                rank = 0 if len(name) == len(wanted) else 1
            else:
                rank = 2 if name[at - 1] == " " else 3
            found = (rank, len(name))
            if row not in ranks or found < ranks[row]:
                ranks[row] = found
        return ranks

    def _alike(self, wanted: str) -> dict[int, tuple[float, int]]:
        """Hits with words that look like those wanted, worst first by the share that does not match."""
        likeness: dict[int, float] = {}
        words = [w for w in wanted.split() if len(w) > 3]
        for word in words:
            sought = _trigrams(word)
            best: dict[int, float] = {}
            for known, rows in self._words.items():
                alike = _dice(sought, _trigrams(known)) if abs(len(known) - len(word)) < 3 else 0.0
                if alike >= FUZZY:
                    for row in rows:
                        best[row] = max(alike, best.get(row, 0.0))
            for row, alike in best.items():
                likeness[row] = likeness.get(row, 0.0) + alike
        return {row: (len(words) - alike, 0) for row, alike in likeness.items()}

    def _order(self, row: int) -> tuple[int, str]:
        hit = self._hits[row]
        return (KIND_ORDER.index(hit.kind) if hit.kind in KIND_ORDER else len(KIND_ORDER)), hit.id


def _trigrams(text: str) -> frozenset[str]:
    padded = f"  {text} "
    return frozenset(padded[i : i + 3] for i in range(len(padded) - 2))


def _dice(a: frozenset[str], b: frozenset[str]) -> float:
    return 2 * len(a & b) / (len(a) + len(b))
