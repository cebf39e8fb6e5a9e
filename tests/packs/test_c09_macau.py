"""C09: the committed pack of Macau."""

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from guia.packs import Pack
from guia.packs.check import check_pack
from guia.packs.check_network import car_part
from guia.packs.network import BUS, CAR, CONNECTOR, MOTORCYCLE, SOURCES
from guia.packs.routable import bridges_both_ways

MACAU = Path(__file__).parents[2] / "cities" / "macau"


@pytest.fixture(scope="module")
def pack():
    return Pack.open(MACAU)


def test_it_is_whole_and_small():
    assert check_pack(MACAU) == []
    sizes = [f.stat().st_size for f in MACAU.rglob("*") if f.is_file()]
    assert sum(sizes) < 5_000_000
    assert max(sizes) < 1_400_000


def test_cars_get_about(pack):
    net = pack.network
    own = net.allows(CAR) & (net.source != CONNECTOR)
    share = net.length_m[car_part(net) & own].sum() / net.length_m[own].sum()
    assert share >= 0.985, "97 % of pairs both ways need 98.5 % of the length in one part"
    connectors = net.length_m[net.source == CONNECTOR]
    assert connectors.sum() < 0.02 * net.length_m.sum()
    assert connectors.max() < 201


def test_all_four_bridges_carry_cars_both_ways(pack):
    assert bridges_both_ways(pack.network, pack.projection) == 4


def test_motorcycle_lanes_are_for_motorcycles(pack):
    lanes = np.char.find(pack.network.name_zh, "電單車專道") >= 0
    assert lanes.any()
    assert (pack.network.access[lanes] == MOTORCYCLE).all()
    assert ((pack.network.access & BUS) > 0).mean() > 0.9


def test_streets_have_chinese_and_portuguese_names(pack):
    named = pack.network.name_zh != ""
    assert named.mean() > 0.85
    assert (pack.network.name_pt[named] != "").mean() > 0.95
    row = int(np.flatnonzero(pack.network.name_zh == "友誼大橋")[0])
    assert pack.network.names(row)["pt"] == "Ponte da Amizade"


def test_every_kind_of_source_is_in_it(pack):
    assert set(np.unique(pack.network.source)) == set(range(len(SOURCES)))


def test_detectors_and_signals_are_assumed_and_say_so(pack):
    assert 280 <= len(pack.detectors) <= 320
    assert {j.label for j in pack.signals} == {"synthetic"}
    assert (
        pack.source("roads/signals.json").label == pack.source("roads/detectors.parquet").label == "synthetic"
    )
    import shapely

    rows = [pack.network.row[d] for d in pack.detectors]
    starts = pack.network.points[pack.network.first_point[rows]]
    for parish in pack.parishes:
        assert shapely.contains_xy(parish.geometry.buffer(5e-4), *starts.T).sum() >= 4, parish.id


def test_the_timetable(pack):
    feed = pack.gtfs
    kinds = feed.text("routes", "route_type")
    assert [(kinds == k).sum() for k in ("3", "0", "4")] == [92, 3, 6]
    assert len(feed.stop_ids) == 594 + 15 + 6
    assert "/" not in "".join(feed.stop_ids)
    assert feed.names("stops", "stop_name", "lrt-Barra", "媽閣")["pt"] == "Barra"
    assert feed.frequencies.end_s.max() > 86_400
    assert not feed.frequencies.exact.any()
    rail = np.char.startswith(feed.trip_ids, "taipa") | np.char.startswith(feed.trip_ids, "ferry")
    estimated = np.unique(feed.stop_times.trip[~feed.stop_times.exact])
    assert not rail[estimated].any()
    assert rail[np.unique(feed.stop_times.trip[feed.stop_times.exact])].any()


def test_holidays_run_as_sundays(pack):
    plain, holiday, sunday = (pack.gtfs.services_on(date(2026, 12, d)) for d in (9, 8, 13))
    assert "mon-sat" in plain
    assert "sun-hol" not in plain
    assert "sun-hol" in holiday
    assert "mon-sat" not in holiday
    assert "mon-sat-mandatory" in holiday, "8 December is a public holiday, but no mandatory one"
    assert holiday - sunday == {"mon-sat-mandatory", "mon-fri-mandatory"}


def test_bus_times_are_plausible(pack):
    """Commercial speeds between 8 and 45 km/h on every trip."""
    times = pack.gtfs.stop_times
    first, last = times.first[:-1], times.first[1:] - 1
    bus = ~times.exact[first]
    metres = (times.distance_m[last] - times.distance_m[first])[bus]
    hours = (times.arrival_s[last] - times.departure_s[first])[bus] / 3600
    speed = metres / 1000 / hours
    assert speed.min() > 8
    assert speed.max() < 45


def test_residents_are_those_of_the_census(pack):
    assert sum(p.population for p in pack.parishes) == 681_293
    assert sum(w.residents for w in pack.weights) == pytest.approx(681_293, rel=1e-4)
    assert {w.parish for w in pack.weights} <= {p.id for p in pack.parishes}


def test_figures(pack):
    visitors = next(s for s in pack.monthly if s.id == "visitors")
    in_2019 = visitors.period.astype("datetime64[Y]") == np.datetime64("2019")
    assert visitors.value[in_2019].sum() == 39_406_181
    assert {s.label for s in pack.monthly} == {"real"}


def test_no_flights_and_no_measured_runs_are_in_it(pack):
    names = {f.name for f in pack.files()}
    assert not any("flight" in n or "mopub" in n.lower() for n in names)
