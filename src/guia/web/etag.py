"""Answers that seldom change: sent once, then confirmed with 304."""

import hashlib
from typing import Any

import msgspec
from litestar import Request, Response


def unchanged(request: Request[Any, Any, Any], tag: str) -> bool:
    """Whether the caller has this version already."""
    sent = request.headers.get("if-none-match", "")
    return sent == "*" or tag in (t.strip().removeprefix("W/") for t in sent.split(","))


class Bulk:
    """A JSON answer encoded once and kept, with its ETag. Domains use it for what a pack says."""

    def __init__(self, body: object) -> None:
        self.body = msgspec.json.encode(body)
        self.tag = f'"{hashlib.blake2b(self.body, digest_size=12).hexdigest()}"'

    def answer(self, request: Request[Any, Any, Any]) -> Response[bytes]:
        """The body, or 304 if the caller has it."""
        headers = {"etag": self.tag, "cache-control": "no-cache"}
        if unchanged(request, self.tag):
            return Response(b"", status_code=304, headers=headers)
        return Response(self.body, media_type="application/json", headers=headers)
