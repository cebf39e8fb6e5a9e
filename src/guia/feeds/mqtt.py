"""Observations by MQTT: JSON columns on `guia/<city>/feeds/<feed>`, at least once; and what the twin tells of itself.

A message is acknowledged to the broker only when the hub has it on disk, so what a crash interrupts is sent again.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiomqtt

from guia.core.errors import InvalidInput, TooBusy
from guia.feeds.intake import Intake, Intakes
from guia.feeds.wire import from_json

LONGEST_PAUSE_S = 30.0
AT_ONCE = 32
"""Unacknowledged messages that a broker may have under way to us: what bounds the work in hand."""
log = logging.getLogger("guia.feeds")


class Mqtt:
    """Listens to a broker until cancelled; connects again whenever the connection breaks."""

    def __init__(self, city: str, host: str, port: int, intakes: Intakes, *, pause_s: float = 1.0) -> None:
        self.topic = f"guia/{city}/feeds/+"
        self.twin_topic = f"guia/{city}/twin"
        self.connected = asyncio.Event()
        self._client_id = f"guia-{city}-hub"
        self._host, self._port, self._intakes, self._pause_s = host, port, intakes, pause_s

    async def run(self) -> None:
        """Connect, listen, and after a break wait a little longer each time."""
        pause = self._pause_s
        while True:
            try:
                await self._listen()
            except aiomqtt.MqttError as error:
                if self.connected.is_set():
                    pause = self._pause_s
                self.connected.clear()
                self._tell(f"broker {self._host}:{self._port}: {error}")
                await asyncio.sleep(pause)
                pause = min(LONGEST_PAUSE_S, pause * 2)

    async def _listen(self) -> None:
        async with self._client() as client:
            await client.subscribe([(self.topic, 1), (self.twin_topic, 0)])
            self.connected.set()
            self._tell("")
            under_way: set[asyncio.Task[None]] = set()
            try:
                async for message in client.messages:
                    task = asyncio.create_task(self._take(client, message))
                    under_way.add(task)
                    task.add_done_callback(under_way.discard)
            finally:
                for task in under_way:
                    task.cancel()

    @asynccontextmanager
    async def _client(self) -> AsyncIterator[aiomqtt.Client]:
        """A client whose session the broker keeps, and that acknowledges only when told to."""
        client = aiomqtt.Client(
            self._host,
            self._port,
            identifier=self._client_id,
            clean_session=False,
            max_inflight_messages=AT_ONCE,
            timeout=10,
        )
        client._client.manual_ack_set(
            True
        )  # aiomqtt has no switch of its own for paho's manual acknowledgement
        async with client:
            yield client

    async def _take(self, client: aiomqtt.Client, message: aiomqtt.Message) -> None:
        """Store one message, then acknowledge it. What cannot be read is counted, kept, and acknowledged too."""
        payload = message.payload if isinstance(message.payload, bytes) else b""
        try:
            if str(message.topic) == self.twin_topic:
                self._intakes.twin.hear(payload)
            else:
                intake = self._intakes.of(str(message.topic).rpartition("/")[2], "mqtt")
                await store(intake, payload, self._pause_s)
        except InvalidInput as error:
            log.warning("MQTT: %s", error)
        client._client.ack(message.mid, message.qos)

    def _tell(self, problem: str) -> None:
        if problem:
            log.warning("MQTT: %s", problem)
        for intake in self._intakes:
            if intake.settings.kind == "mqtt":
                intake.problem = problem


async def store(intake: Intake, payload: bytes, pause_s: float) -> None:
    """Hand a payload to its feed; while the city cannot take it, try again, a little later each time."""
    try:
        columns = from_json(payload)
    except InvalidInput as error:
        intake.malformed(error)
        return
    while True:
        try:
            await intake.receive(columns)
        except TooBusy:
            await asyncio.sleep(pause_s)
        except Exception as error:  # whatever keeps the city from storing must not lose the message
            intake.problem = str(error)
            log.exception("a message of feed %s could not be stored, it is tried again", intake.settings.name)
            await asyncio.sleep(pause_s)
            pause_s = min(LONGEST_PAUSE_S, pause_s * 2)
        else:
            intake.problem = ""
            return
