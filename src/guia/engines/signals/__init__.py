"""Delay at signals, and which plan causes least of it."""
