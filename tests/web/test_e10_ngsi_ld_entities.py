"""E10: NGSI-LD entities: create, read, change, delete, as the standard says."""

import pytest

V = "/ngsi-ld/v1"
CAR = {
    "id": "urn:ngsi-ld:Vehicle:tiny:1",
    "type": "Vehicle",
    "speed": {"type": "Property", "value": 50, "unitCode": "KMH"},
    "brand": "Lotus",
    "owner": {"object": "urn:ngsi-ld:Person:tiny:9"},
    "location": {"type": "Point", "coordinates": [10.0, 20.0]},
    "name": {"languageMap": {"en": "One", "pt": "Um"}},
}
URL = f"{V}/entities/{CAR['id']}"


async def test_an_entity_comes_back_normalised_concise_and_simplified(operator):
    created = await operator.post(f"{V}/entities", json=CAR)
    assert created.status_code == 201
    assert created.headers["location"] == URL
    got = await operator.get(URL)
    assert got.status_code == 200
    assert "ngsi-ld-core-context" in got.headers["link"]
    body = got.json()
    assert body["speed"] == {"type": "Property", "value": 50, "unitCode": "KMH"}
    assert body["brand"] == {"type": "Property", "value": "Lotus"}
    assert body["owner"] == {"type": "Relationship", "object": "urn:ngsi-ld:Person:tiny:9"}
    assert body["location"]["type"] == "GeoProperty"
    concise = (await operator.get(URL, params={"options": "concise"})).json()
    assert concise["brand"] == "Lotus"
    assert concise["speed"] == {"value": 50, "unitCode": "KMH"}
    assert concise["location"] == {"type": "Point", "coordinates": [10.0, 20.0]}
    simple = (await operator.get(URL, params={"format": "simplified"})).json()
    assert simple == {
        "id": CAR["id"], "type": "Vehicle", "speed": 50, "brand": "Lotus", "owner": "urn:ngsi-ld:Person:tiny:9",
        "location": {"type": "Point", "coordinates": [10.0, 20.0]}, "name": {"languageMap": {"en": "One", "pt": "Um"}},
    }  # fmt: skip
    spoken = (await operator.get(URL, params={"format": "simplified", "lang": "pt"})).json()
    assert spoken["name"] == "Um"


async def test_json_ld_carries_its_context_in_the_body(operator):
    context = {"speed": "https://example.org/v#velocity"}
    sent = {"@context": context, "id": "urn:x:1", "type": "Thing", "speed": 1}
    headers = {"content-type": "application/ld+json"}
    from json import dumps

    assert (await operator.post(f"{V}/entities", content=dumps(sent), headers=headers)).status_code == 201
    got = (await operator.get(f"{V}/entities/urn:x:1")).json()
    assert got["https://example.org/v#velocity"]["value"] == 1
    hosted = await operator.post(f"{V}/jsonldContexts", json={"@context": context})
    link = f'<http://127.0.0.1:8600{hosted.headers["location"]}>; rel="http://www.w3.org/ns/json-ld#context"'
    got = await operator.get(f"{V}/entities/urn:x:1", headers={"link": link})
    assert got.json()["speed"]["value"] == 1
    got = await operator.get(f"{V}/entities/urn:x:1", headers={"link": link, "accept": "application/ld+json"})
    assert got.headers["content-type"].startswith("application/ld+json")
    assert "@context" in got.json()
    unknown = '<https://example.org/none.jsonld>; rel="http://www.w3.org/ns/json-ld#context"'
    got = await operator.get(f"{V}/entities/urn:x:1", headers={"link": unknown})
    assert got.status_code == 504
    assert got.json()["type"].endswith("LdContextNotAvailable")


async def test_attributes_are_appended_updated_replaced_merged_and_deleted(operator):
    await operator.post(f"{V}/entities", json=CAR)
    assert (await operator.post(f"{URL}/attrs", json={"doors": 4})).status_code == 204
    kept = await operator.post(
        f"{URL}/attrs", params={"options": "noOverwrite"}, json={"doors": 5, "wheels": 4}
    )
    assert kept.status_code == 207
    assert kept.json()["updated"] == ["wheels"]
    assert kept.json()["notUpdated"][0]["attributeName"] == "doors"
    some = await operator.patch(f"{URL}/attrs", json={"doors": 3, "wings": 2})
    assert some.status_code == 207
    assert (await operator.patch(f"{URL}/attrs/speed", json={"value": 60})).status_code == 204
    assert (await operator.patch(f"{URL}/attrs/speed", json={"unitCode": "KNT"})).status_code == 204
    assert (await operator.patch(f"{URL}/attrs/wings", json={"value": 60})).status_code == 404
    assert (await operator.put(f"{URL}/attrs/brand", json={"value": "Seat"})).status_code == 204
    assert (await operator.patch(URL, json={"owner": "urn:ngsi-ld:null", "colour": "red"})).status_code == 204
    assert (await operator.delete(f"{URL}/attrs/name")).status_code == 204
    assert (await operator.delete(f"{URL}/attrs/name")).status_code == 404
    got = (await operator.get(URL, params={"options": "keyValues"})).json()
    assert got == {
        "id": CAR["id"], "type": "Vehicle", "speed": 60, "brand": "Seat", "doors": 3, "wheels": 4, "colour": "red",
        "location": {"type": "Point", "coordinates": [10.0, 20.0]},
    }  # fmt: skip
    assert (await operator.get(URL)).json()["speed"] == {"type": "Property", "value": 60, "unitCode": "KNT"}
    assert (await operator.put(URL, json={"type": "Vehicle", "age": 3})).status_code == 204
    assert (await operator.get(URL, params={"format": "simplified"})).json() == {
        "id": CAR["id"], "type": "Vehicle", "age": 3,
    }  # fmt: skip
    assert (await operator.delete(URL)).status_code == 204
    assert (await operator.get(URL)).status_code == 404


async def test_instances_are_told_apart_by_dataset(operator):
    two = [{"type": "Property", "value": 1}, {"type": "Property", "value": 2, "datasetId": "urn:d:gps"}]
    await operator.post(f"{V}/entities", json={"id": "urn:x:2", "type": "Thing", "speed": two})
    got = (await operator.get(f"{V}/entities/urn:x:2")).json()
    assert got["speed"] == two
    got = (await operator.get(f"{V}/entities/urn:x:2", params={"datasetId": "urn:d:gps"})).json()
    assert got["speed"]["value"] == 2
    gone = await operator.delete(f"{V}/entities/urn:x:2/attrs/speed", params={"datasetId": "urn:d:gps"})
    assert gone.status_code == 204
    assert (await operator.get(f"{V}/entities/urn:x:2")).json()["speed"] == two[0]


async def test_a_batch_keeps_the_good_and_names_the_bad(operator):
    good = [{"id": f"urn:x:{i}", "type": "Thing", "level": i} for i in range(3)]
    made = await operator.post(f"{V}/entityOperations/upsert", json=good)
    assert made.status_code == 201
    assert made.json() == ["urn:x:0", "urn:x:1", "urn:x:2"]
    mixed = [{"id": "urn:x:0", "type": "Thing", "depth": 1}, {"id": "no uri", "type": "Thing"}, 7]
    part = await operator.post(f"{V}/entityOperations/upsert", params={"options": "update"}, json=mixed)
    assert part.status_code == 207
    assert part.json()["success"] == ["urn:x:0"]
    assert len(part.json()["errors"]) == 2
    got = (await operator.get(f"{V}/entities/urn:x:0", params={"format": "simplified"})).json()
    assert got == {"id": "urn:x:0", "type": "Thing", "level": 0, "depth": 1}


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"type": "Thing"}, "id"),
        ({"id": "urn:x:1"}, "type"),
        ({"id": "not a uri", "type": "Thing"}, "id"),
        ({"id": "urn:x:1", "type": "Thing", "a": None}, "a"),
        ({"id": "urn:x:1", "type": "Thing", "a": {}}, "a"),
        ({"id": "urn:x:1", "type": "Thing", "a": {"type": "Property"}}, "a.value"),
        ({"id": "urn:x:1", "type": "Thing", "a": {"type": "Banana", "value": 1}}, "a.type"),
        ({"id": "urn:x:1", "type": "Thing", "a": {"type": "Relationship", "object": "no uri"}}, "a.object"),
        ({"id": "urn:x:1", "type": "Thing", "a": {"value": 1, "observedAt": "noon"}}, "a.observedAt"),
        ({"id": "urn:x:1", "type": "Thing", "a": {"type": "Point", "coordinates": [500, 0]}}, "a"),
        ({"id": "urn:x:1", "type": "Thing", "a": {"type": "Point", "coordinates": ["x"]}}, "a"),
        ({"id": "urn:x:1", "type": "Thing", "a b": 1}, "a b"),
        ({"id": "urn:x:1", "type": "Thing", "@context": {}}, "@context"),
        ([], "body"),
        ("text", "body"),
    ],
)
async def test_a_bad_entity_is_refused_and_the_place_named(operator, body, place):
    answer = await operator.post(f"{V}/entities", json=body)
    assert answer.status_code == 400, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"].endswith("/BadRequestData")
    assert answer.json()["place"] == place


async def test_problems_are_typed_as_the_standard_names_them(operator, public):
    await operator.post(f"{V}/entities", json=CAR)
    again = await operator.post(f"{V}/entities", json=CAR)
    assert (again.status_code, again.json()["type"].rpartition("/")[2]) == (409, "AlreadyExists")
    missing = await operator.get(f"{V}/entities/urn:x:none")
    assert (missing.status_code, missing.json()["type"].rpartition("/")[2]) == (404, "ResourceNotFound")
    broken = await operator.post(f"{V}/entities", content="{", headers={"content-type": "application/json"})
    assert (broken.status_code, broken.json()["type"].rpartition("/")[2]) == (400, "InvalidRequest")
    wrong = await operator.post(f"{V}/entities", content="x", headers={"content-type": "text/plain"})
    assert wrong.status_code == 415
    for path in ("subscriptions", "csourceRegistrations", "temporal/entities", "entityOperations/query"):
        later = await operator.post(f"{V}/{path}", json={})
        assert (later.status_code, later.json()["type"].rpartition("/")[2]) in {
            (501, "OperationNotSupported"), (405, "OperationNotSupported"),
        }, path  # fmt: skip
    assert (await operator.get(f"{V}/bananas")).status_code == 404
    assert (
        await operator.get(f"{V}/entities", params={"type": "Vehicle", "orderBy": "id"})
    ).status_code == 501
    assert (await operator.get(f"{V}/entities")).status_code == 400
    assert (await public.post(f"{V}/entities", json=CAR)).status_code == 401
    assert (await operator.get(URL, headers={"accept": "text/html"})).status_code == 406
