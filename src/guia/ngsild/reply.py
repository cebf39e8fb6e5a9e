"""Answers: JSON with its @context in a Link header, JSON-LD with it in the body, or GeoJSON."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

import msgspec
from litestar import Response

from guia.core.entity import Entity
from guia.ngsild.asked import GEO_JSON, JSON, LD_JSON, AnyRequest, Selection
from guia.ngsild.contexts import Terms
from guia.ngsild.core_context import CORE_URL
from guia.ngsild.present import Wish, feature, present
from guia.ngsild.problems import InvalidRequest

CONTEXT_REL = 'rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"'


class NotAcceptable(InvalidRequest):
    """No form that the caller accepts can be made."""

    status = 406


def accepted(request: AnyRequest, *, geo: bool = False) -> str:
    """The form of answer that the caller likes best."""
    asked = [part.partition(";")[0].strip() for part in request.headers.get("accept", "*/*").split(",")]
    for kind in asked:
        if kind in (JSON, LD_JSON) or (geo and kind == GEO_JSON):
            return kind
        if kind in ("*/*", "application/*", ""):
            return JSON
    raise NotAcceptable(f"{', '.join(asked)[:200]} cannot be made", place="Accept", remedy=f"accept {JSON}")


def told(
    body: Any, context: Terms, kind: str, headers: dict[str, str] | None = None, status: int = 200
) -> Response[bytes]:
    """A JSON answer with its @context in the place that `kind` calls for."""
    headers = dict(headers or {})
    if kind == JSON:
        link = f"<{context_url(context)}>; {CONTEXT_REL}"
        headers["link"] = f"{headers['link']}, {link}" if "link" in headers else link
    elif isinstance(body, list):
        body = [{**item, "@context": context.source} for item in body]
    else:
        body = {**body, "@context": context.source}
    return Response(msgspec.json.encode(body), media_type=kind, headers=headers, status_code=status)


def one(request: AnyRequest, entity: Entity, wish: Wish) -> Response[bytes]:
    """One entity."""
    kind = accepted(request, geo=True)
    if kind == GEO_JSON:
        return told(feature(entity, wish, geometry_name(request)), wish.context, kind)
    return told(present(entity, wish), wish.context, kind)


def many(
    request: AnyRequest, entities: Sequence[Entity], wish: Wish, headers: dict[str, str]
) -> Response[bytes]:
    """A page of entities."""
    kind = accepted(request, geo=True)
    if kind == GEO_JSON:
        features = [feature(e, wish, geometry_name(request)) for e in entities]
        return told({"type": "FeatureCollection", "features": features}, wish.context, kind, headers)
    return told([present(e, wish) for e in entities], wish.context, kind, headers)


def paging(request: AnyRequest, asked: Selection, count: int | None, more: bool) -> dict[str, str]:
    """Headers of a page: the count of all, and links to the pages before and after."""
    headers = {} if count is None else {"ngsild-results-count": str(count)}
    links = []
    if more:
        links.append(("next", asked.offset + asked.limit))
    if asked.offset:
        links.append(("prev", max(0, asked.offset - asked.limit)))
    params = {k: v for k, v in request.query_params.items() if k not in ("limit", "offset")}
    if links:
        headers["link"] = ", ".join(
            f'<{request.url.path}?{urlencode({**params, "limit": asked.limit, "offset": at})}>; rel="{rel}"; '
            f'type="{JSON}"'
            for rel, at in links
        )
    return headers


def geometry_name(request: AnyRequest) -> str:
    """The GeoProperty that gives a Feature its geometry."""
    return str(request.query_params.get("geometryProperty", "location"))


def context_url(context: Terms) -> str:
    """The address of a context: its own where it came from one, else the core's."""
    parts = context.source if isinstance(context.source, list) else [context.source]
    return next((p for p in parts if isinstance(p, str)), CORE_URL)
