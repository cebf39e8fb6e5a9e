"""What a city says about its feeds: the `feeds` of its pack, with their options read and checked."""

from collections.abc import Sequence

import msgspec

from guia.core.errors import InvalidInput
from guia.packs.pack import FeedSettings as Declared

KINDS = ("http", "mqtt", "gtfs-rt")


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The `options` table of a feed in `pack.toml`."""

    title: str = ""
    silent_after_s: float = 300.0
    """Seconds of city time without a word after which the feed counts as silent and an alert is raised; 0: never."""
    urls: tuple[str, ...] = ()
    """GTFS-RT endpoints to poll."""
    every_s: float = 10.0
    """Seconds between polls."""


class FeedSettings(msgspec.Struct, frozen=True, kw_only=True):
    """One feed: what the pack declares, options read."""

    name: str
    kind: str = "http"
    """`http`: others POST to us; `mqtt`: we listen on `guia/<city>/feeds/<name>`; `gtfs-rt`: we poll."""
    owner: str = ""
    """Department that answers for it."""
    label: str = "real"
    options: Options = Options()


def read(declared: Sequence[Declared]) -> dict[str, FeedSettings]:
    """Settings by feed name; InvalidInput names the feed and option that is wrong. Actuators are passed over."""
    feeds = {}
    for feed in declared:
        if feed.kind not in KINDS:
            continue
        try:
            options = msgspec.convert(feed.options, Options)
        except msgspec.ValidationError as error:
            raise InvalidInput(
                str(error), place=f"pack.toml feed {feed.id}", remedy="docs/feeds.md lists the options"
            ) from None
        feeds[feed.id] = FeedSettings(
            name=feed.id, kind=feed.kind, owner=feed.owner, label=feed.label, options=options
        )
    return feeds
