"""Records as the API shows them: instants become ISO 8601 text, everything else stays as it is."""

from typing import Any

import msgspec
import numpy as np

from guia.core.alert import Alert
from guia.core.clock import SECOND, iso
from guia.core.columns import Int64
from guia.core.decision import Decision

INSTANTS = frozenset(
    [
        "since",
        "updated",
        "until",
        "ended",
        "acknowledged_at",
        "proposed",
        "expires",
        "decided_at",
        "applied_at",
        "measured_at",
        "observed",
    ]
)
"""Members of alerts, decisions and evidence that are instants."""


def shown(record: Alert | Decision) -> dict[str, Any]:
    """An alert or decision, JSON-ready."""
    return shown_body(msgspec.to_builtins(record))


def shown_body(body: dict[str, Any]) -> dict[str, Any]:
    """The same of a record that is JSON already, as events carry it."""
    told: dict[str, Any] = {k: iso(v) if k in INSTANTS and isinstance(v, int) else v for k, v in body.items()}
    if "evidence" in told:
        told["evidence"] = [shown_body(item) for item in told["evidence"]]
    return told


def times(instants: Int64) -> list[str]:
    """ISO texts of a column of instants, whole seconds."""
    text = np.datetime_as_string((instants // SECOND).astype("datetime64[s]"), timezone="UTC")
    return list(text.tolist())
