"""Every module of the package says in its first line what it is."""

import ast
from collections.abc import Iterator
from pathlib import Path

from guia.checks.finding import Finding, python_files


def check(root: Path) -> Iterator[Finding]:
    """Modules under src/ without a docstring."""
    for file in python_files(root, "src"):
        if not ast.get_docstring(ast.parse(file.read_text("utf-8"))):
            yield Finding(file, 1, "the module has no docstring", "say in one line what it is")
