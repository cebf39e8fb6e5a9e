"""I03: what the transit domain answers: vehicles, stops, departures, journeys."""

import numpy as np
import pytest

from guia.core.clock import SECOND, ManualClock, instant
from guia.core.errors import NotFound, Unavailable
from guia.core.hub import Hub
from guia.domains.transit import brain as transit
from guia.domains.transit import sample
from guia.domains.transit.service import Transit

NOW = instant("2026-11-20T09:05:00Z")
LATER = instant("2026-11-20T09:17:00Z")


def no_streets(start, goal, depart):
    raise Unavailable("no streets here")


@pytest.fixture
def service(tmp_path, schedule):
    clock = ManualClock(NOW)
    hub = Hub.open(tmp_path, clock)
    yield Transit(schedule.pack, hub, clock, no_streets)
    hub.close()


@pytest.fixture
def live(rehearse, schedule):
    """A service beside a brain that hears vehicles two minutes late."""
    run = rehearse(transit.build(schedule.pack.folder), NOW)
    rng = np.random.default_rng(1)
    for now, entities, series, values in sample.vehicles(run.brain.schedule, LATER, 3, 30, 120, rng):
        run.clock.set(now)
        run.hub.put_entities(entities, "buses")
        ids = dict(zip((s.name for s in series), run.hub.define(series).tolist(), strict=True))
        run.hub.ingest(sample.batch(ids, now, values), "buses")
        run.step(now)
    return run.clock.now(), Transit(schedule.pack, run.hub, run.clock, no_streets)


def test_nothing_heard_vehicles_go_by_timetable(service):
    found = service.vehicles(NOW)
    assert len(found["id"]) == 2
    assert found["predicted"] == [True, True]
    assert found["delay_s"] == [None, None]
    assert len({len(v) for v in found.values() if isinstance(v, list)}) == 1


def test_a_bus_that_passed_a_stop_early_is_gone_from_its_board(rehearse, schedule):
    run = rehearse(transit.build(schedule.pack.folder), NOW)
    rng = np.random.default_rng(1)
    service = Transit(schedule.pack, run.hub, run.clock, no_streets)
    day, passed = schedule.day(LATER), 0
    for now, entities, series, values in sample.vehicles(schedule, LATER + 540 * SECOND, 16, 30, -240, rng):
        run.clock.set(now)
        run.hub.put_entities(entities, "buses")
        ids = dict(zip((s.name for s in series), run.hub.define(series).tolist(), strict=True))
        run.hub.ingest(sample.batch(ids, now, values), "buses")
        run.step(now)
        second = (now - day.origin) / SECOND
        for vehicle in entities:
            named, start = map(int, vehicle.id.rsplit(":", 1)[1].split("-"))
            (trip,) = np.flatnonzero((day.timetable.trip == named) & (day.timetable.start_s == start))
            calls = np.arange(day.timetable.first[trip], day.timetable.first[trip + 1] - 1)
            due = day.timetable.departure_s[calls]
            gone = calls[(due - 240 < second - 90) & (due > second)]
            for call in gone.tolist():
                stop = str(schedule.network.stop_id[day.timetable.stop[call]])
                at = day.origin + int(day.timetable.departure_s[call]) * SECOND
                board = service.departures(stop, now, 20)
                assert [d for d in board if d.scheduled == at and d.expected >= now] == []
                passed += 1
    assert passed > 3


def test_heard_vehicles_are_shown_where_they_were_heard(live):
    now, service = live
    found = service.vehicles(now)
    heard = [i for i, p in enumerate(found["predicted"]) if not p]
    assert heard
    assert all(found["delay_s"][i] == pytest.approx(120, abs=12) for i in heard)
    assert found["label"] == "synthetic"
    names = [f"urn:ngsi-ld:Vehicle:tiny:{found['id'][i]}|longitude" for i in heard]
    told = service.hub.latest(service.hub.ids(names))
    assert np.allclose(told.value, [found["lon"][i] for i in heard], atol=1e-6)
    assert (told.observed >= now - 60 * SECOND).all()


def test_departures_in_order_each_in_its_interval(service):
    board = service.departures("S1", NOW, 6)
    assert [d.expected for d in board] == sorted(d.expected for d in board)
    assert all(d.scheduled >= NOW and d.early <= d.expected <= d.late and d.delay_s is None for d in board)
    assert len(board) == 6


def test_a_late_vehicle_is_waited_for(live):
    now, service = live
    board = [d for stop in ("S1", "S2", "S3", "S4") for d in service.departures(stop, now, 20)]
    told = [d for d in board if d.delay_s is not None]
    assert told
    assert all(d.delay_s == pytest.approx(120, abs=12) for d in told)
    assert all(
        d.expected == d.scheduled + d.delay_s * SECOND and d.early <= d.expected <= d.late for d in told
    )
    assert all(d.expected >= now - 30 * SECOND for d in board)


def test_evening_headways_are_marked_as_estimates(service):
    evening = instant("2026-11-20T21:00:00Z")
    assert all(d.estimate for d in service.departures("S1", evening, 4))
    assert not any(d.estimate for d in service.departures("S1", NOW, 4))


def test_an_unknown_stop_says_so(service):
    with pytest.raises(NotFound, match="no stop"):
        service.departures("nowhere", NOW, 3)
    entity = "urn:ngsi-ld:PublicTransportStop:tiny:S1"
    assert service.departures(entity, NOW, 1) == service.departures("S1", NOW, 1)


def test_a_journey_leads_from_door_to_door(service):
    stops = {s["id"]: s for s in service.stops()}
    start, goal = ((stops[k]["lon"], stops[k]["lat"] + 0.0005) for k in ("S1", "S4"))
    found = service.journeys(start, goal, NOW)
    ride = next(j for j in found if any(leg["mode"] == "bus" for leg in j["legs"]))
    assert [leg["mode"] for leg in ride["legs"]] == ["foot", "bus", "foot"]
    assert ride["legs"][1]["from"]["id"] == "S1"
    assert ride["legs"][1]["to"]["id"] == "S4"
    assert ride["depart"] >= "2026-11-20T09:05:00Z"
    for j in found:
        assert j["arrive_early"] <= j["arrive"] <= j["arrive_late"]
        times = [t for leg in j["legs"] for t in (leg["depart"], leg["arrive"])]
        assert times == sorted(times)
        assert j["label"] == "synthetic"
    arrivals = [j["arrive"] for j in found]
    assert arrivals == sorted(arrivals)


def test_no_journey_says_so(service):
    with pytest.raises(NotFound, match="no journey"):
        service.journeys((9.0, 19.0), (10.0, 20.0), NOW)


def test_lines_and_stops_have_names_and_places(service):
    (line,) = service.lines()
    assert line["colour"].startswith("#")
    assert len(line["shapes"]) == 2
    assert all({"en", "zh"} <= set(s["names"]) and s["routes"] == ["1"] for s in service.stops())
