"""`guia verify`: prove that log, store, history and journal are whole and agree."""

import json
from pathlib import Path
from typing import Any

import click

from guia.core.errors import Conflict, Corrupt, NotFound


@click.command("verify")
@click.option("--city", default="macau", show_default=True, help="Name of the city.")
@click.option("--data", type=click.Path(path_type=Path), default=Path("data"), show_default=True,
              help="Folder that keeps what cities know.")  # fmt: skip
@click.option("--entry", type=int, help="Also print the proof that this entry is in the journal.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(city: str, data: Path, entry: int | None, as_json: bool) -> None:
    """Check every checksum of the log, that store and history say what the log says, and the journal's tree.

    While the city runs, store and history are moving: then log and journal are checked. Exit code 1 if
    anything is wrong.
    """
    from guia.core import journal

    live = data / city / "live"
    if not (live / "log").exists():
        raise NotFound(
            "nothing is recorded here", place=str(live), remedy="name the right --data folder and --city"
        )
    found = check_hub(data / city)
    verdict = journal.verify(live / "journal")
    found["journal_entries"] = verdict.entries
    found["journal_root"] = verdict.root
    found["journal_heads"] = verdict.heads
    found["findings"] += [f"journal: {problem}" for problem in verdict.problems]
    found["clean"] = not found["findings"]
    if entry is not None:
        try:
            found["proof"] = journal.proof(live / "journal", entry)
        except IndexError as error:
            raise NotFound(str(error), place="--entry") from None
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
    else:
        _print(found)
    if not found["clean"]:
        raise SystemExit(1)


def check_hub(folder: Path) -> dict[str, Any]:
    """Findings about log, store and history; about the log alone while the city runs."""
    from guia.cli.compose import sole_writer
    from guia.core.clock import WallClock
    from guia.core.hub import Hub

    try:
        with sole_writer(folder):
            hub = Hub.open(folder, WallClock())
            try:
                report = hub.verify()
            finally:
                hub.close()
    except Conflict:
        return _check_log(folder / "live" / "log")
    except Corrupt as error:
        return {"checked": "log", "findings": [str(error)]}
    return {
        "checked": "log, store, history, journal",
        "position": report.position,
        "records": report.records,
        "observations": report.observations,
        "files": report.files,
        "findings": list(report.findings),
    }


def _check_log(log: Path) -> dict[str, Any]:
    from guia.core.log import LogReader

    records = position = 0
    findings = []
    try:
        for record in LogReader(log).read():
            records, position = records + 1, record.end
    except Corrupt as error:
        findings.append(str(error))
    return {
        "checked": "log, journal (the city runs: store and history are checked when it is stopped)",
        "position": position,
        "records": records,
        "findings": findings,
    }


def _print(found: dict[str, Any]) -> None:
    for finding in found["findings"]:
        click.secho(finding, fg="red")
    click.echo(f"checked   {found['checked']}")
    click.echo(f"records   {found.get('records', 0):,} to position {found.get('position', 0):,}")
    if "observations" in found:
        click.echo(f"history   {found['observations']:,} observations, {found['files']} files")
    click.echo(f"journal   {found['journal_entries']:,} entries, {found['journal_heads']} heads hold")
    click.echo(f"          root {found['journal_root']}")
    if "proof" in found:
        click.echo(json.dumps(found["proof"]))
    click.secho("all whole" if found["clean"] else "NOT whole", fg="green" if found["clean"] else "red")
