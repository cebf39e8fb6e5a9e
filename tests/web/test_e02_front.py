"""E02: the front door: which host, which headers, how errors look, what is said twice."""

import httpx
import pytest

from guia.core.errors import Forbidden
from guia.web import front
from guia.web.server import create_app


async def test_other_names_than_this_machines_are_not_answered(city, client):
    async with client(city) as public:
        for host in ("127.0.0.1:8600", "localhost:8600", "[::1]:8600", "localhost"):
            assert (await public.get("/api/health", headers={"host": host})).status_code == 200
        for host in ("evil.example:8600", "127.0.0.1.evil.example", "", "10.0.0.1:8600"):
            answer = await public.get("/api/health", headers={"host": host})
            assert answer.status_code == 421
            assert answer.headers["content-type"] == "application/problem+json"


async def test_nothing_may_be_loaded_from_elsewhere_or_framed(public):
    for path in ("/", "/go", "/docs", "/api/city", "/nothing"):
        headers = (await public.get(path)).headers
        csp = headers["content-security-policy"]
        assert "default-src 'none'" in csp
        assert "frame-ancestors 'none'" in csp
        assert "http" not in csp
        assert headers["x-content-type-options"] == "nosniff"


async def test_docs_describe_every_route_without_asking_anybody(public):
    page = (await public.get("/docs")).text
    schema = (await public.get("/docs/openapi.json")).json()
    assert "/api/feeds/{feed}/observations" in schema["paths"]
    for path in schema["paths"]:
        assert path in page
    assert "<script" not in page
    assert 'src="http' not in page
    assert "href='http" not in page


@pytest.mark.parametrize(
    ("method", "path", "status", "place"),
    [
        ("GET", "/api/none", 404, "/api/none"),
        ("GET", "/etc/passwd", 404, None),
        ("GET", "/..%2f..%2fetc/passwd", 404, None),
        ("DELETE", "/api/city", 405, "/api/city"),
        ("GET", "/api/alerts?limit=0", 400, "query limit"),
        ("GET", "/api/alerts?limit=many", 400, "query limit"),
        ("GET", "/api/alerts?since=noon", 400, "query since"),
        ("GET", "/api/decisions?state=odd", 400, "query state"),
        ("GET", "/api/decisions/none", 404, "none"),
        ("GET", "/api/events?topics=odd", 400, "query topics"),
        ("GET", "/api/search", 400, "query q"),
        ("GET", "/api/series/7/history", 404, None),
        ("GET", "/api/series/99999999999/history", 400, "path series_id"),
    ],
)
async def test_every_error_is_a_problem_that_names_its_place(public, method, path, status, place):
    answer = await public.request(method, path)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == status
    assert body["detail"]
    if place:
        assert body["place"] == place
    assert "Traceback" not in answer.text


async def test_a_mistake_of_ours_is_a_problem_too_and_tells_no_secrets(city, monkeypatch, client):
    def broken(**_):
        raise RuntimeError("secret detail")

    monkeypatch.setattr(city.hub, "alerts", broken)
    async with client(city) as public:
        answer = await public.get("/api/alerts")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert answer.json()["remedy"]


async def test_large_answers_are_packed_and_unchanged_ones_not_sent_again(public):
    answer = await public.get("/api/city/basemap", headers={"accept-encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.json()["label"] == "synthetic"
    again = await public.get("/api/city/basemap", headers={"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_the_city_introduces_itself(public):
    body = (await public.get("/api/city")).json()
    assert body["name"] == "tiny"
    assert body["clock"] == {"now": "2026-11-21T08:00:00Z", "speed": 1.0, "kind": "manual"}
    assert {"traffic", "transit"} <= set(body["domains"])
    assert all(s["licence"] and s["label"] for s in body["sources"])


async def test_health_and_metrics_show_feeds_and_brains(public):
    health = (await public.get("/api/health")).json()
    assert health["status"] == "ok"
    assert {f["name"] for f in health["feeds"]} >= {"detectors", "signals"}
    assert health["brains"]["traffic"]["steps"] == 3
    text = (await public.get("/metrics")).text
    assert 'guia_feed_accepted{feed="detectors"} 0.0' in text
    assert "guia_city_brains_traffic_steps 3.0" in text
    assert 'guia_http_request_seconds_count{status="2xx"}' in text


async def test_a_console_that_is_not_built_says_what_to_do(city, tmp_path):
    from litestar import Litestar

    from guia.web import problems
    from guia.web.routes import console

    def app(folder):
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(
                Litestar(console.handlers(folder), openapi_config=None, exception_handlers=problems.HANDLERS)
            ),
            base_url="http://localhost",
        )

    async with app(tmp_path / "none") as web:
        assert "make install" in (await web.get("/")).text
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<h1>control room</h1>")
    (tmp_path / "go.html").write_text("<h1>phone</h1>")
    (tmp_path / "assets" / "a.1234.js").write_text("1")
    (tmp_path.parent / "secret").write_text("secret")
    async with app(tmp_path) as web:
        assert "control room" in (await web.get("/")).text
        assert "phone" in (await web.get("/go")).text
        script = await web.get("/assets/a.1234.js")
        assert "immutable" in script.headers["cache-control"]
        assert script.headers["content-type"].startswith("text/javascript")
        again = await web.get("/assets/a.1234.js", headers={"if-none-match": script.headers["etag"]})
        assert again.status_code == 304
        for path in ("/../secret", "/%2e%2e/secret", "/assets/../../secret", "/assets"):
            assert (await web.get(path)).status_code == 404


def test_another_address_needs_an_account_first(city):
    with pytest.raises(Forbidden) as error:
        create_app(city, host="0.0.0.0")
    assert "account" in error.value.remedy


@pytest.mark.parametrize(
    ("host", "known"),
    [
        ("localhost", True),
        ("127.0.0.2", True),
        ("::1", True),
        ("0.0.0.0", False),
        ("example.org", False),
        ("", False),
    ],
)
def test_loopback(host, known):
    assert front.is_loopback(host) is known
