"""What was rejected, per source: exact counts, and the last few rows for inspection."""

import threading
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from guia.core.columns import Batch
from guia.core.registry import Registry
from guia.core.validate import Rejection, Verdict

KEPT_PER_SOURCE = 200
KEPT_PER_BATCH = 50


class Rejected:
    """Counts and samples, in memory; `changed` gives what is to be written down."""

    def __init__(self) -> None:
        self._counts: dict[str, Counter[str]] = {}
        self._samples: dict[str, deque[dict[str, Any]]] = {}
        self._changed: set[str] = set()
        self._lock = threading.Lock()

    def add(self, batch: Batch, verdict: Verdict, registry: Registry, source: str, now: int) -> None:
        """Take note of the bad rows of a batch."""
        rejections = verdict.listed(batch, registry)[:KEPT_PER_BATCH]
        samples = [
            {
                "source": source,
                "at": now,
                "row": r.row,
                "series": r.series or f"#{batch.series[r.row]}",
                "observed": int(batch.observed[r.row]),
                "value": float(batch.value[r.row]),
                "reason": r.reason,
                "remedy": r.remedy,
            }
            for r in rejections
        ]
        self._note(source, verdict.counts(), samples)

    def add_named(self, rejections: Sequence[Rejection], source: str, now: int) -> None:
        """Take note of what never became a batch."""
        counts = Counter(r.reason for r in rejections)
        samples = [
            {"source": source, "at": now, **msgspec.to_builtins(r)} for r in rejections[:KEPT_PER_BATCH]
        ]
        self._note(source, counts, samples)

    def _note(self, source: str, counts: Mapping[str, int], samples: list[dict[str, Any]]) -> None:
        with self._lock:
            self._counts.setdefault(source, Counter()).update(counts)
            self._samples.setdefault(source, deque(maxlen=KEPT_PER_SOURCE)).extend(samples)
            self._changed.add(source)

    def restore(self, source: str, body: dict[str, Any]) -> None:
        """Take up what an earlier process wrote down."""
        with self._lock:
            self._counts[source] = Counter(body["counts"])
            self._samples[source] = deque(body["samples"], maxlen=KEPT_PER_SOURCE)

    def changed(self) -> dict[str, dict[str, Any]]:
        """State of each source that changed since the last call."""
        with self._lock:
            sources, self._changed = self._changed, set()
            return {
                s: {"counts": dict(self._counts[s]), "samples": list(self._samples[s])}
                for s in sorted(sources)
            }

    def counts(self) -> dict[str, int]:
        """Rejected rows by source, since the city began."""
        with self._lock:
            return {source: counter.total() for source, counter in self._counts.items()}

    def reasons(self) -> dict[str, dict[str, int]]:
        """Rejected rows by source and reason."""
        with self._lock:
            return {source: dict(counter) for source, counter in self._counts.items()}

    def samples(self, limit: int = 100, source: str | None = None) -> list[dict[str, Any]]:
        """The last rejected rows, newest first."""
        with self._lock:
            chosen = [s for name, kept in self._samples.items() if source in (None, name) for s in kept]
        return sorted(chosen, key=lambda s: -int(s["at"]))[:limit]
