"""How domains answer over HTTP: columns as JSON, bulk answers with an ETag, places and instants in queries."""

import hashlib
from typing import Any

import msgspec
import numpy as np
from litestar import Request, Response
from numpy.typing import NDArray

from guia.core.clock import instant
from guia.core.errors import InvalidInput

JSON = "application/json"


def numbers(column: NDArray[Any], digits: int = 1) -> list[float | None]:
    """A column rounded for JSON; what is not finite becomes null."""
    rounded = np.round(np.asarray(column, np.float64), digits)
    values: list[float | None] = rounded.tolist()
    for row in np.flatnonzero(~np.isfinite(rounded)):
        values[row] = None
    return values


class Bulk:
    """An answer that changes only with the pack: encoded once, confirmed with 304 to those who have it."""

    def __init__(self, body: object) -> None:
        self.body = msgspec.json.encode(body)
        self.tag = f'"{hashlib.blake2b(self.body, digest_size=12).hexdigest()}"'

    def answer(self, request: Request[Any, Any, Any]) -> Response[bytes]:
        """The body, or 304."""
        headers = {"etag": self.tag, "cache-control": "no-cache"}
        if self.tag in request.headers.get("if-none-match", ""):
            return Response(b"", status_code=304, headers=headers)
        return Response(self.body, media_type=JSON, headers=headers)


def encoded(body: object) -> Response[bytes]:
    """A JSON answer."""
    return Response(body if isinstance(body, bytes) else msgspec.json.encode(body), media_type=JSON)


def lonlat(text: str, place: str) -> tuple[float, float]:
    """Longitude and latitude of a query parameter `lon,lat`; InvalidInput names the parameter."""
    try:
        lon, lat = (float(part) for part in text.split(","))
        if abs(lon) <= 180 and abs(lat) <= 90:
            return lon, lat
    except ValueError:
        pass
    raise InvalidInput(
        f"{text!r} is no place",
        place=f"query {place}",
        remedy="write longitude,latitude such as 113.549,22.215",
    )


def moment(text: str | None, place: str, otherwise: int) -> int:
    """Instant of a query parameter, or `otherwise` if it was not given; InvalidInput names the parameter."""
    if not text:
        return otherwise
    try:
        return instant(text.replace(" ", "+"))
    except (ValueError, OverflowError):
        raise InvalidInput(
            f"{text!r} is no instant",
            place=f"query {place}",
            remedy="write it like 2026-11-21T08:00:00Z, with a zone",
        ) from None
