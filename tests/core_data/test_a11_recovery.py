"""After a stop of any kind the city knows what it knew: from files, from the log, or from both."""

import random
import shutil

import numpy as np
import pytest
from faulty import FaultyFiles
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tiny_city import NOW, speed

from guia.benchmarks.kills import kill_repeatedly
from guia.core.alert import Alert
from guia.core.clock import MINUTE, SECOND, ManualClock
from guia.core.columns import Batch, Forecasts
from guia.core.entity import Entity
from guia.core.errors import Corrupt, GuiaError
from guia.core.files import OsFiles
from guia.core.hub import Hub, Settings

SERIES = np.arange(3, dtype=np.int32)


def alert(n):
    return Alert(
        id=f"a{n % 3}", domain="traffic", kind="x", severity="minor", title={}, since=NOW, updated=NOW + n
    )


def write(hub, n):
    """Write number n of a sequence that touches every kind of record."""
    hub.define([speed(k) for k in range(3)] if n == 0 else [speed(3 + n)])
    hub.ingest(Batch.of(SERIES, NOW + (n % 5) * SECOND, float(n)), "x")
    hub.put_forecasts(
        Forecasts(
            SERIES,
            np.full(3, NOW + n),
            np.full(3, NOW + MINUTE),
            np.full(3, 0.5),
            np.full(3, float(n)),
            "m/1",
        ),
        "x",
    )
    hub.put_alerts([alert(n)], "x")
    hub.put_entities([Entity(id=f"urn:ngsi-ld:Stop:tiny:{n % 4}", type="Stop")], "x")


def known(hub):
    history = hub.history(SERIES, 0, 2**62)
    return (
        hub.position,
        [s.name for s in hub.series()],
        hub.latest(SERIES).value.tolist(),
        list(zip(history.series.tolist(), history.observed.tolist(), history.value.tolist(), strict=True)),
        hub.forecast_latest(SERIES, NOW + MINUTE).tolist(),
        [f.value.tolist() for f in hub.forecasts(SERIES, 0, 2**62)],
        hub.alerts(),
        hub.entities(),
    )


def open_hub(folder, files=None):
    return Hub(folder / "live", ManualClock(NOW), "live", Settings(), files or OsFiles())


def filled(folder, upto=12, flush_at=(3, 7)):
    hub = open_hub(folder)
    for n in range(upto):
        write(hub, n)
        if n in flush_at:
            hub.state.flush()
    return hub


DERIVED = ("store.db", "history", "forecasts", "newest.snapshot")


@pytest.mark.parametrize("lost", [(), *((name,) for name in DERIVED), DERIVED])
def test_whatever_was_derived_is_built_again_from_the_log(tmp_path, lost):
    hub = filled(tmp_path)
    before = known(hub)
    hub.close()
    for name in lost:
        path = tmp_path / "live" / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
        for more in path.parent.glob(f"{name}-*"):
            more.unlink()
    hub = open_hub(tmp_path)
    assert known(hub) == before
    assert hub.verify().clean
    write(hub, 12)
    assert hub.verify().clean
    hub.close()


def test_a_stop_without_a_goodbye(tmp_path):
    hub = filled(tmp_path)
    before = known(hub)
    copy = tmp_path / "copy"
    shutil.copytree(tmp_path / "live", copy / "live")
    again = open_hub(copy)
    assert known(again) == before
    assert again.verify().clean
    again.close()
    hub.close()


def test_a_damaged_snapshot_is_passed_over(tmp_path):
    hub = filled(tmp_path)
    before = known(hub)
    hub.close()
    path = tmp_path / "live" / "newest.snapshot"
    for damaged in (b"", path.read_bytes()[:-20], b"x" * 500):
        path.write_bytes(damaged)
        hub = open_hub(tmp_path)
        assert known(hub) == before
        hub.close()


def test_a_log_that_ends_too_early_is_refused(tmp_path):
    hub = filled(tmp_path)
    hub.close()
    shutil.rmtree(tmp_path / "live" / "log")
    with pytest.raises(Corrupt, match="the log ends at"):
        open_hub(tmp_path)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(5, 120), st.integers(0, 2**32))
def test_a_power_cut_at_any_moment_loses_nothing_acknowledged(tmp_path_factory, operations, seed):
    folder = tmp_path_factory.mktemp("city")
    rng = random.Random(seed)
    files = FaultyFiles(operations)
    acknowledged = -1
    hub = None
    try:
        hub = open_hub(folder, files)
        for n in range(30):
            write(hub, n)
            acknowledged = n
            if rng.random() < 0.2:
                hub.state.flush()
            if rng.random() < 0.1:
                hub.state.history.compact(NOW + 10**17)
        files.crash(rng)
    except (GuiaError, OSError):
        files.crash(rng)
    if hub is not None:
        hub._keeper.close()
        hub.log.close()
        hub.state.close()
    hub = open_hub(folder)
    assert hub.verify().findings == ()
    if acknowledged >= 0:
        newest = hub.history(SERIES[:1], 0, 2**62)
        present = dict(zip(newest.observed.tolist(), newest.value.tolist(), strict=True))
        for n in range(max(0, acknowledged - 4), acknowledged + 1):
            assert present[NOW + (n % 5) * SECOND] >= n
        assert hub.forecast_latest(SERIES, NOW + MINUTE)[0] >= acknowledged
        assert hub.alert(f"a{acknowledged % 3}").updated >= NOW + acknowledged
    hub.close()


def test_rejections_are_remembered(tmp_path):
    hub = open_hub(tmp_path)
    hub.ingest(Batch.of([77], NOW, 1.0), "probes")
    hub.close()
    hub = open_hub(tmp_path)
    assert hub.rejected_counts() == {"probes": 1}
    assert hub.rejected()[0]["reason"] == "unknown-series"
    hub.close()


def test_kill_9_in_mid_ingest(tmp_path):
    figures = kill_repeatedly(tmp_path, kills=3)
    assert figures["writers_acknowledged"] > 0
    assert (figures["lost"], figures["verify_clean"]) == (0, True)
