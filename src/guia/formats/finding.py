"""One thing that a check found wrong: where, what, and what to do."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """`level` is `error` or `warning`."""

    level: str
    place: str
    """File, and row or name in it."""
    detail: str
    remedy: str
