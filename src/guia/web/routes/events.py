"""Server-sent events: the city tells what is new; a reader that falls behind is told to reload."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any

import msgspec
from litestar import Request, get
from litestar.params import QueryParameter
from litestar.response import Stream

from guia.core.columns import Batch, Forecasts
from guia.core.errors import InvalidInput
from guia.web.city import City
from guia.web.shown import shown_body

HEARTBEAT_S = 15.0
RETRY_MS = 2000
OWN = ("alerts", "decisions", "entities", "health", "steps")


def handlers(city: City, domains: list[str]) -> list[Any]:
    """Route of `/api/events`."""

    @get("/api/events", tags=["events"], media_type="text/event-stream", sync_to_thread=False)
    def events(
        request: Request[Any, Any, Any],
        topics: Annotated[
            str, QueryParameter(description="alerts, decisions, health or a domain, with commas")
        ] = ("alerts,decisions"),
    ) -> Stream:
        """A stream of events; each `data` is `{topic, position, body}`. Topic `resync`: reload what you show."""
        chosen = tuple(t.strip() for t in topics.split(",") if t.strip())
        missed = bool(request.headers.get("last-event-id"))
        stream = follow(city, hub_topics(chosen, domains), heartbeat_s=HEARTBEAT_S, missed=missed)
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        return Stream(stream, media_type="text/event-stream", headers=headers)

    return [events]


def hub_topics(chosen: tuple[str, ...], domains: list[str]) -> dict[str, str]:
    """The hub's topics behind those that were asked for, each with the name to show. InvalidInput if unknown."""
    topics = {}
    for name in chosen:
        if name in OWN:
            topics[name] = name
        elif name in domains:
            topics |= {f"observations.{name}": name, f"forecasts.{name}": name}
        else:
            raise InvalidInput(
                f"there is no topic {name!r}",
                place="query topics",
                remedy=f"use {', '.join((*OWN, *domains))}",
            )
    return topics


async def follow(
    city: City, topics: dict[str, str], *, heartbeat_s: float, missed: bool
) -> AsyncIterator[bytes]:
    """The events of `topics` as they happen, and a comment now and then so that dead connections are noticed."""
    subscription = city.hub.subscribe(list(topics))
    events = aiter(subscription)
    waiting: asyncio.Future[Any] | None = None
    yield f"retry: {RETRY_MS}\n\n".encode()
    if missed:
        yield encode("resync", city.hub.position, None)
    try:
        while True:
            waiting = waiting or asyncio.ensure_future(anext(events))
            done, _ = await asyncio.wait({waiting}, timeout=heartbeat_s)
            if not done:
                yield b": still here\n\n"
                continue
            try:
                event = waiting.result()
            except StopAsyncIteration:
                return
            waiting = None
            yield encode(topics.get(event.topic, event.topic), event.position, event.body)
    finally:
        if waiting:
            waiting.cancel()
        subscription.close()


def encode(topic: str, position: int, body: Any) -> bytes:
    """One event in the stream's format."""
    data = msgspec.json.encode({"topic": topic, "position": position, "body": _shown(body)})
    return b"event: %s\nid: %d\ndata: %s\n\n" % (topic.encode(), position, data)


def _shown(body: Any) -> Any:
    """Records as the API shows them; of columns only how many rows: whoever wants them asks for them."""
    if isinstance(body, Batch | Forecasts):
        return {"rows": len(body)}
    return shown_body(body) if isinstance(body, dict) else body
