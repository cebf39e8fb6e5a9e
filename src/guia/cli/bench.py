"""`guia bench`: runs one benchmark, or lists them all."""

import ast
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path

import click

import guia.benchmarks
from guia.core.errors import NotFound

FOLDER = Path(guia.benchmarks.__path__[0])


def summaries() -> dict[str, str]:
    """One-line summary of each benchmark by name, sorted: of the modules that define a `command`.

    They are read, not imported: some need seconds to import.
    """
    found = {}
    for file in sorted(FOLDER.glob("*.py")):
        module = ast.parse(file.read_text("utf-8"))
        if any(isinstance(node, ast.FunctionDef) and node.name == "command" for node in module.body):
            found[file.stem] = (ast.get_docstring(module) or "").partition("\n")[0]
    return found


class Benchmarks(click.Group):
    """The group of benchmarks, each imported when it is run."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of all benchmarks."""
        return list(summaries())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command:
        """The benchmark's click command; NotFound with the nearest names."""
        known = list(summaries())
        if cmd_name not in known:
            near = get_close_matches(cmd_name, known, n=3) or known
            raise NotFound(f"there is no benchmark {cmd_name!r}", remedy=f"try one of {', '.join(near)}")
        command: click.Command = import_module(f"guia.benchmarks.{cmd_name}").command
        command.name = cmd_name
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of benchmarks with their summaries."""
        with formatter.section("Benchmarks"):
            formatter.write_dl(list(summaries().items()))


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

        show(summaries(), as_json)
