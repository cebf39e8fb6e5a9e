"""Settings of a hub."""

import msgspec


class Settings(msgspec.Struct, frozen=True):
    """How long the hub keeps what, and where."""

    history_days: int | None = None
    """Days of observations; None keeps them all."""
    forecast_days: int = 3
    """Days of forecasts, by day of issue."""
    log_days: int | None = 30
    """Days of the log itself, which replays and rebuilds read; never less than of forecasts. None keeps all."""
    flush_rows: int = 1_000_000
    """Rows in memory that are enough for a file."""
