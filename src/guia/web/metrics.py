"""Prometheus metrics: what the hub, the feeds, the brains and the web count."""

from collections.abc import Iterator, Mapping
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, HistogramMetricFamily, Metric

from guia.feeds.intake import Intakes

BOUNDS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Requests:
    """Counts requests by class of status and by time to the first byte."""

    def __init__(self) -> None:
        self.buckets: dict[str, list[int]] = {}
        self.seconds: dict[str, float] = {}

    def count(self, status: int, seconds: float) -> None:
        """One more request."""
        kind = f"{status // 100}xx"
        counts = self.buckets.setdefault(kind, [0] * (len(BOUNDS_S) + 1))
        counts[next((i for i, bound in enumerate(BOUNDS_S) if seconds <= bound), len(BOUNDS_S))] += 1
        self.seconds[kind] = self.seconds.get(kind, 0.0) + seconds

    def metric(self) -> Metric:
        """As a Prometheus histogram."""
        family = HistogramMetricFamily(
            "guia_http_request_seconds", "Time to the first byte of an answer", labels=["status"]
        )
        for kind, counts in sorted(self.buckets.items()):
            total, rows = 0, []
            for bound, n in zip((*map(str, BOUNDS_S), "+Inf"), counts, strict=True):
                total += n
                rows.append((bound, total))
            family.add_metric([kind], rows, self.seconds[kind])
        return family


class Collector:
    """Reads the figures at the moment they are asked for."""

    def __init__(self, city: Any, intakes: Intakes, requests: Requests) -> None:
        self._city, self._intakes, self._requests = city, intakes, requests

    def collect(self) -> Iterator[Metric]:
        """All metrics."""
        yield self._requests.metric()
        yield from _gauges("guia_hub", self._city.hub.stats())
        yield from _gauges("guia_city", self._city.stats())
        states = [intake.state() for intake in self._intakes]
        for name in ("batches", "accepted", "rejected", "malformed", "rate_per_s", "silent"):
            family = GaugeMetricFamily(
                f"guia_feed_{name}", f"{name.replace('_', ' ')} of a feed", labels=["feed"]
            )
            for state in states:
                family.add_metric([state.name], float(getattr(state, name)))
            yield family


def render(collector: Collector) -> bytes:
    """The text that Prometheus scrapes."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(collector)
    return generate_latest(registry)


def _gauges(prefix: str, figures: Mapping[str, Any]) -> Iterator[Metric]:
    """Every number in nested figures as a gauge; what is not a number is left out."""
    for key, value in figures.items():
        name = f"{prefix}_{''.join(c if c.isalnum() else '_' for c in str(key))}"
        if isinstance(value, Mapping):
            yield from _gauges(name, value)
        elif isinstance(value, int | float):
            yield GaugeMetricFamily(name, name.replace("_", " "), value=float(value))
