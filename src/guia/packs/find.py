"""Where a city pack is."""

from pathlib import Path

from guia.core.errors import NotFound


def find_pack(city: str) -> Path:
    """Folder of a city pack: a folder itself, or a name under `cities/` here or in the package."""
    packaged = Path(__file__).parents[1]
    roots = [Path("cities"), packaged / "cities", packaged.parents[1] / "cities"]
    for folder in (Path(city), *(root / city for root in roots)):
        if (folder / "pack.toml").exists():
            return folder.resolve()
    known = sorted({p.parent.name for root in roots for p in root.glob("*/pack.toml")})
    raise NotFound(
        f"there is no city {city!r}",
        place="--city",
        remedy=f"name one of {', '.join(known) or 'none found'}, or the folder of a city pack",
    )
