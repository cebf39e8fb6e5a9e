"""Compile Macau's pack from published facts: one module per topic."""
