"""Alerts in the store."""

from typing import TYPE_CHECKING, Any

import msgspec

from guia.core.alert import Alert
from guia.core.records import Row
from guia.core.store.body import as_json

if TYPE_CHECKING:
    import apsw

    from guia.core.store.store import Store

_decoder = msgspec.json.Decoder(Alert)


def apply(connection: "apsw.Connection", row: Row, position: int) -> None:
    """Enter, replace or delete one alert."""
    if row.body is None:
        connection.execute("DELETE FROM alerts WHERE id = ?", (row.id,))
        return
    body = row.body
    connection.execute(
        "INSERT OR REPLACE INTO alerts VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            row.id,
            body["domain"],
            body.get("ended") is None,
            body["since"],
            body["updated"],
            position,
            as_json(body),
        ),
    )


def get(store: "Store", alert_id: str) -> Alert | None:
    """The alert, or None."""
    rows = store.ask("SELECT body FROM alerts WHERE id = ?", (alert_id,))
    return _decoder.decode(rows[0][0]) if rows else None


def still_acknowledged(alert: Alert, known: Alert | None) -> Alert:
    """The alert with the acknowledgement that is known of it."""
    if known is None or not known.acknowledged_by:
        return alert
    return msgspec.structs.replace(
        alert, acknowledged_by=known.acknowledged_by, acknowledged_at=known.acknowledged_at
    )


def find(store: "Store", open_only: bool, domain: str | None, since: int | None, limit: int) -> list[Alert]:
    """Alerts that meet every condition given, last updated first. `since`: updated then or later."""
    conditions, parameters = ["TRUE"], list[Any]()
    if open_only:
        conditions.append("open")
    if domain is not None:
        conditions.append("domain = ?")
        parameters.append(domain)
    if since is not None:
        conditions.append("updated >= ?")
        parameters.append(since)
    rows = store.ask(
        f"SELECT body FROM alerts WHERE {' AND '.join(conditions)} ORDER BY updated DESC, id LIMIT ?",
        (*parameters, limit),
    )
    return [_decoder.decode(row[0]) for row in rows]
