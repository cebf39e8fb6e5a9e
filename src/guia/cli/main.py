"""`guia`: the command line's frame. Commands load when they are called, so that help is instant."""

import json
import sys
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

import click

from guia.core.errors import GuiaError

SECTIONS: dict[str, dict[str, tuple[str, str]]] = {
    "Run a city": {
        "up": ("guia.cli.up", "Run a city's brain with its console."),
        "serve": ("guia.cli.serve", "Run the hub and web of a city, nothing else."),
        "twin": ("guia.cli.twin", "Run the simulated city that stands where sensors would."),
        "replay": ("guia.cli.replay", "Run recorded hours again and compare the decisions."),
    },
    "Ask it": {
        "status": ("guia.cli.status", "How the running city is: feeds, brains, entities."),
        "alerts": ("guia.cli.alerts", "What needs a person now, worst first."),
        "decisions": ("guia.cli.decisions", "What the city proposes; approve or reject it."),
        "history": ("guia.cli.history", "The past of one attribute of one entity."),
    },
    "Feed and keep it": {
        "city": ("guia.cli.city", "Check a city pack, or build one."),
        "feed": ("guia.cli.feed", "Bring data in from files; see what a feed delivers."),
        "account": ("guia.cli.account", "People who may log in."),
        "token": ("guia.cli.account", "Keys with which systems send data."),
        "verify": ("guia.cli.verify", "Prove that store, history and journal are whole."),
        "backup": ("guia.cli.backup", "Save a city to one file, also while it runs."),
        "restore": ("guia.cli.backup", "Bring a saved city back into an empty folder."),
    },
    "Work on Guia": {
        "bench": ("guia.cli.bench", "Measure: runs one benchmark, or lists them."),
        "new": ("guia.cli.new", "Make a new domain of the full shape."),
    },
}
"""Per section of the help: command name, the module that defines it, its one-line summary."""


@cache
def domain_packages() -> dict[str, str]:
    """Package of each installed domain by its name, as the entry points tell."""
    return {entry.name: entry.value for entry in sorted(entry_points(group="guia.domains"))}


def sections() -> Iterator[tuple[str, list[tuple[str, str, str]]]]:
    """Sections of the help with (command, module, summary); the domains' commands come after the city's."""
    for title, commands in SECTIONS.items():
        yield title, [(name, module, summary) for name, (module, summary) in commands.items()]
        if title == "Ask it":
            domains = [
                (name, f"{package}.cli", (import_module(package).__doc__ or "").partition("\n")[0])
                for name, package in domain_packages().items()
            ]
            yield "Ask a domain", domains


class Commands(click.Group):
    """The group of all commands; each is imported only when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of all commands, in the order of the help."""
        return [name for _, rows in sections() for name, _, _ in rows]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command named `cmd_name`, imported now; None if there is none."""
        for _, rows in sections():
            for name, module, summary in rows:
                if name == cmd_name:
                    command = find_command(module, name)
                    command.short_help = summary
                    return command
        return None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, with the nearest names where the command is unknown."""
        known = self.list_commands(ctx)
        if args and args[0] not in known and not args[0].startswith("-"):
            near = get_close_matches(args[0], known, n=3)
            hint = f" Did you mean {', '.join(near)}?" if near else " `guia --help` lists what there is."
            ctx.fail(f"There is no command {args[0]!r}.{hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The sections, from the tables alone: nothing is imported for it."""
        for title, rows in sections():
            if rows:
                with formatter.section(title):
                    formatter.write_dl([(name, summary) for name, _, summary in rows])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[Any]:
        """Completion from the tables alone, so that it is as quick as the help."""
        from click.shell_completion import CompletionItem

        names = [
            CompletionItem(name, help=summary)
            for _, rows in sections()
            for name, _, summary in rows
            if name.startswith(incomplete)
        ]
        return names + click.Command.shell_complete(self, ctx, incomplete)


def find_command(module: str, name: str) -> click.Command:
    """The click command called `name` in `module`; a domain's is its group `commands`."""
    members = vars(import_module(module))
    for member in members.values():
        if isinstance(member, click.Command) and member.name == name:
            return member
    for attribute in ("command", "commands"):
        if isinstance(members.get(attribute), click.Command):
            command: click.Command = members[attribute]
            command.name = name
            return command
    raise GuiaError(
        f"{module} defines no click command {name!r}",
        place=module,
        remedy=f"name the command there {name!r}: @click.command({name!r})",
    )


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="guia", prog_name="guia")
@click.option("--debug", is_flag=True, help="Show the whole traceback of an error.")
def guia(debug: bool) -> None:
    """Guia, an open city brain: sense, know, foresee, decide, act, learn.

    `guia up` runs the city of Macau on this machine. `guia COMMAND --help` tells more.
    """


def tell(error: GuiaError, *, as_json: bool) -> None:
    """Print an error to stderr: what happened, where, what to do; or its problem details as JSON."""
    if as_json:
        click.echo(json.dumps(error.problem(), ensure_ascii=False), err=True)
        return
    click.secho(f"{error.title}: {error.detail}", fg="red", err=True)
    if error.place:
        click.echo(f"  where       {error.place}", err=True)
    if error.remedy:
        click.echo(f"  what to do  {error.remedy}", err=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; ends the process with 0, with 1 after an error, with 2 after a wrong call."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        guia.main(args=words, prog_name="guia")
    except GuiaError as error:
        if "--debug" in words:
            raise
        tell(error, as_json="--json" in words)
        sys.exit(1)
    except Exception as error:
        if "--debug" in words:
            raise
        what = f"{type(error).__name__}: {error}"
        click.secho(f"Guia met an error that it did not expect: {what}", fg="red", err=True)
        click.echo("  what to do  run it again as `guia --debug …` and report what it prints", err=True)
        sys.exit(1)
