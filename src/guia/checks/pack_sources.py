"""Every file of a city pack is in its sources.toml, with title, publisher, licence, date and label."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from guia.checks.finding import Finding
from guia.core.columns import Label

ABOUT_ITSELF = {"pack.toml", "sources.toml", "NOTICE", "README.md"}
NEEDED = ("title", "publisher", "licence", "date", "label")


def check(root: Path) -> Iterator[Finding]:
    """Files of cities/* without a source, sources without a file, sources that leave something out."""
    for folder in packs(root):
        toml = folder / "sources.toml"
        named = {str(source.get("file", "")): source for source in sources(folder)}
        files = {
            str(file.relative_to(folder))
            for file in folder.rglob("*")
            if file.is_file() and file.name not in ABOUT_ITSELF
        }
        for name in sorted(files - named.keys()):
            yield Finding(toml, 1, f"{name} has no source", "add a [[source]] with its publisher and licence")
        for name in sorted(named.keys() - files):
            yield Finding(toml, 1, f"it names {name!r}, which is not there", "remove the entry")
        for name, source in named.items():
            for key in NEEDED:
                if not source.get(key):
                    yield Finding(toml, 1, f"{name} does not state its {key}", "state it")
            if source.get("label") not in {None, *(label.text for label in Label)}:
                remedy = "write real, other-city or synthetic"
                yield Finding(toml, 1, f"{name} has the label {source['label']!r}", remedy)


def packs(root: Path) -> list[Path]:
    """The folders of all city packs of the project, sorted."""
    return sorted(file.parent for file in (root / "cities").glob("*/pack.toml"))


def sources(folder: Path) -> list[dict[str, Any]]:
    """The entries of a pack's sources.toml; none where it is missing."""
    toml = folder / "sources.toml"
    entries = tomllib.loads(toml.read_text("utf-8")).get("source", []) if toml.exists() else []
    return list(entries)
