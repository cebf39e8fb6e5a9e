"""City packs: versioned folders of facts and settings, opened, checked and built."""

from guia.packs.pack import Department, FeedSettings, Pack, Source

__all__ = ["Department", "FeedSettings", "Pack", "Source"]
