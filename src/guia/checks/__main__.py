"""`python -m guia.checks`: prints what breaks a rule, where, and what to do. Exit code 1 if anything does."""

import pkgutil
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

import click

import guia.checks
from guia.checks.finding import Finding

ROOT = Path(__file__).parents[3]
FRAME = {"__main__", "finding"}


def rules() -> Iterator[ModuleType]:
    """All rules, sorted by name."""
    for module in sorted(m.name for m in pkgutil.iter_modules(guia.checks.__path__)):
        if module not in FRAME:
            yield import_module(f"guia.checks.{module}")


def findings(root: Path) -> Iterator[Finding]:
    """What all rules find in the project at `root`."""
    for rule in rules():
        try:
            yield from rule.check(root)
        except Exception as error:
            place = Path(rule.__file__ or "")
            yield Finding(place, 1, f"the rule could not run: {error!r}", "mend what it reads, or the rule")


def write_pages(root: Path) -> None:
    """Write the generated pages of the documentation anew."""
    for rule in rules():
        if hasattr(rule, "PAGE"):
            try:
                (root / rule.PAGE).write_text(rule.page(root), "utf-8")
            except Exception as error:
                click.echo(f"could not write {rule.PAGE}: {error!r}")


@click.command()
@click.option("--write", is_flag=True, help="Write the generated pages of the documentation.")
@click.option("--root", type=click.Path(path_type=Path, exists=True), default=ROOT, help="Project folder.")
def main(write: bool, root: Path) -> None:
    """Check the rules of the house."""
    if write:
        write_pages(root)
    found = list(findings(root))
    for finding in found:
        click.echo(finding.text(root))
    click.echo(f"{len(found)} findings" if found else "the house is in order")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
