"""K04: a pack file without a source, a console that asks another host, a page out of step are found."""

from pathlib import Path

import pytest

from guia.checks import cli_docs, console_offline, data_docs, finding, pack_sources


def test_the_small_project_is_in_order(project: Path) -> None:
    assert list(pack_sources.check(project)) == []
    assert list(console_offline.check(project)) == []


def test_a_file_without_source_and_a_source_without_file_are_found(project: Path) -> None:
    city = project / "cities/small"
    (city / "roads/segments.parquet").rename(city / "roads/links.parquet")
    messages = [f.message for f in pack_sources.check(project)]
    assert messages == [
        "roads/links.parquet has no source",
        "it names 'roads/segments.parquet', which is not there",
    ]


@pytest.mark.parametrize("key", ["title", "publisher", "licence", "date", "label"])
def test_a_source_that_leaves_something_out_is_found(project: Path, key: str) -> None:
    toml = project / "cities/small/sources.toml"
    lines = [line for line in toml.read_text().splitlines() if not line.startswith(f"{key} =")]
    toml.write_text("\n".join(lines))
    assert any(key in f.message for f in pack_sources.check(project))


def test_an_unknown_label_is_found(project: Path) -> None:
    toml = project / "cities/small/sources.toml"
    toml.write_text(toml.read_text().replace('"synthetic"', '"mostly real"'))
    (found,) = pack_sources.check(project)
    assert "mostly real" in found.message


@pytest.mark.parametrize(
    "text", ['fetch("https://tiles.example.com/x")', "@import url(//fonts.example.com/a)"]
)
def test_a_console_that_would_ask_another_host_is_found(project: Path, text: str) -> None:
    static = project / "src/guia/web/static/assets"
    static.mkdir(parents=True)
    (static / "app.js").write_text(f'const ns = "http://www.w3.org/2000/svg";\n{text};\n')
    (found,) = console_offline.check(project)
    assert found.line == 2
    assert "example.com" in found.message


def test_a_page_out_of_step_is_found_at_the_first_line_that_differs(project: Path) -> None:
    page = project / "docs/x.md"
    assert len(list(finding.in_step(project, "docs/x.md", "a\nb\n"))) == 1
    page.write_text("a\nc\n")
    (found,) = finding.in_step(project, "docs/x.md", "a\nb\n")
    assert found.line == 2
    page.write_text("a\nb\n")
    assert list(finding.in_step(project, "docs/x.md", "a\nb\n")) == []


def test_the_page_of_sources_shows_every_file_with_label_and_licence(project: Path) -> None:
    text = data_docs.page(project)
    assert (
        "| `roads/segments.parquet` | synthetic | [Streets](https://example.org), Somebody | CC0-1.0 |"
        in text
    )
    (found,) = data_docs.check(project)
    assert "--write" in found.remedy


def test_the_page_of_commands_walks_groups(project: Path) -> None:
    import click

    @click.group()
    def top() -> None:
        """The top."""

    @top.command()
    def below() -> None:
        """Something below."""

    shown = dict(cli_docs.helps(top, ("top",)))
    assert set(shown) == {("top",), ("top", "below")}
    assert "Usage: top below" in shown[("top", "below")]
