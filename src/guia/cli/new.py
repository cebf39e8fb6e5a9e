"""`guia new`: makes a new domain of the full shape, with a brain that steps from the first day."""

import re
import subprocess
import sys
from importlib.resources import files
from keyword import iskeyword
from pathlib import Path
from string import Template

import click

from guia.core.errors import Conflict, InvalidInput, NotFound

ENTRY_POINTS = '[project.entry-points."guia.domains"]\n'


@click.group("new")
def command() -> None:
    """Make something new."""


@command.command("domain")
@click.argument("name")
@click.option("--title", help="What people call it; default: the name.")
@click.option(
    "--root", type=click.Path(path_type=Path), default=Path(), help="The project's folder; default: here."
)
def domain(name: str, title: str | None, root: Path) -> None:
    """Make the domain NAME: its folder, a test, and its entry point in pyproject.toml.

    Its brain watches sensors, foresees their next hours and raises alerts. Change it into what the domain
    needs.
    """
    for file in make_domain(root, name, title or name.capitalize()):
        click.echo(f"wrote {file}")
    click.echo("run `make install` once, so that the city finds it; then `make check`")


def make_domain(root: Path, name: str, title: str) -> list[Path]:
    """Write the domain's files under the project at `root`; their paths.

    InvalidInput for a bad name, NotFound where there is no project, Conflict if the domain is there already.
    """
    if not re.fullmatch(r"[a-z][a-z0-9]{1,30}", name) or iskeyword(name):
        raise InvalidInput(f"{name!r} cannot be a domain's name", remedy="use 2 to 31 letters a-z and digits")
    project = root / "pyproject.toml"
    if not project.exists() or ENTRY_POINTS not in project.read_text("utf-8"):
        raise NotFound(
            "this is not the project's folder",
            place=str(root.resolve()),
            remedy="go there, or name it by --root",
        )
    folder, tests = root / "src/guia/domains" / name, root / "tests" / name
    if folder.exists():
        raise Conflict(f"there is a domain {name} already", place=str(folder), remedy="choose another name")
    words = {"name": name, "Name": name.capitalize(), "Title": title}
    written = []
    for template in sorted(files("guia.cli").joinpath("domain_template").iterdir(), key=lambda t: t.name):
        target = template.name.removesuffix(".txt")
        file = tests / f"test_z01_{name}.py" if target == "test.py" else folder / target
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(Template(template.read_text("utf-8")).substitute(words), "utf-8")
        written.append(file)
    register(project, name)
    tidy([file for file in written if file.suffix == ".py"])
    return [*written, project]


def tidy(sources: list[Path]) -> None:
    """Sort imports and wrap lines: both depend on how long the name is."""
    for words in (["check", "--quiet", "--fix", "--select", "I"], ["format", "--quiet"]):
        subprocess.run([sys.executable, "-m", "ruff", *words, *map(str, sources)], check=True)


def register(project: Path, name: str) -> None:
    """Add the domain's entry point to pyproject.toml."""
    text = project.read_text("utf-8")
    line = f'{name} = "guia.domains.{name}"\n'
    if line not in text:
        project.write_text(text.replace(ENTRY_POINTS, ENTRY_POINTS + line), "utf-8")
