"""Errors at the edge: every one is a problem document (RFC 9457) that names the place and the remedy."""

import logging
import re
from http import HTTPStatus
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException

from guia.core.errors import GuiaError, InvalidInput, TooBusy, Unauthenticated
from guia.ngsild.problems import respond_http

MEDIA_TYPE = "application/problem+json"
log = logging.getLogger("guia.web")
_MISSING = re.compile(r"Missing required (?P<source>\w+) parameter '(?P<name>[^']+)'")
_WAIT = re.compile(r"wait (\d+) seconds")
REMEDIES = {
    404: "the paths are listed at /docs",
    405: "the methods of each path are listed at /docs",
    413: "send it in smaller pieces: a feed takes 64 MB at a time, all else 4 MB",
}


def answer(status: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> Response[bytes]:
    """The response that carries a problem document."""
    return Response(
        msgspec.json.encode(body), status_code=status, media_type=MEDIA_TYPE, headers=headers or {}
    )


def guia_problem(request: Request[Any, Any, Any], error: GuiaError) -> Response[bytes]:
    """A problem that Guia raised on purpose."""
    headers = {}
    if isinstance(error, TooBusy):
        wait = _WAIT.search(error.remedy)
        headers["retry-after"] = wait.group(1) if wait else "1"
    if isinstance(error, Unauthenticated):
        headers["www-authenticate"] = 'Bearer realm="guia"'
    return answer(error.status, error.problem(), headers)


def http_problem(request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    """A problem that the framework found: no such path, a parameter that does not parse, a body too large."""
    if request.url.path.startswith("/ngsi-ld/"):
        return respond_http(request, error)
    if isinstance(error, ValidationException):
        return guia_problem(request, _validation(error))
    status = error.status_code
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": error.detail,
        "place": request.url.path,
    }
    if status in REMEDIES:
        body["remedy"] = REMEDIES[status]
    return answer(status, body, dict(error.headers or {}))


def unexpected(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """A mistake of our own: logged with its traceback, shown without."""
    log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    problem = GuiaError(
        "Guia made a mistake while answering; the city goes on",
        place=request.url.path,
        remedy="try again; the server's log has the details",
    ).problem()
    return answer(500, problem)


def body_problem(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """JSON that does not parse, is nested without end, or has the wrong shape; msgspec says where in it."""
    return guia_problem(request, invalid(error, "body"))


def invalid(error: Exception, place: str) -> InvalidInput:
    """What a decoder said, as InvalidInput with `$.path` as its place."""
    text, _, path = str(error).partition(" - at `")
    return InvalidInput(
        text or "it cannot be read",
        place=f"{place} {path.rstrip('`')}" if path else place,
        remedy="/docs describes what is expected",
    )


def _validation(error: ValidationException) -> InvalidInput:
    extra = error.extra if isinstance(error.extra, list) else []
    found = [e for e in extra if isinstance(e, dict)]
    if not found:
        missing = _MISSING.search(error.detail)
        place = f"{missing['source']} {missing['name']}" if missing else ""
        return InvalidInput(error.detail, place=place, remedy="/docs describes what is expected")
    places = ", ".join(f"{_source(e)} {e.get('key', '')}".strip() for e in found)
    messages = "; ".join(str(e.get("message", "")) for e in found)
    return InvalidInput(messages, place=places, remedy="/docs describes what is expected")


def _source(found: dict[str, Any]) -> str:
    """`query`, `path`, `header`, `cookie` or `body`."""
    source = found.get("source", "body")
    return str(getattr(source, "value", source))


HANDLERS: dict[Any, Any] = {
    GuiaError: guia_problem,
    HTTPException: http_problem,
    msgspec.ValidationError: body_problem,
    msgspec.DecodeError: body_problem,
    RecursionError: body_problem,
    Exception: unexpected,
}
