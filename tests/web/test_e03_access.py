"""E03: who may do what: reads are open on this machine, everything else needs a role; refusals are written down."""

import pytest

PASSWORD = "correct horse battery"
BATCH = {"series": [], "observed": [], "value": []}


async def log_in(web, name="ana", password=PASSWORD):
    return await web.post("/api/session", json={"name": name, "password": password})


async def test_logging_in_and_out(city, accounts, client):
    async with client(city) as web:
        assert (await web.get("/api/session")).json() == {
            "actor": "public",
            "role": "public",
            "department": "",
        }
        answer = await log_in(web)
        assert answer.json() == {"actor": "ana", "role": "operator", "department": "roads"}
        cookie = answer.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        assert (await web.get("/api/session")).json()["actor"] == "ana"
        token = web.cookies["guia_session"]
        assert (await web.delete("/api/session")).status_code == 204
        web.cookies.set("guia_session", token)
        assert (await web.get("/api/session")).json()["actor"] == "public"
    kinds = [kind for kind, _, _ in city.journal.entries]
    assert kinds == ["login"]


async def test_wrong_passwords_are_told_apart_from_nothing_and_slow_down(city, accounts, monkeypatch, client):
    monkeypatch.setattr(accounts.__class__, "verify", lambda *_: None)
    async with client(city) as web:
        for _ in range(5):
            unknown, wrong = await log_in(web, "nobody"), await log_in(web, "ana", "x")
            if wrong.status_code == 429:
                break
            assert (unknown.status_code, wrong.status_code) == (401, 401)
            assert unknown.json() == wrong.json()
        busy = await log_in(web)
        assert busy.status_code == 429
        assert int(busy.headers["retry-after"]) >= 1


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/alerts/a/acknowledge"),
        ("POST", "/api/decisions/d/approve"),
        ("POST", "/api/decisions/d/reject"),
        ("POST", "/api/feeds/detectors/observations"),
        ("POST", "/api/feeds/detectors/series"),
        ("POST", "/ngsi-ld/v1/entities"),
        ("PATCH", "/ngsi-ld/v1/entities/urn:x:1"),
        ("DELETE", "/ngsi-ld/v1/entities/urn:x:1"),
        ("POST", "/ngsi-ld/v1/entityOperations/upsert"),
        ("POST", "/ngsi-ld/v1/jsonldContexts"),
    ],
)
async def test_writes_need_a_role(city, accounts, method, path, client):
    viewer = accounts.create_token("rui")
    async with client(city) as web:
        answer = await web.request(method, path, json=BATCH)
        assert answer.status_code == 401, answer.text
        assert "www-authenticate" in answer.headers
        answer = await web.request(method, path, json=BATCH, headers={"authorization": f"Bearer {viewer}"})
        assert answer.status_code == 403
        answer = await web.request(method, path, json=BATCH, headers={"authorization": "Bearer guess"})
        assert answer.status_code == 401
    kind, actor, body = city.journal.entries[0]
    assert (kind, actor, body["path"], body["method"]) == ("refused", "public", path, method)


async def test_every_route_that_is_no_read_is_guarded(city, accounts, client):
    async with client(city) as web:
        schema = (await web.get("/docs/openapi.json")).json()
        seen = 0
        for path, item in schema["paths"].items():
            for method in item:
                if method in ("post", "put", "patch", "delete") and path != "/api/session":
                    answer = await web.request(method.upper(), path.replace("{", "").replace("}", ""))
                    assert answer.status_code == 401, (method, path, answer.status_code)
                    seen += 1
        assert seen >= 15


async def test_only_operators_decide(city, accounts, client):
    accounts.add("eva", PASSWORD, "steward")
    steward = {"authorization": f"Bearer {accounts.create_token('eva')}"}
    async with client(city) as web:
        assert (await web.post("/api/decisions/d/approve", headers=steward)).status_code == 403
        assert (
            await web.post("/api/feeds/detectors/observations", json=BATCH, headers=steward)
        ).status_code == 200


async def test_a_feeds_token_opens_that_feed_and_nothing_else(city, accounts, client):
    key = {"authorization": f"Bearer {accounts.create_token('ana', 'detectors')}"}
    async with client(city) as web:
        assert (
            await web.post("/api/feeds/detectors/observations", json=BATCH, headers=key)
        ).status_code == 200
        assert (await web.post("/api/feeds/detectors/series", json=[], headers=key)).status_code == 200
        for path in ("/api/feeds/probes/observations", "/api/decisions/d/approve", "/ngsi-ld/v1/entities"):
            assert (await web.post(path, json=BATCH, headers=key)).status_code == 403


async def test_another_sites_page_cannot_use_the_cookie(city, accounts, client):
    async with client(city) as web:
        await log_in(web)
        path = "/api/feeds/detectors/observations"
        for headers in (
            {"origin": "https://evil.example"},
            {"sec-fetch-site": "cross-site"},
            {"origin": "null"},
        ):
            assert (await web.post(path, json=BATCH, headers=headers)).status_code == 403
        for headers in ({"origin": "http://127.0.0.1:8600", "sec-fetch-site": "same-origin"}, {}):
            assert (await web.post(path, json=BATCH, headers=headers)).status_code == 200


async def test_an_account_that_is_removed_is_out_at_once(city, accounts, client):
    async with client(city) as web:
        await log_in(web)
        accounts.remove("ana")
        assert (await web.get("/api/session")).json()["actor"] == "public"


async def test_on_another_address_reading_needs_a_log_in_too(city, accounts, client):
    async with client(city, "192.0.2.7") as web:
        assert (await web.get("/api/alerts")).status_code == 401
        assert (await web.get("/ngsi-ld/v1/types")).status_code == 401
        assert (await web.get("/api/traffic/network")).status_code == 401
        assert (await web.get("/metrics")).status_code == 401
        assert (await web.get("/api/health")).status_code == 200
        assert (await web.get("/")).status_code == 200
        await log_in(web)
        assert (await web.get("/api/alerts")).status_code == 200
