"""A row's body as the store keeps it: JSON text, so that SQLite can look into it."""

from typing import Any

import msgspec

from guia.core.errors import InvalidInput

MOST = 2**63 - 1
"""Largest whole number that the store can hold."""


def sound(item: msgspec.Struct) -> msgspec.Struct:
    """The item, if it comes back from JSON (numbers that are none do not); InvalidInput with what is wrong."""
    try:
        msgspec.json.decode(msgspec.json.encode(item), type=type(item))
        for name in item.__struct_fields__:
            if isinstance(number := getattr(item, name), int) and abs(number) > MOST:
                raise ValueError(f"{name} is too large a number")
    except (msgspec.ValidationError, TypeError, ValueError) as error:
        raise InvalidInput(
            f"this cannot be stored: {error}",
            place=str(getattr(item, "id", "")),
            remedy="give every field a value of its type; a number must be finite",
        ) from error
    return item


def as_json(body: Any) -> str:
    """JSON text of a body."""
    return msgspec.json.encode(body).decode()
