"""The tiny city made ready for SUMO once for all tests of the twin."""

from pathlib import Path

import numpy as np
import pytest

from guia.core.clock import instant
from guia.packs import Pack
from guia.twin.city import TwinCity
from guia.twin.simulation import Simulation
from guia.twin.site import Site, prepare

CITIES = Path(__file__).parents[2] / "cities"
EVENING = instant("2026-11-20T18:00:00Z")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here needs SUMO."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.twin)


@pytest.fixture(scope="session")
def pack() -> Pack:
    """The tiny city."""
    return Pack.open(CITIES / "tiny")


@pytest.fixture(scope="session")
def site(pack: Pack, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The tiny city ready for SUMO."""
    return prepare(pack, tmp_path_factory.mktemp("site"))


@pytest.fixture
def city(site: Site):
    """The tiny city under way on a Friday evening."""
    sim = Simulation(site.net, site.additional, 1)
    city = TwinCity(site, sim, np.random.default_rng(1), EVENING)
    city.wake()
    yield city
    sim.close()
