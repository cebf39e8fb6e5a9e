"""The web application of a city, and the server that runs it."""

import asyncio
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.metadata import entry_points, version
from importlib.util import find_spec
from typing import Any

import uvicorn
from litestar import Litestar
from litestar.config.compression import CompressionConfig
from litestar.logging import LoggingConfig
from litestar.openapi.config import OpenAPIConfig

from guia.core.errors import Conflict, Forbidden
from guia.feeds.intake import Intakes
from guia.feeds.settings import read
from guia.ngsild.routes import router
from guia.packs.pack import Pack
from guia.web import openapi, problems
from guia.web.accounts import Accounts
from guia.web.auth import Auth
from guia.web.city import City
from guia.web.front import Front, is_loopback
from guia.web.metrics import Requests
from guia.web.routes import city as city_routes
from guia.web.routes import console, events, feeds, judgement, search, series, session
from guia.web.sessions import Sessions, Throttle

LARGEST_BODY = 4 << 20
GZIP_LEVEL = 2
"""Answers are made for one reader each: light compression costs less than it saves."""
DESCRIPTION = (
    "What the city senses, knows, foresees and decides. Times are ISO 8601 UTC; errors are RFC 9457."
)


def create_app(city: City, intakes: Intakes | None = None, *, host: str = "127.0.0.1") -> Front:
    """The ASGI application of `city`, to be served on `host`.

    `intakes` are those of the running feeds (`guia.feeds.start`). Forbidden if `host` is not this machine and
    the city has no account: nobody could log in, and anybody could read.
    """
    accounts = Accounts(city.data)
    loopback = is_loopback(host)
    if not loopback and not accounts.people():
        raise Forbidden(
            f"{host} can be reached by other machines, but the city has no account",
            place="--host",
            remedy="guia account add NAME makes one; or leave --host out",
        )
    pack = Pack.open(city.pack)
    if intakes is None:
        intakes = Intakes(city.hub, city.clock, read(pack.feeds), time.monotonic)
    sessions, throttle, requests = Sessions(time.monotonic), Throttle(time.monotonic), Requests()
    auth = Auth(city, accounts, sessions, loopback=loopback)
    domains = domain_handlers(city)
    names = sorted(domains)
    routes = [
        *city_routes.handlers(city, pack, intakes, requests, names),
        *session.handlers(accounts, sessions, throttle, auth),
        *events.handlers(city, names),
        *search.handlers(pack),
        *series.handlers(city),
        *judgement.handlers(city),
        *feeds.handlers(city, intakes),
        *(handler for name in names for handler in domains[name]),
        router(city),
        *console.handlers(),
    ]
    app = Litestar(
        route_handlers=routes,
        guards=[auth.guard],
        exception_handlers=problems.HANDLERS,
        compression_config=CompressionConfig(
            "gzip", gzip_compress_level=GZIP_LEVEL, minimum_size=1024, exclude=["^/api/events"]
        ),
        request_max_body_size=LARGEST_BODY,
        openapi_config=OpenAPIConfig(
            title=f"Guia · {pack.title.get('en', pack.name)}",
            version=version("guia"),
            description=DESCRIPTION,
            path="/docs",
            use_handler_docstrings=True,
            render_plugins=openapi.plugins(),
        ),
        logging_config=LoggingConfig(configure_root_logger=False, log_exceptions="never"),
    )
    return Front(app, requests, loopback=loopback)


def domain_handlers(city: City) -> dict[str, list[Any]]:
    """Route handlers of each installed domain: `<package>.api:handlers(city)`; none for one without an api."""
    found: dict[str, list[Any]] = {}
    for entry in entry_points(group="guia.domains"):
        found[entry.name] = []
        if find_spec(f"{entry.value}.api") is not None:
            found[entry.name] += import_module(f"{entry.value}.api").handlers(city)
    return found


class _Server(uvicorn.Server):
    """Leaves signals to whoever runs the city."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


async def serve(
    app: Any, host: str, port: int, *, started: Callable[[int], None] = lambda port: None
) -> None:
    """Serve until cancelled, then end calmly. `started` is told the port once it listens (port 0: any free one).

    Conflict if the address cannot be had.
    """
    listening = _listening(host, port)
    config = uvicorn.Config(
        app,
        host,
        port,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=1,
    )
    server = _Server(config)
    running = asyncio.ensure_future(server.serve([listening]))
    try:
        while not server.started:
            await asyncio.wait({running}, timeout=0.02)
            if running.done():
                running.result()
                raise RuntimeError("the server ended before it listened")
        started(server.servers[0].sockets[0].getsockname()[1])
        await asyncio.shield(running)
    finally:
        server.should_exit = True
        await asyncio.wait({running})


def _listening(host: str, port: int) -> socket.socket:
    """A socket bound to the address."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        # Named as TCP, else asyncio leaves Nagle's algorithm on for it, and small answers wait 40 ms.
        bound = socket.socket(family, kind, socket.IPPROTO_TCP)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
    except OSError as error:
        raise Conflict(
            f"cannot listen on {host}:{port}: {error.strerror}",
            place="--host, --port",
            remedy="stop what uses it, or choose another port: --port 0 takes any free one",
        ) from None
    return bound
