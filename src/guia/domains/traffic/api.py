"""Routes of the traffic domain; what they answer stands in docs/http-api.md."""

from typing import Annotated, Any

from litestar import Request, Response, get
from litestar.params import Parameter

from guia.capabilities.exchange import offer
from guia.capabilities.routes import Routes
from guia.domains.answers import Bulk, encoded, lonlat, moment
from guia.domains.traffic.service import Offered, Traffic
from guia.packs.pack import Pack


def handlers(city: Any) -> list[Any]:
    """Route handlers for a running city."""
    traffic = Traffic(Pack.open(city.pack), city.hub, city.clock)
    offer(city, Routes, Offered(traffic))
    network: list[Bulk] = []

    @get("/api/traffic/network", sync_to_thread=True, tags=["traffic"])
    def roads(request: Request[Any, Any, Any]) -> Response[bytes]:
        """Every road segment: geometry, names, class, lanes; once, with an ETag."""
        if not network:
            network.append(Bulk(traffic.network_body()))
        return network[0].answer(request)

    @get("/api/traffic/state", sync_to_thread=True, tags=["traffic"])
    def state(horizon: int = 0, at: str | None = None) -> Response[bytes]:
        """Speed and level of every segment in network order: now, up to 60 minutes ahead, or in the past."""
        return encoded(traffic.state(horizon, moment(at, "at", 0) if at else None))

    @get("/api/traffic/segments/{segment_id:str}", sync_to_thread=True, tags=["traffic"])
    def segment(segment_id: str) -> Response[bytes]:
        """One segment with its series and newest values."""
        return encoded(traffic.segment(segment_id))

    @get("/api/traffic/junctions", sync_to_thread=True, tags=["traffic"])
    def junctions() -> Response[bytes]:
        """Junctions with signals: stored plans, running plan and stage."""
        return encoded(traffic.junctions())

    @get("/api/traffic/junctions/{junction_id:str}", sync_to_thread=True, tags=["traffic"])
    def junction(junction_id: str) -> Response[bytes]:
        """One junction with its movements and stages."""
        return encoded(traffic.junction(junction_id))

    @get("/api/traffic/route", sync_to_thread=True, tags=["traffic"])
    def route(
        start: Annotated[str, Parameter(query="from")],
        goal: Annotated[str, Parameter(query="to")],
        mode: str = "car",
        depart: str | None = None,
    ) -> Response[bytes]:
        """The fastest way by car or on foot on predicted traffic, with the interval of arrival."""
        leaves = moment(depart, "depart", city.clock.now())
        return encoded(traffic.route(lonlat(start, "from"), lonlat(goal, "to"), mode, leaves))

    return [roads, state, segment, junctions, junction, route]
