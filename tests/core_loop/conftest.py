"""A hub with three series of numbers, and the test brains where workers can import them."""

from collections.abc import Callable
from pathlib import Path

import pytest
from brains.counting import READS

from guia.core.clock import WallClock
from guia.core.columns import Batch
from guia.core.hub import Hub
from guia.core.series import Series

HERE = Path(__file__).parent


@pytest.fixture(autouse=True, scope="module")
def brains_can_be_imported():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", f"{HERE}:{HERE.parents[1] / 'src'}")
        yield


@pytest.fixture
def hub(tmp_path: Path):
    opened = Hub.open(tmp_path / "data", WallClock())
    opened.define([Series(entity=name.split("|")[0], attribute="number") for name in READS])
    yield opened
    opened.close()


@pytest.fixture
def feed(hub: Hub) -> Callable[[float], None]:
    def send(value: float) -> None:
        hub.ingest(Batch.of(hub.ids(READS), hub.clock.now(), [value, value + 1, value + 2]), "things")

    return send
