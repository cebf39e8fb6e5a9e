"""NGSI-LD, the open standard for context data."""
