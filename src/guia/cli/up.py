"""`guia up`: one command runs a city's brain with its console."""

import asyncio
import json
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from guia.core.clock import instant
from guia.core.errors import InvalidInput

if TYPE_CHECKING:
    from guia.cli.compose import Wish

REFRESH_S = 2.0


@click.command("up")
@click.option("--city", default="macau", show_default=True, help="Name or folder of the city pack.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8600,
    show_default=True,
    help="Port of console and API; 0 takes any free one.",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Another address needs accounts first.")
@click.option("--data", type=click.Path(path_type=Path), default=Path("data"), show_default=True,
              help="Folder that keeps what cities know.")  # fmt: skip
@click.option("--for", "seconds", type=float, help="Stop after so many seconds of machine time.")
@click.option("--speed", default=1.0, show_default=True, help="City seconds per machine second.")
@click.option("--start", help="City time to start at, ISO 8601 with zone; default: now.")
@click.option("--report", type=click.Path(path_type=Path), help="Write a JSON report of what the city did.")
@click.option("--broker", help="host:port of the city's own MQTT broker; default: one is started.")
@click.option(
    "--no-twin", is_flag=True, help="Do not run the simulated city: sensors of a real one will send."
)
@click.option("--fresh", is_flag=True, help="Put earlier records of this city aside and begin anew.")
def command(
    city: str,
    port: int,
    host: str,
    data: Path,
    seconds: float | None,
    speed: float,
    start: str | None,
    report: Path | None,
    broker: str | None,
    no_twin: bool,
    fresh: bool,
) -> None:
    """Run a city's brain with its console, until Ctrl-C.

    What is shown as synthetic comes from the twin, a simulated city that stands where sensors would.
    """
    from guia.cli import compose

    wish = compose.Wish(
        city=city,
        data=data,
        host=host,
        port=port,
        start=_instant(start),
        speed=speed,
        seconds=seconds,
        twin=not no_twin,
        broker=_address(broker),
    )
    if fresh and (aside := compose.put_aside(wish)):
        click.echo(f"earlier records are kept in {aside}")
    done = asyncio.run(attend(wish))
    click.echo("stopped; all that was acknowledged is on disk")
    if report:
        report.parent.mkdir(parents=True, exist_ok=True)
        report.write_text(
            json.dumps(done, ensure_ascii=False, indent=2, default=str) + "\n", encoding="utf-8"
        )
        click.echo(f"report written to {report}")


async def attend(wish: "Wish") -> dict[str, Any]:
    """Run the city, show how it goes, and stop calmly on Ctrl-C or SIGTERM; the report."""
    from rich.console import Console

    from guia.cli import compose, screen

    console = Console()
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)

    async def tell(running: compose.RunningCity) -> None:
        if not console.is_terminal:
            return
        with console.status("starting") as status:
            while not stop.is_set():
                status.update(await asyncio.to_thread(screen.line, running))
                await asyncio.sleep(REFRESH_S)

    telling: list[asyncio.Task[None]] = []

    def ready(running: compose.RunningCity) -> None:
        screen.welcome(running, console)
        telling.append(asyncio.create_task(tell(running)))

    try:
        return await compose.run(wish, stop, ready)
    finally:
        for task in telling:
            task.cancel()


def _instant(text: str | None) -> int | None:
    if text is None:
        return None
    try:
        return instant(text)
    except ValueError as error:
        raise InvalidInput(
            str(error), place="--start", remedy="write for example 2026-11-21T18:00+08:00"
        ) from None


def _address(text: str | None) -> tuple[str, int] | None:
    if text is None:
        return None
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit():
        raise InvalidInput(f"{text!r} is no address", place="--broker", remedy="write host:port")
    return host, int(port)
