"""I01: the timetable of a day: nights, headways, stops along shapes."""

import io
import zipfile
from datetime import date
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from guia.core.clock import DAY, SECOND, instant
from guia.core.place import LocalProjection
from guia.domains.transit import rules
from guia.formats.gtfs import read_feed

PROJECTION = LocalProjection(10.0, 20.0)
FILES = {
    "agency": "agency_name,agency_url,agency_timezone\nA,https://example.org,Europe/Lisbon\n",
    "stops": "stop_id,stop_name,stop_lat,stop_lon\na,A,20.0,10.0\nb,B,20.0,10.01\nc,C,20.0,10.02\nx,X,,\n",
    "routes": "route_id,route_type\nr,3\nq,4\n",
    "calendar": "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date\n"
    "week,1,1,1,1,1,0,0,20260101,20261231\nend,0,0,0,0,0,1,1,20260101,20261231\n",
    "trips": "route_id,service_id,trip_id,trip_headsign,direction_id\n"
    "r,week,late,C,0\nr,end,early,C,0\nr,week,often,A,1\nq,week,lost,C,0\nq,week,short,C,0\n",
    "stop_times": "trip_id,arrival_time,departure_time,stop_id,stop_sequence\n"
    "late,25:00:00,25:00:00,a,1\nlate,,,b,2\nlate,25:20:00,25:20:00,c,3\n"
    "early,05:00:00,05:00:00,a,1\nearly,05:10:00,05:10:00,c,2\n"
    "often,08:00:00,08:00:00,c,1\noften,08:10:00,08:10:00,a,2\n"
    "lost,08:00:00,08:00:00,a,1\nlost,08:10:00,08:10:00,x,2\n"
    "short,08:00:00,08:00:00,a,1\n",
    "frequencies": "trip_id,start_time,end_time,headway_secs\noften,08:00:00,09:00:00,900\n",
}


@pytest.fixture
def feed(tmp_path):
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as z:
        for name, text in FILES.items():
            z.writestr(f"{name}.txt", text)
    file = tmp_path / "gtfs.zip"
    file.write_bytes(body.getvalue())
    return read_feed(file)


@pytest.fixture
def net(feed):
    return rules.network(feed, PROJECTION)


def test_trips_that_cannot_be_followed_are_left_out(net, feed):
    assert feed.trip_ids[net.trips.trip].tolist() == ["late", "early", "often"]


def test_stops_lie_on_the_way_and_missing_times_between_by_distance(net):
    assert net.trips.offset_m[:3] == pytest.approx([0, 1046, 2092], abs=2)
    assert net.trips.arrival_s[:3].tolist() == [90_000, 90_600, 91_200]
    assert net.route_kind == ["bus", "ferry"]


def names(feed, table):
    return sorted(zip(feed.trip_ids[table.trip].tolist(), table.start_s.tolist(), strict=True))


def test_a_service_day_has_its_services_and_headways(net, feed):
    friday = rules.service_day(net, feed, date(2026, 11, 20))
    often = [("often", 28_800 + 900 * k) for k in range(4)]
    assert names(feed, friday) == [("late", 90_000), *often]
    assert friday.estimated.tolist() == [False, True, True, True, True]
    assert names(feed, rules.service_day(net, feed, date(2026, 11, 21))) == [("early", 18_000)]


def test_the_night_before_belongs_to_the_day_and_so_does_the_next_morning(net, feed):
    zone = ZoneInfo("Europe/Lisbon")
    friday = rules.day_about(net, feed, date(2026, 11, 20), zone)
    assert ("late", 90_000 - 86_400) in names(feed, friday.timetable)
    assert ("late", 90_000) in names(feed, friday.timetable)
    assert ("early", 18_000 + 86_400) in names(feed, friday.timetable)
    saturday = rules.day_about(net, feed, date(2026, 11, 21), zone)
    assert names(feed, saturday.timetable) == [("early", 18_000), ("early", 18_000 + 86_400), ("late", 3_600)]


def test_days_begin_twelve_hours_before_noon_also_when_clocks_change():
    zone = ZoneInfo("Europe/Lisbon")
    assert rules.day_origin(date(2026, 11, 20), zone) == instant("2026-11-20T00:00:00Z")
    assert rules.day_origin(date(2026, 3, 29), zone) == instant("2026-03-28T23:00:00Z")
    assert rules.day_origin(date(2026, 10, 25), zone) == instant("2026-10-25T00:00:00Z")
    assert rules.local_day(instant("2026-03-28T23:30:00Z") + DAY, zone) == date(2026, 3, 30)
    assert (
        rules.day_origin(date(2026, 3, 30), zone) - rules.day_origin(date(2026, 3, 29), zone)
        == 24 * 3600 * SECOND
    )


def test_an_empty_feed_has_no_day(tmp_path):
    from guia.formats.gtfs import Feed

    feed = Feed({}, ())
    net = rules.network(feed, PROJECTION)
    day = rules.day_about(net, feed, date(2026, 11, 20), ZoneInfo("UTC"))
    assert len(day.timetable) == 0
    assert np.array_equal(day.board.first, [0])
