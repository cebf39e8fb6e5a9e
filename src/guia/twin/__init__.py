"""A simulated city that stands where a real one would stand."""
