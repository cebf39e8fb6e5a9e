"""Road graphs and shortest paths."""
