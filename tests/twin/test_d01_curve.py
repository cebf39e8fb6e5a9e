"""The curve of a day: shares that add up, a peak where one is expected, no jump at midnight."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from guia.twin.curve import DAY_FACTOR, homeward_share, load, trips_share

HOURS = np.arange(0, 24, 1 / 60)


def test_a_monday_has_all_its_trips():
    assert np.isclose(trips_share(0, HOURS).sum() / 60, 1.0, atol=0.01)


def test_the_working_week_peaks_in_the_evening_and_sleeps_at_four():
    for day in range(5):
        share = trips_share(day, HOURS)
        assert 17 <= HOURS[share.argmax()] <= 19
        assert 2 <= HOURS[share.argmin()] <= 5
        assert share.max() > 8 * share.min()


def test_weekends_have_no_morning_peak():
    assert trips_share(6, 8.5) < 0.7 * trips_share(0, 8.5)


@given(st.integers(0, 6), st.floats(0, 24))
def test_load_lies_between_nothing_and_the_peak(day: int, hour: float):
    assert 0 < load(day, hour) <= 1 + 1e-9
    assert 0 <= homeward_share(hour) <= 1


def test_no_jump_at_midnight():
    assert np.isclose(trips_share(1, 23.9999), trips_share(1, 0.0), rtol=0.01)
    assert len(DAY_FACTOR) == 7
