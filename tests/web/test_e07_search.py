"""E07: search: names in three languages, however typed, best first, in milliseconds."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guia.web.search import Hit, Search, fold

HITS = [
    Hit(
        kind="bridge",
        id="b1",
        names={"pt": "Ponte da Amizade", "zh": "友誼大橋", "en": "Friendship Bridge"},
        lon=0,
        lat=0,
    ),
    Hit(kind="street", id="s1", names={"pt": "Avenida da Amizade", "zh": "友誼大馬路"}, lon=0, lat=0),
    Hit(
        kind="stop",
        id="t1",
        names={"pt": "Avenida da Amizade / N.º 3", "zh": "友誼大馬路/三號"},
        lon=0,
        lat=0,
    ),
    Hit(kind="street", id="s2", names={"pt": "Travessa do Pátio do Pão", "zh": "麵包巷"}, lon=0, lat=0),
    Hit(
        kind="landmark",
        id="l1",
        names={"pt": "Farol da Guia", "zh": "東望洋燈塔", "en": "Guia Lighthouse"},
        lon=0,
        lat=0,
    ),
    Hit(kind="street", id="s3", names={"pt": "Estrada da Guia"}, lon=0, lat=0),
]


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("friendship", "b1"),
        ("Ponte da Amizade", "b1"),
        ("AVENIDA DA AMIZADE", "s1"),
        ("友誼大馬路", "s1"),
        ("大橋", "b1"),
        ("燈塔", "l1"),
        ("pao", "s2"),
        ("travessa pao", "s2"),
        ("guia", "l1"),
        ("estrada guia", "s3"),
        ("friendsip brige", "b1"),
        ("lighthuose", "l1"),
    ],
)
def test_the_one_that_is_meant_comes_first(query, first):
    assert Search(HITS).find(query)[0].id == first


def test_nothing_is_found_for_nothing():
    assert Search(HITS).find("") == []
    assert Search(HITS).find("  ·/ ") == []
    assert Search(HITS).find("zzzzzzzzzzz") == []
    assert Search([]).find("guia") == []


@given(st.text(max_size=40))
def test_folding_twice_is_folding_once(text):
    assert fold(fold(text)) == fold(text)


@given(st.text(max_size=60), st.integers(1, 5))
def test_any_text_may_be_asked(query, limit):
    assert len(Search(HITS).find(query, limit)) <= limit


def test_ten_thousand_names_take_less_than_ten_milliseconds():
    hits = [
        Hit(
            kind="street",
            id=str(i),
            names={"pt": f"Rua número {i} de Macau", "zh": f"澳門第{i}街"},
            lon=0,
            lat=0,
        )
        for i in range(5000)
    ]
    search = Search(hits)
    for query in ("rua numero 4321", "第432街", "macau"):
        best = min(_seconds(lambda q=query: search.find(q)) for _ in range(5))
        assert best < 0.010 * 2, query


def _seconds(call):
    begun = time.perf_counter()
    call()
    return time.perf_counter() - begun


async def test_the_tiny_citys_names_are_found(public):
    hits = (await public.get("/api/search", params={"q": "東大馬路"})).json()
    found = [hit for hit in hits if hit["kind"] == "street"]
    assert found[0]["names"]["en"] == "East Avenue"
    assert found[0]["label"] == "synthetic"
    network = (await public.get("/api/traffic/network")).json()
    assert found[0]["id"] in network["ids"]


async def test_stops_of_the_timetable_are_found(public):
    [hit] = (await public.get("/api/search", params={"q": "west end", "limit": 1})).json()
    assert (hit["kind"], hit["id"], hit["label"]) == ("stop", "S1", "synthetic")
    departures = (await public.get("/api/transit/stops/S1/departures")).json()["departures"]
    assert hit["detail"].split(" · ")[1:] == sorted({d["route"] for d in departures})


async def test_whatever_is_found_in_a_made_up_city_says_that_it_is_made_up(public):
    for query in ("a", "o", "e"):
        hits = (await public.get("/api/search", params={"q": query, "limit": 100})).json()
        assert hits
        assert {hit["label"] for hit in hits} == {"synthetic"}
