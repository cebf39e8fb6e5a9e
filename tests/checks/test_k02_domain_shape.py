"""K02: a domain that lacks a file, excuses one wrongly or is not registered is found."""

from pathlib import Path

import pytest

from guia.checks import domain_shape
from guia.checks.domain_shape import FILES


def messages(project: Path) -> list[str]:
    return [finding.message for finding in domain_shape.check(project)]


def test_the_small_project_is_in_order(project: Path) -> None:
    assert messages(project) == []


@pytest.mark.parametrize("name", [f for f in FILES if f != "domain.toml"])
def test_every_file_is_missed_unless_it_is_excused(project: Path, name: str) -> None:
    folder = project / "src/guia/domains/water"
    (folder / name).unlink()
    (finding,) = domain_shape.check(project)
    assert finding.file.name == name
    toml = folder / "domain.toml"
    toml.write_text(toml.read_text() + f'\n[exempt]\n"{name}" = "water has no use for it"\n')
    assert messages(project) == []


def test_an_empty_reason_excuses_nothing(project: Path) -> None:
    folder = project / "src/guia/domains/water"
    (folder / "brain.py").unlink()
    toml = folder / "domain.toml"
    toml.write_text(toml.read_text() + '\n[exempt]\n"brain.py" = " "\n')
    assert len(messages(project)) == 1


def test_an_excuse_for_a_file_that_is_there_or_unknown_is_found(project: Path) -> None:
    toml = project / "src/guia/domains/water/domain.toml"
    toml.write_text(toml.read_text() + '\n[exempt]\n"brain.py" = "why"\n"braim.py" = "why"\n')
    assert sorted(messages(project)) == [
        "[exempt] names braim.py, which no domain must have",
        "brain.py is excused and yet there",
    ]


def test_broken_toml_a_missing_key_and_a_wrong_name_are_found(project: Path) -> None:
    toml = project / "src/guia/domains/water/domain.toml"
    whole = toml.read_text()
    toml.write_text("name = [")
    assert "cannot be read" in messages(project)[0]
    toml.write_text(whole.replace("owner = []\n", ""))
    assert messages(project) == ["the key 'owner' is missing"]
    toml.write_text(whole.replace('"water"', '"fire"'))
    assert messages(project) == ["name is 'fire', the folder 'water'"]


def test_a_domain_that_no_city_would_find_is_found(project: Path) -> None:
    toml = project / "pyproject.toml"
    toml.write_text(toml.read_text().replace("water =", "fire ="))
    (finding,) = domain_shape.check(project)
    assert finding.file == toml
