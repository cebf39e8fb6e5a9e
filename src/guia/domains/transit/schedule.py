"""The timetable of a city pack, ready to ask: networks and days are worked out once and kept."""

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from guia.core.ids import urn
from guia.domains.transit.delays import Calls, number
from guia.domains.transit.model import Day, Network
from guia.domains.transit.rules import day_about, local_day, network
from guia.packs.pack import Pack

DAYS_KEPT = 3


class Schedule:
    """What runs in the city of a pack."""

    def __init__(self, pack: Pack) -> None:
        self.pack = pack
        self.feed = pack.gtfs
        self._days: dict[object, Day] = {}

    @cached_property
    def network(self) -> Network:
        """Stops, routes and trips of all services."""
        return network(self.feed, self.pack.projection)

    def day(self, instant: int) -> Day:
        """The timetable about the local day in which an instant lies."""
        day = local_day(instant, self.pack.timezone)
        if day not in self._days:
            while len(self._days) >= DAYS_KEPT:
                del self._days[next(iter(self._days))]
            self._days[day] = day_about(self.network, self.feed, day, self.pack.timezone)
        return self._days[day]

    @cached_property
    def stop_row(self) -> dict[str, int]:
        """Row of each stop id."""
        return {str(s): i for i, s in enumerate(self.network.stop_id)}

    @cached_property
    def route_names(self) -> NDArray[np.str_]:
        """What riders call each route: its short name, else the long one, else its id."""
        short, long = (self.feed.text("routes", f"route_{k}_name") for k in ("short", "long"))
        ids = self.network.route_id
        return np.array([s or n or i for s, n, i in zip(short, long, ids, strict=True)], dtype=str)

    def stop_names(self, row: int) -> dict[str, str]:
        """Names of a stop per language."""
        record = str(self.network.stop_id[row])
        return self.feed.names("stops", "stop_name", record, str(self._stop_name[row]), self.language)

    def headsign(self, trip: int) -> dict[str, str]:
        """Where a trip of the feed goes, per language."""
        record = str(self.feed.trip_ids[trip])
        return self.feed.names(
            "trips", "trip_headsign", record, str(self.network.headsign[trip]), self.language
        )

    @cached_property
    def _stop_name(self) -> NDArray[np.str_]:
        return self.feed.text("stops", "stop_name")

    @cached_property
    def language(self) -> str:
        """Language of the feed's own texts."""
        told = self.feed.text("feed_info", "feed_lang")
        return str(
            self.pack.settings("transit").get("default_language") or (told[0][:2] if len(told) else "en")
        )

    @cached_property
    def label(self) -> str:
        """Label of the timetable."""
        return next((s.label for s in self.pack.sources if s.file == "transit/gtfs.zip"), "real")

    @cached_property
    def source(self) -> str:
        """Who says so."""
        found = next((s for s in self.pack.sources if s.file == "transit/gtfs.zip"), None)
        return f"{found.title}, {found.publisher}" if found else "timetable of the city pack"

    @cached_property
    def trip_row(self) -> dict[str, int]:
        """Row of each trip id of the feed."""
        return {str(t): i for i, t in enumerate(self.feed.trip_ids)}

    @cached_property
    def route_row(self) -> dict[str, int]:
        """Row of each route id."""
        return {str(r): i for i, r in enumerate(self.network.route_id)}

    @cached_property
    def calls(self) -> Calls:
        """Every stop, route and direction at which one can board, with the name of its series of delays."""
        net = self.network
        trip = net.trips.trip_of_call()
        boards = np.ones(len(trip), bool)
        boards[net.trips.first[1:] - 1] = False
        stop, route = net.trips.stop[boards], net.trips.route[trip[boards]]
        direction = net.direction[net.trips.trip[trip[boards]]]
        pair, first = np.unique(number(stop, route, direction), return_index=True)
        names = [
            f"{urn('PublicTransportStop', self.pack.name, str(net.stop_id[stop[i]]))}|"
            f"delay-{net.route_id[route[i]]}-{direction[i]}"
            for i in first
        ]
        return Calls(names, pair)
