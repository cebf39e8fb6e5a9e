"""Streets: segments of one name, and where one gets to when following them."""

from functools import cached_property
from typing import Any

import numpy as np

from guia.core.columns import Float64, Int32
from guia.engines.graph.successors import Successors
from guia.packs.network import RoadNetwork
from guia.packs.pack import Pack

LANGUAGES = ("en", "zh", "pt")
FARTHEST = 400
"""Segments followed at most to the end of a street."""
Names = dict[str, str]


class Streets:
    """The named streets of a road network."""

    def __init__(self, pack: Pack, network: RoadNetwork, arcs: Successors) -> None:
        self._pack = pack
        self._network = network
        self._arcs = arcs
        self._goals: dict[tuple[int, int], Names] = {}

    @cached_property
    def street(self) -> Int32:
        """Street of each segment; -1 where it has no name."""
        net = self._network
        together = np.char.add(
            np.char.add(net.name_zh, "|"), np.char.add(net.name_pt, np.char.add("|", net.name_en))
        )
        names, number = np.unique(together, return_inverse=True)
        nameless = np.flatnonzero(names == "||")
        number = number.astype(np.int32)
        if len(nameless):
            number[number == nameless[0]] = -1
        return number

    def names(self, segment: int) -> Names:
        """Name of a segment's street in each language, another language's where it has none."""
        return complete(self._network.names(segment))

    def towards(self, segments: Int32) -> Names:
        """Where traffic on these segments of one street is going.

        The parish at the end of the street if it is another than where the segments begin, else the street
        that follows, else the nearest named place. Empty if there is none of them.
        """
        ends = int(segments[0]), int(segments[-1])
        if ends not in self._goals:
            self._goals[ends] = self._goal(*ends)
        return self._goals[ends]

    def _goal(self, first: int, last: int) -> Names:
        last = self._end(last)
        here = self._parish(self._start(first))
        there = self._parish(self._stop(last))
        if there is not None and there is not here:
            return complete(there)
        own = self.names(first)
        for following in self._arcs.of(last).tolist():
            if self.street[following] >= 0 and self.names(following).get("pt") != own.get("pt"):
                return self.names(following)
        return self._nearest_place(self._stop(last), own)

    def _end(self, segment: int) -> int:
        """Last segment of the street in the direction of `segment`, straightest on at forks."""
        seen = {segment}
        for _ in range(FARTHEST):
            onward = [s for s in self._arcs.of(segment).tolist() if self.street[s] == self.street[segment]]
            onward = [s for s in onward if s not in seen and s != self._network.reverse[segment]]
            if not onward:
                break
            segment = onward[0]
            seen.add(segment)
        return segment

    def _start(self, segment: int) -> Float64:
        return self._network.line(segment)[0]

    def _stop(self, segment: int) -> Float64:
        return self._network.line(segment)[-1]

    def _parish(self, spot: Float64) -> Any:
        """Names of the parish in which a spot lies, the same object each time; None outside of all."""
        import shapely

        parishes, tree = self._parishes
        found = tree.query(shapely.points(*spot), predicate="intersects") if parishes else ()
        return parishes[int(min(found))] if len(found) else None

    @cached_property
    def _parishes(self) -> tuple[list[Names], Any]:
        import shapely

        found = sorted(self._pack.parishes, key=lambda p: p.id)
        return [p.names for p in found], shapely.STRtree([p.geometry for p in found])

    def _nearest_place(self, spot: Float64, street: Names) -> Names:
        """The nearest place that is not called as the street itself."""
        places = [
            p
            for p in self._pack.places
            if p.kind in ("landmark", "gateway", "station", "pier", "park")
            and complete(p.names).get("pt") != street.get("pt")
        ]
        if not places:
            return {}
        away = [(p.lon - spot[0]) ** 2 + (p.lat - spot[1]) ** 2 for p in places]
        return complete(places[int(np.argmin(away))].names)


def complete(names: Names) -> Names:
    """A name for each language: Portuguese for English and English for Portuguese before Chinese.

    Of several names in one text (`A;B`, as OpenStreetMap has them) the first.
    """
    order = {"en": ("en", "pt", "zh"), "zh": ("zh", "pt", "en"), "pt": ("pt", "en", "zh")}
    found = {
        lang: next((names[k].split(";")[0] for k in order[lang] if names.get(k)), "") for lang in LANGUAGES
    }
    return found if any(found.values()) else {}
