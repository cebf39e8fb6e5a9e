"""`guia backup` and `guia restore`: a city saved to one file, and brought back."""

from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING

import click

from guia.core.clock import iso
from guia.core.errors import NotFound
from guia.domains.asking import show_json

if TYPE_CHECKING:
    from guia.core.segments import Record

FOLDER = click.option(
    "--data",
    type=click.Path(path_type=Path),
    default=Path("data"),
    show_default=True,
    help="Folder that keeps what cities know.",
)
CITY = click.option("--city", default="macau", show_default=True, help="Name of the city.")
JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.command("backup")
@click.argument("file", type=click.Path(path_type=Path))
@CITY
@FOLDER
@JSON
def save(file: Path, city: str, data: Path, as_json: bool) -> None:
    """Save a city to FILE (tar.zst) as it is at this moment; it may run meanwhile.

    The file holds the log, the journal and the accounts. What is built from the log is left out.
    """
    from guia.core.backup import backup

    folder = data / city
    last = last_record(folder / "live" / "log")
    if last is None:
        raise NotFound(
            f"there are no records of {city}",
            place=str(folder),
            remedy="name the right --data folder and --city; `guia up` makes them",
        )
    backup(folder, file, last.end, last.received)
    saved = {
        "file": str(file),
        "bytes": file.stat().st_size,
        "position": last.end,
        "until": iso(last.received),
    }
    if as_json:
        show_json(saved)
        return
    click.echo(
        f"saved {city} until {saved['until']} (position {last.end:,}) to {file}, {saved['bytes']:,} bytes"
    )


@click.command("restore")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@CITY
@FOLDER
@JSON
def bring_back(file: Path, city: str, data: Path, as_json: bool) -> None:
    """Bring the city saved in FILE back into the folder of --data and --city, which must be empty or not there."""
    from guia.core.backup import restore

    contents = restore(file, data / city)
    until = iso(contents.taken)
    if as_json:
        show_json({"folder": str(data / city), "position": contents.position, "until": until})
        return
    click.echo(
        f"restored {data / city} until {until}; `guia up --city {city} --data {data}` goes on from there"
    )


def last_record(log: Path) -> "Record | None":
    """The newest whole record of the log in a folder; None if there is none."""
    from guia.core.log import LogReader
    from guia.core.segments import segments

    for segment in reversed(segments(log)):
        last = deque(LogReader(log).read(segment.base), maxlen=1)
        if last:
            return last[0]
    return None
