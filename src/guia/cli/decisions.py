"""`guia decisions`: what the city proposes, with evidence; approve or reject it."""

from typing import Any

import click

from guia.domains.asking import ask, listing, local_time, sentence, show_json, where, zone


@click.group("decisions", invoke_without_command=True)
@click.option("--state", help="Only those in one state, e.g. proposed, applied, measured.")
@click.option("--domain", help="Only those of one domain.")
@where
@click.pass_context
def command(
    ctx: click.Context, state: str | None, domain: str | None, url: str, token: str, as_json: bool
) -> None:
    """Decisions of the running city: proposed, applied, measured."""
    if ctx.invoked_subcommand:
        return
    decisions = ask(url, "/api/decisions", token, state=state, domain=domain)
    if as_json:
        show_json(decisions)
        return
    there = zone(url, token)
    entries = [
        (
            d["state"],
            sentence(d["title"]),
            [
                f"predicted {effect(d.get('predicted'))}" if d.get("predicted") else "",
                f"measured {effect(d.get('measured'))}" if d.get("measured") else "",
                f"proposed {local_time(d['proposed'], there)}",
                d["label"],
                d["id"],
            ],
        )
        for d in decisions
    ]
    listing("Decisions", entries)


@command.command("show")
@click.argument("decision")
@where
def show(decision: str, url: str, token: str, as_json: bool) -> None:
    """One decision with its evidence, alternatives and effect."""
    d = ask(url, f"/api/decisions/{decision}", token)
    if as_json:
        show_json(d)
        return
    click.secho(sentence(d["title"]), bold=True)
    when = local_time(d["proposed"], zone(url, token))
    click.echo(f"  {d['state']}, proposed {when}, label {d['label']}, model {d['model'] or '-'}")
    if d.get("cost"):
        click.echo(f"  costs others  {sentence(d['cost'])}")
    click.echo(f"  predicted     {effect(d.get('predicted')) or '-'}")
    click.echo(f"  measured      {effect(d.get('measured')) or '-'}")
    evidence = [("", sentence(e["note"]), [reading(e), e.get("series", "")]) for e in d["evidence"]]
    listing("\nEvidence", evidence)
    options = [("", sentence(o["name"]), [effect(o.get("predicted"))]) for o in d["alternatives"]]
    listing("\nAlternatives", options)


@command.command("approve")
@click.argument("decision")
@where
def approve(decision: str, url: str, token: str, as_json: bool) -> None:
    """Approve a decision: it is carried out at once."""
    done = ask(url, f"/api/decisions/{decision}/approve", token, body={})
    show_json(done) if as_json else click.echo(f"{decision} is {done['state']}")


@command.command("reject")
@click.argument("decision")
@click.option("--reason", default="", help="Why; kept with the decision.")
@where
def reject(decision: str, reason: str, url: str, token: str, as_json: bool) -> None:
    """Reject a decision."""
    done = ask(url, f"/api/decisions/{decision}/reject", token, body={"reason": reason})
    show_json(done) if as_json else click.echo(f"{decision} is {done['state']}")


def reading(evidence: dict[str, Any]) -> str:
    """The value that a piece of evidence names; empty if it names none."""
    return f"{evidence['value']:g} {evidence['unit']}" if evidence.get("value") is not None else ""


def effect(value: dict[str, Any] | None) -> str:
    """An effect as text: `delay -12 s (-20 to -4)`; empty if there is none."""
    if not value:
        return ""
    return f"{value['metric']} {value['value']:g} {value['unit']} ({value['low']:g} to {value['high']:g})"
