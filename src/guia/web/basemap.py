"""The ground that maps are drawn on: land, water, green and named places of a city pack, as GeoJSON."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from guia.packs import Pack

PLACE_KINDS = ("station", "pier", "hospital", "park", "landmark", "gateway", "bridge")
"""Places worth a name on the map; stops and streets are drawn from their own answers."""
TOLERANCE_DEG = 1e-5
"""About a metre: finer detail is thinner than a line on any screen."""
COAST_DEG = 1.2e-3
"""About 130 m: how far land reaches around roads where a pack has no parishes."""


def basemap(pack: "Pack") -> dict[str, Any]:
    """`{land, water, green, places, label, source}`: four GeoJSON collections with names, and whose they are."""
    land = [_feature(p.geometry, p.names, population=p.population) for p in pack.parishes]
    land += [_feature(a.geometry, a.names) for a in pack.areas if a.kind == "land"]
    areas = {
        kind: [_feature(a.geometry, a.names) for a in pack.areas if a.kind == kind]
        for kind in ("water", "green")
    }
    sources = [s for s in pack.sources if s.file.startswith("places/")]
    return {
        "land": _collection(land or [_feature(_around_roads(pack), {})]),
        "water": _collection(areas["water"]),
        "green": _collection(areas["green"]),
        "places": _collection(
            [
                {
                    "type": "Feature",
                    "properties": {"id": p.id, "kind": p.kind, "names": p.names},
                    "geometry": {"type": "Point", "coordinates": [p.lon, p.lat]},
                }
                for p in pack.places
                if p.kind in PLACE_KINDS
            ]
        ),
        "label": "synthetic" if any(s.label == "synthetic" for s in sources) else "real",
        "source": ", ".join(dict.fromkeys(name for s in sources for name in _publishers(s.publisher))),
    }


def _publishers(text: str) -> list[str]:
    """Those named in a source; OpenStreetMap as its licence asks to be named."""
    names = [name.strip() for name in text.split(";") if name.strip()]
    return [f"© {name}" if name.startswith("OpenStreetMap") else name for name in names]


def _around_roads(pack: "Pack") -> Any:
    """Land of a pack without parishes: what lies near a road."""
    import shapely

    network = pack.network
    nodes = shapely.multipoints(list(zip(network.node_lon, network.node_lat, strict=True)))
    return nodes.buffer(COAST_DEG, quad_segs=2).buffer(-COAST_DEG / 3, quad_segs=2)


def _feature(geometry: Any, names: dict[str, str], **properties: object) -> dict[str, Any]:
    """One surface, thinned to what a screen shows."""
    import shapely
    from shapely.geometry import mapping

    thin = shapely.set_precision(geometry.simplify(TOLERANCE_DEG), 1e-6)
    return {"type": "Feature", "properties": {"names": names, **properties}, "geometry": mapping(thin)}


def _collection(features: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": features}
