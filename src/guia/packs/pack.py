"""A city pack opened: every part is read when it is first asked for. The format: docs/city-packs.md."""

import tomllib
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import msgspec

from guia.core.errors import InvalidInput, NotFound, Unsupported
from guia.core.place import LocalProjection

if TYPE_CHECKING:
    from guia.formats.gtfs import Feed
    from guia.packs.network import RoadNetwork
    from guia.packs.places import Area, Parish, Place, Weight
    from guia.packs.series import CitySeries
    from guia.packs.signals import Junction

SCHEMA_VERSION = 1
LABELS = ("real", "other-city", "synthetic")


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """Where one file of a pack comes from."""

    file: str
    """Path inside the pack."""
    title: str
    publisher: str
    url: str
    """Address, or repository with commit."""
    licence: str
    date: str
    label: str
    """`real`, `other-city` or `synthetic`."""
    note: str = ""
    """What is derived or assumed."""


class Department(msgspec.Struct, frozen=True, kw_only=True):
    """A department of the city: owner of data and of decisions."""

    id: str
    names: dict[str, str]


class FeedSettings(msgspec.Struct, frozen=True, kw_only=True):
    """A feed or actuator that the city runs with."""

    id: str
    kind: str
    """`http`, `mqtt`, `gtfs-rt`."""
    owner: str = ""
    label: str = "real"
    options: dict[str, Any] = {}


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """`pack.toml`."""

    schema: int
    name: str
    version: str
    titles: dict[str, str]
    timezone: str
    bbox: tuple[float, float, float, float]
    languages: tuple[str, ...] = ("en",)
    departments: tuple[Department, ...] = ()
    feeds: tuple[FeedSettings, ...] = ()
    domains: dict[str, dict[str, Any]] = {}


class Pack:
    """A city pack. Parts that the folder has no file for are empty, never missing."""

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        self.folder = folder
        self.manifest = manifest

    @classmethod
    def open(cls, folder: Path | str) -> "Pack":
        """The pack in `folder`; NotFound, InvalidInput or Unsupported (a newer schema) say what to do."""
        folder = Path(folder)
        file = folder / "pack.toml"
        if not file.exists():
            raise NotFound(
                "there is no pack.toml here",
                place=str(folder),
                remedy="name the folder of a city pack, for example cities/macau",
            )
        try:
            manifest = msgspec.convert(tomllib.loads(file.read_text(encoding="utf-8")), Manifest)
        except (tomllib.TOMLDecodeError, msgspec.ValidationError, UnicodeDecodeError) as reason:
            raise InvalidInput(
                f"pack.toml does not fit the format: {reason}",
                place=str(file),
                remedy="compare with docs/city-packs.md",
            ) from None
        if manifest.schema != SCHEMA_VERSION:
            raise Unsupported(
                f"the pack has schema {manifest.schema}, this Guia reads {SCHEMA_VERSION}",
                place=str(file),
                remedy="build the pack again with this version of `guia city build`, or update Guia",
            )
        return cls(folder, manifest)

    @property
    def name(self) -> str:
        """Short name of the city, as in URNs."""
        return self.manifest.name

    @property
    def title(self) -> dict[str, str]:
        """Title per language."""
        return self.manifest.titles

    @property
    def languages(self) -> tuple[str, ...]:
        """Languages of the city, the first is the usual one."""
        return self.manifest.languages

    @property
    def bbox(self) -> tuple[float, float, float, float]:
        """West, south, east, north."""
        return self.manifest.bbox

    @property
    def departments(self) -> tuple[Department, ...]:
        """The city's departments."""
        return self.manifest.departments

    @property
    def feeds(self) -> tuple[FeedSettings, ...]:
        """Feeds and actuators that the city runs with."""
        return self.manifest.feeds

    def settings(self, domain: str) -> dict[str, Any]:
        """The pack's settings for a domain; empty if it has none."""
        return dict(self.manifest.domains.get(domain, {}))

    @cached_property
    def timezone(self) -> ZoneInfo:
        """The city's time zone."""
        return ZoneInfo(self.manifest.timezone)

    @cached_property
    def projection(self) -> LocalProjection:
        """Degrees to metres about the middle of the bounding box."""
        west, south, east, north = self.bbox
        return LocalProjection((west + east) / 2, (south + north) / 2)

    @cached_property
    def sources(self) -> list[Source]:
        """Where every file comes from."""
        file = self.folder / "sources.toml"
        try:
            body = tomllib.loads(file.read_text(encoding="utf-8"))
            return msgspec.convert(body.get("source", []), list[Source])
        except (OSError, ValueError) as reason:
            raise InvalidInput(
                f"sources.toml cannot be read: {reason}",
                place=str(file),
                remedy="every pack states the source, licence, date and label of its files: docs/city-packs.md",
            ) from None

    def source(self, file: str) -> Source:
        """Source of one file of the pack; NotFound if none is stated."""
        for source in self.sources:
            if source.file == file:
                return source
        raise NotFound(f"no source is stated for {file}", place=str(self.folder / "sources.toml"))

    def files(self) -> Iterator[Path]:
        """Every file of the pack that must have a source."""
        for file in sorted(self.folder.rglob("*")):
            if file.is_file() and file.name not in {"pack.toml", "sources.toml", "NOTICE", "README.md"}:
                yield file

    @cached_property
    def network(self) -> "RoadNetwork":
        """The road network."""
        from guia.packs.network import read_network

        return read_network(self.folder / "roads")

    @cached_property
    def signals(self) -> "list[Junction]":
        """Signal-controlled junctions with their stored plans."""
        from guia.packs.signals import read_signals

        return read_signals(self.folder / "roads" / "signals.json")

    @cached_property
    def detectors(self) -> list[str]:
        """Ids of the segments that carry a traffic detector."""
        from guia.packs.network import read_parquet

        file = self.folder / "roads" / "detectors.parquet"
        return [str(s) for s in read_parquet(file)["segment"].to_pylist()] if file.exists() else []

    @cached_property
    def gtfs(self) -> "Feed":
        """The timetable: bus, rail and ferry."""
        from guia.formats.gtfs import Feed, read_feed

        file = self.folder / "transit" / "gtfs.zip"
        return read_feed(file) if file.exists() else Feed({}, ())

    @cached_property
    def places(self) -> "list[Place]":
        """Named points: stations, landmarks, hospitals, gateways, parks, streets."""
        from guia.packs.places import read_places

        return read_places(self.folder / "places" / "places.geojson")

    @cached_property
    def parishes(self) -> "list[Parish]":
        """Parishes (or districts) with population."""
        from guia.packs.places import read_parishes

        return read_parishes(self.folder / "places" / "parishes.geojson")

    @cached_property
    def areas(self) -> "list[Area]":
        """Surfaces for maps: water, green."""
        from guia.packs.places import read_areas

        return read_areas(self.folder / "places" / "areas.geojson")

    @cached_property
    def weights(self) -> "list[Weight]":
        """Points that carry a share of the residents: where trips begin."""
        from guia.packs.places import read_weights

        return read_weights(self.folder / "places" / "residents.parquet")

    @cached_property
    def monthly(self) -> "list[CitySeries]":
        """Monthly and yearly figures of the city."""
        from guia.packs.series import read_series

        return read_series(self.folder / "series" / "figures.parquet")
