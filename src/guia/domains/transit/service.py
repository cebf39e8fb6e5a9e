"""What the transit domain answers: vehicles, lines, stops, departures."""

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from guia.capabilities.departures import Departure
from guia.capabilities.routes import Place
from guia.core.clock import SECOND, Clock, iso
from guia.core.columns import Label
from guia.core.errors import NotFound
from guia.core.hub import Hub
from guia.core.ids import local_part, urn
from guia.domains.answers import numbers
from guia.domains.transit.heard import heard_routes, on_trips
from guia.domains.transit.live import Live
from guia.domains.transit.schedule import Schedule
from guia.engines.transit.departures import following
from guia.engines.transit.positions import under_way
from guia.engines.transit.shapes import along
from guia.engines.transit.timetable import Timetable
from guia.formats.gtfs import gtfs_time
from guia.packs.pack import Pack

if TYPE_CHECKING:
    from guia.domains.transit.journeys import Planner, Walk

LATEST_S = 2_400
"""Vehicles this late are still waited for."""
MOST = 100
ESTIMATE_S, EXACT_S = 300, 60
"""How far from a timetable that is an estimate, or exact, a vehicle may be of which nothing is heard."""


class Transit:
    """Questions about the public transport of one city."""

    def __init__(self, pack: Pack, hub: Hub, clock: Clock, walk: "Walk") -> None:
        self.pack = pack
        self.hub = hub
        self.clock = clock
        self.schedule = Schedule(pack)
        self._live = Live(self.schedule, hub, clock)
        self._walk = walk
        feeds = max((Label.parse(f.label) for f in pack.feeds), default=Label.REAL)
        self.label = max(feeds, Label.parse(self.schedule.label)).text

    def vehicles(self, at: int) -> dict[str, Any]:
        """Every vehicle under way: where it was heard of in the last minute, else where the timetable has it."""
        day, net = self.schedule.day(at), self.schedule.network
        table = day.timetable
        heard = self._live.heard(at)
        matched = on_trips(heard, self.schedule, day)
        running = under_way(table, (at - day.origin) / SECOND)
        silent = ~np.isin(running.trip, matched.trip)
        trip, offset = running.trip[silent], running.offset_m[silent]
        x, y, bearing = along(net.lines, table.shape[trip], offset)
        lon, lat = self.pack.projection.to_lonlat(x, y)
        rows = np.concatenate([matched.trip, trip])
        known = rows >= 0
        route = np.where(known, table.route[rows], heard_routes(heard, self.schedule, len(rows)))
        feed_trip = np.where(known, table.trip[rows], -1)
        names = [str(n) for n in self.schedule.route_names] + [""]
        kinds = [*net.route_kind, "bus"]
        none = len(trip)
        return {
            "time": iso(at),
            "id": [local_part(i) for i in heard.id] + [self._run(table, t) for t in trip],
            "kind": [kinds[r] for r in route],
            "route": [names[r] for r in route],
            "headsign": [self.schedule.headsign(int(t)) if t >= 0 else {} for t in feed_trip],
            "lon": numbers(np.concatenate([heard.lon, lon]), 6),
            "lat": numbers(np.concatenate([heard.lat, lat]), 6),
            "bearing": numbers(np.concatenate([heard.bearing, bearing]), 0),
            "speed_kmh": numbers(np.concatenate([heard.speed_kmh, running.speed_ms[silent] * 3.6])),
            "delay_s": numbers(np.concatenate([matched.delay_s, np.full(none, np.nan)]), 0),
            "predicted": [False] * len(heard.id) + [True] * none,
            "label": self.label if len(heard.id) else self.schedule.label,
            "source": self.schedule.source,
        }

    def _run(self, table: Timetable, trip: int) -> str:
        """A name for a run of a trip: its id and when it starts."""
        return (
            f"{self.schedule.feed.trip_ids[table.trip[trip]]}@{gtfs_time(int(table.start_s[trip]) % 86_400)}"
        )

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

    def departures(self, stop: str, at: int, limit: int) -> list[Departure]:
        """What leaves a stop next, by its id or its entity's; see `guia.capabilities.departures`."""
        row = self.stop(stop)
        day, net = self.schedule.day(at), self.schedule.network
        table = day.timetable
        second = (at - day.origin) / SECOND
        calls = following(day.board, table, row, second - LATEST_S, MOST + 20 * limit)
        trips = np.searchsorted(table.first, calls, "right") - 1
        late = self._live.delays(calls, trips, day)
        due = day.origin + table.departure_s[calls].astype(np.int64) * SECOND
        heard = ~np.isnan(late[:, 1])
        expected = due + np.where(heard, late[:, 1] * SECOND, 0).astype(np.int64)
        rows = np.flatnonzero(expected >= at - np.where(heard, 30 * SECOND, 0))
        rows = rows[np.argsort(expected[rows], kind="stable")][: min(max(limit, 1), MOST)]
        guess = np.where(table.estimated[trips], ESTIMATE_S, EXACT_S)
        return [
            Departure(
                route=str(self.schedule.route_names[table.route[trips[k]]]),
                headsign=self.schedule.headsign(int(table.trip[trips[k]])),
                kind=net.route_kind[table.route[trips[k]]],
                scheduled=int(due[k]),
                expected=int(expected[k]),
                early=int(due[k] + late[k, 0] * SECOND)
                if heard[k]
                else int(max(due[k] - guess[k] * SECOND, at)),
                late=int(due[k] + late[k, 2] * SECOND) if heard[k] else int(due[k] + guess[k] * SECOND),
                delay_s=float(late[k, 1]) if heard[k] else None,
                estimate=bool(table.estimated[trips[k]]),
                label=self.label if heard[k] else self.schedule.label,
            )
            for k in rows.tolist()
        ]

    def journeys(self, start: Place, goal: Place, depart: int) -> list[dict[str, Any]]:
        """Journeys by public transport and on foot, as the API shows them; NotFound."""
        from guia.domains.transit.journeys import shown

        return [
            shown(legs, self.label, self.schedule.label) for legs in self._planner.plan(start, goal, depart)
        ]

    @cached_property
    def _planner(self) -> "Planner":
        """Made at the first question for a journey: loading its kernels takes seconds."""
        from guia.domains.transit.journeys import Planner

        return Planner(self.schedule, self._live, self._walk)

    def stop(self, stop_id: str) -> int:
        """Row of a stop by its id or its entity's; NotFound."""
        row = self.schedule.stop_row.get(local_part(stop_id))
        if row is None:
            raise NotFound(f"no stop {stop_id!r}", remedy="GET /api/transit/stops lists the ids")
        return row

    def departure_board(self, stop: str, at: int, limit: int) -> dict[str, Any]:
        """The departures of a stop as the API shows them."""
        rows = []
        for d in self.departures(stop, at, limit):
            times = {
                k: iso(getattr(d, k) // SECOND * SECOND) for k in ("scheduled", "expected", "early", "late")
            }
            rows.append(
                {
                    "route": d.route, "kind": d.kind, "headsign": d.headsign, **times,
                    "realtime": d.delay_s is not None, "delay_s": d.delay_s, "estimate": d.estimate, "label": d.label,
                }
            )  # fmt: skip
        return {"stop": self.stop_shown(self.stop(stop)), "departures": rows}

    def stop_shown(self, row: int) -> dict[str, Any]:
        """A stop: id, names, place."""
        lon, lat = self.schedule.network.stop_lonlat[row].tolist()
        return {
            "id": str(self.schedule.network.stop_id[row]),
            "names": self.schedule.stop_names(row),
            "lon": lon,
            "lat": lat,
        }
