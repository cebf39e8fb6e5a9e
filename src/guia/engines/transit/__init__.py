"""Timetables as arrays: positions, departures and journeys."""
