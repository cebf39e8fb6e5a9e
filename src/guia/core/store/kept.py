"""Rows that are kept as they are: series definitions, inputs, steps, rejections."""

from typing import TYPE_CHECKING, Any

import msgspec

from guia.core.records import Row
from guia.core.series import Series
from guia.core.store.body import as_json

if TYPE_CHECKING:
    import apsw

    from guia.core.store.store import Store


TABLES = ("inputs", "steps")


def apply_series(connection: "apsw.Connection", row: Row, position: int) -> None:
    """Enter or replace one series definition; its body is `{number, series}`."""
    connection.execute(
        "INSERT OR REPLACE INTO series VALUES (?, ?, ?)",
        (row.body["number"], row.id, as_json(row.body["series"])),
    )


def series(store: "Store") -> list[tuple[int, Series]]:
    """All series with their ids, in order."""
    decode = msgspec.json.Decoder(Series).decode
    return [(n, decode(body)) for n, body in store.ask("SELECT number, body FROM series ORDER BY number")]


def apply(connection: "apsw.Connection", row: Row, position: int) -> None:
    """Enter, replace or delete one row of another table."""
    if row.body is None:
        connection.execute("DELETE FROM records WHERE kind = ? AND id = ?", (row.table, row.id))
        return
    connection.execute(
        "INSERT OR REPLACE INTO records VALUES (?, ?, ?, ?)",
        (row.table, row.id, position, as_json(row.body)),
    )


def find(store: "Store", table: str, limit: int) -> list[tuple[str, int, Any]]:
    """Id, position and body of the newest rows of a table, newest first."""
    rows = store.ask(
        "SELECT id, position, body FROM records WHERE kind = ? ORDER BY position DESC, id LIMIT ?",
        (table, limit),
    )
    return [(row[0], row[1], msgspec.json.decode(row[2])) for row in rows]
