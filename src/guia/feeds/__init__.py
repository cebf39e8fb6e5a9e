"""Feeds bring observations and entities in: HTTP push, MQTT, GTFS-RT, files."""
