"""Topics inside the city."""
