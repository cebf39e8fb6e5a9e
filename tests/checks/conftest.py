"""A small project in which every rule holds; each test plants one violation."""

import os
from pathlib import Path

import pytest

from guia.checks.domain_shape import FILES, KEYS

SOURCE = """[[source]]
file = "roads/segments.parquet"
title = "Streets"
publisher = "Somebody"
url = "https://example.org"
licence = "CC0-1.0"
date = "2026-01-01"
label = "synthetic"
note = "made up"
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Root of the project."""
    domain = tmp_path / "src/guia/domains/water"
    domain.mkdir(parents=True)
    for name in FILES:
        (domain / name).write_text('"""Water."""\n' if name.endswith(".py") else "# Water\n")
    keys = "\n".join(f'{key} = "water"' if key == "name" else f"{key} = []" for key in KEYS)
    (domain / "domain.toml").write_text(keys + os.linesep)
    (tmp_path / "pyproject.toml").write_text(
        '[project]\ndependencies = ["click"]\n'
        '[project.entry-points."guia.domains"]\nwater = "guia.domains.water"\n'
    )
    city = tmp_path / "cities/small"
    (city / "roads").mkdir(parents=True)
    (city / "pack.toml").write_text("schema = 1\n")
    (city / "sources.toml").write_text(SOURCE)
    (city / "roads/segments.parquet").write_bytes(b"PAR1")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/settings.md").write_text("# Settings\n")
    return tmp_path
