"""K03: a copyleft or unknown licence in the core is found, whatever way it is written."""

from email.message import Message
from importlib.metadata import distribution
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from guia.checks import licences


@pytest.mark.parametrize(
    "text",
    [
        "GPL-3.0-or-later",
        "AGPL-3.0",
        "GNU General Public License v3 (GPLv3)",
        "LGPL-2.1-only",
        "GNU Lesser General Public License v3 (LGPLv3)",
        "MPL-2.0",
        "EPL-2.0",
        "Mozilla Public License 2.0 (MPL 2.0)",
        "MIT AND GPL-2.0-only",
        "",
    ],
)
def test_what_may_not_be_in_the_core(text: str) -> None:
    assert licences.objection(text)


@pytest.mark.parametrize(
    "text",
    [
        "MIT",
        "MIT License",
        "BSD-3-Clause",
        "Apache Software License",
        "Apache-2.0 OR MIT",
        "EPL-2.0 OR BSD-3-Clause",
        "MPL-2.0 OR Apache-2.0",
        "Python Software Foundation License",
        "ISC License (ISCL)",
    ],
)
def test_what_may(text: str) -> None:
    assert licences.objection(text) == ""


def test_metadata_is_read_expression_first_then_classifiers_then_text() -> None:
    about = Message()
    about["License"] = "GPL\nlong text"
    package = cast("Any", SimpleNamespace(metadata=about))
    assert licences.licence(package) == "GPL"
    about["Classifier"] = "License :: OSI Approved :: MIT License"
    assert licences.licence(package) == "MIT License"
    about["License-Expression"] = "BSD-2-Clause"
    assert licences.licence(package) == "BSD-2-Clause"


def test_the_closure_follows_extras_and_markers() -> None:
    names = {licences.name_of(p) for p in licences.closure(["uvicorn[standard]"])}
    assert {"uvicorn", "click", "h11", "uvloop", "httptools"} <= names
    plain = {licences.name_of(p) for p in licences.closure(["uvicorn"])}
    assert "uvloop" not in plain
    assert licences.closure(["no-such-package-anywhere"]) == []


def test_a_copyleft_dependency_is_found(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert list(licences.check(project)) == []
    toml = project / "pyproject.toml"
    toml.write_text(toml.read_text().replace('"click"', '"hypothesis"'))
    assert licences.licence(distribution("hypothesis")).startswith("MPL")
    messages = [f.message for f in licences.check(project)]
    assert any(m.startswith("hypothesis") for m in messages)
