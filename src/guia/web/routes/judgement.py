"""Alerts to acknowledge, decisions to take."""

from typing import Annotated, Any

import msgspec
from litestar import Request, get, post
from litestar.params import JSONBody, QueryParameter

from guia.core.decision import STATES
from guia.core.errors import InvalidInput
from guia.domains.answers import moment
from guia.web.city import City
from guia.web.shown import shown

Limit = Annotated[int, QueryParameter(ge=1, le=1000, description="at most so many")]


class Reason(msgspec.Struct):
    """Why somebody decided so."""

    reason: str = ""


def handlers(city: City) -> list[Any]:
    """Routes of `/api/alerts` and `/api/decisions`."""
    hub = city.hub

    @get("/api/alerts", tags=["alerts"], sync_to_thread=True)
    def alerts(
        only_open: Annotated[bool, QueryParameter(name="open")] = True,
        domain: str | None = None,
        since: str | None = None,
        limit: Limit = 500,
    ) -> list[dict[str, Any]]:
        """Alerts, those that have not ended unless `open=false`; `since` limits to those updated after."""
        after = moment(since, "since", 0) if since else None
        return [shown(a) for a in hub.alerts(open_only=only_open, domain=domain, since=after, limit=limit)]

    @post("/api/alerts/{alert_id:str}/acknowledge", tags=["alerts"], status_code=200, sync_to_thread=True)
    def acknowledge(alert_id: str, request: Request[Any, Any, Any]) -> dict[str, Any]:
        """Say that you have seen it and care for it."""
        return shown(hub.acknowledge(alert_id, request.state.actor.name))

    @get("/api/decisions", tags=["decisions"], sync_to_thread=True)
    def decisions(
        among: Annotated[str | None, QueryParameter(name="state")] = None,
        domain: str | None = None,
        limit: Limit = 200,
    ) -> list[dict[str, Any]]:
        """Decisions, newest first; `state` may be a list with commas."""
        states = tuple(among.split(",")) if among else ()
        if unknown := set(states) - set(STATES):
            raise InvalidInput(
                f"there is no state {', '.join(sorted(unknown))}",
                place="query state",
                remedy=f"use {', '.join(STATES)}",
            )
        return [shown(d) for d in hub.decisions(states=states, domain=domain, limit=limit)]

    @get("/api/decisions/{decision_id:str}", tags=["decisions"], sync_to_thread=True)
    def decision(decision_id: str) -> dict[str, Any]:
        """One decision with evidence, alternatives, predicted and measured effect."""
        return shown(hub.decision(decision_id))

    @post("/api/decisions/{decision_id:str}/approve", tags=["decisions"], status_code=200,
          opt={"roles": ("operator",)}, sync_to_thread=True)  # fmt: skip
    def approve(
        decision_id: str, request: Request[Any, Any, Any], data: JSONBody[Reason | None] = None
    ) -> dict[str, Any]:
        """Approve a proposal: it is applied at once."""
        reason = data.reason if data else ""
        return shown(hub.decide(decision_id, "approved", request.state.actor.name, reason))

    @post("/api/decisions/{decision_id:str}/reject", tags=["decisions"], status_code=200,
          opt={"roles": ("operator",)}, sync_to_thread=True)  # fmt: skip
    def reject(
        decision_id: str, request: Request[Any, Any, Any], data: JSONBody[Reason | None] = None
    ) -> dict[str, Any]:
        """Reject a proposal, with a reason."""
        reason = data.reason if data else ""
        return shown(hub.decide(decision_id, "rejected", request.state.actor.name, reason))

    return [alerts, acknowledge, decisions, decision, approve, reject]
