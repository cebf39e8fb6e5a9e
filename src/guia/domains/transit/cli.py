"""Commands of the transit domain; they ask the running city."""

import click

from guia.domains.asking import ask, local_time, sentence, show_json, table, where, zone


@click.group("transit")
def commands() -> None:
    """Transit: vehicles, departures and journeys by public transport."""


@commands.command("departures")
@click.argument("stop")
@click.option("--limit", default=12, show_default=True, help="How many.")
@click.option("--at", help="Instant from which to look; default: now.")
@where
def departures(stop: str, limit: int, at: str | None, url: str, token: str, as_json: bool) -> None:
    """What leaves STOP (its id) next."""
    found = ask(url, f"/api/transit/stops/{stop}/departures", token, at=at, limit=limit)
    if as_json:
        show_json(found)
        return
    there = zone(url, token)
    rows = [
        [
            d["route"], sentence(d["headsign"]), local_time(d["expected"], there)[-5:],
            f"{local_time(d['early'], there)[-5:]}-{local_time(d['late'], there)[-5:]}",
            "live" if d["realtime"] else "estimate" if d["estimate"] else "timetable",
            f"{d['delay_s'] / 60:+.0f} min" if d["delay_s"] is not None else "",
            d["label"],
        ]
        for d in found["departures"]
    ]  # fmt: skip
    columns = ["line", "to", "expected", "between", "by", "late", "label"]
    table(sentence(found["stop"]["names"]), columns, rows)


@commands.command("vehicles")
@click.option("--line", default="", help="Only those of one line.")
@where
def vehicles(line: str, url: str, token: str, as_json: bool) -> None:
    """Vehicles under way."""
    found = ask(url, "/api/transit/vehicles", token)
    if as_json:
        show_json(found)
        return
    rows = [
        [
            found["route"][i], found["kind"][i], sentence(found["headsign"][i]),
            f"{found['lon'][i]:.5f},{found['lat'][i]:.5f}",
            "" if found["delay_s"][i] is None else f"{found['delay_s'][i] / 60:+.0f} min",
            "timetable" if found["predicted"][i] else "heard",
        ]
        for i in range(len(found["id"]))
        if line in ("", found["route"][i])
    ]  # fmt: skip
    rows.sort(key=lambda r: r[0])
    table(f"Under way ({found['label']})", ["line", "kind", "to", "place", "late", "by"], rows)


@commands.command("journeys")
@click.argument("start", metavar="FROM")
@click.argument("goal", metavar="TO")
@click.option("--depart", help="Instant of departure; default: now.")
@where
def journeys(start: str, goal: str, depart: str | None, url: str, token: str, as_json: bool) -> None:
    """Ways between two places, each written LON,LAT."""
    found = ask(url, "/api/transit/journeys", token, **{"from": start, "to": goal}, depart=depart)
    if as_json:
        show_json(found)
        return
    there = zone(url, token)
    rows = [
        [
            *(local_time(j[k], there)[-5:] for k in ("depart", "arrive")),
            f"{local_time(j['arrive_early'], there)[-5:]}-{local_time(j['arrive_late'], there)[-5:]}",
            str(j["transfers"]),
            " > ".join(g["route"] if g["mode"] != "foot" else "on foot" for g in j["legs"]),
            j["label"],
        ]
        for j in found
    ]
    table("Journeys", ["depart", "arrive", "between", "changes", "by", "label"], rows)
