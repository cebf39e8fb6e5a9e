"""The front of the log is given up: everything that is known stays known, is provable, and survives any crash."""

import contextlib
import random
import shutil

import numpy as np
import pytest
from faulty import FaultyFiles
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_a11_recovery import DERIVED, SERIES, known, write
from tiny_city import NOW

from guia.core import base
from guia.core.backup import backup
from guia.core.clock import DAY, ManualClock
from guia.core.columns import Batch
from guia.core.errors import Corrupt, GuiaError, NotFound
from guia.core.files import OsFiles
from guia.core.hub import Hub, Settings
from guia.core.log import LogReader
from guia.core.segments import first_position, segments
from guia.core.view import LogView


def open_hub(folder, files=None, now=NOW):
    hub = Hub(folder / "live", ManualClock(now), "live", Settings(log_days=None), files or OsFiles())
    hub.log._segment_bytes = 2000
    return hub


def lived(folder, days=12, files=None):
    """A hub that wrote something of everything on each of many days, in small segments."""
    hub = open_hub(folder, files)
    for n in range(days):
        hub.clock.set(NOW + n * DAY)
        write(hub, n)
        if n == 6:
            hub.delete_entities(["urn:ngsi-ld:Stop:tiny:3"])
            hub.put_rows("steps", [("s-1", {"brain": "x"})], "loop")
    return hub


def trim(hub, days=5):
    hub.state.flush()
    hub._trim(hub.clock.now() - days * DAY)


def lose(live, *names):
    for name in names:
        path = live / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
        for more in live.glob(f"{name}-*"):
            more.unlink()


def test_what_is_known_stays_known_and_provable(tmp_path):
    hub = lived(tmp_path)
    before, files = known(hub), len(segments(hub.folder / "log"))
    trim(hub)
    assert 0 < len(segments(hub.folder / "log")) < files
    assert known(hub) == before
    assert hub.verify().findings == ()
    hub.close()
    hub = open_hub(tmp_path, now=NOW + 12 * DAY)
    assert known(hub) == before
    assert hub.verify().findings == ()
    write(hub, 12)
    hub.state.flush()
    assert hub.verify().findings == ()
    hub.close()


@pytest.mark.parametrize("lost", [("store.db",), ("newest.snapshot",), ("store.db", "newest.snapshot")])
def test_store_and_newest_values_are_built_from_the_base(tmp_path, lost):
    hub = lived(tmp_path)
    trim(hub)
    before, steps = known(hub), hub.rows("steps")
    hub.close()
    lose(tmp_path / "live", *lost)
    hub = open_hub(tmp_path, now=NOW + 12 * DAY)
    assert known(hub) == before
    assert hub.rows("steps") == steps
    assert hub.verify().findings == ()
    hub.close()


def test_a_store_from_before_the_cut_is_built_anew(tmp_path):
    hub = lived(tmp_path, days=3)
    hub.close()
    shutil.copy(tmp_path / "live" / "store.db", tmp_path / "old.db")
    hub = open_hub(tmp_path, now=NOW + 3 * DAY)
    for n in range(3, 12):
        hub.clock.set(NOW + n * DAY)
        write(hub, n)
    hub.delete_entities(["urn:ngsi-ld:Stop:tiny:0"])
    hub.clock.set(NOW + 20 * DAY)
    write(hub, 13)
    trim(hub)
    before = known(hub)
    hub.close()
    lose(tmp_path / "live", "store.db")
    shutil.copy(tmp_path / "old.db", tmp_path / "live" / "store.db")
    hub = open_hub(tmp_path, now=NOW + 20 * DAY)
    assert known(hub) == before
    assert hub.verify().findings == ()
    hub.close()


def test_trimming_again_and_again(tmp_path):
    hub = lived(tmp_path)
    starts = []
    for days in (9, 5, 5, 2):
        trim(hub, days)
        starts.append(first_position(hub.folder / "log"))
        assert hub.verify().findings == ()
        assert len(list((hub.folder / "log").glob("*.base"))) == 1
    assert starts[0] < starts[1] == starts[2] < starts[3]
    before = known(hub)
    hub.close()
    lose(tmp_path / "live", "store.db", "newest.snapshot")
    hub = open_hub(tmp_path, now=NOW + 12 * DAY)
    assert known(hub) == before
    hub.close()


def test_a_lost_history_is_found(tmp_path):
    hub = lived(tmp_path)
    trim(hub)
    hub.close()
    lose(tmp_path / "live", *DERIVED)
    hub = open_hub(tmp_path, now=NOW + 12 * DAY)
    assert any("history" in f for f in hub.verify().findings)
    assert hub.alert("a2").updated == NOW + 11
    hub.close()


def test_nothing_is_given_up_that_is_still_needed(tmp_path):
    hub = lived(tmp_path)
    log = hub.folder / "log"
    hub._trim(hub.clock.now())
    assert first_position(log) == 0  # no file holds anything yet
    hub.state.flush()
    hub.needed_from = lambda: 0
    hub._trim(hub.clock.now())
    assert first_position(log) == 0
    hub.needed_from = lambda: hub.position
    hub._trim(hub.clock.now() - 30 * DAY)
    assert first_position(log) == 0
    hub.close()


def test_the_settings_say_how_long(tmp_path):
    hub = lived(tmp_path)
    hub.compact()
    assert first_position(hub.folder / "log") == 0
    hub.settings = Settings(log_days=5)
    hub.compact()
    header = base.header(hub.folder / "log")
    assert NOW < header.received < (hub.clock.now() // DAY - 5) * DAY
    assert hub.verify().findings == ()
    hub.close()


def test_readers_are_told_what_is_gone(tmp_path):
    hub = lived(tmp_path)
    hub.state.flush()
    log = hub.folder / "log"
    old = [r.end for r in LogReader(log).read()][1]
    trim(hub)
    with pytest.raises(NotFound, match="has been given up"):
        list(LogReader(log).read(old))
    with pytest.raises(NotFound, match="has been given up"):
        list(LogReader(log).read(0, old))
    assert list(LogReader(log).read(0, 0)) == []
    view = LogView(log, "traffic", [s.name for s in hub.series()], 60)
    view.follow(hub.position, hub.clock.now())
    assert view.latest(SERIES).value.tolist() == hub.latest(SERIES).value.tolist()
    assert len(view.entities("Stop")) == len(hub.entities(["Stop"]))
    view.close()
    hub.close()


def test_a_damaged_base_is_refused(tmp_path):
    hub = lived(tmp_path)
    trim(hub)
    hub.close()
    path = next((tmp_path / "live" / "log").glob("*.base"))
    whole = path.read_bytes()
    for damaged in (whole[:-100], whole[:40], whole[:3000] + b"x" + whole[3001:]):
        path.write_bytes(damaged)
        with pytest.raises(Corrupt, match="base of the log"):
            list(LogReader(path.parent).read())


def test_a_backup_holds_what_the_log_no_longer_does(tmp_path):
    hub = lived(tmp_path / "city")
    trim(hub)
    hub.ingest(Batch.of(SERIES, NOW + 11 * DAY, 7.0), "x")
    before = known(hub)
    hub.backup(tmp_path / "b")
    hub.close()
    Hub.restore(tmp_path / "b", tmp_path / "again")
    hub = open_hub(tmp_path / "again", now=NOW + 12 * DAY)
    assert known(hub)[:5] == before[:5]
    assert known(hub)[6:] == before[6:]
    assert hub.verify().findings == ()
    hub.close()


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 30), st.integers(0, 2**32), st.booleans())
def test_a_power_cut_at_any_moment_of_a_trim(tmp_path_factory, operations, seed, lost):
    folder = tmp_path_factory.mktemp("city")
    rng = random.Random(seed)
    files = FaultyFiles()
    hub = lived(folder, 9, files)
    hub.state.flush()
    if rng.random() < 0.5:
        trim(hub, 7)
    before = known(hub)
    files._left = operations
    with contextlib.suppress(GuiaError, OSError):
        trim(hub, 3)
    files.crash(rng)
    hub._keeper.close()
    hub.log.close()
    hub.state.close()
    if lost:
        lose(folder / "live", "store.db", "newest.snapshot")
    hub = open_hub(folder, now=NOW + 9 * DAY)
    found = known(hub)
    assert found == before
    assert hub.verify().findings == ()
    trim(hub, 2)
    assert known(hub) == before
    assert hub.verify().findings == ()
    hub.close()


def test_every_operation_of_a_trim_can_be_the_last(tmp_path):
    """The same, at each operation in turn, so that none is left to chance."""
    hub = lived(tmp_path / "whole", 9)
    hub.state.flush()
    before = known(hub)
    hub.close()
    for operations in range(12):
        folder = tmp_path / str(operations)
        shutil.copytree(tmp_path / "whole", folder)
        files = FaultyFiles()
        hub = open_hub(folder, files, NOW + 9 * DAY)
        files._left = operations
        try:
            hub._trim(hub.clock.now() - 3 * DAY)
            done = True
        except OSError:
            done = False
        files.crash(random.Random(operations))
        hub._keeper.close()
        hub.log.close()
        hub.state.close()
        hub = open_hub(folder, now=NOW + 9 * DAY)
        assert known(hub) == before
        assert hub.verify().findings == ()
        assert not done or first_position(hub.folder / "log") > 0
        hub.close()


def test_a_backup_of_a_city_that_goes_on_while_its_log_is_cut(tmp_path):
    """What was flushed behind the position asked for comes along with the log that brought it."""
    hub = lived(tmp_path / "city")
    trim(hub)
    early = hub.position
    write(hub, 12)
    hub.state.flush()
    backup(hub.folder.parent, tmp_path / "b", early, hub.clock.now())
    before = known(hub)
    hub.close()
    Hub.restore(tmp_path / "b", tmp_path / "again")
    hub = open_hub(tmp_path / "again", now=NOW + 12 * DAY)
    assert known(hub)[3] == before[3]
    assert hub.verify().findings == ()
    hub.close()


def test_newest_values_are_exact(tmp_path):
    hub = lived(tmp_path)
    hub.ingest(Batch.of(np.array([4], np.int32), NOW - DAY, -0.0), "x")
    trim(hub, 0)
    before = hub.latest(np.arange(10, dtype=np.int32))
    hub.close()
    lose(tmp_path / "live", "store.db", "newest.snapshot")
    hub = open_hub(tmp_path, now=NOW + 12 * DAY)
    after = hub.latest(np.arange(10, dtype=np.int32))
    assert after.value.tobytes() == before.value.tobytes()
    assert after.observed.tolist() == before.observed.tolist()
    hub.close()
