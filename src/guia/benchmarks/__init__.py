"""Benchmarks: every published figure has a module here with a click command named `command`."""
