"""docs/settings.md names every environment variable that the code reads, and none that it does not."""

import re
from collections.abc import Iterator
from pathlib import Path

from guia.checks.finding import Finding, python_files

PATTERN = re.compile(r"\bGUIA_[A-Z][A-Z0-9_]*\b")
CLICK_OWN = {"GUIA_COMPLETE"}


def check(root: Path) -> Iterator[Finding]:
    """Variables without documentation, and documentation without a variable."""
    docs = root / "docs/settings.md"
    documented = set(PATTERN.findall(docs.read_text("utf-8"))) if docs.exists() else set()
    used: set[str] = set()
    for file in python_files(root, "src"):
        if "checks" in file.parts:
            continue
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1):
            for name in set(PATTERN.findall(line)) - CLICK_OWN:
                if name not in documented | used:
                    yield Finding(file, number, f"{name} is not in docs/settings.md", "document it there")
                used.add(name)
    for name in sorted(documented - used):
        yield Finding(docs, 1, f"{name} is documented, but nothing reads it", "remove it")
