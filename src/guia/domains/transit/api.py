"""Routes of the transit domain; what they answer stands in docs/http-api.md."""

from typing import Annotated, Any

from litestar import Request, Response, get
from litestar.params import Parameter

from guia.capabilities.departures import Departures
from guia.capabilities.exchange import need, offer
from guia.capabilities.routes import Place, Route, Routes
from guia.domains.answers import Bulk, encoded, lonlat, moment
from guia.domains.transit.service import Transit
from guia.packs.pack import Pack


def handlers(city: Any) -> list[Any]:
    """Route handlers for a running city."""

    def walk(start: Place, goal: Place, depart: int) -> Route:
        return need(city, Routes).route(start, goal, "foot", depart)

    transit = Transit(Pack.open(city.pack), city.hub, city.clock, walk)
    offer(city, Departures, transit)
    kept: dict[str, Bulk] = {}

    @get("/api/transit/vehicles", sync_to_thread=True, tags=["transit"])
    def vehicles(at: str | None = None) -> Response[bytes]:
        """Every vehicle under way: where it was heard of, else where the timetable has it."""
        return encoded(transit.vehicles(moment(at, "at", city.clock.now())))

    @get("/api/transit/lines", sync_to_thread=True, tags=["transit"])
    def lines(request: Request[Any, Any, Any]) -> Response[bytes]:
        """Routes with kind, colour, names and shapes; with an ETag."""
        if "lines" not in kept:
            kept["lines"] = Bulk(transit.lines())
        return kept["lines"].answer(request)

    @get("/api/transit/stops", sync_to_thread=True, tags=["transit"])
    def stops(request: Request[Any, Any, Any]) -> Response[bytes]:
        """Stops with names and the routes that call there; with an ETag."""
        if "stops" not in kept:
            kept["stops"] = Bulk(transit.stops())
        return kept["stops"].answer(request)

    @get("/api/transit/stops/{stop_id:str}/departures", sync_to_thread=True, tags=["transit"])
    def departures(stop_id: str, at: str | None = None, limit: int = 12) -> Response[bytes]:
        """What leaves a stop next, with the interval in which it should."""
        return encoded(transit.departure_board(stop_id, moment(at, "at", city.clock.now()), limit))

    @get("/api/transit/journeys", sync_to_thread=True, tags=["transit"])
    def journeys(
        start: Annotated[str, Parameter(query="from")],
        goal: Annotated[str, Parameter(query="to")],
        depart: str | None = None,
    ) -> Response[bytes]:
        """Ways to get there by public transport and on foot, with the interval of arrival."""
        leaves = moment(depart, "depart", city.clock.now())
        return encoded(transit.journeys(lonlat(start, "from"), lonlat(goal, "to"), leaves))

    return [vehicles, lines, stops, departures, journeys]
