"""`guia history`: the past of one attribute of one entity."""

import click

from guia.core.errors import NotFound
from guia.domains.asking import ask, local_time, show_json, table, where, zone


@click.command("history")
@click.argument("entity")
@click.argument("attribute")
@click.option("--from", "start", help="ISO 8601 instant; default: a day ago, city time.")
@click.option("--to", "end", help="ISO 8601 instant; default: now, city time.")
@click.option("--step", help="Seconds of one bin; default: what suits the span.")
@where
def command(
    entity: str,
    attribute: str,
    start: str | None,
    end: str | None,
    step: str | None,
    url: str,
    token: str,
    as_json: bool,
) -> None:
    """Past values of ATTRIBUTE of ENTITY, binned: mean, lowest, highest, how many."""
    found = ask(url, "/api/series", token, entity=entity, attribute=attribute)
    if not found:
        raise NotFound(
            f"the city has no series {entity}|{attribute}",
            remedy="check the entity's URN; /api/series?entity=… lists its attributes",
        )
    past = ask(
        url, f"/api/series/{found[0]['id']}/history", token, **{"from": start, "to": end, "step": step}
    )
    if as_json:
        show_json(past)
        return
    numbers = [
        [f"{v:g}" if v is not None else "" for v in past[name]] for name in ("mean", "low", "high", "count")
    ]
    there = zone(url, token)
    rows = [[local_time(t, there), *values] for t, *values in zip(past["time"], *numbers, strict=True)]
    title = f"{entity} {attribute}, {past['unit']}, {past['label']}"
    table(title, ["time", "mean", "lowest", "highest", "count"], rows)
