"""Forecasts of many series at once."""
