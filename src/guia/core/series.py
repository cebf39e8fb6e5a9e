"""What a series is: one attribute of one entity, with its unit, label and source."""

import msgspec


class Series(msgspec.Struct, frozen=True, kw_only=True):
    """Definition of a series. (`entity`, `attribute`) is its name; the hub gives it a dense int32 id."""

    entity: str
    """URN of the entity."""
    attribute: str
    """e.g. `speed`."""
    unit: str = "C62"
    """UN/CEFACT common code; `C62` is "one" (no unit), `KMH` km/h."""
    label: str = "real"
    """`real`, `other-city` or `synthetic`."""
    source: str = ""
    """Feed or brain that writes it."""
    owner: str = ""
    """Department that owns it."""
    lower: float | None = None
    """Smallest credible value; what lies below is rejected."""
    upper: float | None = None

    @property
    def name(self) -> str:
        """`<entity>|<attribute>`: how series are named on the wire."""
        return f"{self.entity}|{self.attribute}"
