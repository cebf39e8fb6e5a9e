"""Verify finds what is wrong; a backup brings back the city as it was at one position."""

import shutil
import threading

import apsw
import numpy as np
import pytest
from tiny_city import NOW, speed

from guia.core.clock import ManualClock
from guia.core.columns import Batch
from guia.core.errors import Conflict, InvalidInput
from guia.core.hub import Hub


def fill(hub, batches=10):
    numbers = hub.define([speed(n) for n in range(5)])
    for n in range(batches):
        hub.ingest(Batch.of(numbers, NOW + n, float(n)), "x")
    hub.state.flush()
    return numbers


def test_a_whole_city_verifies_clean(hub):
    numbers = fill(hub)
    hub.ingest(Batch.of(numbers, NOW, 99.0), "x")
    report = hub.verify()
    assert report.clean
    assert (report.observations, report.rows, report.files) == (50, 5, 1)
    assert report.position == hub.position


def test_a_changed_row_of_the_store_is_found(hub):
    fill(hub)
    other = apsw.Connection(str(hub.folder / "store.db"))
    other.execute("UPDATE series SET body = replace(body, 'KMH', 'MTS') WHERE number = 2")
    other.close()
    assert hub.verify().findings == ("store: table series is not what the log says",)


def test_a_lost_or_foreign_file_of_the_history_is_found(hub):
    fill(hub)
    path = next((hub.folder / "history").rglob("*.parquet"))
    whole = path.read_bytes()
    path.write_bytes(whole[:-30])
    assert any("cannot be read" in f for f in hub.verify().findings)
    path.unlink()
    findings = hub.verify().findings
    assert any("2024-10-04 holds 0 rows, the log says 50" in f for f in findings)
    path.write_bytes(whole)
    assert hub.verify().clean


def test_a_damaged_log_is_found(hub):
    fill(hub)
    path = next((hub.folder / "log").glob("*.log"))
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 4
    path.write_bytes(data)
    assert any(f.startswith("log:") for f in hub.verify().findings)


def test_backup_while_writing_holds_the_city_at_one_position(hub, tmp_path, clock):
    numbers = fill(hub)
    (tmp_path / "city.toml").write_text("[web]\nport = 1\n")
    accounts = apsw.Connection(str(tmp_path / "accounts.db"))
    accounts.execute("CREATE TABLE t (x); INSERT INTO t VALUES (5)")
    stop = threading.Event()

    def keep_writing():
        n = 100
        while not stop.is_set():
            hub.ingest(Batch.of(numbers, NOW + n, float(n)), "x")
            n += 1

    writer = threading.Thread(target=keep_writing)
    writer.start()
    file = tmp_path / "city.backup"
    before = hub.position
    hub.backup(file)
    after = hub.position
    stop.set()
    writer.join()
    Hub.restore(file, tmp_path / "restored" / "city")
    restored = Hub.open(tmp_path / "restored" / "city", ManualClock(NOW))
    assert before <= restored.position <= after
    assert restored.verify().clean
    mine, theirs = (h.history(numbers, 0, 2**62, known_at=restored.position) for h in (restored, hub))
    assert mine.value.tolist() == theirs.value.tolist()
    restored.close()
    assert (tmp_path / "restored/city/city.toml").read_text().startswith("[web]")
    copy = apsw.Connection(str(tmp_path / "restored/city/accounts.db"))
    assert copy.execute("SELECT x FROM t").fetchall() == [(5,)]
    assert not [p for p in tmp_path.iterdir() if p.name.startswith(".")]


def test_restore_refuses_a_folder_that_is_not_empty(hub, tmp_path):
    fill(hub)
    hub.backup(tmp_path / "b")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").touch()
    with pytest.raises(Conflict, match="not empty"):
        Hub.restore(tmp_path / "b", tmp_path / "full")
    (tmp_path / "empty").mkdir()
    Hub.restore(tmp_path / "b", tmp_path / "empty")
    assert (tmp_path / "empty" / "live" / "log").is_dir()


@pytest.mark.parametrize("cut", [0, 1, 100, 0.5, 0.9, -1])
def test_a_cut_or_damaged_backup_is_refused_and_leaves_nothing(hub, tmp_path, cut):
    fill(hub)
    numbers = np.arange(5, dtype=np.int32)
    rng = np.random.default_rng(1)
    for n in range(50):
        hub.ingest(Batch.of(numbers, NOW + n, rng.normal(size=5)), "x")
    hub.backup(tmp_path / "b")
    data = (tmp_path / "b").read_bytes()
    (tmp_path / "b").write_bytes(data[: int(len(data) * cut) if isinstance(cut, float) else cut])
    with pytest.raises(InvalidInput, match=r"no whole backup|should hold"):
        Hub.restore(tmp_path / "b", tmp_path / "new")
    assert not (tmp_path / "new").exists()
    assert not list(tmp_path.glob(".restore-*"))


def test_a_backup_cannot_write_outside_its_folder(tmp_path):
    import io
    import tarfile

    import pyarrow as pa

    file = tmp_path / "evil"
    with (
        pa.output_stream(str(file), compression="zstd") as stream,
        tarfile.open(fileobj=stream, mode="w|") as tar,
    ):
        info = tarfile.TarInfo("../outside")
        info.size = 1
        tar.addfile(info, io.BytesIO(b"x"))
    with pytest.raises(InvalidInput):
        Hub.restore(file, tmp_path / "sub" / "new")
    assert not (tmp_path / "sub" / "outside").exists()
    shutil.rmtree(tmp_path / "sub", ignore_errors=True)
