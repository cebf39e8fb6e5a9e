"""A module has at most 400 lines: one noun, read in one sitting."""

from collections.abc import Iterator
from pathlib import Path

from guia.checks.finding import Finding, python_files

MOST_LINES = 400


def check(root: Path) -> Iterator[Finding]:
    """Modules that are longer."""
    for file in python_files(root, "src", "tests", "scripts"):
        lines = len(file.read_text("utf-8").splitlines())
        if lines > MOST_LINES:
            message = f"the module has {lines} lines, more than {MOST_LINES}"
            yield Finding(file, MOST_LINES + 1, message, "split it by noun")
