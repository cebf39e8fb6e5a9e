"""Hypothesis without deadlines: the first call of a test imports and compiles."""

from hypothesis import settings

settings.register_profile("packs", deadline=None, max_examples=60)
settings.load_profile("packs")
