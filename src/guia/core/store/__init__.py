"""Live state in SQLite."""
