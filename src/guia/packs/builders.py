"""Build a city's pack: the one made up, Macau from its facts, or any other place from OpenStreetMap."""

from collections.abc import Callable
from pathlib import Path

from guia.core.errors import GuiaError, InvalidInput
from guia.packs.pack import Pack

STEPS = 5
"""About how many steps a build tells of."""


def build_city(
    name: str,
    folder: Path,
    *,
    facts: Path | None = None,
    osm: Path | None = None,
    gtfs: Path | None = None,
    told: Callable[[str], None] = lambda _: None,
) -> None:
    """Write the pack of `name` into `folder`, keeping the ids of the pack that is there; InvalidInput if facts lack."""
    if osm:
        from guia.packs.from_osm import build_from_osm

        build_from_osm(name, folder, osm, gtfs, previous_pack(folder), told)
    elif name == "tiny":
        from guia.packs.tiny import build_tiny

        build_tiny(folder)
    elif name == "macau" and facts:
        from guia.packs.macau.build import build_macau

        build_macau(facts, folder, previous_pack(folder), told)
    else:
        raise InvalidInput(
            f"there is nothing to build {name!r} from",
            remedy="give --osm FILE.osm.pbf (and --gtfs FILE.zip), or --facts DIR for macau",
        )


def previous_pack(folder: Path) -> Pack | None:
    """The readable pack that is in the folder already, or None."""
    try:
        pack = Pack.open(folder)
        _ = pack.network
        return pack
    except GuiaError:
        return None
