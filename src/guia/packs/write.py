"""Write a pack's texts: pack.toml and sources.toml, in one order, so that equal input gives equal bytes."""

from pathlib import Path
from typing import Any

import msgspec

from guia.packs.pack import Manifest, Source

ODBL_NOTICE = """© OpenStreetMap contributors

The files in this folder contain or derive from OpenStreetMap data, which is available under the Open Database
License (ODbL) 1.0: https://opendatacommons.org/licenses/odbl/1-0/. What you derive from them must stay under that
licence and carry this notice. https://www.openstreetmap.org/copyright
"""


def write_manifest(manifest: Manifest, folder: Path) -> None:
    """Write `pack.toml`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pack.toml").write_text(_document(msgspec.to_builtins(manifest)), encoding="utf-8")


def write_sources(sources: list[Source], folder: Path) -> None:
    """Write `sources.toml`, sorted by file."""
    rows = [msgspec.to_builtins(s) for s in sorted(sources, key=lambda s: s.file)]
    (folder / "sources.toml").write_text(_document({"source": rows}), encoding="utf-8")


def write_notice(folder: Path) -> None:
    """Write the OpenStreetMap notice into a folder with such data."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "NOTICE").write_text(ODBL_NOTICE, encoding="utf-8")


def _document(body: dict[str, Any]) -> str:
    """A TOML document: plain members first, then tables and arrays of tables."""
    plain = [f"{_key(k)} = {_value(v)}" for k, v in body.items() if not _is_table(v)]
    parts = ["\n".join(plain)] if plain else []
    for name, value in body.items():
        if isinstance(value, dict):
            parts += _tables(name, value)
        elif _is_table(value):
            parts += [
                "\n".join([f"[[{name}]]", *(f"{_key(k)} = {_value(v)}" for k, v in row.items())])
                for row in value
            ]
    return "\n\n".join(parts) + "\n"


def _tables(name: str, value: dict[str, Any]) -> list[str]:
    """A table; one whose members are all tables becomes a table each."""
    if value and all(isinstance(v, dict) for v in value.values()):
        return [part for key, inner in value.items() for part in _tables(f"{name}.{_key(key)}", inner)]
    return ["\n".join([f"[{name}]", *(f"{_key(k)} = {_value(v)}" for k, v in value.items())])]


def _is_table(value: Any) -> bool:
    return isinstance(value, dict) or (
        isinstance(value, (list, tuple)) and len(value) > 0 and all(isinstance(v, dict) for v in value)
    )


def _key(name: str) -> str:
    return name if name.replace("_", "").replace("-", "").isalnum() and name.isascii() else _value(name)


def _value(value: Any) -> str:
    """A TOML value on one line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(k)} = {_value(v)}" for k, v in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_value(v) for v in value) + "]"
    return msgspec.json.encode(str(value)).decode()
