"""GTFS-Realtime of the twin's buses, served as an operator would serve it."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import numpy as np

from guia.core.clock import SECOND
from guia.core.place import LocalProjection
from guia.formats.gtfs.feed import Feed
from guia.formats.gtfs.times import gtfs_time

if TYPE_CHECKING:
    from google.transit.gtfs_realtime_pb2 import FeedMessage

    from guia.twin.fleet import Bus, Fleet
    from guia.twin.simulation import Simulation

POSITIONS, UPDATES, BOTH = "/vehicle-positions.pb", "/trip-updates.pb", "/"
PERIOD_S = 10
GPS_M = 4.0


class Publisher:
    """An HTTP server with the newest messages."""

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        self.bodies: dict[str, bytes] = {POSITIONS: b"", UPDATES: b"", BOTH: b""}
        bodies = self.bodies

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = bodies.get(self.path)
                self.send_response(404 if body is None else 200)
                self.send_header("Content-Type", "application/x-protobuf")
                self.send_header("Content-Length", str(len(body or b"")))
                self.end_headers()
                self.wfile.write(body or b"")

            def log_message(self, *_: object) -> None:
                return

        self._server = ThreadingHTTPServer((host, port), Handler)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, name="gtfs-rt", daemon=True)

    def start(self) -> None:
        """Begin to serve."""
        self._thread.start()

    def stop(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()


def messages(
    fleet: "Fleet",
    sim: "Simulation",
    feed: Feed,
    projection: LocalProjection,
    now_ns: int,
    rng: np.random.Generator,
) -> dict[str, bytes]:
    """The bodies of the messages at this moment, by path; messages of protobuf are joined by joining their bytes."""
    positions, updates = _message(now_ns), _message(now_ns)
    present = set(sim.sumo.vehicle.getIDList())
    for name, bus in fleet.buses.items():
        if name not in present:
            continue
        _position(positions, fleet, sim, feed, projection, bus, now_ns, rng)
        _update(updates, fleet, feed, bus, now_ns)
    bodies = positions.SerializeToString(), updates.SerializeToString()
    return {POSITIONS: bodies[0], UPDATES: bodies[1], BOTH: bodies[0] + bodies[1]}


def _message(now_ns: int) -> "FeedMessage":
    from google.transit.gtfs_realtime_pb2 import FeedMessage

    message = FeedMessage()
    message.header.gtfs_realtime_version = "2.0"
    message.header.timestamp = now_ns // SECOND
    return message


def _describe(trip: object, feed: Feed, bus: "Bus") -> None:
    """Fill a TripDescriptor; frequency-based trips are told apart by their start."""
    trip.trip_id = str(feed.trip_ids[bus.trip])
    trip.route_id = str(feed.route_ids[feed.trip_route[bus.trip]])
    trip.start_date = bus.day
    trip.start_time = gtfs_time(bus.start_s)


def _position(
    message: "FeedMessage",
    fleet: "Fleet",
    sim: "Simulation",
    feed: Feed,
    projection: LocalProjection,
    bus: "Bus",
    now_ns: int,
    rng: np.random.Generator,
) -> None:
    ask = sim.sumo.vehicle
    x, y = ask.getPosition(bus.name)
    east, north = rng.normal(0.0, GPS_M, 2)
    lon, lat = projection.to_lonlat(x + east, y + north)
    line = fleet.lines[bus.line]
    entity = message.entity.add(id=bus.name)
    vehicle = entity.vehicle
    _describe(vehicle.trip, feed, bus)
    vehicle.vehicle.id = bus.name
    vehicle.position.longitude, vehicle.position.latitude = float(lon), float(lat)
    vehicle.position.bearing = ask.getAngle(bus.name) % 360
    vehicle.position.speed = max(0.0, ask.getSpeed(bus.name))
    vehicle.timestamp = now_ns // SECOND
    stopped = ask.isStopped(bus.name)
    at = min(max(0, bus.passed + (not stopped)), len(line.stop) - 1)
    vehicle.stop_id = str(feed.stop_ids[line.stop[at]])
    vehicle.current_stop_sequence = int(line.sequence[at])
    vehicle.current_status = 1 if stopped else 2


def _update(message: "FeedMessage", fleet: "Fleet", feed: Feed, bus: "Bus", now_ns: int) -> None:
    line = fleet.lines[bus.line]
    if bus.passed < 0:
        return
    update = message.entity.add(id=f"{bus.name}-trip").trip_update
    _describe(update.trip, feed, bus)
    update.vehicle.id = bus.name
    update.timestamp = now_ns // SECOND
    at = min(bus.passed + 1, len(line.stop) - 1)
    stop = update.stop_time_update.add()
    stop.stop_sequence = int(line.sequence[at])
    stop.stop_id = str(feed.stop_ids[line.stop[at]])
    stop.arrival.delay = int(bus.delay_s)
