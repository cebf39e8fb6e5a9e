"""Signal heads: what a controller's stage means for each link of SUMO's traffic light."""

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from xml.etree.ElementTree import iterparse

from guia.packs.network import RoadNetwork
from guia.packs.signals import Junction
from guia.twin.controller import GREEN, YELLOW


@dataclass(frozen=True)
class Head:
    """One controlled link: a lane-to-lane movement over the junction."""

    index: int
    """Place of its letter in the state of the traffic light."""
    from_edge: int
    to_edge: int
    foes: frozenset[int]
    """Indices of the heads of the same light whose vehicles cross or meet this one's."""


@dataclass(frozen=True)
class Light:
    """The letters of one traffic light for each stage, ready to be sent."""

    green: tuple[str, ...]
    yellow: tuple[str, ...]
    red: tuple[str, ...]

    def letters(self, stage: int, aspect: str) -> str:
        """SUMO's state text: G green, g green but give way, y yellow, r red, o signal off (give way)."""
        if aspect == GREEN:
            return self.green[stage]
        return self.yellow[stage] if aspect == YELLOW else self.red[stage]


def read_heads(net: Path) -> dict[str, list[Head]]:
    """Heads of each traffic light in the net, by index."""
    rows: dict[str, list[tuple[int, int, int, str, int]]] = defaultdict(list)
    foes: dict[str, list[str]] = defaultdict(list)
    requests: list[str] = []
    for _, element in iterparse(net, events=("end",)):
        if element.tag == "request":
            requests.append(element.get("foes", ""))
        elif element.tag == "junction":
            foes[element.get("id", "")], requests = requests, []
        elif element.tag == "connection" and element.get("tl"):
            node, link, lane = element.get("via", "")[1:].rsplit("_", 2)
            rows[element.get("tl", "")].append(
                (
                    int(element.get("linkIndex", "")),
                    int(element.get("from", "")),
                    int(element.get("to", "")),
                    node,
                    int(link) + int(lane),
                )
            )
    lights = {}
    for name, links in rows.items():
        place = {(node, link): index for index, _, _, node, link in links}
        lights[name] = [
            Head(index, start, end, _foes_of(foes[node], link, node, place))
            for index, start, end, node, link in sorted(links)
        ]
    return lights


def _foes_of(requests: list[str], link: int, node: str, place: dict[tuple[str, int], int]) -> frozenset[int]:
    """Heads that conflict with a node's link; SUMO writes the bits of `foes` from the last link to the first."""
    if link >= len(requests):
        return frozenset()
    bits = reversed(requests[link])
    return frozenset(
        place[node, other] for other, bit in enumerate(bits) if bit == "1" and (node, other) in place
    )


def light_of(junction: Junction, heads: list[Head], network: RoadNetwork) -> Light:
    """Letters of every stage. A head is green in the stages that name its movement; where none names it, it may go,
    giving way, with any green of its approach; an approach that no stage knows has its signal off (give way)."""
    row = network.row
    movements = [(row.get(a, -1), row.get(b, -1)) for a, b in junction.movements]
    named = set(movements)
    approaches = {start for start, _ in movements}
    greens = []
    for stage in junction.stages:
        moving = {movements[m] for m in stage.movements}
        starts = {start for start, _ in moving}
        greens.append(
            {
                h.index
                for h in heads
                if (h.from_edge, h.to_edge) in moving
                or ((h.from_edge, h.to_edge) not in named and h.from_edge in starts)
            }
        )
    off = {h.index for h in heads if h.from_edge not in approaches}
    return Light(
        green=tuple(_text(heads, green, off, greens_letter=True) for green in greens),
        yellow=tuple(_text(heads, green, off, greens_letter=False) for green in greens),
        red=tuple(_text(heads, set(), off, greens_letter=False) for _ in greens),
    )


def _text(heads: list[Head], moving: set[int], off: set[int], *, greens_letter: bool) -> str:
    """State text: heads in `moving` are green (giving way to a green foe) or yellow."""
    letters = []
    for head in heads:
        if head.index in off:
            letters.append("o")
        elif head.index not in moving:
            letters.append("r")
        elif greens_letter:
            letters.append("g" if head.foes & moving else "G")
        else:
            letters.append("y")
    return "".join(letters)
