"""Which actuators a city has: the entries of kind `mqtt-commands` among its pack's feeds."""

from guia.actuators.mqtt import MqttActuator
from guia.core.clock import Clock
from guia.core.dispatch import Actuator
from guia.core.errors import InvalidInput
from guia.packs.pack import Pack

MQTT_COMMANDS = "mqtt-commands"


def actuators(pack: Pack, clock: Clock, broker: tuple[str, int] | None) -> list[Actuator]:
    """Actuators of the pack, speaking to the broker at (host, port).

    An entry names the actions it serves: `options = {actions = ["signals.run-plan"]}`.
    """
    found: list[Actuator] = []
    for feed in pack.feeds:
        if feed.kind != MQTT_COMMANDS:
            continue
        actions = feed.options.get("actions")
        if not isinstance(actions, list) or not all(isinstance(a, str) for a in actions):
            raise InvalidInput(
                "an mqtt-commands entry lists the actions that it serves",
                place=f"pack.toml feed {feed.id}",
                remedy='write for example options = {actions = ["signals.run-plan"]}',
            )
        if broker is not None:
            found.append(MqttActuator(pack.name, *broker, tuple(actions), clock))
    return found
