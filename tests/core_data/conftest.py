"""A hub in a temporary folder, with series to write to."""

import pytest
from tiny_city import NOW, speed

from guia.core.clock import ManualClock
from guia.core.hub import Hub


@pytest.fixture
def clock():
    return ManualClock(NOW)


@pytest.fixture
def hub(tmp_path, clock):
    hub = Hub.open(tmp_path, clock)
    yield hub
    hub.close()


@pytest.fixture
def ids(hub):
    return hub.define([speed(n, lower=0, upper=200) for n in range(20)])
