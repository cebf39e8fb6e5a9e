"""Brains of no city: they stand for domains, good and bad ones, in the tests of the loop."""
