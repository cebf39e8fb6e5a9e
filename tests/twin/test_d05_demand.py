"""Synthetic trips: from homes to draws, home again in the evening, never where no car can go."""

import numpy as np

from guia.packs import Pack
from guia.twin.curve import PEAK_SHARE
from guia.twin.demand import synthesize
from guia.twin.router import Router
from guia.twin.site import SEED, Site


def test_equal_seeds_give_equal_demand(pack: Pack, site: Site):
    a, b = (synthesize(pack, site.roads, np.random.default_rng(SEED)) for _ in range(2))
    assert (a.edge == b.edge).all()
    assert (a.outward == b.outward).all()


def test_trips_begin_and_end_where_cars_can_be(site: Site):
    core = set(map(int, site.roads.core))
    assert set(map(int, site.demand.edge)) <= core
    assert site.demand.outward[-1] == 1
    assert (np.diff(site.demand.outward) >= 0).all()


def test_the_evening_goes_where_the_morning_came_from(site: Site):
    rng = np.random.default_rng(5)
    k = len(site.demand.edge)
    flows = []
    for hour in (7.5, 18.5):
        start, end = site.demand.draw(20_000, hour, rng)
        flow = np.zeros((k, k))
        np.add.at(flow, (start, end), 1)
        flows.append(flow.sum(axis=1) - flow.sum(axis=0))
    assert np.corrcoef(*flows)[0, 1] < -0.8


def test_the_rate_keeps_the_packs_number_under_way(site: Site):
    peak = site.demand.trips_per_day * PEAK_SHARE / 3600
    assert abs(site.demand.rate_per_s(4, 18.25) / peak - 1) < 0.05
    assert site.demand.rate_per_s(1, 3.5) < 0.1 * peak


def test_jams_turn_drivers_away_after_a_while(site: Site):
    roads, router = site.roads, Router(site.roads, site.demand.edge)
    paths = [router.path(int(start), int(end)) for start in roads.core for end in site.demand.edge]
    used = np.bincount(np.concatenate([p[1:-1] for p in paths if len(p) > 2]), minlength=len(roads.seconds))
    worst = int(used.argmax())
    jam = roads.seconds.copy()
    jam[worst] *= 50
    for _ in range(30):
        router.remember(jam)
        router.refresh()
    after = [router.path(int(start), int(end)) for start in roads.core for end in site.demand.edge]
    now = np.bincount(np.concatenate([p[1:-1] for p in after if len(p) > 2]), minlength=len(roads.seconds))
    assert now[worst] < used[worst]
