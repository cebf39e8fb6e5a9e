"""Actuators carry commands out."""
