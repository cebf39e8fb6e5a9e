"""H05: routes by car and on foot in the tiny city."""

import itertools
from pathlib import Path

import numpy as np
import pytest

from guia.core.clock import MINUTE, SECOND, ManualClock, instant
from guia.core.columns import Forecasts
from guia.core.errors import InvalidInput, NotFound
from guia.core.hub import Hub
from guia.core.place import polyline_lengths_m
from guia.domains.traffic import brain as traffic
from guia.domains.traffic.routing import Router
from guia.packs.network import CAR
from guia.packs.pack import Pack

TINY = Path(__file__).parents[2] / "cities" / "tiny"
NOW = instant("2026-11-20T09:02:00Z")


@pytest.fixture
def pack():
    return Pack.open(TINY)


@pytest.fixture
def hub(tmp_path):
    opened = Hub.open(tmp_path, ManualClock(NOW))
    yield opened
    opened.close()


def middle(pack, segment):
    line = pack.network.line(segment)
    return tuple(((line[0] + line[1]) / 2).tolist())


def foresee(pack, hub, low, median, high):
    """Forecasts of equal speeds for every segment from now on."""
    ids = hub.define([s for s in traffic.build(TINY).writes() if s.attribute == "speed"])
    targets = NOW - 2 * MINUTE + np.arange(0, 70, 5) * MINUTE
    rows = [(q, t) for q in (0.1, 0.5, 0.9) for t in targets]
    n = len(ids)
    hub.put_forecasts(
        Forecasts(
            np.tile(ids, len(rows)), np.full(n * len(rows), NOW - 2 * MINUTE),
            np.repeat([t for _, t in rows], n), np.repeat([q for q, _ in rows], n),
            np.repeat([{0.1: low, 0.5: median, 0.9: high}[q] for q, _ in rows], n).astype(float), "test/1",
        ),
        "traffic",
    )  # fmt: skip


def test_from_everywhere_to_everywhere_by_car_as_one_street_after_another(pack, hub):
    router = Router(pack, hub)
    net = pack.network
    cars = np.flatnonzero(net.allows(CAR))
    for a in cars[::3]:
        for b in cars[::4]:
            found = router.route(middle(pack, a), middle(pack, b), "car", NOW)
            rows = [net.row[s] for s in found.segments]
            assert all(net.access[r] & CAR for r in rows)
            assert all(net.to_node[r] == net.from_node[s] for r, s in itertools.pairwise(rows))
            forbidden = {tuple(t) for t in net.turns.tolist()}
            assert not forbidden & set(itertools.pairwise(rows))
            drawn = pack.projection.points(found.coordinates)
            length = polyline_lengths_m(drawn, np.array([0, len(drawn)], np.int32))[0]
            assert length == pytest.approx(found.distance_m, abs=2)
            assert sum(s.distance_m for s in found.steps) == pytest.approx(found.distance_m)
            assert sum(s.duration_s for s in found.steps) == pytest.approx(
                (found.arrive - NOW) / SECOND, abs=1e-3
            )
            assert NOW <= found.arrive_early <= found.arrive <= found.arrive_late


def test_predicted_speeds_make_the_time_and_their_spread_the_interval(pack, hub):
    foresee(pack, hub, 18.0, 36.0, 54.0)
    start, goal = middle(pack, 0), middle(pack, 25)
    found = Router(pack, hub).route(start, goal, "car", NOW)
    seconds = found.distance_m / 10
    assert (found.arrive - NOW) / SECOND == pytest.approx(seconds, rel=1e-3)
    worst = found.distance_m / 5
    assert seconds < (found.arrive_late - NOW) / SECOND < worst
    assert found.distance_m / 15 < (found.arrive_early - NOW) / SECOND < seconds


def test_walkers_go_both_ways_and_take_the_path(pack, hub):
    router = Router(pack, hub)
    there = router.route(middle(pack, 0), middle(pack, 25), "foot", NOW)
    back = router.route(middle(pack, 25), middle(pack, 0), "foot", NOW)
    assert there.distance_m == pytest.approx(back.distance_m, abs=1)
    assert (there.arrive - NOW) / SECOND == pytest.approx(there.distance_m / 1.33, rel=1e-6)
    assert there.arrive_early < there.arrive < there.arrive_late
    assert all(s.level is None for s in there.steps)


def test_what_cannot_be_routed_says_so(pack, hub):
    router = Router(pack, hub)
    here = middle(pack, 0)
    with pytest.raises(InvalidInput, match="by 'boat'"):
        router.route(here, here, "boat", NOW)
    with pytest.raises(NotFound, match="no street within") as error:
        router.route(here, (20.0, 20.0), "car", NOW)
    assert error.value.remedy
    assert router.route(here, here, "foot", NOW).distance_m == pytest.approx(0, abs=1e-6)
