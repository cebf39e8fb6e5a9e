"""E11: NGSI-LD queries: q, geo, types, pages, live values, the past."""

import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guia.core.clock import MINUTE, instant, iso
from guia.core.columns import Batch
from guia.core.entity import Entity, geo, language, property_, relationship
from guia.core.errors import InvalidInput
from guia.core.place import distance_m
from guia.ngsild.contexts import compiled, core, shown, stored
from guia.ngsild.geo import geo_query
from guia.ngsild.query import compile_q

V = "/ngsi-ld/v1"
NOW = instant("2026-11-21T08:00:00Z")


def thing(number, lon=10.0, lat=20.0, kind="Thing"):
    return Entity(
        id=f"urn:x:{number:03}",
        type=kind,
        attributes={
            "level": property_(number),
            "name": language({"en": f"thing {number}", "zh": f"第{number}"}),
            "owner": relationship(f"urn:p:{number % 2}"),
            "open": property_(number % 2 == 0),
            "address": property_({"city": "Macau", "street": {"number": number}}),
            "tags": property_(["a", "b"] if number else ["c"]),
            "seen": property_("2026-11-21T08:00:00Z"),
            "location": geo({"type": "Point", "coordinates": [lon, lat]}),
        },
        geometry={"type": "Point", "coordinates": [lon, lat]},
    )


@pytest.mark.parametrize(
    ("q", "numbers"),
    [
        ("level>2", {3, 4}),
        ("level>=2;level<4", {2, 3}),
        ("level==1|level==3", {1, 3}),
        ("(level==1|level==3);open==true", set()),
        ("level==1..3", {1, 2, 3}),
        ("level==0,4", {0, 4}),
        ("level!=0,4", {1, 2, 3}),
        ('name=="thing 2"', {2}),
        ('name~="^thing [12]$"', {1, 2}),
        ('name!~="^thing [12]$"', {0, 3, 4}),
        ("owner==urn:p:1", {1, 3}),
        ("open==false", {1, 3}),
        ("address[city]==Macau;level<1", {0}),
        ("address[street.number]>3", {4}),
        ("tags==c", {0}),
        ("seen>2026-11-21T07:59:00Z;level==0", {0}),
        ("seen<2026-11-21T09:00:00+02:00", set()),
        ("level", {0, 1, 2, 3, 4}),
        ("nothing", set()),
        ("nothing!=3", set()),
        ('level=="2"', set()),
    ],
)
def test_q(q, numbers):
    test = compile_q(q)
    assert {i for i in range(5) if test(thing(i))} == numbers


@pytest.mark.parametrize("q", ["", "level>", ">3", "level=3", "(level>3", "level>3)", "level>3;;x", "a..b>3",
                               "level>1,2", 'name~="("', "a[b", "(" * 500 + "a" + ")" * 500, "x" * 3000])  # fmt: skip
def test_a_q_that_does_not_parse_says_so(q):
    with pytest.raises(InvalidInput) as error:
        compile_q(q)
    assert error.value.place == "query q"


@given(st.text(alphabet='abl.[]()=<>!~;|,"\\0123 \n:', max_size=40))
def test_any_q_is_understood_or_refused(q):
    try:
        test = compile_q(q)
    except InvalidInput:
        return
    assert test(thing(1)) in (True, False)


def test_a_pattern_made_to_hang_does_not():
    test = compile_q('name~="(a+)+$"')
    long = Entity(id="urn:x:1", type="T", attributes={"name": property_("a" * 5000 + "b")})
    assert test(long) is False


@given(st.floats(-0.05, 0.05), st.floats(-0.05, 0.05), st.floats(1, 8000))
def test_near_agrees_with_great_circles(dx, dy, metres):
    true = float(distance_m(113.55, 22.2, 113.55 + dx, 22.2 + dy))
    if abs(true - metres) < 0.006 * max(true, metres):
        return
    query = geo_query(f"near;maxDistance=={metres}", "Point", "[113.55,22.2]")
    entity = thing(1, 113.55 + dx, 22.2 + dy)
    assert query.test(entity) is (true <= metres)
    assert not query.test(entity) or _inside(query.box, 113.55 + dx, 22.2 + dy)
    beyond = geo_query(f"near;minDistance=={metres}", "Point", "[113.55,22.2]")
    assert beyond.test(entity) is (true >= metres)


def _inside(box, lon, lat):
    return box[0] <= lon <= box[2] and box[1] <= lat <= box[3]


SQUARE = "[[[9,19],[11,19],[11,21],[9,21],[9,19]]]"


@pytest.mark.parametrize(
    ("relation", "inside", "outside"),
    [
        ("within", True, False),
        ("intersects", True, False),
        ("disjoint", False, True),
        ("equals", False, False),
    ],
)
def test_relations_to_a_square(relation, inside, outside):
    query = geo_query(relation, "Polygon", SQUARE)
    assert query.test(thing(1, 10, 20)) is inside
    assert query.test(thing(1, 12, 20)) is outside
    assert query.test(Entity(id="urn:x:1", type="T")) is False


@pytest.mark.parametrize(
    ("relation", "kind", "coordinates"),
    [
        ("near", "Point", "[1,2]"),
        ("near;maxDistance==-1", "Point", "[1,2]"),
        ("beside", "Point", "[1,2]"),
        ("within", "Circle", "[1,2]"),
        ("within", "Polygon", "[1,2]"),
        ("within", "Point", "[1"),
        ("within", "Point", "[999,2]"),
        ("within", "Point", "[null,2]"),
    ],
)
def test_a_geo_query_that_does_not_parse_says_so(relation, kind, coordinates):
    with pytest.raises(InvalidInput) as error:
        geo_query(relation, kind, coordinates)
    assert error.value.place.startswith("query")


name = st.from_regex(r"[a-zA-Z][a-zA-Z0-9]{0,8}", fullmatch=True)


@given(
    st.dictionaries(
        name,
        st.sampled_from(["https://e.org/a#", "https://e.org/b/", "urn:c:"]).flatmap(
            lambda p: name.map(lambda n: p + n)
        ),
        max_size=5,
    ),
    name,
)
def test_a_name_survives_the_way_into_the_hub_and_out(context, asked):
    terms = compiled(context, lambda url: None)
    kept = stored(asked, terms)
    assert stored(shown(kept, terms), terms) == kept
    assert stored(shown(kept, core()), core()) == kept


def test_contexts_that_go_in_circles_are_refused():
    with pytest.raises(InvalidInput):
        compiled({"a": "b:x", "b": "a:y"}, lambda url: None)
    with pytest.raises(InvalidInput):
        compiled(["https://e.org/1"], lambda url: {"@context": [url]})


@pytest.fixture
def things(city):
    rng = random.Random(3)
    made = [thing(i, 10 + i / 1000, 20) for i in range(95)]
    rng.shuffle(made)
    city.hub.put_entities([*made, thing(500, kind="Other")], "test")


async def test_pages_counts_and_links(public, things):
    page = await public.get(f"{V}/entities", params={"type": "Thing", "count": "true", "limit": 40})
    assert page.headers["ngsild-results-count"] == "95"
    ids = [e["id"] for e in page.json()]
    while "next" in page.links:
        page = await public.get(page.links["next"]["url"])
        ids += [e["id"] for e in page.json()]
    assert ids == [f"urn:x:{i:03}" for i in range(95)]
    assert "prev" in page.links
    only = await public.get(f"{V}/entities", params={"type": "*", "count": "true", "limit": 0})
    assert (only.json(), only.headers["ngsild-results-count"]) == ([], "96")
    few = await public.get(
        f"{V}/entities", params={"type": "Thing", "q": "level<50", "count": "true", "limit": 10}
    )
    assert (len(few.json()), few.headers["ngsild-results-count"]) == (10, "50")


@pytest.mark.parametrize(
    ("params", "ids"),
    [
        ({"id": "urn:x:001,urn:x:500"}, ["urn:x:001", "urn:x:500"]),
        ({"type": "Other,Nothing"}, ["urn:x:500"]),
        ({"idPattern": "^urn:x:00[1-3]$"}, ["urn:x:001", "urn:x:002", "urn:x:003"]),
        ({"type": "Thing", "q": "level==7"}, ["urn:x:007"]),
        ({"attrs": "level", "type": "Other"}, ["urn:x:500"]),
        ({"attrs": "missing", "type": "Other"}, []),
        (
            {
                "type": "Thing",
                "georel": "near;maxDistance==150",
                "geometry": "Point",
                "coordinates": "[10,20]",
            },
            ["urn:x:000", "urn:x:001"],
        ),
    ],
)
async def test_selections(public, things, params, ids):
    answer = await public.get(f"{V}/entities", params=params)
    assert answer.status_code == 200, answer.text
    assert [e["id"] for e in answer.json()] == ids


@pytest.mark.parametrize(
    "params",
    [
        {"type": "Thing", "limit": "-1"},
        {"type": "Thing", "limit": "many"},
        {"type": "Thing", "limit": "0"},
        {"type": "Thing", "offset": "1" * 60},
        {"type": "Thing", "q": "level>"},
        {"type": "Thing", "idPattern": "("},
        {"type": "Thing", "georel": "within"},
        {"type": "Thing", "format": "odd"},
    ],
)
async def test_wrong_parameters_are_bad_requests(public, params):
    answer = await public.get(f"{V}/entities", params=params)
    assert answer.status_code == 400, answer.text
    assert answer.json()["type"].startswith("https://uri.etsi.org/ngsi-ld/errors/")
    assert answer.json()["place"].startswith("query")


async def test_geojson(public, things):
    answer = await public.get(
        f"{V}/entities", params={"type": "Other"}, headers={"accept": "application/geo+json"}
    )
    body = answer.json()
    assert answer.headers["content-type"].startswith("application/geo+json")
    assert body["type"] == "FeatureCollection"
    assert body["features"][0]["geometry"] == {"type": "Point", "coordinates": [10.0, 20.0]}
    assert body["features"][0]["properties"]["type"] == "Other"


async def test_series_show_their_newest_observation_and_their_past(operator, city, speeds):
    entity = "urn:ngsi-ld:RoadSegment:tiny:s0"
    city.hub.put_entities([Entity(id=entity, type="RoadSegment", attributes={"lanes": property_(2)})], "pack")
    observed = NOW - np.arange(10)[::-1] * MINUTE
    city.hub.ingest(Batch.of([speeds[0]] * 10, observed, np.arange(10.0)), "detectors")
    now = (await operator.get(f"{V}/entities/{entity}")).json()
    assert now["speed"] == {"type": "Property", "value": 9, "observedAt": iso(NOW), "unitCode": "KMH"}
    found = await operator.get(f"{V}/entities", params={"type": "RoadSegment", "q": "speed>8"})
    assert [e["id"] for e in found.json()] == [entity]
    past = f"{V}/temporal/entities/{entity}"
    after = {"timerel": "after", "timeAt": iso(NOW - 3 * MINUTE)}
    body = (await operator.get(past, params=after)).json()
    assert [i["value"] for i in body["speed"]] == [9, 8, 7]
    body = (
        await operator.get(
            past, params={"timerel": "before", "timeAt": iso(NOW), "lastN": 2, "options": "temporalValues"}
        )
    ).json()
    assert body["speed"]["values"] == [[8.0, iso(NOW - MINUTE)], [7.0, iso(NOW - 2 * MINUTE)]]
    between = {"timerel": "between", "timeAt": iso(NOW - 9 * MINUTE), "endTimeAt": iso(NOW + MINUTE)}
    body = (
        await operator.get(
            past, params=between | {"aggrMethods": "avg,totalCount", "aggrPeriodDuration": "PT5M"}
        )
    ).json()
    assert [v[0] for v in body["speed"]["avg"]] == [2.0, 7.0]
    assert [v[0] for v in body["speed"]["totalCount"]] == [5, 5]
    many = (await operator.get(f"{V}/temporal/entities", params={"type": "RoadSegment", **after})).json()
    assert [i["value"] for i in many[0]["speed"]] == [9, 8, 7]
    for wrong in ({"timerel": "during", "timeAt": iso(NOW)}, {"timerel": "before"}, {"timeAt": iso(NOW)},
                  {"timerel": "between", "timeAt": iso(NOW), "endTimeAt": iso(NOW)},
                  {"aggrMethods": "odd"}, {"aggrMethods": "avg", "aggrPeriodDuration": "P1M"}):  # fmt: skip
        assert (await operator.get(past, params=wrong)).status_code == 400, wrong
    assert (await operator.get(past, params={"timeproperty": "createdAt"})).status_code == 501


async def test_a_long_past_is_cut_and_says_so(public, city, speeds):
    entity = "urn:ngsi-ld:RoadSegment:tiny:s0"
    city.hub.put_entities([Entity(id=entity, type="RoadSegment")], "pack")
    city.hub.ingest(Batch.of([speeds[0]] * 1500, NOW - np.arange(1500) * MINUTE, np.ones(1500)), "detectors")
    answer = await public.get(f"{V}/temporal/entities/{entity}")
    assert answer.status_code == 206
    assert len(answer.json()["speed"]) == 1000
    assert answer.headers["content-range"] == f"date-time {iso(NOW)}-{iso(NOW - 999 * MINUTE)}/*"


async def test_a_number_that_says_when_becomes_an_observation(operator, city):
    entity = {
        "id": "urn:x:m",
        "type": "Meter",
        "power": {"value": 5, "observedAt": iso(NOW - MINUTE), "unitCode": "KWT"},
    }
    assert (await operator.post(f"{V}/entities", json=entity)).status_code == 201
    newer = {"power": {"value": 6, "observedAt": iso(NOW)}}
    assert (await operator.patch(f"{V}/entities/urn:x:m/attrs", json=newer)).status_code == 204
    past = (await operator.get(f"{V}/temporal/entities/urn:x:m")).json()
    assert [i["value"] for i in past["power"]] == [6, 5]
    future = {"power": {"value": 7, "observedAt": iso(NOW + 60 * MINUTE)}}
    refused = await operator.patch(f"{V}/entities/urn:x:m/attrs", json=future)
    assert refused.status_code == 400
    assert refused.json()["remedy"]
    assert (await operator.get(f"{V}/entities/urn:x:m")).json()["power"]["value"] == 6
    assert not math.isnan(city.hub.latest(city.hub.ids(["urn:x:m|power"])).value[0])
