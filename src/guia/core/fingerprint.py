"""The fingerprint of a city pack: changes when anything in it does."""

import hashlib
from pathlib import Path


def fingerprint(pack: Path) -> str:
    """SHA-256 over names and bytes of the pack's files; empty for a folder without `pack.toml`."""
    if not (pack / "pack.toml").is_file():
        return ""
    total = hashlib.sha256()
    for file in sorted(f for f in pack.rglob("*") if f.is_file()):
        total.update(str(file.relative_to(pack)).encode())
        total.update(hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()
