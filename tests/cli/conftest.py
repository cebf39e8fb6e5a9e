"""The small city, served over HTTP."""

import asyncio
import threading
from collections.abc import Iterator

import pytest
from small_city import NOW, Answering, SmallCity, fill

from guia.core.clock import ManualClock
from guia.core.hub import Hub


@pytest.fixture(scope="module")
def answering(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Answering]:
    """The city, served on a free port."""
    from guia.web.accounts import Accounts
    from guia.web.server import create_app, serve

    data, clock = tmp_path_factory.mktemp("tiny"), ManualClock(NOW)
    accounts = Accounts(data)
    accounts.add("operator", "a long password", "operator")
    token = accounts.create_token("operator")
    accounts.close()
    hub = Hub.open(data, clock)
    fill(hub)
    app = create_app(SmallCity(data, hub, clock))
    loop, port, up = asyncio.new_event_loop(), [0], threading.Event()

    def listens(number: int) -> None:
        port[0] = number
        up.set()

    task = loop.create_task(serve(app, "127.0.0.1", 0, started=listens))
    thread = threading.Thread(target=lambda: loop.run_until_complete(asyncio.wait([task])))
    thread.start()
    assert up.wait(30)
    yield Answering(f"http://127.0.0.1:{port[0]}", token, hub)
    loop.call_soon_threadsafe(task.cancel)
    thread.join(30)
    loop.close()
    hub.close()
