"""GTFS-RT: vehicle positions, trip updates and service alerts, polled over HTTP.

Positions become series of `Vehicle` entities, with the trip they run as Properties; delays become series of the
vehicle, or of the trip where no vehicle is named; service alerts become alerts.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import httpx
import msgspec
import numpy as np

from guia.core.alert import Alert
from guia.core.clock import SECOND, Clock
from guia.core.columns import Float64
from guia.core.entity import Entity, property_
from guia.core.errors import GuiaError, InvalidInput
from guia.core.hub import Hub
from guia.core.ids import urn
from guia.core.series import Series
from guia.feeds.intake import Intake
from guia.feeds.wire import Columns

LARGEST = 32 << 20
LONGEST_PAUSE_S = 60.0
UNITS = {"longitude": "DD", "latitude": "DD", "speed": "KMH", "bearing": "DD", "delay": "SEC"}
BOUNDS = {
    "longitude": (-180.0, 180.0),
    "latitude": (-90.0, 90.0),
    "speed": (0.0, 400.0),
    "bearing": (0.0, 360.0),
    "delay": (-86_400.0, 86_400.0),
}
TRIP = {
    "trip_id": "tripId",
    "route_id": "routeId",
    "direction_id": "directionId",
    "start_time": "startTime",
    "start_date": "startDate",
}
"""Fields of the trip descriptor and the Property that each becomes."""
EFFECTS = {1: "severe", 2: "moderate", 3: "moderate", 4: "minor"}
"""Severity by GTFS-RT effect: no service, reduced service, significant delays, detour; others are `info`."""
log = logging.getLogger("guia.feeds")


class City(Protocol):
    """What a poller needs of a city."""

    name: str
    hub: Hub
    clock: Clock


@dataclass(slots=True)
class Message:
    """A decoded feed message: observations as lists of columns, the trips that vehicles run, service alerts."""

    series: list[tuple[str, str]] = field(default_factory=list)
    """(entity, attribute) of each observation."""
    observed: list[int] = field(default_factory=list)
    value: list[float] = field(default_factory=list)
    trips: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Attributes of each vehicle entity that names its trip."""
    alerts: list[Alert] = field(default_factory=list)

    def put(self, entity: str, attribute: str, observed: int, value: float) -> None:
        """Add an observation."""
        self.series.append((entity, attribute))
        self.observed.append(observed)
        self.value.append(value)

    def columns(self) -> Columns:
        """The observations as columns."""
        position: dict[str, int] = {}
        names = [f"{entity}|{attribute}" for entity, attribute in self.series]
        index = np.array([position.setdefault(n, len(position)) for n in names], np.int32)
        value: Float64 = np.array(self.value, np.float64)
        n = len(names)
        return Columns(
            list(position),
            index,
            np.array(self.observed, np.int64),
            value,
            np.zeros(n, np.uint8),
            np.arange(n),
        )


def decode(body: bytes, city: str, now: int, label: str) -> Message:
    """What a GTFS-RT message says; InvalidInput if it is none. `now` stamps what carries no time."""
    from google.protobuf.message import DecodeError
    from google.transit.gtfs_realtime_pb2 import FeedMessage

    feed = FeedMessage()
    try:
        feed.ParseFromString(body)
    except DecodeError as error:
        raise InvalidInput(
            f"this is no GTFS-RT message: {error}", place="body", remedy="check the address of the feed"
        ) from None
    stamp = feed.header.timestamp * SECOND or now
    message = Message()
    for item in feed.entity:
        if item.is_deleted:
            continue
        if item.HasField("vehicle"):
            _vehicle(item.vehicle, item.id, city, stamp, message)
        if item.HasField("trip_update"):
            _trip_update(item.trip_update, city, stamp, message)
        if item.HasField("alert"):
            message.alerts.append(_alert(item.alert, item.id, city, now, label))
    return message


def _vehicle(vehicle: Any, item_id: str, city: str, stamp: int, message: Message) -> None:
    entity = urn("Vehicle", city, _local(vehicle.vehicle.id or item_id))
    observed = vehicle.timestamp * SECOND or stamp
    if vehicle.HasField("position"):
        message.put(entity, "longitude", observed, vehicle.position.longitude)
        message.put(entity, "latitude", observed, vehicle.position.latitude)
        if vehicle.position.HasField("speed"):
            message.put(entity, "speed", observed, vehicle.position.speed * 3.6)
        if vehicle.position.HasField("bearing"):
            message.put(entity, "bearing", observed, vehicle.position.bearing % 360)
    if vehicle.HasField("trip"):
        message.trips[entity] = _trip(vehicle.trip)


def _trip_update(update: Any, city: str, stamp: int, message: Message) -> None:
    """The delay now: the update's own, else that at the next stop which has one."""
    delays = [
        event.delay
        for stop in update.stop_time_update
        for event in (stop.arrival, stop.departure)
        if event.HasField("delay")
    ]
    if not (update.HasField("delay") or delays):
        return
    of_vehicle = bool(update.vehicle.id)
    local = update.vehicle.id if of_vehicle else update.trip.trip_id
    if not local:
        return
    entity = urn("Vehicle" if of_vehicle else "GtfsTrip", city, _local(local))
    delay = update.delay if update.HasField("delay") else delays[0]
    message.put(entity, "delay", update.timestamp * SECOND or stamp, float(delay))
    if of_vehicle:
        message.trips.setdefault(entity, _trip(update.trip))


def _trip(trip: Any) -> dict[str, Any]:
    return {
        name: property_(str(getattr(trip, field))) for field, name in TRIP.items() if trip.HasField(field)
    }


def _alert(alert: Any, item_id: str, city: str, now: int, label: str) -> Alert:
    period = alert.active_period[0] if alert.active_period else None
    concerned = [
        urn("PublicTransportStop", city, _local(e.stop_id)) for e in alert.informed_entity if e.stop_id
    ]
    concerned += [urn("GtfsRoute", city, _local(e.route_id)) for e in alert.informed_entity if e.route_id]
    return Alert(
        id=f"service-{city}-{_local(item_id)}",
        domain="transit",
        kind="service-alert",
        severity=EFFECTS.get(alert.effect, "info"),
        title=_text(alert.header_text) or {"en": "Service alert"},
        entities=tuple(dict.fromkeys(concerned)),
        since=(period.start * SECOND if period and period.start else now),
        updated=now,
        until=(period.end * SECOND if period and period.end else None),
        label=label,
    )


def _text(translated: Any) -> dict[str, str]:
    return {(t.language or "en").partition("-")[0]: t.text for t in translated.translation if t.text}


def _local(text: str) -> str:
    """An id as part of a URN: no white space."""
    return "_".join(text.split()) or "_"


class Poller:
    """Polls the addresses of one GTFS-RT feed and hands on what is new."""

    def __init__(self, city: City, intake: Intake, urls: Sequence[str], every_s: float) -> None:
        self._city, self._intake, self._urls = city, intake, urls
        self._pause_s = every_s / max(0.1, float(getattr(city.clock, "speed", 1.0)))
        self._validators: dict[str, dict[str, str]] = {}
        self._seen: dict[str, int] = {}
        """Newest instant of each series: the same position is sent again and again."""
        self._trips: dict[str, dict[str, Any]] = {}
        self._alerts: dict[str, dict[str, Alert]] = {}

    async def run(self) -> None:
        """Poll until cancelled; after a failure wait twice as long each time."""
        failures = 0
        async with httpx.AsyncClient(timeout=10, follow_redirects=False) as client:
            while True:
                wait = self._pause_s
                try:
                    for url in self._urls:
                        await self.poll(client, url)
                    failures, self._intake.problem = 0, ""
                except (httpx.HTTPError, httpx.InvalidURL, GuiaError) as error:
                    failures += 1
                    self._intake.problem = str(error) or type(error).__name__
                    wait = min(LONGEST_PAUSE_S, 2.0 ** min(failures, 10))
                    log.warning("feed %s: %s", self._intake.settings.name, self._intake.problem)
                await asyncio.sleep(max(0.05, wait))

    async def poll(self, client: httpx.AsyncClient, url: str) -> None:
        """Ask once. Raises httpx.HTTPError when there is no answer, InvalidInput when it cannot be read."""
        async with client.stream("GET", url, headers=self._validators.get(url, {})) as answer:
            if answer.status_code == 304:
                self._intake.heard()
                return
            answer.raise_for_status()
            body = bytearray()
            async for part in answer.aiter_bytes():
                body += part
                if len(body) > LARGEST:
                    raise InvalidInput(f"{url} sends more than {LARGEST} bytes", remedy="check the address")
        try:
            message = decode(
                bytes(body), self._city.name, self._city.clock.now(), self._intake.settings.label
            )
        except InvalidInput as error:
            self._intake.malformed(error)
            raise
        self._intake.heard()
        await self.take(message, url)
        fields = {"if-none-match": "etag", "if-modified-since": "last-modified"}
        self._validators[url] = {
            ask: answer.headers[told] for ask, told in fields.items() if told in answer.headers
        }

    async def take(self, message: Message, url: str = "") -> None:
        """Define the series that are new, store the observations and trips that are new, and the alerts."""
        columns = message.columns()
        fresh = [n for n in columns.names if n not in self._seen]
        newest = np.array([self._seen.get(n, -1) for n in columns.names], np.int64)
        rows = columns.observed > newest[columns.index] if len(columns) else np.zeros(0, bool)
        if fresh:
            await asyncio.to_thread(self._city.hub.define, [self._series(n) for n in fresh])
        if rows.any():
            await self._intake.receive(_take(columns, rows))
            for name, observed in zip(
                columns.index[rows].tolist(), columns.observed[rows].tolist(), strict=True
            ):
                self._seen[columns.names[name]] = max(observed, self._seen.get(columns.names[name], -1))
        changed = {e: t for e, t in message.trips.items() if self._trips.get(e) != t}
        source = self._intake.settings.name
        if changed:
            label = self._intake.settings.label
            entities = [Entity(id=e, type="Vehicle", attributes=t, label=label) for e, t in changed.items()]
            await asyncio.to_thread(self._city.hub.put_entities, entities, source)
            self._trips |= changed
        if alerts := self._changed_alerts(message.alerts, url):
            await asyncio.to_thread(self._city.hub.put_alerts, alerts, source)

    def _changed_alerts(self, alerts: list[Alert], url: str) -> list[Alert]:
        """New and changed alerts of an address, and an ended one for each that it no longer tells of."""
        before = self._alerts.get(url, {})
        now = self._city.clock.now()
        present = {}
        for alert in alerts:
            known = before.get(alert.id)
            same = known and msgspec.structs.replace(alert, updated=known.updated, since=known.since) == known
            present[alert.id] = known if known and same else alert
        gone = [
            msgspec.structs.replace(a, updated=now, ended=now) for i, a in before.items() if i not in present
        ]
        self._alerts[url] = present
        return [a for i, a in present.items() if before.get(i) is not a] + gone

    def _series(self, name: str) -> Series:
        entity, _, attribute = name.partition("|")
        lower, upper = BOUNDS[attribute]
        feed = self._intake.settings
        return Series(
            entity=entity,
            attribute=attribute,
            unit=UNITS[attribute],
            label=feed.label,
            source=feed.name,
            owner=feed.owner,
            lower=lower,
            upper=upper,
        )


def _take(columns: Columns, rows: Any) -> Columns:
    return Columns(
        columns.names,
        columns.index[rows],
        columns.observed[rows],
        columns.value[rows],
        columns.quality[rows],
        columns.rows[rows],
    )
