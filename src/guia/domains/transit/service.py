"""What the transit domain answers: vehicles, lines, stops, departures."""

from typing import Any

import numpy as np

from guia.core.clock import SECOND, Clock, iso
from guia.core.errors import NotFound
from guia.core.hub import Hub
from guia.core.ids import local_part, urn
from guia.domains.answers import numbers
from guia.domains.transit.schedule import Schedule
from guia.engines.transit.departures import following
from guia.engines.transit.positions import under_way
from guia.engines.transit.shapes import along
from guia.packs.pack import Pack


class Transit:
    """Questions about the public transport of one city."""

    def __init__(self, pack: Pack, hub: Hub, clock: Clock) -> None:
        self.pack = pack
        self.hub = hub
        self.clock = clock
        self.schedule = Schedule(pack)

    def vehicles(self, at: int) -> dict[str, Any]:
        """Every vehicle under way at an instant: where the timetable has it."""
        day, net = self.schedule.day(at), self.schedule.network
        table = day.timetable
        running = under_way(table, (at - day.origin) / SECOND)
        x, y, bearing = along(net.lines, table.shape[running.trip], running.offset_m)
        lon, lat = self.pack.projection.to_lonlat(x, y)
        route = table.route[running.trip]
        trips = table.trip[running.trip]
        return {
            "time": iso(at),
            "id": [
                f"{self.schedule.feed.trip_ids[t]}@{s}"
                for t, s in zip(trips, table.start_s[running.trip], strict=True)
            ],
            "kind": [net.route_kind[r] for r in route],
            "route": self.schedule.route_names[route].tolist(),
            "headsign": [self.schedule.headsign(int(t)) for t in trips],
            "lon": numbers(lon, 6),
            "lat": numbers(lat, 6),
            "bearing": numbers(bearing, 0),
            "speed_kmh": numbers(running.speed_ms * 3.6),
            "delay_s": [None] * len(trips),
            "predicted": [True] * len(trips),
            "label": self.schedule.label,
            "source": self.schedule.source,
        }

    def lines(self) -> list[dict[str, Any]]:
        """Routes with kind, colour, names and the shapes they follow."""
        net, feed = self.schedule.network, self.schedule.feed
        colours, texts = feed.text("routes", "route_color"), feed.text("routes", "route_text_color")
        long = feed.text("routes", "route_long_name")
        shapes: dict[int, set[int]] = {}
        for route, shape in set(zip(net.trips.route.tolist(), net.trips.shape.tolist(), strict=True)):
            shapes.setdefault(route, set()).add(shape)
        return [
            {
                "id": str(net.route_id[r]),
                "entity": urn("PublicTransportRoute", self.pack.name, str(net.route_id[r])),
                "kind": net.route_kind[r],
                "name": str(self.schedule.route_names[r]),
                "names": feed.names(
                    "routes", "route_long_name", str(net.route_id[r]), str(long[r]), self.schedule.language
                ),
                "colour": f"#{colours[r]}" if colours[r] else None,
                "text_colour": f"#{texts[r]}" if texts[r] else None,
                "shapes": [self._line(s) for s in sorted(shapes.get(r, ()))],
                "label": self.schedule.label,
                "source": self.schedule.source,
            }
            for r in range(len(net.route_id))
        ]

    def _line(self, shape: int) -> list[list[float]]:
        lines = self.schedule.network.lines
        xy = lines.xy[lines.first[shape] : lines.first[shape + 1]]
        lonlat: list[list[float]] = np.round(
            np.column_stack(self.pack.projection.to_lonlat(*xy.T)), 6
        ).tolist()
        return lonlat

    def stops(self) -> list[dict[str, Any]]:
        """Stops with names, place and the routes that call there."""
        net = self.schedule.network
        routes: dict[int, set[int]] = {}
        per_call = np.repeat(net.trips.route, np.diff(net.trips.first))
        for stop, route in np.unique(np.column_stack([net.trips.stop, per_call]), axis=0).tolist():
            routes.setdefault(stop, set()).add(route)
        return [
            {
                "id": str(net.stop_id[s]),
                "entity": urn("PublicTransportStop", self.pack.name, str(net.stop_id[s])),
                "names": self.schedule.stop_names(s),
                "lon": round(float(net.stop_lonlat[s, 0]), 6),
                "lat": round(float(net.stop_lonlat[s, 1]), 6),
                "routes": [str(self.schedule.route_names[r]) for r in sorted(routes.get(s, ()))],
                "kinds": sorted({net.route_kind[r] for r in routes.get(s, ())}),
                "label": self.schedule.label,
            }
            for s in range(len(net.stop_id))
        ]

    def departures(self, stop_id: str, at: int, limit: int) -> dict[str, Any]:
        """What leaves a stop next, by its id or its entity's; NotFound."""
        row = self.schedule.stop_row.get(local_part(stop_id))
        if row is None:
            raise NotFound(f"no stop {stop_id!r}", remedy="GET /api/transit/stops lists the ids")
        day, net = self.schedule.day(at), self.schedule.network
        table = day.timetable
        calls = following(day.board, table, row, (at - day.origin) / SECOND, min(max(limit, 1), 100))
        trips = np.searchsorted(table.first, calls, "right") - 1
        found = []
        for call, trip in zip(calls.tolist(), trips.tolist(), strict=True):
            leaves = day.origin + int(table.departure_s[call]) * SECOND
            found.append(
                {
                    "route": str(self.schedule.route_names[table.route[trip]]),
                    "kind": net.route_kind[table.route[trip]],
                    "headsign": self.schedule.headsign(int(table.trip[trip])),
                    "scheduled": iso(leaves),
                    "expected": iso(leaves),
                    "early": iso(leaves),
                    "late": iso(leaves),
                    "realtime": False,
                    "delay_s": None,
                    "estimate": bool(table.estimated[trip]),
                    "label": self.schedule.label,
                }
            )
        return {"stop": self._stop(row), "departures": found}

    def _stop(self, row: int) -> dict[str, Any]:
        lon, lat = self.schedule.network.stop_lonlat[row].tolist()
        return {
            "id": str(self.schedule.network.stop_id[row]),
            "names": self.schedule.stop_names(row),
            "lon": lon,
            "lat": lat,
        }
