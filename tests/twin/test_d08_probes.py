"""Pseudonyms: never two cars under one, never one for long, none lost."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from guia.twin.probes import NAME_S, NAMES, Probes


@given(st.lists(st.tuples(st.integers(0, 40), st.booleans(), st.integers(1, 100)), max_size=150))
def test_names_are_unique_and_all_accounted_for(events: list):
    probes, rng, now = Probes(), np.random.default_rng(1), 0
    for car, comes, later in events:
        now += later
        if not comes:
            probes.leave(f"car-{car}")
        elif f"car-{car}" not in probes.cars:
            probes.join(f"car-{car}", now, rng)
        probes.rename(now, rng)
        held = [name for name, _ in probes.cars.values()]
        assert sorted([*held, *probes.free]) == list(range(NAMES))
        assert all(now < until <= now + NAME_S for _, until in probes.cars.values())


def test_a_car_changes_its_name_on_the_way():
    probes, rng = Probes(), np.random.default_rng(1)
    probes.join("car", 0, rng)
    names = set()
    for now in range(0, 3600, 10):
        probes.rename(now, rng)
        names.add(probes.cars["car"][0])
    assert len(names) >= 3600 / NAME_S


def test_where_all_names_are_taken_a_car_stays_silent():
    probes, rng = Probes(), np.random.default_rng(1)
    for i in range(NAMES + 5):
        probes.join(f"car-{i}", 0, rng)
    assert len(probes.cars) == NAMES
    probes.rename(10_000, rng)
    assert len(probes.cars) == NAMES
