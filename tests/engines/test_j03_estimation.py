"""J03: filters and spreading."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from guia.engines.estimation.fusion import combine, fuse, predict
from guia.engines.estimation.spread import neighbourhood, spread
from guia.engines.graph.successors import Successors

finite = st.floats(-50, 50)
positive = st.floats(0.01, 50)


@given(finite, positive, finite, positive)
def test_fusing_is_the_inverse_variance_mean(a, va, b, vb):
    mean, variance = fuse(np.array([a]), np.array([va]), np.array([b]), np.array([vb]))
    assert np.isclose(mean[0], (a / va + b / vb) / (1 / va + 1 / vb), atol=1e-9)
    assert np.isclose(variance[0], 1 / (1 / va + 1 / vb))
    assert variance[0] <= min(va, vb) + 1e-12


def test_nothing_measured_changes_nothing():
    mean, variance = np.array([1.0, 2.0]), np.array([3.0, 4.0])
    fused = fuse(mean, variance, np.array([np.nan, 5.0]), np.array([np.inf, 1.0]))
    assert fused[0][0] == 1.0
    assert fused[1][0] == 3.0
    assert 2.0 < fused[0][1] < 5.0


@given(st.lists(st.tuples(finite, positive), min_size=1, max_size=5))
def test_combining_is_fusing_one_by_one(measurements):
    values = np.array([[m[0]] for m in measurements])
    variances = np.array([[m[1]] for m in measurements])
    mean, variance = combine(values, variances)
    one, spread_ = values[0], variances[0]
    for v, s in zip(values[1:], variances[1:], strict=True):
        one, spread_ = fuse(one, spread_, v, s)
    assert np.isclose(mean[0], one[0], atol=1e-9)
    assert np.isclose(variance[0], spread_[0])


def test_combining_nothing_is_unknown():
    mean, variance = combine(np.array([[np.nan]]), np.array([[np.inf]]))
    assert np.isnan(mean[0])
    assert np.isinf(variance[0])


@given(st.floats(-1, 1), st.floats(0.01, 0.95))
def test_deviations_fade_to_the_usual(start, keep):
    mean, variance = np.array([start]), np.array([1.0])
    for _ in range(400):
        mean, variance = predict(mean, variance, np.zeros(1), np.zeros(1), keep, 0.1)
    assert abs(mean[0]) < 1e-6
    assert np.isclose(variance[0], 0.1 / (1 - keep**2), rtol=1e-3)


def chain(n):
    """Segments one after the other."""
    first = np.minimum(np.arange(n + 1), n - 1).astype(np.int32)
    return Successors(first, np.arange(1, n, dtype=np.int32))


@settings(deadline=None)
@given(st.lists(st.floats(-0.5, 0.5), min_size=3, max_size=8), st.data())
def test_spread_stays_within_what_was_measured_and_zero(values, data):
    n = len(values)
    measured = np.array(data.draw(st.lists(st.booleans(), min_size=n, max_size=n)))
    kind = np.array(data.draw(st.lists(st.integers(0, 2), min_size=n, max_size=n)), np.uint8)
    deviation = np.where(measured, values, np.nan)
    expected, evidence = spread(neighbourhood(chain(n), kind), kind, deviation, measured)
    low, high = min(0.0, *values), max(0.0, *values)
    assert ((low - 1e-9 <= expected) & (expected <= high + 1e-9)).all()
    assert (evidence >= 0.5).all()


def test_the_nearer_neighbour_tells_more():
    kind = np.zeros(7, np.uint8)
    measured = np.array([True, False, False, False, False, False, True])
    deviation = np.array([-0.6, 0, 0, 0, 0, 0, 0.0])
    expected, _ = spread(neighbourhood(chain(7), kind), kind, np.where(measured, deviation, np.nan), measured)
    assert expected[1] < expected[2] < expected[3] < 0
