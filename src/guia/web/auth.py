"""Who asks, and whether they may. Safe by default: what is not a read needs a role."""

import asyncio
import logging
import time
from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers.base import BaseRouteHandler

from guia.core.errors import Forbidden, GuiaError, Unauthenticated
from guia.web.accounts import Accounts, Actor
from guia.web.front import same_origin
from guia.web.sessions import COOKIE, Sessions

SAFE = frozenset(("GET", "HEAD", "OPTIONS"))
WRITERS = ("operator", "steward")
PUBLIC = Actor()
log = logging.getLogger("guia.web")


class Auth:
    """The guard of every route.

    A handler's `opt` may say: `roles` (who may call it), `anyone` (no log-in needed, for the log-in itself),
    `feed` (a feed's own token will do, for the path parameter `feed`).
    """

    def __init__(self, city: Any, accounts: Accounts, sessions: Sessions, *, loopback: bool) -> None:
        self._journal = getattr(city, "journal", None)
        self._accounts, self._sessions, self._loopback = accounts, sessions, loopback
        self._noted, self._unwritten = 0.0, 0

    async def guard(self, connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
        """Litestar guard: puts the actor into the connection's state, or raises."""
        actor = self.actor(connection)
        connection.state.actor = actor
        opt = handler.opt
        if opt.get("anyone"):
            return
        safe = connection.scope.get("method", "GET") in SAFE
        if safe and not opt.get("roles"):
            if not (self._loopback or actor.role != "public"):
                raise Unauthenticated(
                    "reading from another machine needs a log-in", remedy="POST /api/session"
                )
            return
        try:
            _may(actor, opt, connection.path_params.get("feed", ""))
        except (Forbidden, Unauthenticated) as error:
            await self._refused(actor, connection, error)
            raise

    def actor(self, connection: ASGIConnection[Any, Any, Any, Any]) -> Actor:
        """Who makes this request: bearer token first, then session cookie, else the public."""
        scheme, _, secret = connection.headers.get("authorization", "").partition(" ")
        if scheme:
            found = self._accounts.bearer(secret.strip()) if scheme.lower() == "bearer" else None
            if found is None:
                raise Unauthenticated("this token is not known", remedy="guia token create makes a new one")
            return found
        cookie = connection.cookies.get(COOKIE, "")
        name = self._sessions.account(cookie) if cookie else ""
        account = self._accounts.get(name) if name else None
        if account is None:
            return PUBLIC
        if connection.scope.get("method", "GET") not in SAFE and not same_origin(connection.scope):
            raise Forbidden(
                "this request was made by another site's page",
                place="Origin header",
                remedy="use Guia's own pages, or a bearer token",
            )
        return Actor(name=account.name, role=account.role, department=account.department)

    async def note(self, kind: str, actor: str, body: dict[str, Any]) -> None:
        """Write down an access in the city's journal, if it keeps one; on disk when this returns."""
        if self._journal is not None:
            await asyncio.to_thread(self._journal.append, kind, actor, body)

    async def _refused(
        self, actor: Actor, connection: ASGIConnection[Any, Any, Any, Any], error: GuiaError
    ) -> None:
        """Refusals are journalled like accesses, but no more than one a second: a flood must not fill the disk."""
        method, path = str(connection.scope.get("method", "")), connection.url.path
        log.warning("refused %s %s to %s: %s", method, path, actor.name, error.detail)
        self._unwritten += 1
        if time.monotonic() - self._noted >= 1.0:
            body = {"method": method, "path": path[:200], "why": error.code, "refusals": self._unwritten}
            self._noted, self._unwritten = time.monotonic(), 0
            await self.note("refused", actor.name, body)


def _may(actor: Actor, opt: dict[str, Any], feed: str) -> None:
    """Raises unless `actor` may call a handler with these `opt`."""
    if actor.role == "public":
        raise Unauthenticated(
            "this needs a log-in", remedy="POST /api/session, or send Authorization: Bearer <token>"
        )
    if actor.feed:
        if not (opt.get("feed") and actor.feed == feed):
            raise Forbidden(
                f"this token is for pushing to feed {actor.feed} only",
                remedy=f"guia token create --feed {feed}" if feed else "use a token without a feed",
            )
        return
    roles = opt.get("roles", WRITERS)
    if actor.role not in roles:
        raise Forbidden(f"role {actor.role} may not do this", remedy=f"it takes {' or '.join(roles)}")
