"""What the hub answers to a batch."""

import msgspec

from guia.core.validate import Rejection


class Receipt(msgspec.Struct, frozen=True):
    """What became of a batch."""

    position: int
    """Of its record; -1 if nothing was stored."""
    accepted: int
    rejected: tuple[Rejection, ...] = ()
    """The first 1,000 rejected rows."""
    rejected_rows: int = 0
    """How many rows were rejected."""
