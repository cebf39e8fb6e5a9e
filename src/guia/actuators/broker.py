"""An MQTT broker on this machine, for cities without their own: `python -m guia.actuators.broker PORT`.

It listens on loopback alone and takes anybody there; a real city names its own broker instead.
"""

import asyncio
import logging
import signal
import sys
from typing import Any

HOST = "127.0.0.1"


def settings(port: int) -> dict[str, Any]:
    """Configuration of the amqtt broker."""
    return {
        "listeners": {"default": {"type": "tcp", "bind": f"{HOST}:{port}", "max_connections": 1000}},
        "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
    }


async def run(port: int) -> None:
    """Serve until asked to end."""
    from amqtt.broker import Broker

    ended = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, ended.set)
    broker = Broker(settings(port))
    await broker.start()
    await ended.wait()
    await broker.shutdown()


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    asyncio.run(run(int(sys.argv[1])))
