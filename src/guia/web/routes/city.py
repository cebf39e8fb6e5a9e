"""What this city is, and how it is."""

import asyncio
from importlib.metadata import version
from typing import Any

from litestar import Request, Response, get

from guia.core.clock import iso
from guia.domains.answers import Bulk
from guia.feeds.intake import Intakes
from guia.packs.pack import Pack
from guia.web.basemap import basemap
from guia.web.city import City
from guia.web.metrics import CONTENT_TYPE, Collector, Requests, render


def handlers(city: City, pack: Pack, intakes: Intakes, requests: Requests, domains: list[str]) -> list[Any]:
    """Routes of `/api/city`, `/api/health` and `/metrics`."""
    collector = Collector(city, intakes, requests)

    @get("/api/city", tags=["city"], sync_to_thread=False)
    def about() -> dict[str, Any]:
        """Name, titles, extent, clock, sources with licence and label, departments, domains, version."""
        return {
            "name": pack.name,
            "titles": pack.title,
            "bbox": pack.bbox,
            "timezone": str(pack.timezone),
            "languages": pack.languages,
            "drives_on": pack.settings("traffic").get("drives_on", "right"),
            "clock": {
                "now": iso(city.clock.now()),
                "speed": float(getattr(city.clock, "speed", 1.0)),
                "kind": type(city.clock).__name__.removesuffix("Clock").lower(),
            },
            "sources": pack.sources,
            "departments": pack.departments,
            "domains": domains,
            "version": version("guia"),
        }

    ground: list[Bulk] = []

    @get("/api/city/basemap", tags=["city"], sync_to_thread=True)
    def ground_map(request: Request[Any, Any, Any]) -> Response[bytes]:
        """What maps are drawn on: land, water, green and named places, as GeoJSON."""
        if not ground:
            ground.append(Bulk(basemap(pack)))
        return ground[0].answer(request)

    @get("/api/health", tags=["city"], opt={"anyone": True}, sync_to_thread=False)
    def health() -> dict[str, Any]:
        """Whether the city is well: hub, feeds, twin, brains. `status` is `ok` or `degraded`, with the reasons."""
        feeds = [intake.state() for intake in intakes]
        stats = city.stats()
        complaints = [f"feed {f.name} is silent" for f in feeds if f.silent]
        complaints += [f"feed {f.name}: {f.problem}" for f in feeds if f.problem]
        complaints += intakes.twin.complaints()
        complaints += [str(c) for c in stats.get("complaints", ())]
        return {
            **stats,
            "status": "degraded" if complaints else "ok",
            "complaints": complaints,
            "now": iso(city.clock.now()),
            "hub": city.hub.stats(),
            "feeds": feeds,
            "twin": intakes.twin.state,
        }

    @get("/metrics", tags=["city"])
    async def metrics() -> Response[bytes]:
        """Figures for Prometheus."""
        body = await asyncio.to_thread(render, collector)
        return Response(body, headers={"content-type": CONTENT_TYPE})

    return [about, ground_map, health, metrics]
