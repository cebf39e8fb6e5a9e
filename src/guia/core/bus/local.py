"""The bus within one process."""

import threading
from collections.abc import Iterable
from typing import Any

from guia.core.events import Event, Subscription


class LocalBus:
    """Keeps the `guia.core.bus.Bus` contract within one process."""

    def __init__(self) -> None:
        self._subscriptions: tuple[Subscription, ...] = ()
        self._lock = threading.Lock()

    def publish(self, topic: str, body: Any, position: int = -1) -> None:
        """Hand an event to every subscription that wants it."""
        for subscription in self._subscriptions:
            if subscription.wants(topic):
                subscription.offer(Event(topic, body, position))

    def subscribe(self, topics: Iterable[str], capacity: int = 1000) -> Subscription:
        """A new subscription to topics and everything below them."""
        subscription = Subscription(topics, capacity, self._forget)
        with self._lock:
            self._subscriptions = (*self._subscriptions, subscription)
        return subscription

    def close(self) -> None:
        """End all subscriptions."""
        for subscription in self._subscriptions:
            subscription.close()

    def _forget(self, subscription: Subscription) -> None:
        with self._lock:
            self._subscriptions = tuple(s for s in self._subscriptions if s is not subscription)
