"""C02: a GTFS feed written and read again, its typed columns and calendars."""

from datetime import date

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_feed import rows

from guia.formats.gtfs import check_feed, gtfs_time, read_feed, seconds, write_feed
from guia.formats.gtfs.feed import rows_of


@given(st.integers(0, 60 * 3600))
def test_times_past_midnight_read_as_written(second):
    assert seconds(pa.array([gtfs_time(second), "nonsense", "", None, "25:61:00"])).tolist() == [
        second,
        *[-1] * 4,
    ]


def test_what_is_written_is_read_again(tmp_path):
    write_feed(rows(), tmp_path / "f.zip")
    feed = read_feed(tmp_path / "f.zip")
    assert feed.problems == ()
    assert check_feed(feed) == []
    assert feed.text("stops", "stop_name").tolist() == ["新馬路, 1", 'The "Gate"', "Ilha\nVerde"]
    assert feed.names("stops", "stop_name", "s1", "新馬路, 1") == {"zh": "新馬路, 1", "en": "New Road"}


def test_equal_rows_give_equal_bytes(tmp_path):
    for name in ("a", "b"):
        write_feed(rows(), tmp_path / f"{name}.zip")
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_stop_times_are_sorted_by_trip_and_sequence(tmp_path):
    write_feed(rows(), tmp_path / "f.zip")
    times = read_feed(tmp_path / "f.zip").stop_times
    assert times.first.tolist() == [0, 3, 6]
    assert times.stop.tolist() == [0, 1, 2, 0, 1, 2]
    assert times.arrival_s.tolist() == [3600, 3660, 3720, 90_000, 90_060, 90_120]
    assert not times.exact.any()


def test_headways_and_shapes_are_typed(tmp_path):
    write_feed(rows(), tmp_path / "f.zip")
    feed = read_feed(tmp_path / "f.zip")
    assert (feed.frequencies.end_s.tolist(), feed.frequencies.headway_s.tolist()) == ([90_900], [600])
    assert feed.shapes.points[:, 1].tolist() == pytest.approx([22.1, 22.11, 22.12])
    assert feed.trip_shape.tolist() == [0, 0]


def test_holidays_beat_weekdays(tmp_path):
    write_feed(rows(), tmp_path / "f.zip")
    feed = read_feed(tmp_path / "f.zip")
    assert feed.services_on(date(2026, 9, 30)) == {"w"}
    assert feed.services_on(date(2026, 10, 1)) == set()
    assert feed.services_on(date(2026, 10, 3)) == {"w"}
    assert feed.services_on(date(2027, 1, 4)) == set()
    assert feed.runs_on(date(2026, 9, 30)).all()


@given(st.lists(st.text("abc", max_size=2)), st.lists(st.text("abc", max_size=2)))
def test_rows_of_equals_a_search(wanted, known):
    fast = rows_of(np.array(wanted, dtype=str), np.array(known, dtype=str))
    assert fast.tolist() == [known.index(w) if w in known else -1 for w in wanted]
