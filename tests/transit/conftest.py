"""The tiny city's timetable."""

from pathlib import Path

import pytest

from guia.domains.transit.schedule import Schedule
from guia.packs.pack import Pack

TINY = Path(__file__).parents[2] / "cities" / "tiny"


@pytest.fixture(scope="session")
def schedule():
    return Schedule(Pack.open(TINY))
