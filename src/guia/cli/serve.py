"""`guia serve`: the hub and the web of a city, nothing else."""

import asyncio
from pathlib import Path

import click


@click.command("serve")
@click.option("--city", default="macau", show_default=True, help="Name or folder of the city pack.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8600,
    show_default=True,
    help="Port of console and API; 0: any free one.",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Another address needs accounts first.")
@click.option("--data", type=click.Path(path_type=Path), default=Path("data"), show_default=True,
              help="Folder that keeps what cities know.")  # fmt: skip
@click.option("--for", "seconds", type=float, help="Stop after so many seconds of machine time.")
def command(city: str, port: int, host: str, data: Path, seconds: float | None) -> None:
    """Serve a city's records over HTTP and take in what feeds push; without brains and twin."""
    from guia.cli.compose import Wish
    from guia.cli.up import attend

    asyncio.run(attend(Wish(city, data, host, port, seconds=seconds, brains=False, twin=False)))
