"""`guia bench`: runs one benchmark, or lists them all."""

import ast
import pkgutil
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path

import click

import guia.benchmarks
from guia.core.errors import NotFound

FRAME = {"result"}
"""Modules of guia.benchmarks that are no benchmarks."""


def names() -> list[str]:
    """Names of all benchmarks, sorted."""
    return sorted(m.name for m in pkgutil.iter_modules(guia.benchmarks.__path__) if m.name not in FRAME)


def summary(name: str) -> str:
    """First line of a benchmark's docstring, read without importing it."""
    source = Path(guia.benchmarks.__path__[0]) / f"{name}.py"
    return (ast.get_docstring(ast.parse(source.read_text("utf-8"))) or "").partition("\n")[0]


class Benchmarks(click.Group):
    """The group of benchmarks, each imported when it is run."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of all benchmarks."""
        return names()

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command:
        """The benchmark's click command; NotFound with the nearest names."""
        if cmd_name not in names():
            near = get_close_matches(cmd_name, names(), n=3) or names()
            raise NotFound(f"there is no benchmark {cmd_name!r}", remedy=f"try one of {', '.join(near)}")
        command: click.Command = import_module(f"guia.benchmarks.{cmd_name}").command
        command.name = cmd_name
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of benchmarks with their summaries."""
        with formatter.section("Benchmarks"):
            formatter.write_dl([(name, summary(name)) for name in names()])


@click.command(cls=Benchmarks, invoke_without_command=True, name="bench")
@click.option("--json", "as_json", is_flag=True, help="List as JSON.")
@click.pass_context
def command(ctx: click.Context, as_json: bool) -> None:
    """Run one benchmark; without a name, list them.

    The last line of a benchmark's output is one flat JSON object. Benchmarks that need data outside the
    project take it by --data PATH.
    """
    if ctx.invoked_subcommand is None:
        from guia.benchmarks.result import show

        show({name: summary(name) for name in names()}, as_json)
