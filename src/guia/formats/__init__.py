"""Readers and writers of the formats cities use: GTFS, OSM, GTFS-RT."""
