"""F02: the way in: good rows are stored, the others named, counted and kept; too much is told to wait."""

import asyncio
import json
import time

import numpy as np
import pytest

from guia.core.clock import MINUTE, SECOND, instant
from guia.core.errors import InvalidInput, TooBusy
from guia.feeds import intake as way_in
from guia.feeds.running import silences
from guia.feeds.wire import from_json

NOW = instant("2026-11-21T08:00:00Z")
NAMES = [f"urn:ngsi-ld:TrafficDetector:tiny:d{i}|speed" for i in range(3)]


def columns(series, observed, value, quality=None):
    body = {"series": series, "observed": observed, "value": value}
    return from_json(json.dumps(body | ({"quality": quality} if quality else {})).encode())


async def test_good_rows_are_stored_and_the_others_named_with_a_remedy(city, intakes):
    sent = columns(
        [NAMES[0], "nobody|speed", NAMES[1], NAMES[1], NAMES[2]],
        [NOW, NOW, NOW + 10 * MINUTE, "noon", NOW],
        [42.0, 1.0, 1.0, 1.0, 999.0],
    )
    answer = await intakes.of("detectors").receive(sent)
    assert answer.accepted == 1
    assert [(r.row, r.series, r.reason) for r in answer.rejected] == [
        (1, "nobody|speed", "unknown-series"),
        (2, NAMES[1], "in-the-future"),
        (3, NAMES[1], "not-an-instant"),
        (4, NAMES[2], "above-upper-bound"),
    ]
    assert all(r.remedy for r in answer.rejected)
    assert city.hub.latest(city.ids).value[0] == 42.0
    assert np.isnan(city.hub.latest(city.ids).value[1:]).all()
    assert city.hub.rejected_counts() == {"detectors": 4}
    assert "nobody|speed" in {r["series"] for r in city.hub.rejected(10, "detectors")}
    state = intakes.of("detectors").state()
    assert (state.batches, state.accepted, state.rejected) == (1, 1, 4)
    assert state.rate_per_s > 0


async def test_a_feed_nobody_declared_is_labelled_as_what_it_sends(city, intakes):
    unknown = intakes.of("stranger", "mqtt")
    assert (unknown.state().kind, unknown.state().label) == ("mqtt", "real")
    await unknown.receive(columns([NAMES[0]], [NOW], [1.0]))
    assert unknown.state().label == "synthetic"


async def test_a_dry_run_answers_the_same_and_stores_nothing(city, intakes):
    sent = columns([NAMES[0], "nobody|speed", NAMES[1]], [NOW, NOW, NOW], [42.0, 1.0, -5.0])
    before = city.hub.position
    checked = intakes.of("detectors").check(sent)
    assert city.hub.position == before
    assert city.hub.rejected_counts() == {}
    stored = await intakes.of("detectors").receive(sent)
    assert (checked.accepted, checked.rejected) == (stored.accepted, stored.rejected)
    assert (checked.position, stored.position >= 0) == (-1, True)


async def test_a_feed_that_sends_faster_than_the_disk_is_told_to_wait(city, intakes, monkeypatch):
    monkeypatch.setattr(way_in, "WAITING", 3)
    sent = columns([NAMES[0]], [NOW], [1.0])
    answers = await asyncio.gather(
        *(intakes.of("detectors").receive(sent) for _ in range(6)), return_exceptions=True
    )
    assert sum(isinstance(a, TooBusy) for a in answers) == 3
    assert (await intakes.of("detectors").receive(sent)).accepted == 1


def test_a_feeds_name_is_a_plain_word_and_there_is_an_end_to_new_ones(intakes, monkeypatch):
    assert intakes.of("new-feed.1").settings.kind == "http"
    for bad in ("", "A", "../x", "a/b", "x" * 100, "a b"):
        with pytest.raises(InvalidInput):
            intakes.of(bad)
    monkeypatch.setattr(way_in, "MAX_FEEDS", 4)
    with pytest.raises(InvalidInput):
        intakes.of("one-more")


async def test_a_silent_feed_raises_one_alert_that_ends_when_it_speaks(city, intakes, monkeypatch):
    monkeypatch.setattr(way_in, "PATIENCE_S", 0.0)
    assert silences("tiny", intakes, city.clock.now()) == []
    city.clock.set(NOW + 301 * SECOND)
    raised = silences("tiny", intakes, city.clock.now())
    assert {a.kind for a in raised} == {"feed-silent"}
    assert len(raised) == 3
    assert silences("tiny", intakes, city.clock.now()) == []
    assert intakes.of("detectors").state().silent
    await intakes.of("detectors").receive(columns([NAMES[0]], [NOW], [1.0]))
    ended = silences("tiny", intakes, city.clock.now())
    assert [a.id for a in ended] == [a.id for a in raised if "detectors" in a.id]
    assert ended[0].ended is not None
    assert ended[0].since == raised[0].since


async def test_a_feed_that_has_just_started_is_not_called_silent_however_fast_the_clock(city, intakes):
    city.clock.set(NOW + 3600 * SECOND)
    assert silences("tiny", intakes, city.clock.now()) == []


async def test_a_thousand_rows_take_a_few_milliseconds_until_they_are_on_disk(city, intakes):
    sent = columns([NAMES[i % 3] for i in range(1000)], [NOW - i for i in range(1000)], [1.0] * 1000)
    await intakes.of("detectors").receive(sent)
    begun = time.perf_counter()
    for _ in range(10):
        await intakes.of("detectors").receive(sent)
    assert (time.perf_counter() - begun) / 10 < 0.1
