"""Guia, an open city brain."""
