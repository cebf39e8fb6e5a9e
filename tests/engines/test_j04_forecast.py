"""J04: a normal week is learned; forecasts learn how much of a deviation stays, and how wrong they are."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from guia.engines.forecast import drift, profile
from guia.engines.forecast.profile import When


def test_a_profile_interpolates_between_slots_and_learns_only_what_is_measured():
    known = profile.flat(4, np.array([0.8, 0.8]))
    here = When(1, 2, 0.25)
    for _ in range(400):
        known = profile.learn(known, here, np.array([0.4, np.nan]), np.array([True, False]), 0.1)
    assert abs(profile.usual(known, here)[0] - 0.4) < 0.05
    assert profile.usual(known, here)[1] == np.float32(0.8)
    assert profile.usual(known, When(3, 0, 0.5))[0] == np.float32(0.8)
    assert known.weight.max() <= 8.0


def test_learning_leaves_the_old_profile_alone():
    before = profile.flat(2, np.array([1.0]))
    profile.learn(before, When(0, 1, 0.5), np.array([0.0]), np.array([True]), 1.0)
    assert (before.mean == 1.0).all()


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_quantiles_follow_the_errors(seed):
    rng = np.random.default_rng(seed)
    low, high = np.array([-0.01]), np.array([0.01])
    kind = np.zeros(200, np.uint8)
    for _ in range(400):
        error = rng.normal(0, 0.1, 200)
        low = drift.follow(low, error, kind, drift.LOW, 0.05)
        high = drift.follow(high, error, kind, drift.HIGH, 0.05)
    assert abs(low[0] + 0.128) < 0.02
    assert abs(high[0] - 0.128) < 0.02


def play(rho, sigma, steps, n=300, seed=3):
    """Deviations that fade by `rho` a step; the drift that learned from them, and the share its intervals held."""
    rng = np.random.default_rng(seed)
    horizons = 4
    state = drift.start(horizons, 1, n, half_life=2.0, spread=0.1)
    deviation = rng.normal(0, sigma, n)
    usual = np.full(n, 0.8)
    ahead = np.tile(usual, (horizons, 1))
    kind = np.zeros(n, np.uint8)
    held, kept = [], {}
    for issue in range(steps):
        truth = usual + deviation
        state = drift.learn(state, issue, truth, usual, np.ones(n, bool))
        for step in range(1, horizons + 1):
            if issue - step in kept and issue > steps // 2:
                low, high = kept[issue - step]
                held.append(((low[step - 1] <= truth) & (truth <= high[step - 1])).mean())
        low, median, high = drift.forecast(state, ahead, deviation, kind, np.zeros(n))
        assert (low <= median + 1e-12).all()
        assert (median <= high + 1e-12).all()
        state = drift.remember(state, issue, median, deviation, kind)
        kept[issue] = (low, high)
        deviation = rho * deviation + rng.normal(0, sigma * np.sqrt(1 - rho**2), n)
    return state, float(np.mean(held))


def test_the_share_that_stays_is_learned_and_intervals_hold_four_of_five():
    for rho in (0.3, 0.7, 0.95):
        state, held = play(rho, 0.1, 500)
        share = state.product / state.square
        assert np.abs(share - rho ** np.arange(1, 5)).max() < 0.08
        assert 0.77 < held < 0.83


def test_a_missed_issue_is_not_learned_from():
    state = drift.start(2, 1, 3, 2.0, 0.1)
    state = drift.remember(state, 10, np.full((2, 3), 0.5), np.zeros(3), np.zeros(3, np.uint8))
    late = drift.learn(state, 13, np.ones(3), np.ones(3), np.ones(3, bool))
    assert np.array_equal(late.low, state.low)
    due = drift.learn(state, 11, np.ones(3), np.ones(3), np.ones(3, bool))
    assert not np.array_equal(due.high, state.high)
