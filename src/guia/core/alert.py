"""Alerts: what needs a person, where, since when, how bad, until when."""

import msgspec

Text = dict[str, str]
"""A sentence per language: keys `en`, `zh`, `pt`."""

SEVERITIES = ("info", "minor", "moderate", "severe", "extreme")


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """One alert. Updates keep the id; it has ended when `ended` is set."""

    id: str
    domain: str
    kind: str
    """e.g. `congestion`, `feed-silent`, `brain-restarted`."""
    severity: str
    """One of SEVERITIES (CAP 1.2 words in lower case)."""
    title: Text
    """Street first: "Ponte da Amizade: slow towards Taipa since 17:42, until about 18:20"."""
    entities: tuple[str, ...] = ()
    geometry: dict[str, object] | None = None
    """GeoJSON geometry, WGS 84."""
    since: int
    updated: int
    until: int | None = None
    """Expected end, UTC nanoseconds."""
    ended: int | None = None
    measure: float | None = None
    """How bad, in `measure_unit`."""
    measure_unit: str = ""
    label: str = "real"
    acknowledged_by: str = ""
    acknowledged_at: int | None = None
