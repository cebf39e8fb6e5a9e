"""A view shows the world as known at a position: what a slow, obvious reading of the log shows, and no more."""

from pathlib import Path

import msgspec
import numpy as np
import pytest
from brains.counting import READS
from hypothesis import given, settings
from hypothesis import strategies as st

from guia.core.alert import Alert
from guia.core.clock import SECOND, ManualClock
from guia.core.columns import Batch, Quality
from guia.core.decision import Decision
from guia.core.entity import Entity, property_
from guia.core.hub import Hub
from guia.core.series import Series
from guia.core.view import LogView

NOW = 1_800_000_000 * SECOND
MEMORY_S = 100
NAMES = [f"urn:ngsi-ld:Thing:t:{i}|number" for i in range(4)]


def city(folder: Path) -> Hub:
    opened = Hub.open(folder, ManualClock(NOW))
    opened.define([Series(entity=n.split("|")[0], attribute="number") for n in NAMES])
    return opened


def view_of(hub: Hub, reads: list[str]) -> LogView:
    return LogView(hub.folder / "log", "d", reads, MEMORY_S)


rows = st.tuples(st.integers(0, 3), st.integers(-150, 5), st.floats(-1e6, 1e6))
batches = st.lists(st.lists(rows, min_size=1, max_size=8), max_size=6)


def slow(written: list, now: int, start: int, end: int, series: set[int]) -> tuple[dict, list]:
    """Newest value by series, and the window, by looking at every row."""
    latest: dict[int, tuple[int, float]] = {}
    kept: dict[tuple[int, int], float] = {}
    for batch in written:
        for number, second, value in batch:
            observed = NOW + second * SECOND
            if number in series and observed >= latest.get(number, (0, 0.0))[0]:
                latest[number] = (observed, value)
            if number in series and max(start, now - MEMORY_S * SECOND) <= observed < end:
                kept[number, observed] = value
    return latest, [(*key, kept[key]) for key in sorted(kept)]


@settings(max_examples=40, deadline=None)
@given(batches, st.integers(0, 6), st.integers(-160, 10), st.integers(-160, 10))
def test_latest_and_window_equal_a_slow_reading(tmp_path_factory, written, upto, start_s, end_s):
    hub = city(tmp_path_factory.mktemp("city"))
    positions = [hub.position]
    for batch in written:
        number, second, value = map(list, zip(*batch, strict=True))
        hub.ingest(Batch.of(number, NOW + np.array(second) * SECOND, value), "f")
        positions.append(hub.position)
    upto = min(upto, len(written))
    view = view_of(hub, [NAMES[0], NAMES[2], "urn:ngsi-ld:Thing:t:3|*"])
    start, end = NOW + start_s * SECOND, NOW + end_s * SECOND
    if upto > 1:
        view.follow(positions[upto // 2], NOW - 5 * SECOND)
    view.follow(positions[upto], NOW)
    latest, window = slow(written[:upto], NOW, start, end, {0, 2, 3})
    seen = view.latest(np.arange(-1, 4, dtype=np.int32))
    for number, observed, value, quality in zip(
        seen.series, seen.observed, seen.value, seen.quality, strict=True
    ):
        assert (
            (int(observed), quality) == (latest[number][0], 0) if number in latest else (0, Quality.MISSING)
        )
        assert number not in latest or value == latest[number][1]
    found = view.window(np.array([0, 2, 3, -1], np.int32), start, end)
    assert list(zip(found.series, found.observed, found.value, strict=True)) == window
    hub.close()


def test_series_are_known_by_name_and_pattern_from_the_moment_they_are_defined(tmp_path: Path):
    hub = city(tmp_path)
    view = view_of(hub, [NAMES[1], "urn:ngsi-ld:Vehicle:t:*|speed"])
    view.follow(hub.position, NOW)
    assert view.ids(NAMES).tolist() == [-1, 1, -1, -1]
    assert view.matching("urn:ngsi-ld:Vehicle:*")[0] == []
    before = hub.position
    hub.define(
        [Series(entity=f"urn:ngsi-ld:Vehicle:t:{i}", attribute=a) for i in (1, 2) for a in ("speed", "mood")]
    )
    view.follow(before, NOW)
    assert view.matching("*")[0] == [NAMES[1]]
    view.follow(hub.position, NOW)
    names, ids = view.matching("urn:ngsi-ld:Vehicle:t:*|speed")
    assert names == ["urn:ngsi-ld:Vehicle:t:1|speed", "urn:ngsi-ld:Vehicle:t:2|speed"]
    assert ids.tolist() == hub.ids(names).tolist()
    hub.close()


def alert(number: int, **changes) -> Alert:
    plain = Alert(
        id=f"a{number}", domain="d", kind="k", severity="minor", title={"en": "x"}, since=NOW, updated=NOW
    )
    return msgspec.structs.replace(plain, **changes)


def decision(number: int, **changes) -> Decision:
    plain = Decision(
        id=f"d{number}", domain="d", action="a", parameters={}, entities=(), title={}, proposed=NOW, known_at=0,
        expires=NOW + 60 * SECOND,
    )  # fmt: skip
    return msgspec.structs.replace(plain, **changes)


def test_only_the_own_domains_open_alerts_and_unfinished_decisions(tmp_path: Path):
    hub = city(tmp_path)
    hub.put_alerts([alert(1), alert(2), alert(3, domain="other")], "d")
    hub.put_decisions([decision(1), decision(2), decision(3, domain="other")], "d")
    view = view_of(hub, [])
    view.follow(hub.position, NOW)
    assert [a.id for a in view.alerts()] == ["a1", "a2"]
    assert [d.id for d in view.decisions()] == ["d1", "d2"]
    hub.put_alerts([alert(1, ended=NOW)], "d")
    hub.decide("d1", "rejected", "operator", "not today")
    view.follow(hub.position, NOW)
    assert [a.id for a in view.alerts()] == ["a2"]
    assert view.decisions()[0].reason == "not today"
    view.follow(hub.position, NOW + (MEMORY_S + 1) * SECOND)
    assert [d.id for d in view.decisions()] == ["d2"]
    hub.close()


def test_entities_come_change_and_go(tmp_path: Path):
    hub = city(tmp_path)
    view = view_of(hub, [])
    hub.put_entities([Entity(id=f"urn:ngsi-ld:Vehicle:t:{i}", type="Vehicle") for i in (2, 1)], "f")
    view.follow(hub.position, NOW)
    assert [e.id[-1] for e in view.entities("Vehicle")] == ["1", "2"]
    hub.put_entities(
        [Entity(id="urn:ngsi-ld:Vehicle:t:1", type="Vehicle", attributes={"n": property_(7)})], "f"
    )
    hub.delete_entities(["urn:ngsi-ld:Vehicle:t:2"])
    view.follow(hub.position, NOW)
    (left,) = view.entities("Vehicle")
    assert left.attributes["n"]["value"] == 7
    assert view.entities("Bus") == []
    hub.close()


def test_a_view_goes_on_from_its_memory_and_never_from_a_foreign_one(tmp_path: Path):
    hub = city(tmp_path)
    hub.ingest(Batch.of(hub.ids(NAMES), NOW - SECOND, 1.0), "f")
    first = view_of(hub, NAMES[:2])
    first.follow(hub.position, NOW)
    hub.ingest(Batch.of(hub.ids(NAMES), NOW, 2.0), "f")
    again = LogView(hub.folder / "log", "d", NAMES[:2], MEMORY_S, first.memory)
    again.follow(hub.position, NOW)
    assert again.window(hub.ids(NAMES), 0, NOW + 1).value.tolist() == [1.0, 2.0, 1.0, 2.0]
    wider = LogView(hub.folder / "log", "d", NAMES, MEMORY_S, first.memory)
    wider.follow(hub.position, NOW)
    assert len(wider.window(hub.ids(NAMES), 0, NOW + 1)) == 8
    hub.close()


@pytest.mark.parametrize("reads", [READS, []])
def test_nothing_is_seen_beyond_the_position(tmp_path: Path, reads):
    hub = city(tmp_path)
    before = hub.position
    hub.ingest(Batch.of(hub.ids(NAMES), NOW, 2.0), "f")
    view = view_of(hub, reads)
    view.follow(before, NOW)
    assert view.position == before
    assert np.isnan(view.latest(hub.ids(NAMES)).value).all()
    hub.close()
