"""One folder per domain; none imports another."""
