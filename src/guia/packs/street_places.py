"""Streets and bridges as places that can be searched by name."""

from guia.packs.network import RoadNetwork
from guia.packs.places import Place


def street_places(network: RoadNetwork) -> list[Place]:
    """One place per name, on the middle of its longest segment, ordered by name."""
    by_name: dict[tuple[str, str, str], list[int]] = {}
    for i in range(len(network)):
        key = (str(network.name_zh[i]), str(network.name_pt[i]), str(network.name_en[i]))
        if any(key):
            by_name.setdefault(key, []).append(i)
    places = []
    for (chinese, portuguese, english), rows in sorted(by_name.items()):
        longest = max(rows, key=lambda i: (network.length_m[i], network.id[i]))
        line = network.line(longest)
        lon, lat = line[len(line) // 2]
        kind = "bridge" if network.bridge[rows].any() else "street"
        names = {"en": english, "zh": chinese, "pt": portuguese}
        places.append(Place(f"{kind}-{network.id[longest]}", kind, names, float(lon), float(lat)))
    return places
