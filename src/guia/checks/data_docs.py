"""docs/data-sources.md lists the sources of every city pack as the packs state them."""

from collections.abc import Iterator
from pathlib import Path

from guia.checks.finding import Finding, in_step
from guia.checks.pack_sources import packs, sources

PAGE = "docs/data-sources.md"
INTRO = """# Data sources

Every file of a city pack states where it comes from, under which licence, of which date, and what it is:
`real` (facts of this place), `other-city` (real facts of another place) or `synthetic` (made up or assumed).
The label goes with the data to every screen and every answer.

This page is generated from `cities/*/sources.toml`.
"""


def check(root: Path) -> Iterator[Finding]:
    """Whether the page is what the packs say."""
    yield from in_step(root, PAGE, page(root))


def page(root: Path) -> str:
    """The page's text."""
    sections = [INTRO]
    for folder in packs(root):
        rows = [
            "| file | label | title and publisher | licence | date | note |",
            "|---|---|---|---|---|---|",
        ]
        for source in sorted(sources(folder), key=lambda s: str(s.get("file", ""))):
            title, url = cell(source.get("title")), str(source.get("url", ""))
            linked = f"[{title}]({url.split(maxsplit=1)[0]})" if url.startswith("http") else title
            rows.append(
                f"| `{cell(source.get('file'))}` | {cell(source.get('label'))} "
                f"| {linked}, {cell(source.get('publisher'))} | {cell(source.get('licence'))} "
                f"| {cell(source.get('date'))} | {cell(source.get('note'))} |"
            )
        sections.append(f"## {folder.name}\n\n" + "\n".join(rows) + "\n")
    return "\n".join(sections)


def cell(value: object) -> str:
    """A value as the text of a table's cell."""
    return "" if value is None else " ".join(str(value).replace("|", "\\|").split())
