"""Buses, trains and ferries: vehicles, departures and journeys."""
