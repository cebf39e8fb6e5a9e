"""Names of things: NGSI-LD URNs for entities, sortable ids for what a city makes up itself."""

import re

import numpy as np

_URN = re.compile(r"urn:ngsi-ld:(?P<type>[A-Za-z][A-Za-z0-9]*):(?P<local>[^\s<>\"]+)")
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def urn(kind: str, city: str, local: str) -> str:
    """`urn:ngsi-ld:<kind>:<city>:<local>`."""
    return f"urn:ngsi-ld:{kind}:{city}:{local}"


def local_part(entity_id: str) -> str:
    """What follows the last of `urn:ngsi-ld:<type>:<city>:`; the text itself if it is no such URN."""
    parts = entity_id.split(":", 4)
    return parts[4] if len(parts) == 5 else entity_id


def is_urn(text: str) -> bool:
    """Whether `text` is an NGSI-LD URN."""
    return _URN.fullmatch(text) is not None


def sortable(prefix: str, now: int, rng: np.random.Generator) -> str:
    """An id that sorts by time: prefix, 48 bits of milliseconds, 30 random bits, Crockford base 32."""
    number = ((now // 1_000_000) & ((1 << 48) - 1)) << 30 | int(rng.integers(1 << 30))
    digits = []
    for _ in range(16):
        number, low = divmod(number, 32)
        digits.append(_ALPHABET[low])
    return f"{prefix}-{''.join(reversed(digits))}"
