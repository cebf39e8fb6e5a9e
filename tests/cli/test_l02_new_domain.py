"""L02: a new domain passes the checks, and its own tests, as it comes."""

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from guia.checks import domain_shape, function_length, module_docstring
from guia.cli.new import command, make_domain
from guia.core.errors import Conflict, InvalidInput, NotFound

ROOT = Path(__file__).parents[2]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project without domains."""
    (tmp_path / "src/guia/domains").mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text("utf-8"), "utf-8")
    return tmp_path


@pytest.mark.parametrize("name", ["air", "noise", "wastewatertreatment"])
def test_it_passes_the_checks_whatever_its_name(project: Path, name: str) -> None:
    done = CliRunner().invoke(command, ["domain", name, "--root", str(project)])
    assert done.exit_code == 0, done.output
    findings = [f for rule in (domain_shape, module_docstring, function_length) for f in rule.check(project)]
    assert findings == []
    for words in (["check"], ["format", "--check"]):
        subprocess.run([sys.executable, "-m", "ruff", *words, "src", "tests"], cwd=project, check=True)


def test_its_own_tests_pass(project: Path) -> None:
    make_domain(project, "noise", "Noise")
    (project / "conftest.py").write_text(
        f"import guia.domains\nguia.domains.__path__.append({str(project / 'src/guia/domains')!r})\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "tests"],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "passed" in done.stdout


def test_it_is_registered_once_and_never_overwrites(project: Path) -> None:
    make_domain(project, "noise", "Noise")
    assert domain_shape.entry_points(project)["noise"] == "guia.domains.noise"
    with pytest.raises(Conflict):
        make_domain(project, "noise", "Noise")


@pytest.mark.parametrize("name", ["", "x", "Noise", "air-quality", "../evil", "1st", "a b", "class"])
def test_a_bad_name_is_refused_before_anything_is_written(project: Path, name: str) -> None:
    with pytest.raises(InvalidInput):
        make_domain(project, name, "Title")
    assert list((project / "src/guia/domains").iterdir()) == []


def test_outside_a_project_it_says_where_to_go(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="project's folder"):
        make_domain(tmp_path, "noise", "Noise")
