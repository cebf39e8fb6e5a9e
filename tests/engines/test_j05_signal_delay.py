"""J05: delay at signals against the book, and the properties that any delay has."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from guia.engines.signals.delay import control_delay_s, junction_delay_h


def test_uniform_delay_as_worked_by_hand():
    # No flow: only the uniform part, half the red squared over the cycle.
    assert np.isclose(control_delay_s(1e-9, 1800, 40, 100), 0.5 * 100 * 0.6**2, atol=1e-6)


def test_at_capacity_as_worked_by_hand():
    # X = 1: d1 = C/2 (1 - u), d2 = 900 T sqrt(4 / (c T)); c = 720 vehicles an hour.
    assert np.isclose(control_delay_s(720, 1800, 40, 100), 0.5 * 100 * 0.6 + 900 * np.sqrt(4 / 720))


def test_far_beyond_capacity_the_queue_grows_all_hour():
    # Deterministic queueing: half an hour times (X - 1) on average.
    delay = control_delay_s(1440, 1800, 40, 100)
    assert 1800 < delay < 1800 * 1.05


flows, greens = st.floats(1, 3000), st.floats(5, 80)


@given(flows, greens, st.floats(1, 200))
def test_more_flow_waits_longer_and_more_green_shorter(flow, green, more):
    base = control_delay_s(flow, 1800, green, 100)
    assert control_delay_s(flow + more, 1800, green, 100) >= base - 1e-9
    assert control_delay_s(flow, 1800, min(green + more / 10, 100), 100) <= base + 1e-9
    assert base >= 0


def test_a_junction_is_the_sum_of_its_movements():
    flow, saturation = np.array([300.0, 600.0]), np.array([1800.0, 3600.0])
    green, cycle = np.array([[30.0, 60.0], [50.0, 40.0]]), np.array([100.0, 100.0])
    total = junction_delay_h(flow, saturation, green, cycle)
    for p in range(2):
        each = [
            float(f * control_delay_s(f, s, g, 100))
            for f, s, g in zip(flow, saturation, green[p], strict=True)
        ]
        assert np.isclose(total[p], sum(each) / 3600)
