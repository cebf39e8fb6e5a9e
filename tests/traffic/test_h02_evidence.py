"""H02: what detectors and vehicles say, and what they do not."""

import numpy as np
import pytest

from guia.core.clock import MINUTE, SECOND
from guia.core.columns import Batch, Quality
from guia.core.place import LocalProjection, NearestSegments
from guia.domains.traffic.evidence import Roads, from_detectors, from_vehicles, headings, put_on_segments
from guia.engines.estimation.tracks import Tracks

NOW = 1_800_000_000 * SECOND
PROJECTION = LocalProjection(113.54, 22.19)


def column(values, observed=NOW, quality=Quality.OK):
    return Batch.of(np.arange(len(values)), observed, values, int(quality))


def detectors(count, speed, occupancy, **kw):
    n = len(count)
    return from_detectors(
        column(count, **kw), column(speed, **kw), column(occupancy, **kw), np.arange(n), np.full(n, 50.0), NOW
    )


def test_the_more_vehicles_the_surer():
    few = detectors([1.0], [25.0], [5.0])
    many = detectors([20.0], [25.0], [30.0])
    assert few.ratio[0] == many.ratio[0] == 0.5
    assert many.noise[0] < few.noise[0]
    assert many.flow_h[0] == 1200


def test_no_vehicle_is_free_flow_on_an_empty_loop_and_standstill_on_a_covered_one():
    told = detectors([0.0, 0.0, 0.0], [np.nan] * 3, [0.0, 90.0, 30.0])
    assert told.ratio[0] == 1.0
    assert told.ratio[1] < 0.1
    assert np.isnan(told.ratio[2])
    assert told.flow_h.tolist() == [0, 0, 0]


@pytest.mark.parametrize("kw", [{"observed": NOW - 5 * MINUTE}, {"quality": Quality.MISSING}])
def test_what_is_old_or_missing_says_nothing(kw):
    told = detectors([5.0], [30.0], [10.0], **kw)
    assert np.isnan(told.ratio[0])
    assert np.isnan(told.flow_h[0])


def street(stops=()):
    """A two-way street of 500 m: segment 0 east, 1 west; segment 2 crosses it northwards."""
    metres = np.array([[0, 0], [500, 0], [500, 0], [0, 0], [250, -200], [250, 200.0]])
    points = np.column_stack(PROJECTION.to_lonlat(*metres.T))
    first = np.array([0, 2, 4, 6], np.int32)
    index = NearestSegments(PROJECTION, points, first)
    return Roads(np.full(3, 50.0), headings(metres, first), index, np.array(stops, float).reshape(-1, 2))


def fixes(rows):
    """Rows of (vehicle, second, x, y, speed, bearing)."""
    rows = np.array(rows, float)
    lon, lat = PROJECTION.to_lonlat(rows[:, 2], rows[:, 3])
    names = [f"v{i}" for i in range(int(rows[:, 0].max()) + 1)]
    observed = NOW + (rows[:, 1] * SECOND).astype(np.int64)
    return Tracks(names, rows[:, 0].astype(np.int32), observed, lon, lat, rows[:, 4], rows[:, 5])


def test_heading_tells_the_directions_apart():
    at = fixes(
        [
            (0, 0, 100, 3, 30, 90),
            (1, 0, 100, 3, 30, 270),
            (2, 0, 250, 5, 30, 2),
            (3, 0, 100, 90, 30, 90),
            (4, 0, 400, 0, 30, 180),
        ]
    )
    assert put_on_segments(at, street()).tolist() == [0, 1, 2, -1, -1]


def test_the_mean_over_fixes_is_distance_over_time():
    told = fixes([(0, 0, 100, 0, 40, 90), (0, 10, 200, 0, 20, 90), (1, 0, 300, 0, 0, 90)])
    ratio, noise = from_vehicles(told, street())
    assert ratio[0] == pytest.approx(0.4)
    assert np.isnan(ratio[1])
    assert np.isinf(noise[1])
    assert noise[0] == pytest.approx(0.3**2 / 2)


def test_a_bus_at_its_stop_is_no_jam():
    told = [(0, 0, 100, 0, 0, 90), (0, 10, 100, 0, 0, 90), (0, 20, 200, 0, 40, 90)]
    ratio, _ = from_vehicles(fixes(told), street(stops=[(110, 5)]))
    assert ratio[0] == pytest.approx(0.8)
    ratio, _ = from_vehicles(fixes(told), street())
    assert ratio[0] == pytest.approx(0.8 / 3)


def test_a_speed_not_told_is_taken_from_the_last_fix():
    ratio, _ = from_vehicles(fixes([(0, 0, 100, 0, np.nan, 90), (0, 10, 200, 0, np.nan, 90)]), street())
    assert ratio[0] == pytest.approx(36 / 50, rel=1e-3)


def test_no_vehicles_at_all():
    none = np.empty(0)
    empty = Tracks([], none.astype(np.int32), none.astype(np.int64), none, none, none, none)
    ratio, _ = from_vehicles(empty, street())
    assert np.isnan(ratio).all()
