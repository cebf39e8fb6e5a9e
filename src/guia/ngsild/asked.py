"""What a request asks for: its parameters read and checked, its body decoded under its @context."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from litestar import Request

from guia.core.entity import Entity
from guia.core.errors import InvalidInput, Unsupported
from guia.ngsild.contexts import Find, Terms, compiled, stored
from guia.ngsild.geo import GeoQuery, geo_query
from guia.ngsild.pattern import pattern
from guia.ngsild.present import Wish, form
from guia.ngsild.problems import InvalidRequest, UnsupportedMediaType
from guia.ngsild.query import compile_q

PAGE = 40
LARGEST_PAGE = 1000
NOT_YET = [
    "scopeQ",
    "csf",
    "orderBy",
    "collation",
    "join",
    "joinLevel",
    "containedBy",
    "expandValues",
    "jsonKeys",
    "splitEntities",
    "entityMap",
    "pick",
    "omit",
]
"""Parameters of the standard that this part does not have; asking for one is answered with 501."""
_LINK = re.compile(r'<(?P<url>[^>]*)>\s*;\s*rel="http://www.w3.org/ns/json-ld#context"')
JSON, LD_JSON, GEO_JSON, MERGE = (
    "application/json",
    "application/ld+json",
    "application/geo+json",
    "application/merge-patch+json",
)
AnyRequest = Request[Any, Any, Any]


@dataclass(frozen=True, slots=True)
class Selection:
    """Which entities are asked for."""

    ids: tuple[str, ...]
    types: tuple[str, ...]
    """By the hub's names; empty: any."""
    pattern: Callable[[str], bool] | None
    attrs: tuple[str, ...]
    test: Callable[[Entity], bool] | None
    geo: GeoQuery | None
    limit: int
    offset: int
    count: bool

    @property
    def plain(self) -> bool:
        """Whether the hub alone can answer: nothing to be tested entity by entity."""
        return not (self.pattern or self.attrs or self.test or self.geo)


def link_context(request: AnyRequest, find: Find) -> Terms:
    """The @context that the Link header names; the core context without one."""
    link = _LINK.search(request.headers.get("link", ""))
    return compiled(link["url"] if link else None, find)


async def body(request: AnyRequest, find: Find) -> tuple[Any, Terms]:
    """The decoded body and its @context; of JSON-LD it stands in the body, of JSON in the Link header."""
    kind = request.headers.get("content-type", JSON).partition(";")[0].strip().lower()
    if kind not in (JSON, LD_JSON, MERGE):
        raise UnsupportedMediaType(
            f"{kind} is not understood", place="Content-Type", remedy=f"send {JSON} or {LD_JSON}"
        )
    try:
        sent = msgspec.json.decode(await request.body())
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidRequest(f"the body is not JSON: {error}", place="body") from None
    if kind != LD_JSON:
        parts = sent if isinstance(sent, list) else [sent]
        if any(isinstance(p, dict) and "@context" in p for p in parts):
            raise InvalidInput(
                "plain JSON carries no @context", place="@context", remedy=f"send it as {LD_JSON}"
            )
        return sent, link_context(request, find)
    if "json-ld#context" in request.headers.get("link", ""):
        raise InvalidInput(
            "the @context of JSON-LD stands in the body, not in a Link header", place="Link header"
        )
    if isinstance(sent, dict):
        if "@context" not in sent:
            raise InvalidInput(
                "JSON-LD needs an @context", place="@context", remedy=f"add it, or send {JSON}"
            )
        return sent, compiled(sent["@context"], find)
    return sent, compiled(None, find)


def wish(request: AnyRequest, context: Terms) -> Wish:
    """How the answer shall look."""
    params = request.query_params
    return Wish(
        context=context,
        form=form(params.get("format"), params.get("options")),
        attrs=names(params.get("attrs"), context),
        system="sysAttrs" in params.get("options", "").split(","),
        language=params.get("lang", ""),
        dataset=params.get("datasetId", ""),
    )


def selection(request: AnyRequest, context: Terms) -> Selection:
    """Which entities are asked for; InvalidInput or Unsupported names the parameter."""
    params = request.query_params
    refuse(params)
    kinds = params.get("type", "")
    if set(kinds) & set("();"):
        raise Unsupported(
            "types cannot be combined by and yet", place="query type", remedy="list them with commas"
        )
    types = () if kinds == "*" else names(kinds.replace("|", ","), context)
    ids = tuple(i for i in params.get("id", "").split(",") if i)
    attrs = names(params.get("attrs"), context)
    asked = Selection(
        ids=ids,
        types=types,
        pattern=pattern(params["idPattern"], "query idPattern") if params.get("idPattern") else None,
        attrs=attrs,
        test=compile_q(params["q"], lambda name: stored(name, context)) if params.get("q") else None,
        geo=_geo(params, context),
        limit=whole(params, "limit", PAGE, LARGEST_PAGE),
        offset=whole(params, "offset", 0, 1 << 31),
        count=params.get("count", "false") == "true",
    )
    if asked.plain and not (types or ids or kinds == "*" or params.get("local") == "true"):
        raise InvalidInput(
            "say which entities you want",
            place="query",
            remedy="give type, id, idPattern, attrs, q or georel",
        )
    if asked.limit == 0 and not asked.count:
        raise InvalidInput("limit=0 makes sense only with count=true", place="query limit")
    return asked


def refuse(params: Mapping[str, Any]) -> None:
    """Unsupported if a parameter of the standard is used that this part does not have."""
    for name in NOT_YET:
        if name in params:
            raise Unsupported(f"{name} is not there yet", place=f"query {name}", remedy="leave it out")


def names(text: str | None, context: Terms) -> tuple[str, ...]:
    """A list of names with commas, as the hub's names."""
    return tuple(stored(n.strip(), context) for n in (text or "").split(",") if n.strip())


def whole(params: Mapping[str, Any], name: str, otherwise: int, most: int) -> int:
    """A parameter that is a whole number from 0 to `most`."""
    text = params.get(name)
    if text is None:
        return otherwise
    if not (text.isascii() and text.isdigit()) or int(text[:20]) > most:
        raise InvalidInput(f"{text[:40]!r} is no number from 0 to {most}", place=f"query {name}")
    return int(text)


def _geo(params: Mapping[str, Any], context: Terms) -> GeoQuery | None:
    given = [params.get(n) for n in ("georel", "geometry", "coordinates")]
    if not any(given):
        return None
    if not all(given):
        raise InvalidInput("georel, geometry and coordinates belong together", place="query georel")
    name = stored(params.get("geoproperty", "location"), context)
    return geo_query(str(given[0]), str(given[1]), str(given[2]), name)
