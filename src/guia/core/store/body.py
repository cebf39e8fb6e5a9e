"""A row's body as the store keeps it: JSON text, so that SQLite can look into it."""

from typing import Any

import msgspec


def as_json(body: Any) -> str:
    """JSON text of a body."""
    return msgspec.json.encode(body).decode()
