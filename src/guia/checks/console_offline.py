"""The built console names no host outside the city: it must work where there is no internet."""

import re
from collections.abc import Iterator
from pathlib import Path

from guia.checks.finding import Finding

URL = re.compile(r"(?:https?:)?//([a-z0-9-]+(?:\.[a-z0-9-]+)+)", re.IGNORECASE)
NEVER_ASKED = {
    "www.w3.org": "names of XML and SVG vocabularies",
    "svelte.dev": "links in the framework's error messages",
    "github.com": "links in the libraries' error messages",
    "maplibre.org": "the map library's licence and messages",
    "www.openstreetmap.org": "the attribution that the map data's licence asks for",
    "openstreetmap.org": "the attribution that the map data's licence asks for",
    "wiki.openstreetmap.org": "links in the map library's messages",
    "maplibre.invalid": "a base for resolving relative addresses; the name can never exist",
}
KINDS = {".html", ".js", ".mjs", ".css", ".json", ".webmanifest", ".svg"}


def check(root: Path) -> Iterator[Finding]:
    """Places in src/guia/web/static that name another host; none where the console is not built."""
    for file in sorted((root / "src/guia/web/static").rglob("*")):
        if file.suffix not in KINDS:
            continue
        for number, line in enumerate(file.read_text("utf-8", errors="replace").splitlines(), 1):
            for host in sorted(set(URL.findall(line)) - NEVER_ASKED.keys()):
                yield Finding(file, number, f"the console names the host {host}", "ship what it would fetch")
