"""C03: hostile timetables: the error names the place and the remedy, the good part goes on."""

import contextlib
import zipfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_feed import rows

from guia.core.errors import GuiaError, InvalidInput
from guia.formats.gtfs import check_feed, read_feed, write_feed


@pytest.fixture
def whole(tmp_path):
    write_feed(rows(), tmp_path / "f.zip")
    return tmp_path / "f.zip"


def changed(file, name, body):
    """The feed with one file's bytes replaced (None: left out)."""
    with zipfile.ZipFile(file) as archive:
        members = {n: archive.read(n) for n in archive.namelist()}
    if body is None:
        members.pop(name)
    else:
        members[name] = body(members[name]) if callable(body) else body
    out = file.with_name("changed.zip")
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for n, b in members.items():
            archive.writestr(n, b)
    return out


def details(file):
    return [(f.place, f.detail) for f in check_feed(read_feed(file)) if f.level == "error"]


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_a_truncated_zip_is_refused_with_its_name(whole, share):
    body = whole.read_bytes()
    whole.write_bytes(body[: int(len(body) * share)])
    with pytest.raises(InvalidInput, match="truncated") as caught:
        read_feed(whole)
    assert caught.value.place == str(whole)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(InvalidInput, match="no such file"):
        read_feed(tmp_path / "none.zip")


def test_a_zip_bomb_is_refused_before_it_is_unpacked(whole):
    bomb = changed(whole, "shapes.txt", b"0" * 60_000_000)
    with pytest.raises(InvalidInput, match="densely"):
        read_feed(bomb)
    with pytest.raises(InvalidInput, match="would unpack"):
        read_feed(whole, max_bytes=100)


def test_a_byte_order_mark_and_blanks_are_forgiven(whole):
    file = changed(whole, "stops.txt", lambda b: b"\xef\xbb\xbf" + b.replace(b"stop_name,", b" stop_name ,"))
    assert details(file) == []


def test_latin_1_is_read_and_told(whole):
    file = changed(whole, "agency.txt", lambda b: b.replace(b",A,", b",S\xe9,"))
    feed = read_feed(file)
    assert feed.text("agency", "agency_name").tolist() == ["Sé"]
    assert "UTF-8" in feed.problems[0]


def test_a_row_with_too_many_fields_is_dropped_alone(whole):
    feed = read_feed(changed(whole, "routes.txt", lambda b: b + b"q,a,2,3,5,6,7\n"))
    assert len(feed.tables["routes"]) == 1
    assert "wrong number of fields" in feed.problems[0]


def test_a_missing_column_and_a_missing_file_are_named(whole):
    assert ("stops.txt", "column stop_name is missing") in details(
        changed(whole, "stops.txt", lambda b: b.replace(b"stop_name", b"nome"))
    )
    assert ("trips.txt", "the file is missing") in details(changed(whole, "trips.txt", None))


def test_an_empty_table_is_told_and_the_rest_is_read(whole):
    feed = read_feed(changed(whole, "shapes.txt", b""))
    assert "is empty" in feed.problems[0]
    assert len(feed.stop_times.trip) == 6


def test_a_dangling_stop_is_named_with_its_row(whole):
    file = changed(whole, "stops.txt", lambda b: b.replace(b"s2,", b"other,"))
    found = details(file)
    assert ("stop_times.txt row 3", "stop_id 's2' is not in stops.txt") in found


def test_an_unknown_service_and_decreasing_times_are_named(whole):
    file = changed(whole, "calendar.txt", lambda b: b.replace(b"\nw,", b"\nv,"))
    file = changed(file, "calendar_dates.txt", None)
    assert any("service_id is in no calendar" in d for _, d in details(file))
    back = changed(whole, "stop_times.txt", lambda b: b.replace(b"01:01:00", b"00:30:00"))
    place, detail = details(back)[0]
    assert "trip t1" in place
    assert "before the stop before" in detail


def test_twice_the_same_id_and_a_headway_of_nothing(whole):
    twice = changed(whole, "trips.txt", lambda b: b.replace(b"t2", b"t1"))
    assert any("occurs twice" in d for _, d in details(twice))
    never = changed(whole, "frequencies.txt", lambda b: b.replace(b",600,", b",0,"))
    assert details(never) == [("frequencies.txt row 2", "no valid span or headway")]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_noise_never_escapes_as_anything_but_a_told_error(whole, data):
    """Any bytes in any table: the feed is read with problems told, or refused; never another exception."""
    name = data.draw(
        st.sampled_from(["stops.txt", "stop_times.txt", "trips.txt", "calendar.txt", "frequencies.txt"])
    )
    noise = data.draw(st.binary(max_size=200))
    cut = data.draw(st.integers(0, 60))
    file = changed(whole, name, lambda b: b[:cut] + noise + b[cut:])
    with contextlib.suppress(GuiaError):
        check_feed(read_feed(file))
