"""L05: the tutorial's commands run word for word beside a running Macau, and after it was stopped."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parents[2]
TUTORIAL = (ROOT / "docs/tutorial.md").read_text("utf-8")
FOR_PEOPLE = re.compile(r"^make |^export | ID$")
"""Lines that start the city, set up a terminal, or want an id from the screen."""


def blocks(language: str, *sections: int) -> str:
    """The text of all code blocks of a language in the numbered sections."""
    parts = re.split(r"^## \d+\. .*$", TUTORIAL, flags=re.MULTILINE)
    found = [b for n in sections for b in re.findall(rf"```{language}\n(.*?)```", parts[n], re.DOTALL)]
    return "\n".join(line for block in found for line in block.splitlines() if not FOR_PEOPLE.search(line))


@dataclass(frozen=True)
class Desk:
    """A terminal in a folder, beside a city that runs or ran there."""

    folder: Path
    url: str
    token: str

    def run(self, *command: str) -> str:
        """What a command prints; it must succeed."""
        environment = {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "GUIA_URL": self.url,
            "GUIA_TOKEN": self.token,
            "COLUMNS": "100",
        }
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        assert done.returncode == 0, f"{command[-1]}\n{done.stdout}\n{done.stderr}"
        return done.stdout


def look_around(url: str) -> None:
    """Wait as long as a reader looks at the console: until every brain has made two steps."""
    for _ in range(180):
        brains = httpx.get(f"{url}/api/health").json()["brains"].values()
        if brains and all(brain["steps"] >= 2 for brain in brains):
            return
        time.sleep(1)
    raise AssertionError("the brains do not step")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Desk, "subprocess.Popen[str]"]]:
    """A folder in which Macau runs; it is stopped by Ctrl-C at the latest here."""
    folder = tmp_path_factory.mktemp("tutorial")
    city = subprocess.Popen(
        [sys.executable, "-m", "guia.cli", "up", "--port", "0", "--no-twin", "--speed", "30"],
        cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env={**os.environ, "COLUMNS": "200"},
    )  # fmt: skip
    assert city.stdout is not None
    shown = ""
    for line in city.stdout:
        shown += line
        if "Ctrl-C" in line:
            break
    url, token = re.search(r"control room +(http://[^/ ]+)", shown), re.search(r"guia_[\w-]+", shown)
    assert url, shown
    assert token, shown
    look_around(url[1])
    yield Desk(folder, url[1], token[0]), city
    if city.poll() is None:
        city.send_signal(signal.SIGINT)
        city.wait(60)


def test_the_commands_beside_the_running_city(desk: tuple[Desk, "subprocess.Popen[str]"]) -> None:
    terminal, _ = desk
    script = blocks("sh", 3, 4, 5).replace("http://127.0.0.1:8600", terminal.url)
    told = terminal.run("sh", "-exc", script)
    assert told.startswith("Macau: ")
    assert "Brains" in told


def test_python_beside_the_running_city(desk: tuple[Desk, "subprocess.Popen[str]"]) -> None:
    told = desk[0].run(sys.executable, "-c", blocks("python", 6)).splitlines()
    count = int(told[0].removesuffix(" segments"))
    assert count > 1000
    assert told[1].startswith("KMH synthetic ")


def test_the_notebook_beside_the_running_city(desk: tuple[Desk, "subprocess.Popen[str]"]) -> None:
    cells = json.loads((ROOT / "docs/notebooks/first-look.ipynb").read_text("utf-8"))["cells"]
    code = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    told = desk[0].run(sys.executable, "-c", code)
    assert "'label': 'synthetic'" in told


def test_the_commands_after_ctrl_c(desk: tuple[Desk, "subprocess.Popen[str]"]) -> None:
    terminal, city = desk
    city.send_signal(signal.SIGINT)
    assert city.wait(60) == 0
    told = terminal.run("sh", "-exc", blocks("sh", 7, 8))
    assert told.count("all whole") == 2
    assert re.search(r"(\d+) of \1 steps equal", told), told
