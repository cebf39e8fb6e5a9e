"""docs/cli.md shows the help of every command as it is."""

from collections.abc import Iterator
from pathlib import Path

import click

from guia.checks.finding import Finding, in_step

PAGE = "docs/cli.md"
INTRO = """# Command line

Every command answers `--help`; those that show data take `--json`. An error says what happened, where
and what to do, and ends with exit code 1; a wrong call ends with 2. `guia --debug …` shows the traceback.
For completion in bash: `eval "$(_GUIA_COMPLETE=bash_source guia)"` (`zsh_source`, `fish_source` likewise).

This page is generated from the commands.
"""


def check(root: Path) -> Iterator[Finding]:
    """Whether the page is what the commands say."""
    yield from in_step(root, PAGE, page(root))


def page(root: Path) -> str:
    """The page's text."""
    from guia.cli.main import guia

    sections = [INTRO]
    for names, text in helps(guia, ("guia",)):
        level = min(len(names), 3) + 1 if len(names) > 1 else 2
        sections.append(f"{'#' * level} {' '.join(names)}\n\n```text\n{text}\n```\n")
    return "\n".join(sections)


def helps(command: click.Command, names: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    """The help of a command and of all below it: (words that call it, text)."""
    context = click.Context(command, info_name=" ".join(names), terminal_width=88, max_content_width=88)
    yield names, command.get_help(context).rstrip()
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            if below is not None and not below.hidden:
                yield from helps(below, (*names, name))
