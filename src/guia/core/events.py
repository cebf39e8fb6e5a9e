"""Events and bounded subscriptions: how news reaches whoever listens, without ever waiting for them."""

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass
from typing import Any

RESYNC = "resync"


@dataclass(frozen=True, slots=True)
class Event:
    """One piece of news. Topic `resync` means: some was missed, read the present state again."""

    topic: str
    body: Any = None
    position: int = -1


def matches(pattern: str, topic: str) -> bool:
    """Whether `pattern` asks for `topic`: it is the topic, or one above it (`observations`: all sources)."""
    return topic == pattern or topic.startswith(pattern + ".")


class Subscription:
    """What one listener has yet to read: an async iterator, or `poll` for those who have no event loop.

    A listener that falls `capacity` events behind loses them and is told so by one `resync`.
    """

    def __init__(
        self,
        topics: Iterable[str],
        capacity: int = 1000,
        on_close: Callable[["Subscription"], None] | None = None,
    ) -> None:
        self.topics = tuple(topics)
        self.missed = 0
        self._capacity = capacity
        self._on_close = on_close
        self._events: deque[Event] = deque()
        self._lock = threading.Lock()
        self._closed = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._arrived: asyncio.Event | None = None

    def wants(self, topic: str) -> bool:
        """Whether this listener asked for `topic`."""
        return any(matches(pattern, topic) for pattern in self.topics)

    def offer(self, event: Event) -> None:
        """Hand over an event; never waits. Called from any thread."""
        with self._lock:
            if self._closed:
                return
            if len(self._events) >= self._capacity:
                self.missed += len(self._events)
                self._events.clear()
                self._events.append(Event(RESYNC, position=event.position))
            self._events.append(event)
            self._ring()

    def poll(self) -> list[Event]:
        """All events that wait, oldest first; an empty list if there are none."""
        with self._lock:
            events = list(self._events)
            self._events.clear()
            return events

    def close(self) -> None:
        """End the subscription; the iterator stops after what it has."""
        with self._lock:
            self._closed = True
            self._ring()
        if self._on_close is not None:
            self._on_close(self)

    async def __aiter__(self) -> AsyncIterator[Event]:
        """Events as they arrive, until the subscription is closed."""
        arrived = asyncio.Event()
        with self._lock:
            self._loop, self._arrived = asyncio.get_running_loop(), arrived
        while True:
            arrived.clear()
            events = self.poll()
            for event in events:
                yield event
            if not events:
                if self._closed:
                    return
                await arrived.wait()

    def _ring(self) -> None:
        if self._loop is not None and self._arrived is not None:
            with contextlib.suppress(RuntimeError):  # the listener's loop has ended: nobody to wake
                self._loop.call_soon_threadsafe(self._arrived.set)
