"""`guia alerts`: what needs a person now, worst first."""

import click

from guia.core.alert import SEVERITIES
from guia.domains.asking import ask, listing, local_time, sentence, show_json, where, zone


@click.command("alerts")
@click.option("--all", "every", is_flag=True, help="Also those that have ended.")
@click.option("--domain", help="Only those of one domain.")
@click.option(
    "--acknowledge", metavar="ID", default="", help="Say that you have seen the alert ID (needs a token)."
)
@where
def command(
    every: bool, domain: str | None, acknowledge: str | None, url: str, token: str, as_json: bool
) -> None:
    """Alerts of the running city, worst first."""
    if acknowledge:
        done = ask(url, f"/api/alerts/{acknowledge}/acknowledge", token, body={})
        show_json(done) if as_json else click.echo(f"acknowledged {acknowledge}")
        return
    alerts = ask(url, "/api/alerts", token, open="false" if every else "true", domain=domain)
    if as_json:
        show_json(alerts)
        return
    there = zone(url, token)
    alerts.sort(key=lambda a: (-SEVERITIES.index(a["severity"]), a["since"]))
    entries = [
        (
            a["severity"],
            sentence(a["title"]),
            [
                f"since {local_time(a['since'], there)}",
                f"ended {local_time(a['ended'], there)}" if a.get("ended") else "",
                f"until about {local_time(a['until'], there)}"
                if a.get("until") and not a.get("ended")
                else "",
                f"seen by {a['acknowledged_by']}" if a.get("acknowledged_by") else "",
                a["label"],
                a["id"],
            ],
        )
        for a in alerts
    ]
    listing("Alerts", entries)
