"""Feeds: pushing observations in, and seeing how each feed does."""

import asyncio
import math
from typing import Annotated, Any

from litestar import Request, get, post
from litestar.exceptions.http_exceptions import RequestEntityTooLarge
from litestar.openapi.spec import OpenAPIMediaType, Operation, RequestBody, Schema
from litestar.openapi.spec.enums import OpenAPIFormat, OpenAPIType
from litestar.params import JSONBody, QueryParameter

from guia.core.clock import iso
from guia.core.errors import InvalidInput
from guia.core.series import Series
from guia.feeds.intake import Answer, FeedState, Intake, Intakes
from guia.feeds.wire import ARROW, decode
from guia.web.city import City

LARGEST_BODY = 64 << 20
LARGE = 256 << 10
"""Bodies from here on are decoded in a thread, so that others need not wait."""


class _Push(Operation):
    """Describes the two forms of body, which the handler reads itself."""

    def __post_init__(self) -> None:
        text, number = Schema(type=OpenAPIType.STRING), Schema(type=OpenAPIType.NUMBER)
        columns = Schema(
            type=OpenAPIType.OBJECT,
            required=["series", "observed", "value"],
            properties={
                "series": Schema(type=OpenAPIType.ARRAY, items=text),
                "observed": Schema(type=OpenAPIType.ARRAY, items=text),
                "value": Schema(type=OpenAPIType.ARRAY, items=number),
                "quality": Schema(type=OpenAPIType.ARRAY, items=Schema(type=OpenAPIType.INTEGER)),
            },
        )
        self.request_body = RequestBody(
            content={
                "application/json": OpenAPIMediaType(schema=columns),
                ARROW: OpenAPIMediaType(schema=Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY)),
            },
            required=True,
        )


def handlers(city: City, intakes: Intakes) -> list[Any]:
    """Routes of `/api/feeds`."""
    hub = city.hub

    @post("/api/feeds/{feed:str}/observations", tags=["feeds"], status_code=200, opt={"feed": True},
          request_max_body_size=LARGEST_BODY, operation_class=_Push)  # fmt: skip
    async def push(feed: str, request: Request[Any, Any, Any], dry_run: bool = False) -> Answer:
        """Push a batch; answered when it is on disk. Rows that cannot be stored are named, the others are kept."""
        intake = intakes.of(feed)
        body = await _body(request, intake)
        media_type = request.headers.get("content-type", "application/json")
        try:
            if len(body) < LARGE:
                columns = decode(body, media_type)
            else:
                columns = await asyncio.to_thread(decode, body, media_type)
        except InvalidInput as error:
            if not dry_run:
                intake.malformed(error)
            raise
        return intake.check(columns) if dry_run else await intake.receive(columns)

    @post("/api/feeds/{feed:str}/series", tags=["feeds"], status_code=200, opt={"feed": True},
          request_max_body_size=LARGEST_BODY, sync_to_thread=True)  # fmt: skip
    def define(feed: str, data: JSONBody[list[Series]], only_new: bool = False) -> dict[str, list[int]]:
        """Define the series that this feed will send; doing so again is harmless. Answers their ids, in order.

        With `only_new` series that are there already stay as they are.
        """
        name = intakes.of(feed).settings.name
        known = hub.ids([s.name for s in data]) >= 0
        hub.define(
            [
                _of_feed(s, name)
                for s, is_known in zip(data, known, strict=True)
                if not (only_new and is_known)
            ]
        )
        return {"ids": hub.ids([s.name for s in data]).tolist()}

    @get("/api/feeds", tags=["feeds"], sync_to_thread=False)
    def states() -> list[FeedState]:
        """Each feed with its rate, counts, and when it was last heard."""
        return [intake.state() for intake in intakes]

    @get("/api/feeds/rejected", tags=["feeds"], sync_to_thread=True)
    def rejected(
        feed: str | None = None, limit: Annotated[int, QueryParameter(ge=1, le=1000)] = 100
    ) -> dict[str, Any]:
        """What was not stored and why: exact counts by feed, and the last rows."""
        return {"counts": hub.rejected_counts(), "rows": [_shown(r) for r in hub.rejected(limit, feed)]}

    return [push, define, states, rejected]


async def _body(request: Request[Any, Any, Any], intake: Intake) -> bytes:
    """The request's body; one that is too large is counted and kept as malformed."""
    try:
        return await request.body()
    except RequestEntityTooLarge:
        error = InvalidInput(
            f"the body has more than {LARGEST_BODY >> 20} MB", remedy="send fewer rows at a time"
        )
        intake.malformed(error)
        raise


def _of_feed(series: Series, feed: str) -> Series:
    import msgspec

    return series if series.source else msgspec.structs.replace(series, source=feed)


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    """A rejected row with its instants as text; a value that JSON cannot carry as text too."""
    shown = dict(row)
    for key in ("at", "observed"):
        if isinstance(shown.get(key), int):
            shown[key] = iso(shown[key]) if abs(shown[key]) < 1 << 62 else str(shown[key])
    value = shown.get("value")
    if isinstance(value, float):
        shown["value"] = value if math.isfinite(value) else str(value)
    return shown
