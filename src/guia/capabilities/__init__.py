"""Small protocols that one domain provides and another asks for."""
