"""Compiles the numeric kernels once, by asking the tiny city for routes and journeys as its users would."""

import asyncio
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from guia.core.clock import WallClock
from guia.core.hub import Hub
from guia.packs.pack import Pack
from guia.web.server import create_app

PACK = Path(__file__).parents[1] / "cities/tiny"


@dataclass
class StandingCity:
    """A city without brains."""

    data: Path
    hub: Hub
    clock: WallClock
    name: str = "tiny"
    pack: Path = PACK

    def stats(self) -> dict[str, Any]:
        """Nothing runs."""
        return {}


async def ask(city: StandingCity) -> None:
    """One question per kernel."""
    west, south, east, north = Pack.open(PACK).bbox
    ends = {"from": f"{west},{south}", "to": f"{east},{north}"}
    transport = httpx.ASGITransport(create_app(city))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        for path, more in (
            ("/api/traffic/route", {"mode": "car"}),
            ("/api/traffic/route", {"mode": "foot"}),
            ("/api/transit/journeys", {}),
        ):
            (await client.get(path, params=ends | more)).raise_for_status()


with tempfile.TemporaryDirectory() as folder:
    hub = Hub.open(Path(folder), WallClock())
    asyncio.run(ask(StandingCity(Path(folder), hub, WallClock())))
    hub.close()
