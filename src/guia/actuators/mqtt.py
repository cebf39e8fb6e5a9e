"""Commands over MQTT, acknowledged by the device.

A command goes to `guia/<city>/command/<local id of the entity>` as JSON `{decision, action, parameters,
issued}`; the device answers `{ok, detail}` on `guia/<city>/ack/<decision id>`. No answer in time is a
failure.
"""

import asyncio
from typing import Any

import msgspec

from guia.core.clock import Clock, iso
from guia.core.decision import Decision
from guia.core.errors import InvalidInput, Unavailable
from guia.core.ids import local_part

ANSWER_WITHIN_S = 15.0


class Acknowledgement(msgspec.Struct, frozen=True):
    """A device's answer."""

    ok: bool
    detail: str = ""


class MqttActuator:
    """Sends the decisions of its actions to the devices that they name."""

    def __init__(
        self,
        city: str,
        host: str,
        port: int,
        actions: tuple[str, ...],
        clock: Clock,
        *,
        answer_within_s: float = ANSWER_WITHIN_S,
    ) -> None:
        self.actions = actions
        self._city = city
        self._host = host
        self._port = port
        self._clock = clock
        self._answer_within_s = answer_within_s

    def apply(self, decision: Decision) -> str:
        """Send the command to each entity of the decision, one after the other; the devices' words.

        Unavailable if the broker or a device does not answer, InvalidInput if a device refuses.
        """
        if not decision.entities:
            raise InvalidInput("the decision names no device", place=decision.id)
        answers = [asyncio.run(self._command(decision, entity)) for entity in decision.entities]
        return "; ".join(a for a in answers if a)

    async def _command(self, decision: Decision, entity: str) -> str:
        import aiomqtt

        acknowledged = f"guia/{self._city}/ack/{decision.id}"
        try:
            async with asyncio.timeout(self._answer_within_s):
                async with aiomqtt.Client(self._host, self._port) as client:
                    await client.subscribe(acknowledged, qos=1)
                    topic = f"guia/{self._city}/command/{local_part(entity)}"
                    await client.publish(topic, msgspec.json.encode(self._body(decision)), qos=1)
                    async for message in client.messages:
                        if str(message.topic) == acknowledged:  # amqtt also sends what other topics retain
                            return _read(message.payload, entity)
        except TimeoutError:
            raise Unavailable(
                f"no acknowledgement within {self._answer_within_s:g} s",
                place=entity,
                remedy="look whether the device is connected, then approve a new proposal",
            ) from None
        except aiomqtt.MqttError as error:
            raise Unavailable(
                f"the MQTT broker at {self._host}:{self._port} cannot be used: {error}", place=entity
            ) from None
        raise Unavailable("the broker closed the connection before the device answered", place=entity)

    def _body(self, decision: Decision) -> dict[str, Any]:
        return {
            "decision": decision.id,
            "action": decision.action,
            "parameters": decision.parameters,
            "issued": iso(self._clock.now()),
        }


def _read(payload: object, entity: str) -> str:
    try:
        answer = msgspec.json.decode(payload if isinstance(payload, bytes) else b"", type=Acknowledgement)
    except msgspec.DecodeError as error:
        raise InvalidInput(f"the device's answer cannot be read: {error}", place=entity) from None
    if not answer.ok:
        raise InvalidInput(f"the device refused: {answer.detail or 'it gives no reason'}", place=entity)
    return answer.detail
