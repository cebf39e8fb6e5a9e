"""The city's mean speed: weighed by road length, foreseen with an interval learned from its own errors."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from guia.domains.traffic.whole import Whole

columns = st.integers(1, 40).flatmap(
    lambda n: st.tuples(
        arrays(float, n, elements=st.floats(1, 2000)),
        arrays(float, n, elements=st.floats(5, 120)),
        arrays(float, n, elements=st.floats(0, 1.2)),
        arrays(bool, n),
    )
)


@given(columns)
def test_it_is_the_mean_over_the_length_of_roads_open_to_cars(drawn):
    length, free, ratio, car = drawn
    whole = Whole.of(length, free, car)
    got = whole.ratio(ratio) * whole.free_speed_kmh
    slow = sum(m * f * r for m, f, r, c in zip(length, free, ratio, car, strict=True) if c)
    total = sum(m for m, c in zip(length, car, strict=True) if c)
    assert np.isclose(got, slow / total if total else 0.0)


def test_a_free_city_runs_at_its_mean_free_speed():
    whole = Whole.of(np.array([100.0, 300.0]), np.array([60.0, 20.0]), np.array([True, True]))
    assert whole.free_speed_kmh == 30.0
    assert np.isclose(whole.ratio(np.ones(2)), 1.0)
