"""The bus carries events from the hub to whoever subscribed. Every carrier keeps one contract."""

from collections.abc import Iterable
from typing import Any, Protocol

from guia.core.events import Subscription


class Bus(Protocol):
    """Publish and subscribe. Order is kept per publisher; a slow listener never holds up a publisher."""

    def publish(self, topic: str, body: Any, position: int = -1) -> None:
        """Hand an event to every subscription that wants it; never waits."""
        ...

    def subscribe(self, topics: Iterable[str], capacity: int = 1000) -> Subscription:
        """A new subscription to topics and everything below them; `close` it when done."""
        ...

    def close(self) -> None:
        """End all subscriptions."""
        ...
