"""Macau's parishes, named places, surfaces, and where residents live."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import shapely
import shapely.geometry

from guia.core.place import LocalProjection
from guia.packs.macau.roads import split_name
from guia.packs.network import RoadNetwork
from guia.packs.places import Area, Parish, Place, Weight
from guia.packs.street_places import street_places

PARISHES = {
    "花地瑪堂區": ("fatima", "Our Lady of Fátima", 256_381),
    "花王堂區": ("santo-antonio", "St. Anthony", 133_920),
    "望德堂區": ("sao-lazaro", "St. Lazarus", 33_442),
    "大堂區": ("se", "Cathedral (Sé)", 55_275),
    "風順堂區": ("sao-lourenco", "St. Lawrence", 53_840),
    "嘉模堂區": ("carmo", "Our Lady of Carmel (Taipa)", 112_051),
    "聖方濟各堂區": ("sao-francisco", "St. Francis Xavier (Coloane)", 36_384),
    "路氹填海區": ("cotai", "Cotai reclamation zone", 0),
}
"""Residents counted by the 2021 census (DSEC); it counts the people of Cotai with Coloane."""
GATEWAYS = (
    ("portas-do-cerco", "Border Gate", "關閘", "Portas do Cerco", 113.5492, 22.2152),
    ("outer-harbour", "Outer Harbour Ferry Terminal", "外港客運碼頭", "Terminal Marítimo do Porto Exterior",
     113.55921, 22.197048),
    ("taipa-ferry", "Taipa Ferry Terminal", "氹仔客運碼頭", "Terminal Marítimo da Taipa", 113.5738656, 22.1630091),
    ("airport", "Macau International Airport", "澳門國際機場", "Aeroporto Internacional de Macau",
     113.5746484, 22.1594033),
    ("hengqin", "Hengqin Port", "橫琴口岸", "Posto Fronteiriço Hengqin", 113.5449167, 22.1406595),
    ("qingmao", "Qingmao Port", "青茂口岸", "Posto Fronteiriço Qingmao", 113.5417, 22.2129),
    ("hzmb", "Hong Kong-Zhuhai-Macao Bridge, Macau Port", "港珠澳大橋澳門口岸",
     "Posto Fronteiriço da Ponte Hong Kong-Zhuhai-Macau", 113.5776, 22.2063),
)  # fmt: skip
"""Ways into the city. The last two positions are typed by hand and marked for review."""
LANDMARKS = (
    ("ruins-of-st-paul", "Ruins of St. Paul's", "大三巴牌坊", "Ruínas de São Paulo", 113.5408, 22.1975),
    ("senado-square", "Senado Square", "議事亭前地", "Largo do Senado", 113.5397, 22.1936),
    ("guia-lighthouse", "Guia Fortress and Lighthouse", "東望洋炮台及燈塔", "Fortaleza e Farol da Guia",
     113.5499, 22.1965),
    ("a-ma-temple", "A-Ma Temple", "媽閣廟", "Templo de A-Má", 113.5311, 22.1861),
    ("mount-fortress", "Mount Fortress", "大炮台", "Fortaleza do Monte", 113.5424, 22.1971),
    ("macau-tower", "Macau Tower", "澳門旅遊塔", "Torre de Macau", 113.5369, 22.1797),
    ("taipa-houses", "Taipa Houses", "龍環葡韻", "Casas-Museu da Taipa", 113.5590, 22.1537),
    ("coloane-village", "Coloane Village", "路環市區", "Vila de Coloane", 113.5513, 22.1170),
    ("hac-sa-beach", "Hac Sa Beach", "黑沙海灘", "Praia de Hác-Sá", 113.5700, 22.1197),
)  # fmt: skip
"""Typed by hand, positions to about 100 m, marked for review."""
HOSPITALS = (
    ("conde-s-januario", "Conde S. Januário Hospital", "仁伯爵綜合醫院", "Centro Hospitalar Conde de São Januário",
     113.5475, 22.1945),
    ("kiang-wu", "Kiang Wu Hospital", "鏡湖醫院", "Hospital Kiang Wu", 113.5440, 22.2010),
)  # fmt: skip
"""On the peninsula, where the facilities file has none; typed by hand, marked for review."""
_HEALTH = {"hospitals": "hospital", "emergency_services": "hospital", "clinics": "clinic"}


def parishes_of(facts: Path) -> list[Parish]:
    """The seven parishes with the residents of the 2021 census, and Cotai."""
    found = []
    for feature in _features(facts / "derived" / "parishes.geojson"):
        names = split_name(feature["properties"]["name"])
        name, english, residents = PARISHES[names["zh"]]
        geometry = shapely.make_valid(shapely.geometry.shape(feature["geometry"]))
        found.append(Parish(name, {**names, "en": english}, residents, shapely.simplify(geometry, 2e-5)))
    return found


def places_of(facts: Path, network: RoadNetwork) -> list[Place]:
    """Gateways, landmarks, stations, health facilities, named parks, air stations, bridges and streets by name."""
    places = [Place(i, "gateway", _names(e, z, p), x, y) for i, e, z, p, x, y in GATEWAYS]
    places += [Place(i, "landmark", _names(e, z, p), x, y) for i, e, z, p, x, y in LANDMARKS]
    places += [Place(i, "hospital", _names(e, z, p), x, y) for i, e, z, p, x, y in HOSPITALS]
    for row in json.loads((facts / "mini-macau" / "stations.json").read_text(encoding="utf-8")):
        names = _names(row["name"], row["nameCn"], row["namePt"])
        places.append(Place(f"lrt-{row['id']}", "station", names, *row["coordinates"]))
    places += _facilities(facts) + _parks(facts) + _air_stations(facts)
    return places + street_places(network)


def areas_of(facts: Path) -> list[Area]:
    """Water and green surfaces of more than 400 m²."""
    found = []
    for kind, name in (("green", "green-spaces"), ("water", "water-bodies")):
        for feature in _features(facts / "derived" / f"{name}.geojson"):
            geometry = shapely.make_valid(shapely.geometry.shape(feature["geometry"]))
            if geometry.area * 1.06e10 < 400:
                continue
            body = feature["properties"]
            slim = shapely.simplify(geometry, 1.5e-5)
            found.append(Area(body["osm_id"], kind, _osm_names(body), slim))
    return found


def residents_of(facts: Path, parishes: list[Parish], projection: LocalProjection) -> list[Weight]:
    """Residents of each parish spread over its residential buildings by floor space, gathered in 150 m cells.

    Floor space is footprint times height (3 m a floor where no height is stated, six floors where nothing is).
    """
    buildings = _features(facts / "derived" / "residential-buildings.geojson")
    shapes = shapely.make_valid(np.array([shapely.geometry.shape(b["geometry"]) for b in buildings]))
    middle = shapely.get_coordinates(shapely.centroid(shapes))
    space = shapely.area(shapes) * [_floors(b["properties"]) for b in buildings]
    x, y = projection.to_metres(middle[:, 0], middle[:, 1])
    cell = np.column_stack([np.floor(x / 150), np.floor(y / 150)]).astype(int)
    weights: list[Weight] = []
    for parish in parishes:
        inside = shapely.contains_xy(parish.geometry, middle[:, 0], middle[:, 1])
        if parish.population == 0 or not inside.any():
            continue
        for key in np.unique(cell[inside], axis=0):
            here = inside & (cell == key).all(axis=1)
            share = space[here].sum() / space[inside].sum()
            lon, lat = np.average(middle[here], axis=0, weights=space[here])
            residents = round(float(parish.population * share), 1)
            weights.append(Weight(round(float(lon), 6), round(float(lat), 6), residents, parish.id))
    return weights


def district_of(network: RoadNetwork, parishes: list[Parish]) -> np.ndarray:
    """Number of the parish in which each segment's middle lies, or -1."""
    middle = network.points[(network.first_point[:-1] + network.first_point[1:]) // 2]
    district = np.full(len(network), -1, np.int32)
    for k, parish in enumerate(parishes):
        district[shapely.contains_xy(parish.geometry, middle[:, 0], middle[:, 1])] = k
    return district


def _floors(body: dict[str, Any]) -> float:
    for key, per_floor in (("building:levels", 1.0), ("height", 3.0)):
        try:
            return max(1.0, float(str(body[key]).removesuffix("m")) / per_floor)
        except (KeyError, ValueError):
            continue
    return 6.0


def _facilities(facts: Path) -> list[Place]:
    places = []
    for feature in _features(facts / "derived" / "healthcare-taipa-coloane.geojson"):
        body = feature["properties"]
        kind = _HEALTH.get(body["kind"])
        if kind and body.get("name"):
            lon, lat = _middle(feature)
            places.append(Place(body["osm_id"], kind, _osm_names(body), lon, lat))
    return places


def _parks(facts: Path) -> list[Place]:
    places = []
    for feature in _features(facts / "derived" / "green-spaces.geojson"):
        body = feature["properties"]
        if body.get("leisure") == "park" and body.get("name"):
            lon, lat = _middle(feature)
            places.append(Place(body["osm_id"], "park", _osm_names(body), lon, lat))
    return places


def _air_stations(facts: Path) -> list[Place]:
    body = json.loads((facts / "environment" / "smg-air-stations.json").read_text(encoding="utf-8"))
    return [
        Place(f"air-{code}", "air-station", {"en": s["name"], "zh": "", "pt": ""}, s["lon"], s["lat"])
        for code, s in body["stations"].items()
    ]


def _names(english: str, chinese: str, portuguese: str) -> dict[str, str]:
    return {"en": english, "zh": chinese, "pt": portuguese}


def _osm_names(body: dict[str, Any]) -> dict[str, str]:
    """Names of an OSM feature: its language tags, else its bilingual name split."""
    split = split_name(body.get("name", ""))
    found = {k: body.get(f"name:{k}") or split[k] for k in ("en", "zh", "pt")}
    return {**found, "en": found["en"] or found["pt"] or found["zh"]}


def _middle(feature: dict[str, Any]) -> tuple[float, float]:
    point = shapely.point_on_surface(shapely.make_valid(shapely.geometry.shape(feature["geometry"])))
    return round(point.x, 6), round(point.y, 6)


def _features(file: Path) -> list[dict[str, Any]]:
    return json.loads(file.read_text(encoding="utf-8"))["features"]
