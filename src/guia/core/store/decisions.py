"""Decisions in the store."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from guia.core.decision import Decision
from guia.core.records import Row
from guia.core.store.body import as_json

if TYPE_CHECKING:
    import apsw

    from guia.core.store.store import Store

_decoder = msgspec.json.Decoder(Decision)


def apply(connection: "apsw.Connection", row: Row, position: int) -> None:
    """Enter, replace or delete one decision."""
    if row.body is None:
        connection.execute("DELETE FROM decisions WHERE id = ?", (row.id,))
        return
    body = row.body
    connection.execute(
        "INSERT OR REPLACE INTO decisions VALUES (?, ?, ?, ?, ?, ?)",
        (row.id, body["domain"], body["state"], body["proposed"], position, as_json(body)),
    )


def get(store: "Store", decision_id: str) -> Decision | None:
    """The decision, or None."""
    rows = store.ask("SELECT body FROM decisions WHERE id = ?", (decision_id,))
    return _decoder.decode(rows[0][0]) if rows else None


def find(store: "Store", states: Sequence[str], domain: str | None, limit: int) -> list[Decision]:
    """Decisions that meet every condition given, newest proposal first."""
    conditions, parameters = ["TRUE"], list[Any]()
    if states:
        conditions.append(f"state IN ({','.join('?' * len(states))})")
        parameters += states
    if domain is not None:
        conditions.append("domain = ?")
        parameters.append(domain)
    rows = store.ask(
        f"SELECT body FROM decisions WHERE {' AND '.join(conditions)} ORDER BY proposed DESC, id LIMIT ?",
        (*parameters, limit),
    )
    return [_decoder.decode(row[0]) for row in rows]
