"""The past, against a list of rows: any range, any series, as known at any position, flushed and merged at any time."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_city import speed

from guia.core.clock import DAY
from guia.core.columns import Batch
from guia.core.errors import Corrupt, Unsupported
from guia.core.files import OsFiles
from guia.core.history.bins import binned
from guia.core.history.history import History
from guia.core.history.order import by_series_and_time, stable_order
from guia.core.history.tail import BLOCK_ROWS, Rows, Tail
from guia.core.registry import Registry
from guia.core.series import Series

FIRST_DAY = 20_000 * DAY


def registry():
    known = Registry()
    specs = [speed(n) for n in range(4)] + [
        Series(entity=f"urn:ngsi-ld:TrafficDetector:tiny:{n}", attribute="count") for n in range(3)
    ]
    for number, series in known.changes(specs):
        known.put(number, series)
    return known


def open_history(folder):
    return History(folder, OsFiles(), registry())


def reference(rows, series, start, end, known_at):
    """rows: (position, series, observed, value) in order of arrival."""
    newest = {}
    for position, s, observed, value in rows:
        if s in series and start <= observed < end and (known_at is None or position < known_at):
            newest[s, observed] = value
    return [(s, observed, value) for (s, observed), value in sorted(newest.items())]


moments = st.integers(0, 40).map(lambda n: FIRST_DAY + n * DAY // 8)
batch_rows = st.lists(st.tuples(st.integers(0, 6), moments, st.integers(0, 99)), min_size=1, max_size=12)
steps = st.lists(st.one_of(batch_rows, st.sampled_from(["flush", "compact", "reopen"])), max_size=14)


@settings(max_examples=50, deadline=None)
@given(steps, st.sets(st.integers(0, 8), min_size=1), moments, moments, st.none() | st.integers(0, 120))
def test_every_question_equals_a_slow_reference(tmp_path_factory, done, series, start, end, known_at):
    folder = tmp_path_factory.mktemp("history")
    history = open_history(folder)
    rows, records = [], []
    for step in done:
        if step == "flush":
            history.flush()
        elif step == "compact":
            history.compact(FIRST_DAY + 30 * DAY)
        elif step == "reopen":
            history = open_history(folder)
            for record in records:
                history.append(*record)
        else:
            position = 8 * len(records)
            batch = Batch.of(*(np.array([r[n] for r in step], np.int64) for n in range(3)))
            records.append((batch, position, position + 8))
            history.append(*records[-1])
            rows += [(position, *r) for r in step]
    found = history.read(np.array(sorted(series), np.int32), start, end, known_at)
    assert list(
        zip(*(c.tolist() for c in (found.series, found.observed, found.value)), strict=True)
    ) == reference(rows, series, start, end, known_at)
    assert (found.series.dtype, found.observed.dtype) == (np.int32, np.int64)


def test_late_data_goes_to_the_partition_of_its_day(tmp_path):
    history = open_history(tmp_path)
    history.append(Batch.of([0, 0, 5], [FIRST_DAY, FIRST_DAY - 400 * DAY, FIRST_DAY + 1], 1.0), 8, 16)
    history.flush()
    files = sorted(str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*.parquet"))
    assert files == [
        "RoadSegment/2023-08-31/00000000.parquet",
        "RoadSegment/2024-10-04/00000001.parquet",
        "TrafficDetector/2024-10-04/00000002.parquet",
    ]


def test_small_files_of_past_days_are_merged_and_the_old_ones_go(tmp_path):
    history = open_history(tmp_path)
    for n in range(5):
        history.append(Batch.of([1, 0], [FIRST_DAY + n, FIRST_DAY + 2 * DAY], float(n)), 8 * n, 8 * n + 8)
        history.flush()
    assert len(history.partitions.manifest.parts) == 10
    assert history.compact(FIRST_DAY + 2 * DAY) == 5
    parts = history.partitions.manifest.parts
    assert sorted(p.rows for p in parts) == [1, 1, 1, 1, 1, 5]
    assert len(list(tmp_path.rglob("*.parquet"))) == 6
    found = history.read(np.array([0, 1], np.int32), 0, 2**62)
    assert found.value.tolist() == [4.0, 0.0, 1.0, 2.0, 3.0, 4.0]


def test_a_large_tail_is_filed_in_portions_that_each_count(tmp_path, monkeypatch):
    monkeypatch.setattr("guia.core.history.history.MOST_FLUSHED_ROWS", 10)
    history = History(tmp_path, OsFiles(), registry())
    history.tail = Tail(block_rows=4)
    for n in range(9):
        history.append(Batch.of([0, 1, 2], FIRST_DAY + n, n), 8 * n, 8 * n + 8)
    applied = []
    change = history.partitions.change
    monkeypatch.setattr(
        history.partitions, "change", lambda *a, **k: applied.append(k["applied"]) or change(*a, **k)
    )
    assert history.flush(100) == 27
    assert applied == [24, 48, 100]
    assert len(history.tail) == 0
    assert history.read(np.arange(3, dtype=np.int32), 0, 2**62).value.tolist() == [*range(9)] * 3


def test_sparse_days_share_a_file_by_month(tmp_path):
    history = open_history(tmp_path)
    days = np.arange(40)
    history.append(Batch.of(np.zeros(40), FIRST_DAY + days * DAY, days), 0, 8)
    history.flush()
    assert len(history.partitions.manifest.parts) == 40
    history.compact(FIRST_DAY + 100 * DAY)
    parts = history.partitions.manifest.parts
    assert [(p.rows, p.file.split("/")[1]) for p in parts] == [(28, "2024-10-31"), (12, "2024-11-12")]
    assert history.read(np.array([0], np.int32), 0, 2**62).value.tolist() == list(range(40))
    assert history.read(np.array([0], np.int32), FIRST_DAY + 5 * DAY, FIRST_DAY + 6 * DAY).value.tolist() == [
        5
    ]


def test_retention_gives_up_old_days_only(tmp_path):
    history = open_history(tmp_path)
    history.append(Batch.of([0, 0], [FIRST_DAY, FIRST_DAY + DAY], 1.0), 0, 8)
    history.flush()
    assert history.retain(20_001) == 1
    assert history.read(np.array([0], np.int32), 0, 2**62).observed.tolist() == [FIRST_DAY + DAY]
    assert open_history(tmp_path).partitions.manifest.first_day == 20_001


def test_files_that_no_manifest_names_are_removed_at_opening(tmp_path):
    history = open_history(tmp_path)
    history.append(Batch.of([0], FIRST_DAY, 1.0), 0, 8)
    history.flush()
    stray = tmp_path / "RoadSegment" / "2024-10-04" / "00000009.parquet"
    stray.write_bytes(b"half a file")
    assert len(open_history(tmp_path).read(np.array([0], np.int32), 0, 2**62)) == 1
    assert not stray.exists()


def test_a_lost_file_is_named(tmp_path):
    history = open_history(tmp_path)
    history.append(Batch.of([0], FIRST_DAY, 1.0), 0, 8)
    history.flush()
    next(tmp_path.rglob("*.parquet")).unlink()
    with pytest.raises(Corrupt, match="00000000"):
        history.read(np.array([0], np.int32), 0, 2**62)


def test_a_damaged_or_newer_manifest_says_what_to_do(tmp_path):
    (tmp_path / "manifest.json").write_text('{"version": 99}')
    with pytest.raises(Unsupported, match="version 99"):
        open_history(tmp_path)
    (tmp_path / "manifest.json").write_text("{")
    with pytest.raises(Corrupt, match="rebuilt from the log"):
        open_history(tmp_path)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=30))
def test_the_fast_sort_is_stable(pairs):
    series, time = (np.array([p[n] for p in pairs], t) for n, t in ((0, np.int32), (1, np.int64)))
    assert stable_order(series).tolist() == sorted(range(len(pairs)), key=lambda n: series[n])
    assert by_series_and_time(series, time).tolist() == sorted(
        range(len(pairs)), key=lambda n: (series[n], time[n])
    )


def test_a_tail_of_many_blocks_keeps_order_and_snapshots():
    tail = Tail(block_rows=7)
    taken = 0
    sizes = [3, 3, 3, 9, 1, 7, 2]
    snapshots = []
    for size in sizes:
        values = np.arange(taken, taken + size)
        tail.append(Rows(Batch.of(values, values, values), values.astype(np.int64)))
        taken += size
        snapshots.append((taken, tail.snapshot()))
        if size == 9:
            sealed = tail.seal()
    assert [Rows.concat(s).position.tolist() for _, s in snapshots] == [list(range(n)) for n, _ in snapshots]
    tail.drop(sealed)
    assert Rows.concat(tail.snapshot()).position.tolist() == list(range(18, 28))
    assert len(tail) == 10
    assert BLOCK_ROWS > 7


@given(
    st.lists(
        st.tuples(st.integers(0, 2), st.integers(0, 50), st.integers(-9, 9), st.sampled_from([0, 1, 3]))
    ),
    st.integers(1, 20),
)
def test_bins_equal_a_slow_reference(rows, step):
    unique = {(s, t): (v, q) for s, t, v, q in rows}
    ordered = [(s, t, *vq) for (s, t), vq in sorted(unique.items())]
    batch = Batch(
        *(
            np.array([r[n] for r in ordered], t)
            for n, t in enumerate((np.int32, np.int64, np.float64, np.uint8))
        )
    )
    expected = {}
    for s, t, v, q in ordered:
        if q != 3:
            expected.setdefault((s, t // step * step), []).append(v)
    found = binned(batch, 0, step)
    assert list(zip(found.series.tolist(), found.bin.tolist(), strict=True)) == list(expected)
    for n, values in enumerate(expected.values()):
        assert found.mean[n] == pytest.approx(np.mean(values))
        assert (found.low[n], found.high[n], found.count[n]) == (min(values), max(values), len(values))
