"""E12: whatever is asked, within the API's own description or beside it, the city answers properly and never fails."""

import string

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guia.web.server import create_app

QUICK = settings(
    max_examples=4,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
    derandomize=True,
)
HAS_NO_END = "/api/events"
ALLOWED = set(range(200, 500)) | {501, 504}


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """A city with its application and an operator's key, for all requests of this module."""
    import shutil
    from pathlib import Path

    from guia.core.clock import ManualClock, instant
    from guia.core.hub import Hub
    from guia.web.accounts import Accounts

    class City:
        name = "tiny"
        pack = Path(__file__).parents[2] / "cities" / "tiny"
        data = tmp_path_factory.mktemp("tiny")
        clock = ManualClock(instant("2026-11-21T08:00:00Z"))
        hub = Hub.open(data, clock)

        def stats(self):
            return {}

    city = City()
    accounts = Accounts(city.data)
    accounts.add("ana", "correct horse battery")
    yield create_app(city), accounts.create_token("ana")
    accounts.close()
    city.hub.close()
    shutil.rmtree(city.data, ignore_errors=True)


def test_requests_made_from_the_description(running):
    app, token = running
    headers = {"Authorization": f"Bearer {token}", "Host": "127.0.0.1"}
    schema = schemathesis.openapi.from_asgi("/docs/openapi.json", app, headers={"host": "127.0.0.1"})
    tried = set()
    for found in schema.get_all_operations():
        operation = found.ok()
        if operation.path == HAS_NO_END:
            continue

        @given(case=operation.as_strategy())
        @QUICK
        def try_it(case):
            answer = case.call(headers=headers)
            assert answer.status_code in ALLOWED, (case.method, case.path, answer.text)
            if answer.status_code >= 400:
                assert "application/problem+json" in answer.headers["content-type"][0]

        try_it()
        tried.add(operation.path)
    assert len(tried) > 30


@given(
    method=st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]),
    path=st.lists(
        st.sampled_from(
            [
                "api",
                "ngsi-ld",
                "v1",
                "entities",
                "attrs",
                "feeds",
                "series",
                "alerts",
                "%00",
                "..",
                "é",
                "urn:x:1",
            ]
        ),
        max_size=6,
    ),
    query=st.dictionaries(
        st.sampled_from(
            ["type", "q", "id", "attrs", "limit", "from", "to", "step", "topics", "georel", "lastN", "open"]
        ),
        st.text(alphabet=string.printable, max_size=12),
        max_size=3,
    ),
    body=st.binary(max_size=40),
)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
async def test_requests_made_from_nothing(running, method, path, query, body):
    if path == ["api", "events"]:
        return
    app, token = running
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as web:
        headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        answer = await web.request(method, "/" + "/".join(path), params=query, content=body, headers=headers)
    assert answer.status_code in ALLOWED, answer.text
