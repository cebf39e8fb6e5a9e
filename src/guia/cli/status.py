"""`guia status`: how the running city is."""

from typing import Any

import click

from guia.domains.asking import ask, local_time, show_json, table, where, zone

BRAIN = ("steps", "skipped", "restarts", "step_p50_ms", "step_p99_ms")
FEED = ("kind", "accepted", "rejected", "rate_per_s", "label")


@click.command("status")
@where
def command(url: str, token: str, as_json: bool) -> None:
    """How the running city is: clock, complaints, brains, feeds."""
    city, health = ask(url, "/api/city", token), ask(url, "/api/health", token)
    if as_json:
        show_json({"city": city, "health": health})
        return
    clock, there = city["clock"], zone(url, token)
    now = local_time(clock["now"], there)
    click.secho(f"{city['titles'].get('en', city['name'])}: {health['status']}", bold=True)
    click.echo(f"{now} {city['timezone']}, {clock['kind']} clock, {clock['speed']:g} times as fast, {url}")
    for complaint in health["complaints"]:
        click.echo(f"  {complaint}")
    if twin := health["twin"]:
        click.echo(
            f"twin at {local_time(twin['time'], there)}, {twin['lag_s']:g} s behind,"
            f" {twin['vehicles']} vehicles under way ({twin['label']})"
        )
    brains = [[name, state(b), *cells(b, BRAIN)] for name, b in health.get("brains", {}).items()]
    table("Brains", ["brain", "state", *BRAIN], brains)
    feeds = [[f["name"], local_time(f["last_seen"], there), *cells(f, FEED)] for f in health["feeds"]]
    table("Feeds", ["feed", "last seen", *FEED], feeds)


def state(brain: dict[str, Any]) -> str:
    """A brain's state in a word."""
    return "running" if brain["running"] else "not running"


def cells(facts: dict[str, Any], names: tuple[str, ...]) -> list[str]:
    """The named facts as short text."""
    values = [facts[name] for name in names]
    return ["" if v is None else f"{v:.4g}" if isinstance(v, float) else str(v) for v in values]
