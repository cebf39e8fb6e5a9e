"""`python -m guia.twin`: the twin as a process of its own, where the real city would stand."""

import logging
from pathlib import Path

import click

from guia.core.clock import instant
from guia.core.errors import GuiaError


@click.command()
@click.option("--city", required=True, type=click.Path(path_type=Path), help="Folder of the city pack.")
@click.option("--data", required=True, type=click.Path(path_type=Path), help="Folder of the cities' data.")
@click.option("--start", required=True, help="City time at the origin, ISO 8601 with zone.")
@click.option("--origin", required=True, type=int, help="Wall time of the start, UTC nanoseconds.")
@click.option("--speed", default=1.0, show_default=True, help="City seconds per second.")
@click.option("--url", default="http://127.0.0.1:8600", show_default=True, help="Where the city listens.")
@click.option("--token", default="", help="Bearer token of the feeds.")
@click.option("--mqtt", default="127.0.0.1:1883", show_default=True, help="host:port of the MQTT broker.")
@click.option("--gtfs-rt-port", default=8610, show_default=True, help="Port for GTFS-Realtime.")
@click.option("--seed", default=1, show_default=True, help="Of the synthetic traffic.")
def main(
    city: Path,
    data: Path,
    start: str,
    origin: int,
    speed: float,
    url: str,
    token: str,
    mqtt: str,
    gtfs_rt_port: int,
    seed: int,
) -> None:
    """Simulate a city and send what its sensors would send (label: synthetic)."""
    from guia.packs import Pack
    from guia.twin.running import Pace, run
    from guia.twin.uplink import Address

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    host, _, port = mqtt.rpartition(":")
    try:
        pack = Pack.open(city)
        address = Address(pack.name, url, token, host or "127.0.0.1", int(port))
        run(pack, data, Pace(instant(start), origin, speed), address, gtfs_rt_port, seed)
    except GuiaError as error:
        raise click.ClickException(str(error)) from None
    except ValueError as error:
        raise click.ClickException(f"{error}: check --start and --mqtt") from None


if __name__ == "__main__":
    main()
