"""How commands ask the running city over HTTP, and show what it answers."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import click

from guia.core.errors import (
    Conflict,
    Forbidden,
    GuiaError,
    InvalidInput,
    NotFound,
    TooBusy,
    Unauthenticated,
    Unavailable,
)

URL = "http://127.0.0.1:8600"
ERRORS: dict[int, type[GuiaError]] = {
    400: InvalidInput,
    401: Unauthenticated,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    429: TooBusy,
    503: Unavailable,
}
Command = TypeVar("Command", bound=Callable[..., Any])


def where(command: Command) -> Command:
    """The options `--url`, `--token` and `--json` that all asking commands share."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="Print JSON."),
        click.option("--token", envvar="GUIA_TOKEN", default="", help="Bearer token; default: $GUIA_TOKEN."),
        click.option("--url", envvar="GUIA_URL", default=URL, show_default=True, help="Where the city runs."),
    ):
        command = option(command)
    return command


def ask(url: str, path: str, token: str = "", body: dict[str, Any] | None = None, **query: Any) -> Any:
    """What the city at `url` answers to GET `path`, or to POST where there is a body, as Python values.

    Unavailable if no city answers there; otherwise its problem details become the error that they describe.
    """
    import httpx

    headers = {"Authorization": f"Bearer {token}"} if token else {}
    asked = {name: value for name, value in query.items() if value is not None}
    try:
        method = "GET" if body is None else "POST"
        answer = httpx.request(method, url + path, params=asked, json=body, headers=headers, timeout=30)
    except (httpx.TransportError, httpx.InvalidURL) as error:
        raise Unavailable(
            f"no city answers: {error}", place=url, remedy="start it with `guia up`, or name it with --url"
        ) from None
    if answer.is_success:
        return answer.json()
    raise problem(answer.status_code, answer.text, place=path)


def problem(status: int, text: str, place: str) -> GuiaError:
    """The error that a problem-details body describes."""
    try:
        details = json.loads(text)
    except ValueError:
        details = {}
    error = ERRORS.get(status, GuiaError)(
        str(details.get("detail") or f"the city answered {status}"),
        place=str(details.get("place", place)),
        remedy=str(details.get("remedy", "")),
    )
    error.title = str(details.get("title", error.title))
    return error


def show_json(value: Any) -> None:
    """Print a value as one JSON document."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def table(title: str, columns: list[str], rows: list[list[str]]) -> None:
    """Print a calm table; a sentence where there are no rows."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    if not rows:
        click.echo(f"{title}: none")
        return
    click.secho(title, bold=True)
    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        drawn.add_column(column)
    for row in rows:
        drawn.add_row(*(Text(cell) for cell in row))
    Console().print(drawn)


def listing(title: str, entries: list[tuple[str, str, list[str]]]) -> None:
    """Print entries of (mark, sentence, details): the sentence in full, below it what belongs to it."""
    click.secho(title if entries else f"{title}: none", bold=True)
    width = max((len(mark) + 2 for mark, _, _ in entries if mark), default=2)
    for mark, text, details in entries:
        click.echo(f"{mark:<{width}}{text}")
        if belongs := " · ".join(filter(None, details)):
            click.echo(f"{'':<{width}}{click.style(belongs, dim=True)}")


def zone(url: str, token: str) -> ZoneInfo:
    """The city's time zone: people read the city's time, not their machine's."""
    return ZoneInfo(ask(url, "/api/city", token)["timezone"])


def local_time(text: str | None, there: ZoneInfo) -> str:
    """An ISO 8601 instant as date and time in a zone; empty if there is none."""
    return datetime.fromisoformat(text).astimezone(there).strftime("%d %b %H:%M") if text else ""


def sentence(text: dict[str, str], language: str = "en") -> str:
    """A sentence in the language asked, else in any that there is."""
    return text.get(language) or next(iter(text.values()), "")
