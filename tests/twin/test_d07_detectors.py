"""Detectors are wrong as real ones are: seeded, by a little, and out of order now and then."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from guia.twin.detectors import OUTAGES_PER_DAY, Faults, measured


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


@given(st.integers(0, 1000), st.integers(0, 60), st.floats(0, 120), st.floats(0, 100))
def test_equal_seeds_measure_equally_and_within_bounds(seed: int, count: int, speed: float, occupancy: float):
    truth = np.array([float(count)]), np.array([speed]), np.array([occupancy])
    a, b = (measured(*truth, np.ones(1), rng(seed)) for _ in range(2))
    assert all(np.array_equal(x, y, equal_nan=True) for x, y in zip(a, b, strict=True))
    seen, kmh, share = (float(v[0]) for v in a)
    assert seen >= 0
    assert seen == round(seen)
    assert 0 <= share <= 100
    assert np.isnan(kmh) == (seen == 0)


def test_noise_is_small_and_without_bias_on_the_whole():
    n = 20_000
    count, speed, share = measured(np.full(n, 20.0), np.full(n, 50.0), np.full(n, 10.0), np.ones(n), rng())
    assert abs(count.mean() / 20 - 0.985) < 0.005
    assert abs(speed.mean() / 50 - 1) < 0.005
    assert 0.02 < speed.std() / 50 < 0.08
    assert abs(share.mean() / 10 - 1) < 0.01


def test_outages_come_at_their_rate_and_end():
    faults, random = Faults.of(200, rng()), rng(2)
    begun = 0
    silent = []
    for minute in range(2880):
        before = faults.out_until.copy()
        faults.minute(minute, random)
        begun += int((faults.out_until != before).sum())
        silent.append(float((~faults.works(minute)).mean()))
    assert 0.7 < begun / (200 * 2 * OUTAGES_PER_DAY) < 1.3
    assert 0.0005 < np.mean(silent) < 0.03
    assert faults.works(2880 + 500).all()


def test_outages_are_seeded():
    a, b = Faults.of(50, rng()), Faults.of(50, rng())
    one, two = rng(3), rng(3)
    for minute in range(500):
        a.minute(minute, one)
        b.minute(minute, two)
    assert (a.out_until == b.out_until).all()
    assert (a.bias == b.bias).all()
