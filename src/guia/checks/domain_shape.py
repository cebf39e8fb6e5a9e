"""Every domain is a folder of one shape; a file that it has no use for is excused with a reason."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from guia.checks.finding import Finding

FILES = (
    "__init__.py",
    "domain.toml",
    "README.md",
    "model.py",
    "rules.py",
    "brain.py",
    "service.py",
    "api.py",
    "cli.py",
    "sample.py",
)
KEYS = ("name", "owner", "purposes", "data_classes", "entity_types", "standards", "needs", "provides")


def check(root: Path) -> Iterator[Finding]:
    """What is missing in src/guia/domains/*, and excuses that excuse nothing."""
    registered = entry_points(root)
    for folder in sorted((root / "src/guia/domains").iterdir()):
        if folder.is_dir() and folder.name != "__pycache__":
            yield from check_domain(folder)
            if registered.get(folder.name) != f"guia.domains.{folder.name}":
                yield Finding(
                    root / "pyproject.toml",
                    1,
                    f"domain {folder.name} is not registered, so no city finds it",
                    f'add {folder.name} = "guia.domains.{folder.name}" to the entry points "guia.domains"',
                )


def entry_points(root: Path) -> dict[str, str]:
    """The domains that pyproject.toml registers."""
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    found: dict[str, str] = project.get("entry-points", {}).get("guia.domains", {})
    return found


def check_domain(folder: Path) -> Iterator[Finding]:
    """Findings of one domain's folder."""
    toml = folder / "domain.toml"
    try:
        about: dict[str, Any] = tomllib.loads(toml.read_text("utf-8")) if toml.exists() else {}
    except tomllib.TOMLDecodeError as error:
        yield Finding(toml, 1, f"domain.toml cannot be read: {error}", "mend its TOML")
        return
    excused: dict[str, str] = about.get("exempt", {})
    for name in FILES:
        there = (folder / name).exists()
        if not there and not excused.get(name, "").strip():
            yield Finding(
                folder / name,
                1,
                "the domain has no such file",
                f'write it, or add `"{name}" = "reason"` to [exempt]',
            )
        if there and name in excused:
            yield Finding(toml, 1, f"{name} is excused and yet there", "remove the excuse")
    for name in excused.keys() - set(FILES):
        yield Finding(toml, 1, f"[exempt] names {name}, which no domain must have", "remove it")
    if not toml.exists():
        return
    for key in KEYS:
        if key not in about:
            yield Finding(toml, 1, f"the key {key!r} is missing", "state it; an empty list where none")
    if about.get("name", folder.name) != folder.name:
        yield Finding(toml, 1, f"name is {about['name']!r}, the folder {folder.name!r}", "make them equal")
