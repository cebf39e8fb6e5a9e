import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from guia.core.clock import ManualClock, instant
from guia.core.hub import Hub
from guia.core.series import Series
from guia.web.accounts import Accounts
from guia.web.server import create_app

NOW = instant("2026-11-21T08:00:00Z")
PASSWORD = "correct horse battery"
TINY = Path(__file__).parents[2] / "cities" / "tiny"


class SmallCity:
    """A real hub on the tiny pack; nothing runs but what a test starts."""

    name = "tiny"
    pack = TINY

    def __init__(self, data: Path) -> None:
        self.data = data
        self.clock = ManualClock(NOW)
        self.hub = Hub.open(data, self.clock)
        self.journal = Notes()

    def stats(self) -> dict[str, Any]:
        return {"brains": {"traffic": {"steps": 3, "state": "running"}}}


class Notes:
    """Stands for the journal: keeps what it is told."""

    def __init__(self) -> None:
        self.entries: list[tuple[str, str, dict[str, Any]]] = []

    def append(self, kind: str, actor: str, body: dict[str, Any] | None = None, *, position: int = -1) -> int:
        self.entries.append((kind, actor, body or {}))
        return len(self.entries) - 1


@pytest.fixture
def city(tmp_path: Path) -> Iterator[SmallCity]:
    city = SmallCity(tmp_path / "tiny")
    yield city
    city.hub.close()


@pytest.fixture(scope="session")
def accounts_db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made once: hashing passwords is slow on purpose."""
    folder = tmp_path_factory.mktemp("accounts")
    accounts = Accounts(folder)
    accounts.add("ana", PASSWORD, "operator", "roads")
    accounts.add("rui", PASSWORD, "viewer")
    accounts.close()
    return folder / "accounts.db"


@pytest.fixture
def accounts(city: SmallCity, accounts_db: Path) -> Iterator[Accounts]:
    shutil.copy(accounts_db, city.data)
    accounts = Accounts(city.data)
    yield accounts
    accounts.close()


@pytest.fixture
def token(accounts: Accounts) -> str:
    return accounts.create_token("ana")


@pytest.fixture
async def public(city: SmallCity) -> AsyncIterator[httpx.AsyncClient]:
    async with connect(city) as found:
        yield found


@pytest.fixture
async def operator(city: SmallCity, token: str) -> AsyncIterator[httpx.AsyncClient]:
    async with connect(city) as found:
        found.headers["authorization"] = f"Bearer {token}"
        yield found


@pytest.fixture
def client() -> Callable[..., httpx.AsyncClient]:
    """Makes a browser's connection to a city served on `host`."""
    return connect


def connect(city: SmallCity, host: str = "127.0.0.1") -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=create_app(city, host=host), raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url=f"http://{host}:8600")


@pytest.fixture
def speeds(city: SmallCity) -> list[int]:
    """Two series with bounds."""
    specs = [
        Series(entity=f"urn:ngsi-ld:RoadSegment:tiny:s{i}", attribute="speed", unit="KMH", label="synthetic",
               source="detectors", lower=0, upper=200)
        for i in range(2)
    ]  # fmt: skip
    return [int(i) for i in city.hub.define(specs)]
