"""Tables of the store, and the road from each version of them to the next."""

from pathlib import Path
from typing import Any

from guia.core.errors import Unsupported

VERSION = 1

_V1 = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO meta VALUES ('applied', 0);
CREATE TABLE series (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, body TEXT NOT NULL);
CREATE TABLE entities (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, type TEXT NOT NULL, created INTEGER NOT NULL,
    position INTEGER NOT NULL, body TEXT NOT NULL);
CREATE INDEX entities_type ON entities (type, id);
CREATE VIRTUAL TABLE boxes USING rtree (number, west, east, south, north);
CREATE TABLE alerts (
    id TEXT PRIMARY KEY, domain TEXT NOT NULL, open INTEGER NOT NULL, since INTEGER NOT NULL,
    updated INTEGER NOT NULL, position INTEGER NOT NULL, body TEXT NOT NULL);
CREATE INDEX alerts_open ON alerts (open, updated);
CREATE TABLE decisions (
    id TEXT PRIMARY KEY, domain TEXT NOT NULL, state TEXT NOT NULL, proposed INTEGER NOT NULL,
    position INTEGER NOT NULL, body TEXT NOT NULL);
CREATE INDEX decisions_state ON decisions (state, proposed);
CREATE TABLE records (
    kind TEXT NOT NULL, id TEXT NOT NULL, position INTEGER NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (kind, id)) WITHOUT ROWID;
CREATE INDEX records_position ON records (kind, position);
"""

MIGRATIONS: tuple[str, ...] = (_V1,)
"""Script number n takes the tables from version n to version n + 1."""


def migrate(connection: Any, path: Path, migrations: tuple[str, ...] = MIGRATIONS) -> None:
    """Bring an apsw connection's tables to the newest version. Unsupported if a newer Guia wrote them."""
    found = int(connection.pragma("user_version"))
    if found > len(migrations):
        raise Unsupported(
            f"the store has version {found}, this Guia knows {len(migrations)}",
            place=str(path),
            remedy="open it with a newer Guia, or delete the file: it is rebuilt from the log",
        )
    for number in range(found, len(migrations)):
        with connection:
            connection.execute(migrations[number])
            connection.pragma("user_version", number + 1)
