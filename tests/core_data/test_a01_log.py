"""The log: what is appended is read back, in order, at its positions; damage is named, a torn tail is cut."""

import threading

import pytest
from faulty import FaultyFiles
from hypothesis import given, settings
from hypothesis import strategies as st

from guia.core.clock import ManualClock
from guia.core.errors import Conflict, Corrupt, TooBusy, Unavailable, Unsupported
from guia.core.files import OsFiles
from guia.core.log import Log, LogReader


def open_log(folder, **options):
    return Log(folder, ManualClock(7), OsFiles(), **options)


def append_all(log, payloads):
    return [future.result() for future in [log.append(1, payload) for payload in payloads]]


def test_an_empty_log_has_nothing_to_read(tmp_path):
    log = open_log(tmp_path)
    assert list(LogReader(tmp_path).read()) == []
    log.close()
    assert list(LogReader(tmp_path / "nowhere").read()) == []


def test_records_come_back_in_order_with_kind_time_and_position(tmp_path):
    log = open_log(tmp_path)
    first, second = log.append(1, b"one").result(), log.append(3, b"").result()
    a, b = LogReader(tmp_path).read()
    assert (a.position, a.kind, a.received, bytes(a.payload)) == (first, 1, 7, b"one")
    assert (b.position, b.kind, bytes(b.payload), b.end) == (second, 3, b"", log.position)
    assert a.end == b.position
    log.close()


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.lists(st.binary(max_size=300), max_size=8), max_size=5),
    st.integers(100, 2000),
    st.randoms(use_true_random=False),
)
def test_reading_any_range_over_restarts_and_segments(tmp_path_factory, sessions, segment_bytes, rng):
    folder = tmp_path_factory.mktemp("log")
    written = []
    for payloads in sessions:
        log = open_log(folder, segment_bytes=segment_bytes)
        assert log.torn is None
        written += list(zip(append_all(log, payloads), payloads, strict=True))
        end = log.position
        log.close()
    reader = LogReader(folder)
    assert [(r.position, bytes(r.payload)) for r in reader.read()] == written
    if written:
        low, high = rng.randrange(len(written)), rng.randrange(len(written) + 1)
        stop = written[high][0] if high < len(written) else end
        found = [(r.position, bytes(r.payload)) for r in reader.read(written[low][0], stop)]
        assert found == written[low:high]


def test_a_reader_follows_a_growing_log_in_small_steps(tmp_path):
    log = open_log(tmp_path, segment_bytes=500)
    reader, position, seen = LogReader(tmp_path), 0, []
    for n in range(60):
        log.append(1, bytes([n]) * 40).result()
        for record in reader.read(position, log.position):
            seen.append(record.payload[0])
            position = record.end
    assert seen == list(range(60))
    log.close()


def test_many_threads_append_at_once_and_each_finds_its_own_record(tmp_path):
    log = open_log(tmp_path, segment_bytes=20_000)
    found = {}

    def write(thread):
        for n in range(100):
            payload = f"{thread}:{n}".encode()
            found[log.append(1, payload).result()] = payload

    threads = [threading.Thread(target=write, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    records = {r.position: bytes(r.payload) for r in LogReader(tmp_path).read()}
    assert records == found
    assert len(found) == 800
    log.close()


def test_a_torn_tail_is_cut_and_reported_and_the_log_goes_on(tmp_path):
    log = open_log(tmp_path)
    append_all(log, [b"a", b"b"])
    end = log.position
    log.close()
    path = next(tmp_path.glob("*.log"))
    whole = path.read_bytes()
    for torn in (b"G", b"GUIR" + bytes(10), whole[16:-3], bytes(500)):
        path.write_bytes(whole + torn)
        log = open_log(tmp_path)
        assert log.torn.position == end
        assert log.torn.cut_bytes == len(torn)
        assert log.position == end
        log.close()
        assert path.read_bytes() == whole


def test_a_damaged_middle_is_refused_with_segment_and_offset(tmp_path):
    log = open_log(tmp_path)
    for n in range(5):
        log.append(1, bytes([n]) * 50).result()
    second = [r.position for r in LogReader(tmp_path).read()][1]
    log.close()
    path = next(tmp_path.glob("*.log"))
    data = bytearray(path.read_bytes())
    data[second + 60] ^= 1
    path.write_bytes(data)
    with pytest.raises(Corrupt) as caught:
        open_log(tmp_path)
    assert caught.value.place == f"{path}, byte {second}"
    with pytest.raises(Corrupt):
        list(LogReader(tmp_path).read(0, second + 500))


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_no_changed_bit_below_the_last_commit_goes_unnoticed(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("log")
    log = open_log(folder, segment_bytes=400)
    for n in range(8):
        log.append(1, bytes([n]) * 64).result()
    last = [r.position for r in LogReader(folder).read()][-1]
    log.close()
    address = data.draw(st.integers(0, last - 1))
    path = max((p for p in folder.glob("*.log") if int(p.stem) <= address), key=lambda p: int(p.stem))
    content = bytearray(path.read_bytes())
    content[address - int(path.stem)] ^= 1 << data.draw(st.integers(0, 7))
    path.write_bytes(content)
    with pytest.raises((Corrupt, Unsupported)):
        list(LogReader(folder).read(0, last + 1))


def test_a_missing_segment_is_named(tmp_path):
    log = open_log(tmp_path, segment_bytes=100)
    for _ in range(4):
        log.append(1, bytes(100)).result()
    log.close()
    sorted(tmp_path.glob("*.log"))[1].unlink()
    with pytest.raises(Corrupt, match="goes on at"):
        open_log(tmp_path)


def test_a_log_of_a_newer_version_says_so(tmp_path):
    open_log(tmp_path).close()
    path = next(tmp_path.glob("*.log"))
    path.write_bytes(path.read_bytes()[:7] + b"\x09" + path.read_bytes()[8:])
    with pytest.raises(Unsupported, match="version 9"):
        open_log(tmp_path)


def test_too_much_waiting_is_refused(tmp_path):
    gate, held = threading.Event(), threading.Event()
    log = open_log(tmp_path, on_commit=lambda records: held.set() or gate.wait())
    first = log.append(1, b"held up")
    held.wait()
    waiting = []
    while log.waiting_bytes < (63 << 20):
        waiting.append(log.append(1, bytes(1 << 20)))
    with pytest.raises(TooBusy):
        log.append(1, bytes(2 << 20))
    assert 60 <= len(waiting) <= 75
    gate.set()
    assert first.result() < min(future.result() for future in waiting)
    log.close()


def test_a_cancelled_append_does_not_stop_the_others(tmp_path):
    gate = threading.Event()
    log = open_log(tmp_path, on_commit=lambda records: gate.wait())
    log.append(1, b"a")
    cancelled, kept = log.append(1, b"b"), log.append(1, b"c")
    cancelled.cancel()
    gate.set()
    kept.result()
    log.close()
    assert [bytes(r.payload) for r in LogReader(tmp_path).read()] in ([b"a", b"c"], [b"a", b"b", b"c"])


def test_after_a_failed_write_nothing_more_is_taken(tmp_path):
    log = Log(tmp_path, ManualClock(), FaultyFiles(operations=6))
    log.append(1, b"good").result()
    with pytest.raises(Unavailable, match="power cut"):
        log.append(1, b"lost").result()
    with pytest.raises(Unavailable):
        log.append(1, b"late")
    log.close()


def test_a_closed_log_takes_nothing(tmp_path):
    log = open_log(tmp_path)
    log.close()
    with pytest.raises(Unavailable, match="closed"):
        log.append(1, b"")


def test_a_log_has_one_writer(tmp_path):
    log = open_log(tmp_path)
    with pytest.raises(Conflict, match="another"):
        open_log(tmp_path)
    log.append(1, b"x").result()
    log.close()
    log.close()
    open_log(tmp_path).close()
