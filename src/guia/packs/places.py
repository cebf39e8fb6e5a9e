"""Places of a pack: named points, parishes with population, surfaces, and where residents live."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from guia.core.errors import InvalidInput

KINDS = (
    "stop", "station", "pier", "hospital", "clinic", "park", "landmark", "gateway", "street", "bridge", "air-station",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """A named point."""

    id: str
    kind: str
    """One of KINDS."""
    names: dict[str, str]
    lon: float
    lat: float
    label: str = "real"


@dataclass(frozen=True, slots=True)
class Parish:
    """A parish or district."""

    id: str
    names: dict[str, str]
    population: int
    geometry: Any
    """Shapely (multi)polygon, degrees."""
    label: str = "real"


@dataclass(frozen=True, slots=True)
class Area:
    """A surface for maps."""

    id: str
    kind: str
    """`water`, `green`, or `land` that no parish covers."""
    names: dict[str, str]
    geometry: Any
    """Shapely (multi)polygon, degrees."""


@dataclass(frozen=True, slots=True)
class Weight:
    """A point that carries residents."""

    lon: float
    lat: float
    residents: float
    parish: str


def read_places(file: Path) -> list[Place]:
    """The points in a GeoJSON file; none if it does not exist."""
    found = []
    for place, body, geometry in _features(file):
        lon, lat = _point(geometry, place)
        found.append(Place(body["id"], body["kind"], _names(body), lon, lat, body.get("label", "real")))
    return found


def read_parishes(file: Path) -> list[Parish]:
    """The parishes in a GeoJSON file; none if it does not exist."""
    import shapely.geometry

    return [
        Parish(
            body["id"],
            _names(body),
            int(body.get("population", 0)),
            shapely.geometry.shape(geometry),
            body.get("label", "real"),
        )
        for _, body, geometry in _features(file)
    ]


def read_areas(file: Path) -> list[Area]:
    """The surfaces in a GeoJSON file; none if it does not exist."""
    import shapely.geometry

    return [
        Area(body["id"], body["kind"], _names(body), shapely.geometry.shape(geometry))
        for _, body, geometry in _features(file)
    ]


def read_weights(file: Path) -> list[Weight]:
    """Where residents live; none if the file does not exist."""
    from guia.packs.network import read_parquet

    if not file.exists():
        return []
    return [Weight(**row) for row in read_parquet(file).to_pylist()]


def write_weights(weights: list[Weight], file: Path) -> None:
    """Write where residents live."""
    import pyarrow as pa

    from guia.packs.network import write_parquet

    columns = {n: [getattr(w, n) for w in weights] for n in ("lon", "lat", "residents", "parish")}
    write_parquet(pa.table(columns), file)


def write_places(places: list[Place], file: Path) -> None:
    """Write points as GeoJSON, one feature per line, in order of kind and id."""
    _write(
        [
            (
                {"id": p.id, "kind": p.kind, **_name_members(p.names), "label": p.label},
                {"type": "Point", "coordinates": [round(p.lon, 6), round(p.lat, 6)]},
            )
            for p in sorted(places, key=lambda p: (p.kind, p.id))
        ],
        file,
    )


def write_parishes(parishes: list[Parish], file: Path) -> None:
    """Write parishes as GeoJSON, one feature per line."""
    _write(
        [
            (
                {"id": p.id, **_name_members(p.names), "population": p.population, "label": p.label},
                _outline(p.geometry),
            )
            for p in sorted(parishes, key=lambda p: p.id)
        ],
        file,
    )


def write_areas(areas: list[Area], file: Path) -> None:
    """Write surfaces as GeoJSON, one feature per line."""
    _write(
        [
            ({"id": a.id, "kind": a.kind, **_name_members(a.names)}, _outline(a.geometry))
            for a in sorted(areas, key=lambda a: (a.kind, a.id))
        ],
        file,
    )


def _features(file: Path) -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
    """(place, properties, geometry) of each feature; InvalidInput where it is no such file."""
    if not file.exists():
        return []
    remedy = "compare with docs/city-packs.md"
    try:
        collection = json.loads(file.read_text(encoding="utf-8"))
        features = collection["features"]
    except (ValueError, KeyError, TypeError) as reason:
        raise InvalidInput(f"not a GeoJSON collection: {reason}", place=str(file), remedy=remedy) from None
    found = []
    for number, feature in enumerate(features, 1):
        place = f"{file} feature {number}"
        try:
            body, geometry = feature["properties"], feature["geometry"]
            body["id"], geometry["type"], geometry["coordinates"]
        except (KeyError, TypeError) as missing:
            raise InvalidInput(f"the feature lacks {missing}", place=place, remedy=remedy) from None
        found.append((place, body, geometry))
    return found


def _point(geometry: dict[str, Any], place: str) -> tuple[float, float]:
    if geometry["type"] != "Point" or len(geometry["coordinates"]) < 2:
        raise InvalidInput("not a point", place=place, remedy="give a Point with longitude, latitude")
    return float(geometry["coordinates"][0]), float(geometry["coordinates"][1])


def _names(body: dict[str, Any]) -> dict[str, str]:
    return {k: body.get(f"name_{k}", "") for k in ("en", "zh", "pt")}


def _name_members(names: dict[str, str]) -> dict[str, str]:
    return {f"name_{k}": names[k] for k in ("en", "zh", "pt") if names.get(k)}


def _outline(geometry: Any) -> dict[str, Any]:
    """GeoJSON geometry rounded to a decimetre."""
    import shapely
    import shapely.geometry

    return shapely.geometry.mapping(shapely.set_precision(geometry, 1e-6))


def _write(features: list[tuple[dict[str, Any], dict[str, Any]]], file: Path) -> None:
    lines = [
        json.dumps({"type": "Feature", "properties": body, "geometry": geometry}, ensure_ascii=False)
        for body, geometry in features
    ]
    file.parent.mkdir(parents=True, exist_ok=True)
    text = '{"type": "FeatureCollection", "features": [\n' + ",\n".join(lines) + "\n]}\n"
    file.write_text(text, encoding="utf-8")
