"""What a rule reports, and the walk over source files that rules share."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Finding:
    """One breach of a rule: where, what, and what to do about it."""

    file: Path
    line: int
    message: str
    remedy: str

    def text(self, root: Path) -> str:
        """`file:line: message — remedy`, with the file relative to `root`."""
        file = self.file.relative_to(root) if self.file.is_relative_to(root) else self.file
        return f"{file}:{self.line}: {self.message} — {self.remedy}"


def python_files(root: Path, *folders: str) -> Iterator[Path]:
    """All Python files under the named folders of the project, sorted."""
    for folder in folders:
        yield from sorted((root / folder).rglob("*.py"))


def in_step(root: Path, page: str, wanted: str) -> Iterator[Finding]:
    """A finding if the generated page at `page` does not hold `wanted`."""
    file = root / page
    present = file.read_text("utf-8") if file.exists() else ""
    if present != wanted:
        lines = zip(present.splitlines(), wanted.splitlines(), strict=False)
        line = next((i for i, (a, b) in enumerate(lines, 1) if a != b), 1)
        yield Finding(file, line, "this generated page is out of step", "run `python -m guia.checks --write`")
