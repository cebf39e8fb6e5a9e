"""`guia replay`: run recorded hours again and compare."""

import json
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from guia.core.clock import SECOND, instant, iso
from guia.core.errors import InvalidInput, NotFound

if TYPE_CHECKING:
    from guia.core.loop import Place
    from guia.packs.pack import Pack

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@click.command("replay")
@click.option("--city", default="macau", show_default=True, help="Name or folder of the city pack.")
@click.option("--data", type=click.Path(path_type=Path), default=Path("data"), show_default=True,
              help="Folder that keeps what cities know.")  # fmt: skip
@click.option("--from", "start", help="First city time, ISO 8601 with zone.")
@click.option("--to", "end", help="End of city time, ISO 8601 with zone; default: the last step.")
@click.option("--last", help="Instead of --from: the last 30m, 1h, 1d…")
@click.option("--name", help="Name of the run's folder; default: the time of the call.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(
    city: str,
    data: Path,
    start: str | None,
    end: str | None,
    last: str | None,
    name: str | None,
    as_json: bool,
) -> None:
    """Run recorded steps again, read-only, and tell whether every decision and output is equal.

    What comes out goes to DATA/<city>/runs/replay-NAME alone. Exit code 1 if anything differs.
    """
    from rich.progress import Progress

    from guia.core.domains import domain_brains
    from guia.core.loop import Place
    from guia.core.replay import recorded_span, replay, summary
    from guia.core.runs import Run
    from guia.packs.find import find_pack
    from guia.packs.pack import Pack

    pack = Pack.open(find_pack(city))
    place = Place(pack.folder, data / pack.name / "live")
    span = recorded_span(place.log) if place.log.exists() else None
    if span is None:
        raise NotFound("nothing is recorded", place=str(place.live), remedy="run the city first: guia up")
    until = _instant(end, "--to") if end else span[1] + 1
    since = until - _seconds(last) * SECOND if last else (_instant(start, "--from") if start else span[0])
    run = Run(data / pack.name, "replay", name or time.strftime("%Y%m%dt%H%M%S"))
    with Progress(transient=True, disable=as_json) as bar:
        task = bar.add_task("replaying", total=None)
        found = replay(
            place,
            domain_brains(),
            run,
            since,
            until,
            lambda done, total: bar.update(task, completed=done, total=total),
        )
    changed = pack_has_changed(pack, place)
    told = {
        "from": iso(since),
        "to": iso(until),
        **summary(found),
        "pack_changed": changed,
        "folder": str(run.folder),
    }
    if as_json:
        click.echo(json.dumps(told, ensure_ascii=False))
    else:
        _show(told)
    if not found.equal:
        raise SystemExit(1)


def _show(told: dict[str, Any]) -> None:
    click.echo(f"{told['equal_steps']} of {told['steps']} steps equal, {told['decisions']} decisions")
    if told["given_up"]:
        click.echo(
            f"{told['given_up']} earlier steps cannot be repeated: the log before them is no longer kept"
        )
    if told["pack_changed"]:
        click.echo("the city pack has changed since: brains know other roads now, so steps may differ")
    click.echo(f"{told['from']} to {told['to']}, written to {told['folder']}")


def pack_has_changed(pack: "Pack", place: "Place") -> bool:
    """Whether the pack is another than the one that the city was last started with."""
    import apsw
    import msgspec

    from guia.core.fingerprint import fingerprint
    from guia.core.ids import urn

    store = apsw.Connection(str(place.live / "store.db"), flags=apsw.SQLITE_OPEN_READONLY)
    mark = urn("City", pack.name, pack.name)
    rows = store.execute("SELECT body FROM entities WHERE id = ?", (mark,)).fetchall()
    store.close()
    known = msgspec.json.decode(rows[0][0])["attributes"]["packDigest"]["value"] if rows else ""
    return bool(known) and known != fingerprint(pack.folder)


def _seconds(text: str) -> int:
    match = re.fullmatch(r"(\d+)([smhd])", text)
    if not match:
        raise InvalidInput(
            f"{text!r} is no length of time", place="--last", remedy="write for example 90m or 1h"
        )
    return int(match[1]) * _UNITS[match[2]]


def _instant(text: str, option: str) -> int:
    try:
        return instant(text)
    except ValueError as error:
        raise InvalidInput(
            str(error), place=option, remedy="write for example 2026-11-21T18:00+08:00"
        ) from None
