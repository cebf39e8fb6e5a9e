"""Routes of the temporal evolution of entities."""

from typing import Any

from litestar import Request, Response, get

from guia.core.clock import iso
from guia.core.hub import Hub
from guia.ngsild import asked, parse, reply
from guia.ngsild.contexts import Terms
from guia.ngsild.hosted import Hosted
from guia.ngsild.live import SeriesOf
from guia.ngsild.select import find
from guia.ngsild.temporal import Aggregation, Evolution, Past, Span, aggregation, only_observed, span

AnyRequest = Request[Any, Any, Any]


def handlers(hub: Hub, series_of: SeriesOf, past: Past, hosted: Hosted) -> list[Any]:
    """Retrieve the past of one entity, query that of many."""

    @get("/temporal/entities/{entity_id:str}", sync_to_thread=True)
    def retrieve(entity_id: str, request: AnyRequest) -> Response[bytes]:
        """The past of one entity: timerel, timeAt, endTimeAt, lastN, attrs, options=temporalValues, aggrMethods."""
        context = asked.link_context(request, hosted.find)
        asked.refuse(request.query_params)
        entity = hub.entity(parse.identifier(entity_id, "id"))
        return _told(request, [past.of(entity, **_wanted(request, context))], context, alone=True)

    @get("/temporal/entities", sync_to_thread=True)
    def query(request: AnyRequest) -> Response[bytes]:
        """The past of the entities that a query selects."""
        context = asked.link_context(request, hosted.find)
        selection = asked.selection(request, context)
        wanted = _wanted(request, context)
        entities, count, more = find(hub, series_of, selection)
        evolutions = [past.of(entity, **wanted) for entity in entities]
        return _told(request, evolutions, context, headers=reply.paging(request, selection, count, more))

    return [retrieve, query]


def _wanted(request: AnyRequest, context: Terms) -> dict[str, Any]:
    params = request.query_params
    only_observed(params.get("timeproperty"))
    last = asked.whole(params, "lastN", 0, 1 << 31) or None
    when: Span = span(params.get("timerel"), params.get("timeAt"), params.get("endTimeAt"), last)
    options = [*params.get("options", "").split(","), params.get("format", "")]
    aggregate: Aggregation | None = aggregation(params.get("aggrMethods"), params.get("aggrPeriodDuration"))
    return {
        "attrs": asked.names(params.get("attrs"), context),
        "when": when,
        "context": context,
        "values": "temporalValues" in options or "simplified" in options,
        "aggregate": aggregate,
    }


def _told(
    request: AnyRequest,
    evolutions: list[Evolution],
    context: Terms,
    *,
    alone: bool = False,
    headers: dict[str, str] | None = None,
) -> Response[bytes]:
    """200, or 206 with the range of time where the answer had to be cut."""
    cuts = [e.cut for e in evolutions if e.cut]
    headers = dict(headers or {})
    if cuts:
        newest, oldest = max(c[1] for c in cuts), max(c[0] for c in cuts)
        headers["content-range"] = f"date-time {iso(newest)}-{iso(oldest)}/*"
    bodies = [e.body for e in evolutions]
    body = bodies[0] if alone else bodies
    return reply.told(body, context, reply.accepted(request), headers, 206 if cuts else 200)
