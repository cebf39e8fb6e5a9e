"""L01: help needs no heavy import; unknown commands get a suggestion; errors say what to do."""

import json
import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from guia.benchmarks import result
from guia.cli import bench, main
from guia.core.errors import GuiaError, NotFound

HEAVY = [
    "numpy",
    "duckdb",
    "pyarrow",
    "numba",
    "scipy",
    "litestar",
    "osmium",
    "pyproj",
    "httpx",
    "rich",
    "asyncio",
]


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom guia.cli.main import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        f"print([m for m in {HEAVY} if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
    assert "Run a city" in done.stdout


def test_help_lists_every_command_of_every_section_and_the_domains() -> None:
    text = CliRunner().invoke(main.guia, ["--help"]).output
    for title, rows in main.sections():
        assert title in text
        for name, _, _ in rows:
            assert f"  {name} " in text
    assert "traffic" in text


def test_an_unknown_command_gets_a_suggestion_and_exit_code_2() -> None:
    done = CliRunner().invoke(main.guia, ["statsu"])
    assert done.exit_code == 2
    assert "Did you mean status?" in done.output
    assert "guia --help" in CliRunner().invoke(main.guia, ["xyzzy"]).output


def test_completion_offers_commands_by_prefix() -> None:
    context = click.Context(main.guia)
    offered = [item.value for item in main.guia.shell_complete(context, "de")]
    assert offered == ["decisions"]


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Exception:
    """An error that `guia status` will meet."""
    error: list[Exception] = [NotFound("no such thing", place="row 3", remedy="look elsewhere")]

    def find(module: str, name: str) -> click.Command:
        @click.command("status", context_settings={"ignore_unknown_options": True})
        @click.argument("rest", nargs=-1)
        def command(rest: object) -> None:
            raise error[0]

        return command

    monkeypatch.setattr(main, "find_command", find)
    return error[0]


def test_an_error_says_what_where_and_what_to_do(
    failing: Exception, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main.main(["status"])
    assert ended.value.code == 1
    told = capsys.readouterr().err
    assert "Not found: no such thing" in told
    assert "where       row 3" in told
    assert "what to do  look elsewhere" in told
    assert "Traceback" not in told


def test_with_json_an_error_is_problem_details(
    failing: Exception, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main.main(["status", "--json"])
    assert json.loads(capsys.readouterr().err)["type"] == "urn:guia:problem:not-found"


def test_with_debug_an_error_is_raised(failing: Exception) -> None:
    with pytest.raises(GuiaError):
        main.main(["--debug", "status"])


def test_a_benchmark_ends_with_one_flat_json_line(capsys: pytest.CaptureFixture[str]) -> None:
    result.show({"step_ms": 12.3456789, "equal": True, "note": "ok", "lost": 0, "missing": None})
    lines = capsys.readouterr().out.splitlines()
    assert json.loads(lines[-1]) == {
        "step_ms": 12.3457,
        "equal": True,
        "note": "ok",
        "lost": 0,
        "missing": None,
    }
    assert len(lines) == 6
    result.show({"step_ms": 1.0}, as_json=True)
    assert capsys.readouterr().out == '{"step_ms": 1.0}\n'
    with pytest.raises(TypeError, match="nested"):
        result.show({"nested": {}})  # type: ignore[dict-item]


def test_bench_lists_every_benchmark_with_its_summary() -> None:
    listed = CliRunner().invoke(bench.command, ["--json"]).output
    found = json.loads(listed)
    assert found == bench.summaries()
    assert all(found.values())
    for name in found:
        assert bench.command.get_command(click.Context(bench.command), name).name == name


def test_an_unknown_benchmark_names_what_there_is() -> None:
    done = CliRunner().invoke(bench.command, ["ingets"])
    assert isinstance(done.exception, NotFound)
    assert done.exception.remedy.startswith("try one of")
