"""Rules that keep the house in order: one file per rule."""
