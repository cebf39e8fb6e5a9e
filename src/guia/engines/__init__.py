"""Algorithms over arrays: no I/O, no clock, no city words."""
