"""The front door, before any route: which host was asked for, what browsers may do, how long it took."""

import ipaddress
import time
from typing import Any

import msgspec

from guia.core.errors import GuiaError
from guia.web.metrics import Requests
from guia.web.problems import MEDIA_TYPE

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "font-src 'self'; connect-src 'self'; worker-src 'self' blob:; manifest-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)
"""Nothing from elsewhere, ever. Inline styles are allowed because map and plot libraries set them."""
HEADERS = [
    (b"content-security-policy", CSP.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"geolocation=(self), camera=(), microphone=()"),
]


class Misdirected(GuiaError):  # noqa: N818 - read as a statement
    """The request names another host: a web page that plays DNS tricks looks like this."""

    status, code, title = 421, "misdirected", "This is not the host you asked for"


class Front:
    """Wraps the application. `loopback`: only requests that name this machine are answered (no DNS rebinding)."""

    def __init__(self, app: Any, requests: Requests, *, loopback: bool) -> None:
        self.app = app
        self.loopback = loopback
        self._requests = requests

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """One ASGI connection."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = time.perf_counter()

        async def sending(message: Any) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], *HEADERS]}
                self._requests.count(message["status"], time.perf_counter() - started)
            await send(message)

        host = _header(scope, b"host")
        if self.loopback and not is_loopback(_host_name(host)):
            await _refuse(sending, host)
            return
        await self.app(scope, receive, sending)


def is_loopback(host: str) -> bool:
    """Whether a host name or address means this machine."""
    if host.lower() in ("localhost", "localhost."):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def same_origin(scope: Any) -> bool:
    """Whether a browser's request comes from our own pages; requests of other programs pass."""
    site = _header(scope, b"sec-fetch-site")
    if site and site not in ("same-origin", "none"):
        return False
    origin = _header(scope, b"origin")
    return not origin or origin.partition("://")[2] == _header(scope, b"host")


def _header(scope: Any, name: bytes) -> str:
    return next((v.decode("latin-1") for k, v in scope["headers"] if k == name), "")


def _host_name(host: str) -> str:
    """Host header without its port: `[::1]:8600` gives `::1`."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.rpartition(":")[0] if ":" in host else host


async def _refuse(send: Any, host: str) -> None:
    problem = Misdirected(
        f"this server does not answer to the name {host!r}",
        place="Host header",
        remedy="ask for 127.0.0.1 or localhost, or start Guia with --host and accounts",
    )
    headers = [(b"content-type", MEDIA_TYPE.encode())]
    await send({"type": "http.response.start", "status": problem.status, "headers": headers})
    await send({"type": "http.response.body", "body": msgspec.json.encode(problem.problem())})
