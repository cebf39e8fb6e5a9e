"""`guia city`: check a city pack, or build one."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from guia.formats.finding import Finding

_FOLDER = click.Path(path_type=Path, file_okay=False)
_FILE = click.Path(path_type=Path, dir_okay=False, exists=True)


@click.group("city")
def commands() -> None:
    """Check a city pack, or build one."""


@commands.command()
@click.argument("folder", type=_FOLDER)
@click.option("--json", "as_json", is_flag=True, help="Findings as JSON.")
def check(folder: Path, as_json: bool) -> None:
    """Check the pack in FOLDER; exit status 1 where something is wrong."""
    from guia.packs.check import check_pack

    findings = check_pack(folder)
    errors = sum(f.level == "error" for f in findings)
    if as_json:
        rows = [
            {"level": f.level, "place": f.place, "detail": f.detail, "remedy": f.remedy} for f in findings
        ]
        click.echo(json.dumps({"pack": str(folder), "errors": errors, "findings": rows}, ensure_ascii=False))
    else:
        _print(folder, findings, errors)
    raise SystemExit(1 if errors else 0)


def _print(folder: Path, findings: "list[Finding]", errors: int) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    if findings:
        table = Table("", "Where", "What", "What to do", title=f"{folder}")
        for f in findings:
            table.add_row(
                {"error": "[red]error[/]"}.get(f.level, f"[yellow]{f.level}[/]"), f.place, f.detail, f.remedy
            )
        console.print(table)
    word = "whole" if not findings else f"{errors} errors, {len(findings) - errors} warnings"
    console.print(f"{folder}: {word}", highlight=False)


@commands.command()
@click.argument("name")
@click.option(
    "--facts", type=click.Path(path_type=Path, file_okay=False, exists=True), help="Facts of Macau."
)
@click.option("--osm", type=_FILE, help="OpenStreetMap extract (.osm.pbf) of the place.")
@click.option("--gtfs", type=_FILE, help="Timetable of the place (GTFS zip).")
@click.option("--out", type=_FOLDER, help="Folder for the pack; cities/NAME where nothing is said.")
def build(name: str, facts: Path | None, osm: Path | None, gtfs: Path | None, out: Path | None) -> None:
    """Build the pack of the city NAME.

    `tiny` is made up, `macau` needs --facts, any other place --osm. Ids of segments and stops stay those of the pack
    that is already in the folder wherever the place is the same.
    """
    from guia.packs.builders import build_city

    folder = out or Path("cities") / name
    build_city(
        name, folder, facts=facts, osm=osm, gtfs=gtfs, told=lambda what: click.echo(f"  {what}", err=True)
    )
    click.echo(f"{folder} is built; look at it with: guia city check {folder}")
