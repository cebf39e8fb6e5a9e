"""Records as the API shows them: instants become ISO 8601 text, everything else stays as it is."""

from typing import Any

import msgspec
import numpy as np

from guia.core.alert import Alert
from guia.core.clock import SECOND, instant, iso
from guia.core.columns import Int64
from guia.core.decision import Decision
from guia.core.errors import InvalidInput

INSTANTS = {
    Alert: ("since", "updated", "until", "ended", "acknowledged_at"),
    Decision: ("proposed", "expires", "decided_at", "applied_at", "measured_at"),
}


def shown(record: Alert | Decision) -> dict[str, Any]:
    """An alert or decision, JSON-ready."""
    body: dict[str, Any] = msgspec.to_builtins(record)
    _show_times(body, INSTANTS[type(record)])
    for item in body.get("evidence", ()):
        _show_times(item, ("observed",))
    return body


def _show_times(body: dict[str, Any], fields: tuple[str, ...]) -> None:
    for field in fields:
        if body.get(field) is not None:
            body[field] = iso(body[field])


def times(instants: Int64) -> list[str]:
    """ISO texts of a column of instants, whole seconds."""
    text = np.datetime_as_string((instants // SECOND).astype("datetime64[s]"), timezone="UTC")
    return list(text.tolist())


def numbers(column: np.ndarray[Any, Any], digits: int = 4) -> list[float | None]:
    """A column as JSON numbers; what is not finite becomes null."""
    rounded = np.round(column, digits)
    values = rounded.tolist()
    if np.isfinite(rounded).all():
        return list(values)
    return [v if ok else None for v, ok in zip(values, np.isfinite(rounded).tolist(), strict=True)]


def when(text: str, place: str) -> int:
    """Instant of a query parameter; InvalidInput names the parameter."""
    try:
        return instant(text.replace(" ", "+"))
    except (ValueError, OverflowError):
        raise InvalidInput(
            f"{text!r} is no instant",
            place=f"query {place}",
            remedy="write it like 2026-11-21T08:00:00Z, with a zone",
        ) from None
