"""Commands of the traffic domain; they ask the running city."""

from collections import Counter
from typing import Any

import click

from guia.domains.asking import ask, local_time, sentence, show_json, table, where, zone

LEVELS = ("free", "easy", "slow", "heavy", "jam", "standstill")


@click.group("traffic")
def commands() -> None:
    """Traffic: the state of the roads, what disturbs them, and the way to get there."""


@commands.command("state")
@click.option("--horizon", default=0, show_default=True, help="Minutes ahead, 0 to 60.")
@click.option("--at", help="An instant of the past, such as 2026-11-21T08:00:00Z.")
@click.option("--street", default="", help="Only segments whose name holds this text, one by one.")
@where
def state(horizon: int, at: str | None, street: str, url: str, token: str, as_json: bool) -> None:
    """How the roads are now, in the past, or up to an hour ahead."""
    found = ask(url, "/api/traffic/state", token, horizon=horizon, at=at)
    if as_json:
        show_json(found)
        return
    when = local_time(found["time"], zone(url, token))
    if street:
        _segments(found, ask(url, "/api/traffic/network", token), street, when)
        return
    count = Counter(found["level"])
    known = sum(n for level, n in count.items() if level is not None)
    rows = [[word, str(count[k]), f"{count[k] / max(known, 1):.1%}"] for k, word in enumerate(LEVELS)]
    rows.append(["not known", str(count[None]), ""])
    table(f"Roads at {when} ({found['label']})", ["level", "segments", "share"], rows)


def _segments(found: dict[str, Any], network: dict[str, Any], street: str, when: str) -> None:
    """The segments of one street."""
    rows = []
    for i, segment in enumerate(network["ids"]):
        names = [network["names"][k][i] for k in ("zh", "pt", "en")]
        if found["speed_kmh"][i] is not None and any(street.lower() in n.lower() for n in names):
            span = f"{found['low_kmh'][i]}-{found['high_kmh'][i]}" if found["low_kmh"][i] is not None else ""
            rows.append(
                [
                    segment,
                    " ".join(filter(None, names[:2])),
                    f"{found['speed_kmh'][i]}",
                    span,
                    LEVELS[found["level"][i]],
                ]
            )
    table(f"{street} at {when} ({found['label']})", ["segment", "street", "km/h", "80 %", "level"], rows)


@commands.command("alerts")
@where
def alerts(url: str, token: str, as_json: bool) -> None:
    """Where traffic is slow now."""
    found = ask(url, "/api/alerts", token, domain="traffic", open="true")
    if as_json:
        show_json(found)
        return
    rows = [[a["severity"], sentence(a["title"]), f"{a['measure']:.0f} min", a["label"]] for a in found]
    table("Disturbed", ["severity", "where", "delay", "label"], rows)


@commands.command("junctions")
@where
def junctions(url: str, token: str, as_json: bool) -> None:
    """Junctions with signals, and the plan that each runs."""
    found = ask(url, "/api/traffic/junctions", token)
    if as_json:
        show_json(found)
        return
    rows = []
    for j in found:
        running = next((p["name"] for p in j["plans"] if p["number"] == j["plan"]), "not known")
        rows.append(
            [j["id"], sentence(j["names"]), running, ", ".join(p["name"] for p in j["plans"]), j["label"]]
        )
    table("Junctions", ["id", "where", "runs", "plans", "label"], rows)


@commands.command("route")
@click.argument("start", metavar="FROM")
@click.argument("goal", metavar="TO")
@click.option("--mode", type=click.Choice(["car", "foot"]), default="car", show_default=True)
@click.option("--depart", help="Instant of departure; default: now.")
@where
def route(start: str, goal: str, mode: str, depart: str | None, url: str, token: str, as_json: bool) -> None:
    """The fastest way between two places, each written LON,LAT."""
    found = ask(url, "/api/traffic/route", token, **{"from": start, "to": goal}, mode=mode, depart=depart)
    if as_json:
        show_json(found)
        return
    there = zone(url, token)
    arrive, early, late = (local_time(found[k], there) for k in ("arrive", "arrive_early", "arrive_late"))
    rows = [
        [
            sentence(s["name"]) or "(no name)", f"{s['distance_m']} m", f"{s['duration_s'] / 60:.1f} min",
            "" if s["level"] is None else LEVELS[s["level"]],
        ]
        for s in found["steps"]
    ]  # fmt: skip
    title = (
        f"{found['distance_m'] / 1000:.1f} km, arriving {arrive} ({early[-5:]}-{late[-5:]}, {found['label']})"
    )
    table(title, ["street", "distance", "time", "traffic"], rows)
    for warning in found["warnings"]:
        click.echo(f"! {sentence(warning['title'])}")
