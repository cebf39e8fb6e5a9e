"""C01: degrees to metres and back, polylines, the nearest segment."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guia.core.place import (
    LocalProjection,
    NearestSegments,
    along,
    bearing_deg,
    distance_m,
    point_to_line,
    polyline_lengths_m,
)

MACAU = LocalProjection(113.55, 22.16)
near = st.tuples(st.floats(113.45, 113.65), st.floats(22.07, 22.25))


@given(near)
def test_there_and_back(place):
    lon, lat = MACAU.to_lonlat(*MACAU.to_metres(*place))
    assert lon == pytest.approx(place[0], abs=1e-10)
    assert lat == pytest.approx(place[1], abs=1e-10)


@given(near, near)
def test_distances_agree_with_the_ellipsoid(one, two):
    from pyproj import Geod

    truth = Geod(ellps="WGS84").line_length(*np.transpose([one, two]))
    (x, x2), (y, y2) = MACAU.to_metres([one[0], two[0]], [one[1], two[1]])
    assert np.hypot(x2 - x, y2 - y) == pytest.approx(truth, rel=1e-3, abs=0.01)
    assert distance_m(*one, *two) == pytest.approx(truth, rel=5e-3, abs=0.01)


def test_bearings_start_north_and_turn_east():
    assert bearing_deg([0, 1, 0, -1], [1, 0, -1, 0]) == pytest.approx([0, 90, 180, 270])


lines = st.lists(
    st.tuples(st.integers(-500, 500), st.integers(-500, 500)), min_size=2, max_size=6, unique=True
).map(lambda xy: np.array(xy, float))


@given(st.lists(lines, min_size=1, max_size=5))
def test_lengths_of_many_lines_at_once(many):
    first = np.concatenate([[0], np.cumsum([len(x) for x in many])]).astype(np.int32)
    slow = [sum(np.hypot(*(b - a)) for a, b in pairwise(x)) for x in many]
    assert polyline_lengths_m(np.concatenate(many), first) == pytest.approx(slow, abs=1e-6)


@given(lines, st.integers(-600, 600), st.integers(-600, 600))
def test_the_nearest_place_on_a_line_is_on_it_and_no_sample_is_nearer(xy, px, py):
    gap, offset = point_to_line(px, py, xy)
    x, y = along(xy, offset)
    assert np.hypot(px - x, py - y) == pytest.approx(gap, abs=1e-3)
    total = polyline_lengths_m(xy, np.array([0, len(xy)], np.int32))[0]
    samples = np.array([along(xy, d) for d in np.linspace(0, total, 50)])
    assert gap <= np.hypot(*(samples - [px, py]).T).min() + 1e-6


@given(st.lists(lines, min_size=1, max_size=6), st.integers(-600, 600), st.integers(-600, 600))
def test_nearest_segment_equals_a_search_through_all(many, px, py):
    first = np.concatenate([[0], np.cumsum([len(x) for x in many])]).astype(np.int32)
    points = np.column_stack(MACAU.to_lonlat(*np.concatenate(many).T))
    index = NearestSegments(MACAU, points, first)
    snap = index.nearest(*MACAU.to_lonlat(px, py), max_m=5_000)
    gaps = [point_to_line(px, py, x)[0] for x in many]
    assert snap.distance_m[0] == pytest.approx(min(gaps), abs=1e-3)
    assert gaps[snap.segment[0]] == pytest.approx(min(gaps), abs=1e-3)
    rows, hits = index.within(*MACAU.to_lonlat(px, py), radius_m=100)
    assert sorted(hits.segment) == [i for i, g in enumerate(gaps) if g <= 100]
    assert (np.diff(hits.distance_m) >= 0).all()
    assert (rows == 0).all()


def test_nothing_near_is_said_so():
    points = np.array([[113.55, 22.16], [113.551, 22.16]])
    index = NearestSegments(MACAU, points, np.array([0, 2], np.int32))
    far = index.nearest([113.55, np.nan, 113.6], [22.16, 22.16, 22.2], max_m=100)
    assert list(far.segment) == [0, -1, -1]
    assert np.isnan(far.offset_m[1:]).all()
    nobody = NearestSegments(MACAU, points, np.array([0, 2], np.int32), np.array([False]))
    assert nobody.nearest(113.55, 22.16).segment[0] == -1
