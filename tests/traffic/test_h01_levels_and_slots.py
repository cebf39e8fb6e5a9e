"""H01: levels, slots of the week, delay."""

from zoneinfo import ZoneInfo

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from guia.core.clock import MINUTE, instant
from guia.domains.traffic import rules

MACAU = ZoneInfo("Asia/Macau")


def test_levels_begin_where_the_book_says():
    ratios = np.array([1.0, 0.85, 0.8499, 0.67, 0.5, 0.3, 0.2999, 0.1, 0.0])
    assert rules.level(ratios).tolist() == [0, 0, 1, 1, 2, 3, 4, 4, 5]
    assert rules.kind(ratios).tolist() == [0, 0, 0, 0, 1, 1, 2, 2, 2]


@given(st.floats(0, 1.2), st.floats(0, 1.2))
def test_slower_is_never_a_better_level(a, b):
    low, high = sorted((a, b))
    assert rules.level(np.array([low])) >= rules.level(np.array([high]))


def test_slots_tell_workdays_saturdays_and_sundays_apart_in_local_time():
    friday = instant("2026-11-20T23:45:00+08:00")
    assert rules.slot(friday, MACAU) == 47
    assert rules.slot(friday + 30 * MINUTE, MACAU) == 48
    assert rules.slot(instant("2026-11-22T00:00:00+08:00"), MACAU) == 96
    assert rules.slot(instant("2026-11-23T00:10:00+08:00"), MACAU) == 0


@given(st.integers(0, 7 * 24 * 60))
def test_an_instant_lies_between_the_slots_around_it(minute):
    now = instant("2026-11-16T00:00:00+08:00") + minute * MINUTE
    here = rules.when(now, MACAU)
    assert here.low == rules.slot(now - 15 * MINUTE, MACAU)
    assert here.high == rules.slot(now + 15 * MINUTE, MACAU)
    assert 0 <= here.share < 1
    assert here.share == ((minute + 15) % 30) / 30


def test_delay_is_against_free_speed_and_never_negative():
    length, free = np.array([1000.0, 1000.0]), np.array([36.0, 36.0])
    rows = np.array([0, 1], np.int32)
    assert rules.delay_s(rows, np.array([0.5, 1.1]), length, free) == 100.0
