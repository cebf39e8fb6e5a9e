"""Feeds bring observations and entities in."""
