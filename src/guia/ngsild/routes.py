"""The NGSI-LD API under `/ngsi-ld/v1`: what is there answers as the standard says, what is not says so."""

from pathlib import Path
from typing import Protocol

from litestar import HttpMethod, Router, route
from litestar.exceptions import HTTPException

from guia.core.clock import Clock
from guia.core.errors import GuiaError, NotFound, Unsupported
from guia.core.hub import Hub
from guia.ngsild import routes_context, routes_entities, routes_temporal
from guia.ngsild.hosted import Hosted
from guia.ngsild.live import SeriesOf
from guia.ngsild.problems import respond, respond_http
from guia.ngsild.provision import Provision
from guia.ngsild.temporal import Past

BASE = "/ngsi-ld/v1"
LARGEST_BODY = 32 << 20
NOT_YET = [
    "subscriptions",
    "csourceSubscriptions",
    "csourceRegistrations",
    "entityMaps",
    "snapshots",
    "temporal",
    "attributes",
    "info",
    "entityOperations",
    "entities",
]
"""Resources of the standard, or parts of them, that this part does not have."""


class City(Protocol):
    """What the context broker needs of a city."""

    data: Path
    hub: Hub
    clock: Clock


def router(city: City) -> Router:
    """All routes of the standard."""
    hosted = Hosted(city.data / "contexts")
    series_of = SeriesOf(city.hub)
    provision = Provision(city.hub, city.clock)
    return Router(
        BASE,
        route_handlers=[
            *routes_entities.reading(city.hub, series_of, hosted),
            *routes_entities.writing(provision, city.clock, hosted),
            *routes_entities.attributes(provision, hosted),
            *routes_temporal.handlers(city.hub, series_of, Past(city.hub, series_of), hosted),
            *routes_context.handlers(hosted),
            not_yet,
        ],
        exception_handlers={GuiaError: respond, HTTPException: respond_http},
        request_max_body_size=LARGEST_BODY,
        tags=["NGSI-LD"],
    )


@route(
    "/{path:path}",
    http_method=[HttpMethod.GET, HttpMethod.POST, HttpMethod.PATCH, HttpMethod.PUT, HttpMethod.DELETE],
    include_in_schema=False,
    opt={"anyone": True},
    sync_to_thread=False,
)
def not_yet(path: str) -> None:
    """What the standard has and this part has not yet."""
    resource = path.strip("/").partition("/")[0]
    if resource in NOT_YET:
        raise Unsupported(
            f"{path} is not there yet", place=BASE + path, remedy="docs/ngsi-ld.md lists what is there"
        )
    raise NotFound(
        f"the standard knows no {path}", place=BASE + path, remedy="docs/ngsi-ld.md lists what is there"
    )
