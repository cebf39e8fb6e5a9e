"""Logging in and out."""

import asyncio
from typing import Any

import msgspec
from litestar import Request, Response, delete, get, post
from litestar.datastructures import Cookie
from litestar.params import JSONBody

from guia.core.errors import Unauthenticated
from guia.web.accounts import Accounts, Actor
from guia.web.auth import Auth
from guia.web.sessions import COOKIE, LIFETIME_S, Sessions, Throttle

HASHES_AT_ONCE = 2
"""scrypt takes 16 MiB and some 100 ms each: a flood of log-ins must not take the machine."""


class LogIn(msgspec.Struct):
    """A name and its password."""

    name: str
    password: str


def handlers(accounts: Accounts, sessions: Sessions, throttle: Throttle, auth: Auth) -> list[Any]:
    """Routes of `/api/session`."""
    turn = asyncio.Semaphore(HASHES_AT_ONCE)

    @get("/api/session", tags=["session"], opt={"anyone": True}, sync_to_thread=False)
    def who(request: Request[Any, Any, Any]) -> dict[str, Any]:
        """Who you are: actor, role, department."""
        return _shown(request.state.actor)

    @post("/api/session", tags=["session"], opt={"anyone": True}, status_code=200)
    async def log_in(data: JSONBody[LogIn], request: Request[Any, Any, Any]) -> Response[dict[str, Any]]:
        """Log in with a local account; the session travels in a cookie that scripts cannot read."""
        address = request.client.host if request.client else ""
        keys = (f"name {data.name[:64]}", f"address {address}")
        throttle.check(*keys)
        async with turn:
            account = await asyncio.to_thread(accounts.verify, data.name, data.password)
        if account is None:
            throttle.failed(*keys)
            await auth.note("login-failed", data.name[:64], {"address": address})
            raise Unauthenticated("name or password is wrong", remedy="guia account list shows the names")
        throttle.succeeded(*keys)
        actor = Actor(name=account.name, role=account.role, department=account.department)
        await auth.note("login", actor.name, {"address": address})
        cookie = Cookie(
            COOKIE,
            value=sessions.open(actor.name),
            max_age=LIFETIME_S,
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
        )
        return Response(_shown(actor), cookies=[cookie])

    @delete("/api/session", tags=["session"], opt={"anyone": True}, status_code=204)
    async def log_out(request: Request[Any, Any, Any]) -> Response[None]:
        """Log out; the session ends on the server too."""
        sessions.close(request.cookies.get(COOKIE, ""))
        return Response(None, status_code=204, cookies=[Cookie(COOKIE, value="", max_age=0)])

    return [who, log_in, log_out]


def _shown(actor: Actor) -> dict[str, Any]:
    return {"actor": actor.name, "role": actor.role, "department": actor.department}
