"""Macau's named streets with lanes (OpenStreetMap), as streets."""

import json
import re
from pathlib import Path

import numpy as np

from guia.packs.network import EVERYBODY, FOOT, MOTOR, MOTORCYCLE
from guia.packs.streets import Street, class_and_link

_FAST = re.compile(r"Ponte|Viaduto|T[uú]nel|大橋|隧道|天橋|Rotunda Dr\. Sun", re.IGNORECASE)
_BRIDGE = re.compile(r"大橋|通道橋|天橋|Viaduto")
_NO_BRIDGE = re.compile(r"橋(大)?馬路|橋街|橋樑|廣場|隧道")
_MOTORCYCLES = re.compile(r"電單車專道|Motociclos")
_SPEED_KMH = {"大橋": 60.0, "隧道": 50.0}
NOT_CAR = {"pedestrian", "footway", "cycleway"}


def streets_of(facts: Path) -> list[Street]:
    """Every street of `roads/roads.json` in the direction of traffic, in file order."""
    rows = json.loads((facts / "roads" / "roads.json").read_text(encoding="utf-8"))
    return [_street(row) for row in rows]


def _street(row: dict[str, object]) -> Street:
    """One row as a street; a `reversed` row runs against its path."""
    path = np.array(row["path"], dtype=float)[:, ::-1]
    forward, back = len(row["lanesForward"]), len(row["lanesBackward"])
    if row.get("reversed"):
        path, forward, back = path[::-1], back, forward
    if row["oneway"]:
        forward, back = max(forward, 1), 0
    else:
        forward, back = max(forward, 1), max(back, 1)
    name = str(row["name"])
    road_class, _ = class_and_link(str(row["highway"]))
    return Street(
        lonlat=path,
        road_class=road_class,
        lanes=forward,
        lanes_back=back,
        names=split_name(name),
        access=_access(name, road_class),
        free_speed_kmh=next((v for k, v in _SPEED_KMH.items() if k in name and road_class != "service"), 0.0),
        bridge=bool(_BRIDGE.search(name)) and not _NO_BRIDGE.search(name),
        key=str(row["id"]),
    )


def split_name(name: str) -> dict[str, str]:
    """Chinese and Portuguese of "新馬路 Avenida Almeida Ribeiro"; the Portuguese one serves as English too."""
    cut = re.search(r"\s+(?=[^\W\d_][^一-鿿]*$)", name)
    has_chinese = re.search(r"[一-鿿]", name) is not None
    if not has_chinese:
        return {"zh": "", "pt": name, "en": name}
    if cut is None:
        return {"zh": name, "pt": "", "en": ""}
    chinese, portuguese = name[: cut.start()].strip(), name[cut.end() :].strip()
    return {"zh": chinese, "pt": portuguese, "en": portuguese}


def _access(name: str, road_class: str) -> int:
    """Who may use a street: motorcycle lanes for them alone; nobody walks over the long bridges' carriageways."""
    if _MOTORCYCLES.search(name):
        return MOTORCYCLE
    if road_class in NOT_CAR:
        return FOOT
    return MOTOR if re.search(r"西灣大橋|友誼大橋|澳門大橋|河底隧道", name) else EVERYBODY
