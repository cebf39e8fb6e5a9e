"""`guia feed`: how the feeds do, files brought in, and what a feed would bring."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from guia.core.errors import InvalidInput, Unavailable
from guia.domains.asking import ask, problem, show_json, table, where

if TYPE_CHECKING:
    from guia.feeds.wire import Columns

SHOWN = 20


@click.group("feed")
def feed() -> None:
    """Bring data in from files; see what a feed delivers."""


@feed.command("list")
@where
def list_feeds(url: str, token: str, as_json: bool) -> None:
    """Show each feed with its rate and when it was last heard."""
    feeds = ask(url, "/api/feeds", token)
    if as_json:
        show_json(feeds)
        return
    columns = ["name", "rate_per_s", "accepted", "rejected", "last_seen", "label"]
    table("Feeds", columns, [["" if f[c] is None else str(f[c]) for c in columns] for f in feeds])
    for troubled in (f for f in feeds if f["problem"]):
        click.echo(f"{troubled['name']}: {troubled['problem']}")


@feed.command("backfill")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--feed", "name", required=True, help="Feed that the observations belong to.")
@click.option("--name", "template", default="{series}", show_default=True,
              help="Series name, with the file's columns in braces.")  # fmt: skip
@click.option("--map", "maps", multiple=True, metavar="OURS=THEIRS",
              help="The file's column for observed, value or quality; may be repeated.")  # fmt: skip
@click.option("--timezone", help="Zone of times that carry none; default: the city's.")
@click.option("--define", is_flag=True, help="Define series that the city does not have yet.")
@click.option("--unit", default="C62", show_default=True, help="Unit of series that are defined (UN/CEFACT).")
@click.option("--label", type=click.Choice(["real", "other-city", "synthetic"]), default="real", show_default=True,
              help="Label of series that are defined.")  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Show what would be stored, store nothing.")
@where
def backfill(
    file: Path,
    name: str,
    template: str,
    maps: tuple[str, ...],
    timezone: str | None,
    define: bool,
    unit: str,
    label: str,
    dry_run: bool,
    url: str,
    token: str,
    as_json: bool,
) -> None:
    """Bring a CSV or Parquet file into the running city."""
    from guia.feeds.backfill import Layout

    zone = timezone or ask(url, "/api/city", token)["timezone"]
    layout = Layout(template, _maps(maps), zone)
    sender = Sender(
        url, token, name, dry_run=dry_run, define={"unit": unit, "label": label} if define else None
    )
    for piece in _with_progress(file, layout, quiet=as_json):
        sender.send(piece)
    report = sender.report()
    if as_json:
        show_json(report)
    else:
        _show(report)


@feed.command("preview")
@click.option("--gtfs-rt", help="Address of a GTFS-RT feed: asked once.")
@click.option("--mqtt", help="host:port of a broker: listened to for a while.")
@click.option("--feed", "name", default="+", help="Feed to listen to on the broker; default: all.")
@click.option("--seconds", default=10.0, show_default=True, help="How long to listen.")
@where
def preview(
    gtfs_rt: str | None, mqtt: str | None, name: str, seconds: float, url: str, token: str, as_json: bool
) -> None:
    """Show what a GTFS-RT or MQTT feed would bring; nothing is stored."""
    city = ask(url, "/api/city", token)["name"]
    if bool(gtfs_rt) == bool(mqtt):
        raise InvalidInput(
            "say which feed", place="options", remedy="give --gtfs-rt ADDRESS or --mqtt HOST:PORT"
        )
    found = _gtfs_rt(gtfs_rt, city) if gtfs_rt else asyncio.run(_listen(str(mqtt), city, name, seconds))
    rows = [row for columns in found for row in _rows(columns)]
    if as_json:
        show_json(rows)
        return
    table(
        f"{len(rows)} observations",
        ["series", "observed", "value"],
        [[str(c) for c in r.values()] for r in rows[:SHOWN]],
    )


class Sender:
    """Sends pieces of a file to the city and sums up its answers."""

    def __init__(
        self, url: str, token: str, feed: str, *, dry_run: bool, define: dict[str, str] | None
    ) -> None:
        import httpx

        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._client = httpx.Client(base_url=url, headers=headers, timeout=120)
        self._feed, self._dry_run, self._define = feed, dry_run, define
        self._defined: set[str] = set()
        self._read = self._accepted = 0
        self._reasons: Counter[str] = Counter()
        self._rejected: list[dict[str, Any]] = []

    def send(self, piece: Any) -> None:
        """One piece; waits while the city is busy."""
        import pyarrow as pa

        if self._define is not None and not self._dry_run:
            self._define_new(piece["series"].combine_chunks().dictionary.to_pylist())
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, piece.schema) as writer:
            writer.write_table(piece)
        answer = self._post(
            "observations", sink.getvalue().to_pybytes(), "application/vnd.apache.arrow.stream"
        )
        for row in answer["rejected"]:
            self._reasons[row["reason"]] += 1
            if len(self._rejected) < SHOWN:
                self._rejected.append({**row, "row": row["row"] + self._read})
        self._read += piece.num_rows
        self._accepted += answer["accepted"]

    def report(self) -> dict[str, Any]:
        """What became of the file."""
        return {
            "dry_run": self._dry_run,
            "read": self._read,
            "accepted": self._accepted,
            "rejected": self._read - self._accepted,
            "reasons": dict(self._reasons),
            "first_rejected": self._rejected,
        }

    def _define_new(self, names: list[str]) -> None:
        import msgspec

        new = [n for n in names if n not in self._defined and "|" in n]
        if new:
            specs = [
                dict(zip(("entity", "attribute"), n.split("|", 1), strict=True)) | (self._define or {})
                for n in new
            ]
            self._post("series", msgspec.json.encode(specs), "application/json", only_new="true")
            self._defined |= set(new)

    def _post(self, what: str, body: bytes, kind: str, **params: str) -> Any:
        import time

        import httpx

        path = f"/api/feeds/{self._feed}/{what}"
        if self._dry_run:
            params["dry_run"] = "true"
        while True:
            try:
                answer = self._client.post(path, content=body, headers={"content-type": kind}, params=params)
            except httpx.TransportError as error:
                raise Unavailable(f"no city answers: {error}", remedy="start it with `guia up`") from None
            if answer.status_code != 429:
                break
            time.sleep(float(answer.headers.get("retry-after", 1)))
        if answer.is_error:
            raise problem(answer.status_code, answer.text, path)
        return answer.json()


def _maps(maps: tuple[str, ...]) -> dict[str, str]:
    found = dict(m.split("=", 1) for m in maps if "=" in m)
    if len(found) != len(maps) or not set(found) <= {"observed", "value", "quality"}:
        raise InvalidInput(
            f"{' '.join(maps)} is not understood",
            place="--map",
            remedy="write --map observed=time --map value=speed",
        )
    return found


def _with_progress(file: Path, layout: Any, *, quiet: bool) -> Iterator[Any]:
    from rich.console import Console
    from rich.progress import Progress

    from guia.feeds.backfill import pieces

    with Progress(console=Console(stderr=True), disable=quiet) as progress:
        task = progress.add_task(file.name, total=None)
        yield from pieces(file, layout, lambda at, of: progress.update(task, completed=at, total=of))


def _show(report: dict[str, Any]) -> None:
    would = "would be stored" if report["dry_run"] else "stored"
    click.echo(
        f"{report['read']:,} rows read, {report['accepted']:,} {would}, {report['rejected']:,} rejected"
    )
    if report["reasons"]:
        table("Why", ["reason", "rows"], [[r, f"{n:,}"] for r, n in report["reasons"].items()])
        columns = ["row", "series", "reason", "remedy"]
        table("First of them", columns, [[str(r[c]) for c in columns] for r in report["first_rejected"]])


def _gtfs_rt(address: str, city: str) -> list["Columns"]:
    import time

    import httpx

    from guia.feeds.gtfsrt import decode

    try:
        body = httpx.get(address, timeout=20).raise_for_status().content
    except httpx.HTTPError as error:
        raise Unavailable(f"the feed does not answer: {error}", place=address) from None
    return [decode(body, city, time.time_ns(), "real").columns()]


async def _listen(address: str, city: str, name: str, seconds: float) -> list["Columns"]:
    import aiomqtt

    from guia.feeds.wire import from_json

    host, _, port = address.partition(":")
    found: list[Columns] = []
    try:
        async with aiomqtt.Client(host, int(port or 1883)) as client:
            await client.subscribe(f"guia/{city}/feeds/{name}", qos=1)
            async with asyncio.timeout(seconds):
                async for message in client.messages:
                    found += [from_json(bytes(message.payload))]
    except TimeoutError:
        return found
    except (aiomqtt.MqttError, ValueError) as error:
        raise Unavailable(f"the broker does not answer: {error}", place=address) from None
    return found


def _rows(columns: "Columns") -> Iterator[dict[str, Any]]:
    from guia.core.clock import iso

    for i in range(len(columns)):
        name = columns.names[columns.index[i]]
        yield {"series": name, "observed": iso(int(columns.observed[i])), "value": float(columns.value[i])}
