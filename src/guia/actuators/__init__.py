"""Actuators carry commands out to the city's devices."""
