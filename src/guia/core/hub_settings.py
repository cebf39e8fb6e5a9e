"""Settings of a hub."""

import msgspec


class Settings(msgspec.Struct, frozen=True):
    """How long the hub keeps what, and where."""

    history_days: int | None = None
    """Days of observations; None keeps them all."""
    forecast_days: int = 3
    """Days of forecasts, by day of issue."""
    flush_rows: int = 1_000_000
    """Rows in memory that are enough for a file."""
