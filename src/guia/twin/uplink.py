"""The twin's line to the city: observations out by HTTP and MQTT, commands in by MQTT. Runs in a thread of its own.

Like any roadside box it keeps only so much: when the city does not listen, the oldest messages are dropped and counted.
"""

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import msgspec
import numpy as np

from guia.core.columns import Float64, Int64
from guia.core.series import Series

KEPT = 400
"""Messages kept for each way out while it is closed."""
LONGEST_PAUSE_S = 15.0
log = logging.getLogger("guia.twin")


class Command(msgspec.Struct, frozen=True):
    """What an actuator sends to a junction."""

    decision: str
    action: str
    parameters: dict[str, object] = {}
    issued: str = ""


Answer = Callable[[str, Command], tuple[bool, str]]
"""(local id of the entity, command) -> (ok, detail)."""


@dataclass(frozen=True)
class Address:
    """Where the city listens."""

    city: str
    url: str
    token: str
    mqtt_host: str
    mqtt_port: int


@dataclass
class Counts:
    """What became of the messages."""

    sent: int = 0
    dropped: int = 0
    rejected: int = 0
    """Rows that the city refused."""
    commands: int = 0
    problem: str = ""
    """What the line last complained of; empty when well."""


@dataclass
class Uplink:
    """Both ways out and the way in; `start` opens them, and they open again by themselves after a break."""

    address: Address
    series: dict[str, Sequence[Series]]
    """Definitions per HTTP feed; sent before the first observation, and again whenever the city is unreachable."""
    answer: Answer
    counts: Counts = field(default_factory=Counts)

    def __post_init__(self) -> None:
        self._http: deque[tuple[str, bytes]] = deque(maxlen=KEPT)
        self._mqtt: deque[tuple[str, bytes, bool]] = deque(maxlen=KEPT)
        self._loop = asyncio.new_event_loop()
        self._stopping = asyncio.Event()
        self._defined = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="uplink", daemon=True)

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def stop(self) -> None:
        """Stop sending; what is not sent is lost."""
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(timeout=5)

    def post(self, feed: str, names: Sequence[str], observed: Int64 | int, value: Float64) -> None:
        """Send observations by HTTP; values that are NaN stay at home."""
        if body := columns(names, observed, value):
            self._keep(self._http, (feed, body))

    def publish(self, feed: str, names: Sequence[str], observed: Int64 | int, value: Float64) -> None:
        """Send observations by MQTT."""
        if body := columns(names, observed, value):
            self._keep(self._mqtt, (f"guia/{self.address.city}/feeds/{feed}", body, False))

    def tell(self, topic: str, body: object) -> None:
        """Publish something retained beside the feeds, under `guia/<city>/`."""
        self._keep(self._mqtt, (f"guia/{self.address.city}/{topic}", msgspec.json.encode(body), True))

    def _keep(self, queue: deque, message: tuple) -> None:
        self.counts.dropped += len(queue) == queue.maxlen
        queue.append(message)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._both())

    async def _both(self) -> None:
        tasks = [asyncio.create_task(self._again(way)) for way in (self._send_http, self._talk_mqtt)]
        await self._stopping.wait()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _again(self, way: Callable) -> None:
        """Run a way out for ever: after a break wait, a little longer each time."""
        import aiomqtt
        import httpx

        pause = 0.5
        while True:
            try:
                await way()
            except (httpx.HTTPError, aiomqtt.MqttError, OSError) as error:
                self.counts.problem = f"{type(error).__name__}: {error}"
                log.warning("the city cannot be reached: %s", self.counts.problem)
                await asyncio.sleep(pause)
                pause = min(LONGEST_PAUSE_S, pause * 1.7)

    async def _send_http(self) -> None:
        """Define the series, then post batches as they come."""
        import httpx

        headers = {"Authorization": f"Bearer {self.address.token}"} if self.address.token else {}
        async with httpx.AsyncClient(base_url=self.address.url, headers=headers, timeout=20) as client:
            for feed, specs in self.series.items():
                for first in range(0, len(specs), 1000):
                    body = msgspec.json.encode(specs[first : first + 1000])
                    await self._post(client, f"/api/feeds/{feed}/series", body)
            self.counts.problem = ""
            self._defined.set()
            while True:
                if not self._http:
                    await asyncio.sleep(0.05)
                    continue
                message = self._http[0]
                feed, body = message
                answer = await self._post(client, f"/api/feeds/{feed}/observations", body)
                self.counts.rejected += len(answer.get("rejected", ()))
                self._sent(self._http, message)

    async def _post(self, client: object, path: str, body: bytes) -> dict:
        """The answer of the city; waits as long as it says it is busy."""
        while True:
            reply = await client.post(path, content=body, headers={"Content-Type": "application/json"})
            if reply.status_code == 429:
                await asyncio.sleep(float(reply.headers.get("Retry-After", 1)))
                continue
            if reply.status_code >= 500 or reply.status_code in {401, 403, 404}:
                reply.raise_for_status()
            if reply.is_error:
                self.counts.rejected += 1
                log.warning("%s was refused: %s", path, reply.text[:300])
                return {}
            answer = reply.json()
            return answer if isinstance(answer, dict) else {}

    async def _talk_mqtt(self) -> None:
        """Publish what waits and answer commands."""
        import aiomqtt

        a = self.address
        async with aiomqtt.Client(a.mqtt_host, a.mqtt_port, identifier=f"guia-{a.city}-twin") as client:
            await client.subscribe(f"guia/{a.city}/command/+", qos=1)
            async with asyncio.TaskGroup() as both:
                both.create_task(self._publish(client))
                both.create_task(self._obey(client))

    async def _publish(self, client: object) -> None:
        """Publish what waits, once the city knows the series."""
        await self._defined.wait()
        while True:
            if not self._mqtt:
                await asyncio.sleep(0.05)
                continue
            message = self._mqtt[0]
            topic, body, retain = message
            await client.publish(topic, body, qos=1, retain=retain)
            self._sent(self._mqtt, message)

    def _sent(self, queue: deque, message: tuple) -> None:
        """Drop the message from its queue, unless the queue dropped it while it was under way."""
        self.counts.sent += 1
        if queue and queue[0] is message:
            queue.popleft()

    async def _obey(self, client: object) -> None:
        async for message in client.messages:
            local = str(message.topic).rpartition("/")[2]
            try:
                command = msgspec.json.decode(message.payload, type=Command)
            except msgspec.MsgspecError as error:
                log.warning("a command to %s cannot be read: %s", local, error)
                continue
            self.counts.commands += 1
            ok, detail = self.answer(local, command)
            body = msgspec.json.encode({"ok": ok, "detail": detail})
            await client.publish(f"guia/{self.address.city}/ack/{command.decision}", body, qos=1)


def columns(names: Sequence[str], observed: Int64 | int, value: Float64) -> bytes:
    """JSON columns of the rows whose value is a number; empty where there are none."""
    values = np.asarray(value, np.float64)
    keep = np.flatnonzero(np.isfinite(values))
    if len(keep) == 0:
        return b""
    times = np.broadcast_to(np.asarray(observed, np.int64), values.shape)
    return msgspec.json.encode(
        {
            "series": [names[i] for i in keep],
            "observed": times[keep].tolist(),
            "value": values[keep].tolist(),
        }
    )
