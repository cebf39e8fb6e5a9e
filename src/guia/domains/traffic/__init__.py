"""Roads: their state, their next hour, alerts, routes and signal plans."""
