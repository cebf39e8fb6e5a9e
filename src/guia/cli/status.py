"""`guia status`: how the running city is."""

import click

from guia.domains.asking import ask, show_json, table, where


@click.command("status")
@where
def command(url: str, token: str, as_json: bool) -> None:
    """How the running city is: clock, feeds, brains."""
    city, health, feeds = (ask(url, path, token) for path in ("/api/city", "/api/health", "/api/feeds"))
    if as_json:
        show_json({"city": city, "health": health, "feeds": feeds})
        return
    clock = city["clock"]
    click.secho(f"{city['name']}, {clock['now']} ({clock['kind']} clock, {clock['speed']:g}x)", bold=True)
    for name in ("brains", "feeds"):
        rows = feeds if name == "feeds" else as_rows(health.get(name, {}))
        columns = list(dict.fromkeys(key for row in rows for key in row))
        table(name.capitalize(), columns, [[plain(row.get(c)) for c in columns] for row in rows])


def as_rows(named: dict[str, dict[str, object]] | list[dict[str, object]]) -> list[dict[str, object]]:
    """Rows of a mapping of names to facts; a list stays as it is."""
    return named if isinstance(named, list) else [{"name": name, **facts} for name, facts in named.items()]


def plain(value: object) -> str:
    """A fact as short text."""
    return "" if value is None else f"{value:.3g}" if isinstance(value, float) else str(value)
