"""Large payloads made small: zstd (RFC 8878) in an envelope that tells it from a plain payload."""

import struct

from guia.core.errors import Corrupt, Unsupported

WORTH_BYTES = 32 << 10
"""Below this a payload stays as it is: a sensor's batch costs no time, and little room."""
_ENVELOPE = struct.Struct("<4sBxxxQ")  # magic, version, length of the plain payload
_MAGIC = b"ZST\xff"  # no JSON begins so, and as a number of rows it would be four thousand million
_VERSION = 1
_LEVEL = 1


def shrink(payload: bytes) -> bytes:
    """The payload in its envelope if it is large and becomes smaller by a tenth, else as it is."""
    if len(payload) < WORTH_BYTES:
        return payload
    import pyarrow as pa

    small: bytes = pa.Codec("zstd", compression_level=_LEVEL).compress(payload, asbytes=True)
    if len(small) > 0.9 * len(payload):
        return payload
    return _ENVELOPE.pack(_MAGIC, _VERSION, len(payload)) + small


def expand(payload: memoryview | bytes) -> memoryview | bytes:
    """What `shrink` was given. Unsupported if a newer Guia wrote it, Corrupt if it cannot be read."""
    if payload[:4] != _MAGIC:
        return payload
    import pyarrow as pa

    _, version, length = _ENVELOPE.unpack_from(payload)
    if version != _VERSION:
        raise Unsupported(
            f"a payload is compressed by way {version}, this Guia knows {_VERSION}",
            remedy="open the log with the Guia that wrote it, or a newer one",
        )
    try:
        plain = pa.Codec("zstd").decompress(payload[_ENVELOPE.size :], length)
    except (OSError, ValueError) as error:
        raise Corrupt(
            f"a compressed payload cannot be read: {error}", remedy="restore the last backup"
        ) from error
    return memoryview(plain)
