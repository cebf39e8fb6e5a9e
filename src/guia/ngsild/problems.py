"""Errors as NGSI-LD names them (GS CIM 009, table 6.3.2-1), in the form of RFC 9457."""

from typing import Any

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException

from guia.core.errors import GuiaError, InvalidInput

BASE = "https://uri.etsi.org/ngsi-ld/errors/"
TYPES = {
    400: "BadRequestData",
    404: "ResourceNotFound",
    405: "OperationNotSupported",
    409: "AlreadyExists",
    415: "UnsupportedMediaType",
    422: "OperationNotSupported",
    501: "OperationNotSupported",
    503: "LdContextNotAvailable",
    504: "LdContextNotAvailable",
}


class InvalidRequest(InvalidInput):
    """The request itself, not its data, is wrong: JSON that does not parse, parameters that do not go together."""

    uri = BASE + "InvalidRequest"


class UnsupportedMediaType(GuiaError):  # noqa: N818 - read as a statement
    """The body is neither JSON nor JSON-LD."""

    status, code, title = 415, "unsupported-media-type", "This kind of body is not understood"


class ContextNotAvailable(GuiaError):  # noqa: N818
    """An @context that is not at hand. Guia fetches nothing from outside on somebody's word."""

    status, code, title = 504, "context-not-available", "The @context is not available"


def problem(error: GuiaError) -> dict[str, Any]:
    """Problem document of an error, with the standard's type."""
    name = TYPES.get(error.status)
    uri = getattr(error, "uri", None) or (BASE + name if name else error.problem()["type"])
    return {**error.problem(), "type": uri}


def respond(request: Request[Any, Any, Any], error: GuiaError) -> Response[bytes]:
    """Exception handler of the NGSI-LD routes."""
    headers = {"www-authenticate": 'Bearer realm="guia"'} if error.status == 401 else {}
    return Response(
        msgspec.json.encode(problem(error)),
        status_code=error.status,
        media_type="application/problem+json",
        headers=headers,
    )


def respond_http(request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    """What the framework found wrong: a parameter that does not parse, a method that is not there."""
    found = InvalidRequest(
        error.detail, place=request.url.path, remedy="docs/ngsi-ld.md says what is understood"
    )
    extra = getattr(error, "extra", None)
    if isinstance(extra, list):
        said = [f"{e.get('key', '')}: {e.get('message', '')}" for e in extra if isinstance(e, dict)]
        found.detail = "; ".join(said) or found.detail
    response = respond(request, found)
    if error.status_code != 400:
        found.status = error.status_code
        body = {**problem(found), "status": error.status_code}
        body["type"] = BASE + TYPES.get(error.status_code, "InvalidRequest")
        response.content, response.status_code = msgspec.json.encode(body), error.status_code
    return response
