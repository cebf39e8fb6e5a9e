"""GTFS Schedule: read into tables and typed columns, write as a zip that is the same each time, check."""

from guia.formats.gtfs.check import check_feed
from guia.formats.gtfs.feed import Feed, StopTimes
from guia.formats.gtfs.read import read_feed
from guia.formats.gtfs.times import gtfs_time, seconds
from guia.formats.gtfs.write import write_feed

__all__ = ["Feed", "StopTimes", "check_feed", "gtfs_time", "read_feed", "seconds", "write_feed"]
