"""F04: GTFS-RT from a real HTTP server: positions, trips, delays and alerts, asked with ETags, with patience."""

import asyncio
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import numpy as np
import pytest
from google.transit.gtfs_realtime_pb2 import FeedMessage
from hypothesis import given
from hypothesis import strategies as st

from guia.core.clock import SECOND, instant
from guia.core.errors import InvalidInput
from guia.feeds.gtfsrt import Poller, decode

NOW = instant("2026-11-21T08:00:00Z")


def message(*vehicles, alerts=(), delays=(), stamp=NOW // SECOND):
    feed = FeedMessage()
    feed.header.gtfs_realtime_version = "2.0"
    feed.header.timestamp = stamp
    for name, lon, lat, trip in vehicles:
        item = feed.entity.add(id=f"v-{name}")
        item.vehicle.vehicle.id = name
        item.vehicle.timestamp = stamp
        item.vehicle.position.longitude, item.vehicle.position.latitude = lon, lat
        item.vehicle.position.speed, item.vehicle.position.bearing = 10.0, 360.0
        item.vehicle.trip.trip_id, item.vehicle.trip.route_id = trip, "R1"
    for name, trip, delay in delays:
        item = feed.entity.add(id=f"t-{trip}")
        item.trip_update.trip.trip_id = trip
        item.trip_update.vehicle.id = name
        item.trip_update.stop_time_update.add(stop_sequence=2).arrival.delay = delay
    for name, text in alerts:
        item = feed.entity.add(id=name)
        item.alert.effect = 4
        item.alert.header_text.translation.add(language="en", text=text)
        item.alert.informed_entity.add(stop_id="S1")
    return feed.SerializeToString()


class Server:
    """Serves `body` with an ETag; fails while `broken`."""

    def __init__(self):
        self.body, self.broken, self.asked, self.confirmed = b"", False, 0, 0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                outer.asked += 1
                tag = f'"{hash(outer.body)}"'
                if outer.broken:
                    self.send_error(500)
                elif self.headers.get("If-None-Match") == tag:
                    outer.confirmed += 1
                    self.send_response(304)
                    self.end_headers()
                else:
                    self.send_response(200)
                    self.send_header("ETag", tag)
                    self.send_header("Content-Length", str(len(outer.body)))
                    self.end_headers()
                    self.wfile.write(outer.body)

            def log_message(self, *args):
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}/"
        threading.Thread(target=self._http.serve_forever, daemon=True).start()

    def close(self):
        self._http.shutdown()
        self._http.server_close()


@pytest.fixture
def server():
    server = Server()
    yield server
    server.close()


async def test_positions_become_series_and_trips_entities(city, intakes, server):
    server.body = message(("b1", 113.5, 22.2, "T1"), delays=[("b1", "T1", 90)])
    poller = Poller(city, intakes.of("buses"), [server.url], 10)
    async with httpx.AsyncClient() as client:
        await poller.poll(client, server.url)
        entity = "urn:ngsi-ld:Vehicle:tiny:b1"
        names = [f"{entity}|{a}" for a in ("longitude", "latitude", "speed", "bearing", "delay")]
        ids = city.hub.ids(names)
        assert (ids >= 0).all()
        batch = city.hub.latest(ids)
        np.testing.assert_allclose(batch.value, [113.5, 22.2, 36.0, 0.0, 90.0], rtol=1e-6)
        assert (batch.observed == NOW).all()
        assert city.hub.series(ids)[2].unit == "KMH"
        attributes = city.hub.entity(entity).attributes
        assert (attributes["tripId"]["value"], attributes["routeId"]["value"]) == ("T1", "R1")
        before = city.hub.position
        await poller.poll(client, server.url)
        assert (server.confirmed, city.hub.position) == (1, before)
        server.body = message(("b1", 113.5, 22.2, "T1"), ("b2", 113.6, 22.1, "T2"))
        await poller.poll(client, server.url)
        assert intakes.of("buses").state().accepted == 5 + 4


async def test_service_alerts_come_change_and_end(city, intakes, server):
    poller = Poller(city, intakes.of("buses"), [server.url], 10)
    async with httpx.AsyncClient() as client:
        server.body = message(alerts=[("a1", "Stop closed")])
        await poller.poll(client, server.url)
        (alert,) = city.hub.alerts()
        assert (alert.title["en"], alert.severity, alert.label) == ("Stop closed", "minor", "synthetic")
        assert alert.entities == ("urn:ngsi-ld:PublicTransportStop:tiny:S1",)
        server.body = message()
        await poller.poll(client, server.url)
        assert city.hub.alerts() == []
        assert city.hub.alerts(open_only=False)[0].ended == NOW


async def test_a_failing_server_is_asked_less_often_and_the_feed_goes_on(city, intakes, server):
    server.body, server.broken = message(("b1", 113.5, 22.2, "T1")), True
    task = asyncio.create_task(Poller(city, intakes.of("buses"), [server.url], 0.05).run())
    async with asyncio.timeout(8):
        while "500" not in intakes.of("buses").state().problem:
            await asyncio.sleep(0.02)
    await asyncio.sleep(1.2)
    assert 1 <= server.asked <= 3
    server.broken = False
    async with asyncio.timeout(8):
        while intakes.of("buses").state().accepted == 0 or intakes.of("buses").state().problem:
            await asyncio.sleep(0.02)
    task.cancel()


async def test_nonsense_is_counted_and_kept(city, intakes, server):
    server.body = b"<html>moved</html>"
    poller = Poller(city, intakes.of("buses"), [server.url], 10)
    async with httpx.AsyncClient() as client:
        with pytest.raises(InvalidInput):
            await poller.poll(client, server.url)
    assert intakes.of("buses").state().malformed == 1
    assert city.hub.rejected_counts() == {"buses": 1}


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(body):
    with suppress(InvalidInput):
        decode(body, "tiny", NOW, "real").columns()
