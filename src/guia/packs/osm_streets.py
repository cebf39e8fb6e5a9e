"""OpenStreetMap ways as streets: class, one-way, lanes, limit, access, names; restrictions as forbidden turns."""

import re

from guia.formats.osm import Extract, Restriction, Way
from guia.packs.network import BICYCLE, BUS, EVERYBODY, FOOT, MOTOR, MOTORCYCLE
from guia.packs.streets import ACCESS, Street, class_and_link

_NO = {"no", "private", "agricultural", "forestry", "delivery", "customers"}
_USERS = (
    ("foot", FOOT),
    ("bicycle", BICYCLE),
    ("motor_vehicle", MOTOR),
    ("vehicle", MOTOR | BICYCLE),
    ("bus", BUS),
    ("psv", BUS),
    ("motorcycle", MOTORCYCLE),
)
_ALONE = {"motorway": MOTOR, "trunk": MOTOR}
_MILE_KM = 1.609344


def streets_of_osm(extract: Extract) -> tuple[list[Street], list[tuple[int, int, int]]]:
    """Streets in the order of the ways, and the forbidden turns (street, point number, street)."""
    ways = [w for w in extract.ways if _access(w.tags)]
    row = {way.id: i for i, way in enumerate(ways)}
    at_node: dict[int, set[int]] = {}
    for i, way in enumerate(ways):
        for node in way.nodes:
            at_node.setdefault(node, set()).add(i)
    forbidden = []
    for restriction in extract.restrictions:
        forbidden += _forbidden(restriction, ways, row, at_node)
    return [_street(way) for way in ways], forbidden


def _forbidden(
    rule: Restriction, ways: list[Way], row: dict[int, int], at_node: dict[int, set[int]]
) -> list[tuple[int, int, int]]:
    a, b = row.get(rule.from_way), row.get(rule.to_way)
    if a is None or b is None or rule.via_node not in ways[a].nodes:
        return []
    point = ways[a].nodes.index(rule.via_node)
    if _against(ways[a].tags):
        point = len(ways[a].nodes) - 1 - point
    if rule.kind.startswith("no_"):
        return [(a, point, b)]
    return [(a, point, other) for other in sorted(at_node[rule.via_node] - {a, b})]


def _street(way: Way) -> Street:
    tags = way.tags
    road_class, link = class_and_link(tags["highway"])
    one_way = _one_way(tags, road_class)
    lanes, back = _lanes(tags, one_way=one_way)
    name = tags.get("name", tags.get("ref", ""))
    return Street(
        lonlat=way.lonlat[::-1] if _against(tags) else way.lonlat,
        road_class=road_class,
        lanes=lanes,
        lanes_back=back,
        names={
            "zh": tags.get("name:zh", ""),
            "pt": tags.get("name:pt", ""),
            "en": tags.get("name:en", name),
        },
        access=_access(tags),
        free_speed_kmh=_limit_kmh(tags) or (40.0 if link else 0.0),
        bridge=tags.get("bridge", "no") not in {"no", ""},
        key=f"way/{way.id}",
    )


def _against(tags: dict[str, str]) -> bool:
    return tags.get("oneway") in {"-1", "reverse"}


def _one_way(tags: dict[str, str], road_class: str) -> bool:
    said = tags.get("oneway", "")
    if said in {"yes", "true", "1", "-1", "reverse"}:
        return True
    return said != "no" and (road_class == "motorway" or tags.get("junction") in {"roundabout", "circular"})


def _lanes(tags: dict[str, str], *, one_way: bool) -> tuple[int, int]:
    """Lanes in each direction: as tagged, else one each."""
    whole = _number(tags.get("lanes", ""))
    if one_way:
        return max(1, int(whole or 1)), 0
    there, back = _number(tags.get("lanes:forward", "")), _number(tags.get("lanes:backward", ""))
    half = (whole or 2) / 2
    return max(1, int(there or half)), max(1, int(back or half))


def _limit_kmh(tags: dict[str, str]) -> float:
    """The limit in km/h, 0 where there is none."""
    text = tags.get("maxspeed", "")
    value = _number(text) or 0.0
    value *= _MILE_KM if "mph" in text else 1.0
    return value if 5 <= value <= 150 else 0.0


def _number(text: str) -> float | None:
    found = re.match(r"\s*(\d+(\.\d+)?)", text)
    return float(found.group(1)) if found else None


def _access(tags: dict[str, str]) -> int:
    """Who may use a way, from the general tag to the special ones."""
    road_class, _ = class_and_link(tags["highway"])
    users = ACCESS.get(road_class, _ALONE.get(road_class, EVERYBODY))
    if tags.get("highway") in {"path", "steps", "track"}:
        users = FOOT if tags["highway"] == "steps" else FOOT | BICYCLE
    if tags.get("access") in _NO:
        users = 0
    for key, bits in _USERS:
        said = tags.get(key)
        if said in _NO:
            users &= ~bits
        elif said in {"yes", "designated", "permissive"}:
            users |= bits
    return users
