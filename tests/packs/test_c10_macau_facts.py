"""C10: compiling facts: names, reversed streets, headways, shapes, bus links, on small made-up facts."""

import json
from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from small_town import HERE, street

from guia.core.errors import InvalidInput
from guia.packs.assemble import assemble
from guia.packs.macau.build import build_macau
from guia.packs.macau.bus_links import SHIFT_M, join_bus_links
from guia.packs.macau.bus_shapes import chains, with_unnamed_streets
from guia.packs.macau.buses import bands, run_times_s, stop_id, thinned
from guia.packs.macau.detours import BusWays, without_detours
from guia.packs.macau.holidays import MANDATORY, PERIODS, PUBLIC, SERVICES, calendar
from guia.packs.macau.roads import split_name, streets_of
from guia.packs.macau.shores import shores_of
from guia.packs.network import BUS, EVERYBODY, FROM_DSAT, JOINED, MOTORCYCLE
from guia.packs.places import Parish
from guia.packs.stops_on_shape import cut, stop_offsets


@pytest.mark.parametrize(
    ("name", "chinese", "portuguese"),
    [
        ("友誼大橋 Ponte da Amizade", "友誼大橋", "Ponte da Amizade"),
        ("柯邦迪前地(司打口) Praça de Ponte e Horta", "柯邦迪前地(司打口)", "Praça de Ponte e Horta"),
        ("士多鳥拜斯大馬路 Avenida de Sidónio Pais", "士多鳥拜斯大馬路", "Avenida de Sidónio Pais"),
        ("西灣大橋下層通道", "西灣大橋下層通道", ""),
        ("Rua Sem Nome", "", "Rua Sem Nome"),
        ("仁伯爵綜合醫院離島急診站 Serviço de Urgências", "仁伯爵綜合醫院離島急診站", "Serviço de Urgências"),
    ],
)
def test_bilingual_names_are_split(name, chinese, portuguese):
    found = split_name(name)
    assert (found["zh"], found["pt"]) == (chinese, portuguese)


def facts(tmp_path, roads=(), links=()):
    (tmp_path / "roads").mkdir()
    (tmp_path / "transport").mkdir()
    (tmp_path / "roads" / "roads.json").write_text(json.dumps(list(roads)))
    body = {"stops": [], "routes": [{"geometry": {"coordinates": x}, "raw": {}} for x in links]}
    (tmp_path / "transport" / "dsat-bus-gis.json").write_text(json.dumps(body))
    return tmp_path


def road(**changes):
    lane = {"icon": "straight", "label": ""}
    row = {"id": "r", "name": "新街 Rua Nova", "path": [[20.0, 10.0], [20.0, 10.002]], "lanesForward": [lane],
           "lanesBackward": [], "highway": "tertiary", "oneway": True, "length": 200}  # fmt: skip
    return row | changes


def test_paths_are_latitude_first_and_reversed_ones_run_against_them(tmp_path):
    lanes = [{"icon": "straight", "label": ""}] * 2
    rows = [road(), road(reversed=True, lanesForward=[], lanesBackward=lanes), road(oneway=False)]
    plain, against, both = streets_of(facts(tmp_path, rows))
    assert plain.lonlat[0].tolist() == [10.0, 20.0]
    assert (plain.lanes, plain.lanes_back) == (1, 0)
    assert against.lonlat[0].tolist() == [10.002, 20.0]
    assert (against.lanes, against.lanes_back) == (2, 0)
    assert (both.lanes, both.lanes_back) == (1, 1)


def test_a_motorcycle_lane_is_for_motorcycles(tmp_path):
    name = "澳門大橋電單車專道 Corredor Exclusivo para Motociclos e Ciclomotores da Ponte Macau"
    (lane,) = streets_of(facts(tmp_path, [road(name=name, highway="service")]))
    assert lane.access == MOTORCYCLE
    assert lane.bridge


def link(*corners):
    """A bus link in the bureau's own, shifted, coordinates."""
    x, y = np.array(corners, float).T
    return np.column_stack(HERE.to_lonlat(x - SHIFT_M[0], y - SHIFT_M[1])).tolist()


def test_links_on_streets_join_them_and_others_become_roads(tmp_path):
    streets = [street((0, 0), (400, 0), back=0), street((0, 200), (400, 200))]
    on_it, off_it = link((0, 3), (400, 3)), link((400, 3), (480, 60), (480, 150), (400, 202))
    made = join_bus_links(streets, facts(tmp_path, links=[on_it, off_it]), HERE)
    assert [s.source for s in made.streets] == [JOINED, JOINED, FROM_DSAT]
    new = HERE.points(made.streets[-1].lonlat)
    ends = np.concatenate([HERE.points(s.lonlat)[[0, -1]] for s in made.streets[:2]])
    for end in (new[0], new[-1]):
        assert np.hypot(*(ends - end).T).min() < 6.1, "the new road hangs on the streets"
    assert made.streets[-1].lanes_back == 0


def test_a_link_against_a_one_way_street_is_counted(tmp_path):
    streets = [street((0, 0), (400, 0), back=0)]
    made = join_bus_links(streets, facts(tmp_path, links=[link((400, 2), (0, 2))]), HERE)
    assert made.against_share == 1.0
    assert made.matched_share == 0.0


def shapes(tmp_path, *lines):
    (tmp_path / "mini-macau").mkdir()
    routes = [{"geometry": {"geometry": {"coordinates": lonlat_of(x)}}} for x in lines]
    (tmp_path / "mini-macau" / "bus-routes.json").write_text(json.dumps(routes))
    return tmp_path


def lonlat_of(corners):
    return np.column_stack(HERE.to_lonlat(*np.array(corners, float).T)).tolist()


def test_a_bus_shape_reveals_the_unnamed_street_between_two_named_ones(tmp_path):
    streets = [street((0, 0), (100, 0)), street((160, 40), (300, 40))]
    line = [(0, 0), (100, 0), (130, 30), (160, 40), (300, 40)]
    made = with_unnamed_streets(streets, shapes(tmp_path, line, line), HERE)
    assert len(made) == 3
    new = made[-1]
    assert new.lanes_back == 0
    assert new.access == EVERYBODY
    assert new.lonlat[0].tolist() == streets[0].lonlat[-1].tolist()
    assert new.lonlat[-1].tolist() == streets[1].lonlat[0].tolist()


def test_against_a_one_way_street_only_buses_go(tmp_path):
    streets = [street((0, 0), (100, 0), back=0)]
    made = with_unnamed_streets(streets, shapes(tmp_path, [(100, 0), (0, 0)]), HERE)
    assert [s.access for s in made] == [EVERYBODY, BUS]


def test_steps_string_together_until_the_way_forks():
    assert chains([(1, 2), (2, 3), (3, 4), (3, 5)]) == [[1, 2, 3], [3, 4], [3, 5]]
    assert sorted(map(len, chains([(1, 2), (2, 3), (3, 1)]))) == [4]


def test_facts_that_are_missing_are_named(tmp_path):
    with pytest.raises(InvalidInput, match=r"roads/roads\.json") as caught:
        build_macau(facts(tmp_path) / "roads", tmp_path / "pack")
    assert not (tmp_path / "pack").exists()
    assert "sources.toml" in caught.value.remedy


def test_the_sea_begins_where_nothing_stands(tmp_path):
    def surfaces(name, *boxes):
        features = [{"properties": {}, "geometry": shapely.geometry.mapping(shapely.box(*b))} for b in boxes]
        (tmp_path / "derived").mkdir(exist_ok=True)
        (tmp_path / "derived" / f"{name}.geojson").write_text(json.dumps({"features": features}))

    def box(west, south, east, north):
        (w, e), (s, n) = HERE.to_lonlat([west, east], [south, north])
        return float(w), float(s), float(e), float(n)

    surfaces("residential-buildings", box(100, 200, 140, 240))
    surfaces("green-spaces", box(-300, 100, -100, 300))
    (tmp_path / "transport").mkdir()
    ends = "airport_ident,le_latitude_deg,le_longitude_deg,he_latitude_deg,he_longitude_deg\n"
    ends += "VMMC,20.1,10.1,20.1,10.11\n"
    (tmp_path / "transport" / "ourairports-runways-MFM-HKG-ZUH.csv").write_text(ends)
    town = assemble(
        [street((-300, 0), (300, 0), names={"zh": "街"}), street((300, 0), (300, -2000), bridge=True)], HERE
    )
    parish = Parish("se", {}, 1, shapely.box(*box(-500, -2000, 500, 400)))
    others = [Parish(i, {}, 1, shapely.box(*box(5000, 0, 5001, 1))) for i in ("carmo", "santo-antonio")]
    sea, *_ = shores_of(tmp_path, town, [parish, *others], HERE)
    wet = [
        shapely.contains_xy(sea.geometry, *HERE.to_lonlat(*p))
        for p in ((0, 10), (0, -1000), (300, -1500), (-200, 200))
    ]
    assert (sea.id, wet) == ("sea-se", [False, True, True, False])


def row(start, end, low=10, high=12, period="每日"):
    return {"period": period, "start": start, "end": end, "freq_min": low, "freq_max": high}


def test_bands_run_past_midnight_and_take_the_middle_headway():
    (band,) = bands([row("20:00", "01:15")])
    assert (band.start_s, band.end_s, band.headway_s) == (72_000, 90_900, 660)


clock = st.integers(0, 23).map(lambda h: f"{h:02d}:30")


@given(st.lists(st.tuples(clock, clock, st.sampled_from(sorted(PERIODS))), max_size=8))
def test_bands_of_one_service_never_overlap(published):
    found = bands([row(a, b, period=p) for a, b, p in published])
    for one, two in pairwise(found):
        assert one.service != two.service or one.end_s <= two.start_s
    assert all(b.end_s > b.start_s for b in found)


def test_codes_become_ids_without_slashes():
    assert stop_id("M1/5") == "M1_5"


@given(st.lists(st.floats(0, 3000), min_size=2, max_size=20), st.floats(0, 23.99))
def test_run_times_only_grow(hops, hour):
    offset = np.concatenate([[0], np.cumsum(hops)])
    run = run_times_s(offset, np.zeros(len(offset), bool), hour)
    assert run[0] == 0
    assert (np.diff(run) >= 15).all()


def test_every_service_of_the_calendar_is_right_on_every_day():
    weekly, exceptions = calendar(set(SERVICES))
    changes = {(e["service_id"], e["date"]): e["exception_type"] for e in exceptions}
    days = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    for service in weekly:
        text, holidays, runs = SERVICES[service["service_id"]]
        for day in PUBLIC:
            usual = service[days[day.weekday()]] == 1
            kind = changes.get((service["service_id"], f"{day:%Y%m%d}"))
            now = usual if kind is None else kind == 1
            assert now == (runs if day in holidays else text[day.weekday()] == "1")
    assert len(MANDATORY) == 20
    assert len(PUBLIC) == 40


def test_stops_of_a_loop_lie_in_order_although_its_start_is_its_end():
    shape = np.array([[0, 0], [500, 0], [500, 300], [0, 300], [0, 0]], float)
    stops = np.array([[0, 5], [250, -4], [505, 150], [250, 296], [-3, 2]], float)
    offset, gap = stop_offsets(shape, stops)
    assert offset == pytest.approx([0, 250, 650, 1050, 1598], abs=10)
    assert gap.max() < 8


def test_a_street_used_twice_is_used_in_both_turns():
    """There and back on one road: the stops of the way back lie on the way back."""
    shape = np.array([[0, 0], [1000, 0], [1000, 8], [0, 8]], float)
    stops = np.array([[100, 4], [600, 4], [900, 4], [400, 4], [50, 4]], float)
    offset, _ = stop_offsets(shape, stops)
    assert offset == pytest.approx([100, 600, 900, 1608, 1958], abs=1)


@given(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 400)), min_size=2, max_size=9, unique=True))
def test_cutting_keeps_the_length_between(points):
    xy = np.array(points, float)
    total = float(np.hypot(*np.diff(xy, axis=0).T).sum())
    part = cut(xy, 0.2 * total, 0.7 * total)
    assert np.hypot(*np.diff(part, axis=0).T).sum() == pytest.approx(0.5 * total, abs=0.1)


@given(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 400)), min_size=2, max_size=30, unique=True))
def test_thinning_moves_nothing_by_more_than_the_tolerance(points):
    from guia.core.place import point_to_line

    xy = np.array(points, float)
    kept = xy[thinned(xy, 5.0)]
    assert all(point_to_line(*p, kept)[0] <= 5.001 for p in xy)


def test_a_shape_that_goes_round_by_kilometres_is_led_along_the_network():
    line = np.array([[0.0, 0.0], [400.0, 0.0], [800.0, 0.0], [1200.0, 0.0]])
    network = assemble([street(*line)], HERE)
    ways = BusWays(network, HERE)
    stops = np.array([100.0, 300.0, 5_800.0, 6_000.0])
    away = np.array(
        [[0.0, 4.0], [400.0, 4.0], [400.0, 2_500.0], [500.0, 2_500.0], [500.0, 4.0], [1200.0, 4.0]]
    )
    shape, offset = without_detours(cut(away, 100.0, 6_000.0), stops - 100.0, ways)
    run = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(shape, axis=0).T))])
    assert np.diff(offset) == pytest.approx([200.0, 508.0, 200.0], abs=20)
    assert offset[-1] == pytest.approx(run[-1])
    assert np.abs(shape[:, 1]).max() < 5
    same = without_detours(line, np.array([0.0, 1_150.0]), ways)
    assert same[0] is line
