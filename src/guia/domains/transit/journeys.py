"""Journeys by public transport and on foot, searched by timetable, told with the delays that are known."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from guia.capabilities.routes import Place, Route
from guia.core.clock import SECOND, iso
from guia.core.columns import Int32
from guia.core.errors import GuiaError, NotFound
from guia.domains.transit.live import Live
from guia.domains.transit.model import Day
from guia.domains.transit.schedule import Schedule
from guia.engines.transit.raptor import NEVER, Footpaths, Journey, Patterns, Ride, journeys, patterns

WALK_MS, DETOUR = 1.33, 1.3
"""Walking speed, and how much longer streets are than the straight line (about 1.3 in cities, Ballou et al. 2002)."""
ACCESS_M, TRANSFER_M, ALL_THE_WAY_M = 900.0, 350.0, 2_000.0
"""Straight-line reach of walks to and from stops, between stops, and without any vehicle."""
MOST = 4
LOOK_AGAIN = 2
"""Searches after the first, each leaving after the first boarding found before."""
ESTIMATE_S, EXACT_S = 300, 60
CHANGE_S = 60

Walk = Callable[[Place, Place, int], Route]


@dataclass(frozen=True, slots=True)
class Leg:
    """One leg as it is expected. Instants in UTC nanoseconds."""

    depart: int
    arrive: int
    early: int
    late: int
    shown: dict[str, Any]


class Planner:
    """Plans journeys with one city's timetable."""

    def __init__(self, schedule: Schedule, live: Live, walk: Walk) -> None:
        self._schedule = schedule
        self._live = live
        self._walk = walk
        self._grouped: tuple[int, Patterns] | None = None

    def plan(self, start: Place, goal: Place, depart: int) -> list[list[Leg]]:
        """Up to four journeys, soonest arrival first; NotFound if there is none."""
        day = self._schedule.day(depart)
        access, egress = self._reach(start), self._reach(goal)
        found: list[list[Leg]] = []
        second = (depart - day.origin) // SECOND
        for _ in range(1 + LOOK_AGAIN):
            options = journeys(
                self._patterns(day),
                day.timetable,
                self._footpaths,
                access,
                egress,
                int(second),
                change_s=CHANGE_S,
            )
            if not options:
                break
            for option in options:
                legs = self._legs(option, start, goal, day, access, egress)
                if legs and not any(_same(legs, other) for other in found):
                    found.append(legs)
            boards = [
                int(day.timetable.departure_s[o.rides[0].board]) - int(access[o.start]) for o in options
            ]
            second = min(boards) + 1
        on_foot = self._on_foot(start, goal, depart)
        kept = _undominated(([on_foot] if on_foot else []) + found)
        if not kept:
            raise NotFound(
                "no journey was found",
                place="query from, to",
                remedy="choose places nearer to a stop, or another time of day",
            )
        return kept[:MOST]

    def _patterns(self, day: Day) -> Patterns:
        if self._grouped is None or self._grouped[0] != day.origin:
            stops = len(self._schedule.network.stop_id)
            self._grouped = (day.origin, patterns(day.timetable, stops))
        return self._grouped[1]

    def _reach(self, place: Place) -> Int32:
        """Seconds on foot between a place and every stop; NEVER where too far."""
        x, y = self._schedule.pack.projection.to_metres(*place)
        away = np.hypot(*(self._schedule.network.stop_xy - np.array([float(x), float(y)])).T)
        seconds = np.where(away <= ACCESS_M, np.ceil(away * DETOUR / WALK_MS), NEVER)
        return np.nan_to_num(seconds, nan=float(NEVER)).astype(np.int32)

    @cached_property
    def _footpaths(self) -> Footpaths:
        """Walks between stops near each other."""
        from scipy.spatial import cKDTree

        xy = np.nan_to_num(self._schedule.network.stop_xy, nan=1e9)
        pairs = (
            cKDTree(xy).query_pairs(TRANSFER_M, output_type="ndarray") if len(xy) else np.empty((0, 2), int)
        )
        both = np.concatenate([pairs, pairs[:, ::-1]])
        both = both[np.lexsort((both[:, 1], both[:, 0]))]
        away = np.hypot(*(xy[both[:, 0]] - xy[both[:, 1]]).T)
        first = np.searchsorted(both[:, 0], np.arange(len(xy) + 1)).astype(np.int32)
        return Footpaths(
            first, both[:, 1].astype(np.int32), np.ceil(away * DETOUR / WALK_MS).astype(np.int32)
        )

    def _legs(
        self, option: Journey, start: Place, goal: Place, day: Day, access: Int32, egress: Int32
    ) -> list[Leg] | None:
        """The journey leg by leg with the delays known; None if they break a change."""
        rides = [self._ride(r, day) for r in option.rides]
        board = [int(day.timetable.stop[r.board]) for r in option.rides]
        alight = [int(day.timetable.stop[r.alight]) for r in option.rides]
        walk_s = int(access[option.start])
        legs = [
            self._foot(start, self._at(board[0]), rides[0].depart - walk_s * SECOND, walk_s, None, board[0])
        ]
        for k, ride in enumerate(rides):
            if k:
                between = 0 if alight[k - 1] == board[k] else self._between(alight[k - 1], board[k])
                ready = rides[k - 1].arrive + (between or CHANGE_S) * SECOND
                if ready > ride.depart:
                    return None
                if between:
                    ends = self._at(alight[k - 1]), self._at(board[k])
                    legs.append(self._foot(*ends, rides[k - 1].arrive, between, alight[k - 1], board[k]))
            legs.append(ride)
        last_s = int(egress[option.goal])
        final = self._foot(self._at(alight[-1]), goal, rides[-1].arrive, last_s, alight[-1], None)
        spread = rides[-1].early - rides[-1].arrive, rides[-1].late - rides[-1].arrive
        legs.append(
            Leg(final.depart, final.arrive, final.arrive + spread[0], final.arrive + spread[1], final.shown)
        )
        return [leg for leg in legs if leg.shown["mode"] != "foot" or leg.arrive > leg.depart]

    def _between(self, stop: int, other: int) -> int:
        walks = self._footpaths
        span = slice(walks.first[stop], walks.first[stop + 1])
        return int(walks.seconds[span][np.flatnonzero(walks.stop[span] == other)[0]])

    def _at(self, stop: int) -> Place:
        lon, lat = self._schedule.network.stop_lonlat[stop].tolist()
        return lon, lat

    def _ride(self, ride: Ride, day: Day) -> Leg:
        """A ride with the delay foreseen where it is boarded and left."""
        table, net, schedule = day.timetable, self._schedule.network, self._schedule
        due = table.departure_s[ride.board], table.arrival_s[ride.alight]
        late = self._live.delays(np.array([ride.board]), np.array([ride.trip]), day)
        heard = not np.isnan(late[0, 1])
        guess = ESTIMATE_S if table.estimated[ride.trip] else EXACT_S
        shift = late[0] if heard else np.array([-guess if table.estimated[ride.trip] else 0, 0, guess])
        depart, arrive = (day.origin + int(d + shift[1]) * SECOND for d in due)
        way = table.offset_m[[ride.board, ride.alight]]
        route, trip = int(table.route[ride.trip]), int(table.trip[ride.trip])
        shown = {
            "mode": net.route_kind[route],
            "route": str(schedule.route_names[route]),
            "headsign": schedule.headsign(trip),
            "from": self._named(int(table.stop[ride.board])),
            "to": self._named(int(table.stop[ride.alight])),
            "coordinates": self._drawn(int(table.shape[ride.trip]), *way),
            "stops": ride.alight - ride.board,
            "realtime": heard,
            "estimate": bool(table.estimated[ride.trip]),
        }  # fmt: skip
        early, latest = (arrive + int(shift[k] - shift[1]) * SECOND for k in (0, 2))
        return Leg(depart, arrive, early, latest, shown)

    def _drawn(self, shape: int, start_m: float, end_m: float) -> list[list[float]]:
        """Longitude, latitude of a line between two offsets."""
        lines = self._schedule.network.lines
        points = slice(lines.first[shape], lines.first[shape + 1])
        xy, run_m = lines.xy[points], lines.run_m[points]
        inner = (run_m > start_m) & (run_m < end_m)
        ends = np.array([[np.interp(at, run_m, xy[:, k]) for k in (0, 1)] for at in (start_m, end_m)])
        cut = np.concatenate([ends[:1], xy[inner], ends[1:]])
        lonlat = np.column_stack(self._schedule.pack.projection.to_lonlat(*cut.T))
        drawn: list[list[float]] = np.round(lonlat, 6).tolist()
        return drawn

    def _named(self, stop: int | None, place: Place | None = None) -> dict[str, Any]:
        if stop is None:
            return {"lon": place[0], "lat": place[1]} if place else {}
        lon, lat = self._at(stop)
        return {
            "id": str(self._schedule.network.stop_id[stop]),
            "names": self._schedule.stop_names(stop),
            "lon": lon,
            "lat": lat,
        }

    def _foot(
        self, start: Place, goal: Place, depart: int, seconds: int, stop: int | None, other: int | None
    ) -> Leg:
        """A walk, drawn along streets where they are known."""
        try:
            drawn = self._walk(start, goal, depart).coordinates.tolist()
        except GuiaError:
            drawn = [list(start), list(goal)]
        arrive = depart + seconds * SECOND
        shown = {
            "mode": "foot", "from": self._named(stop, start), "to": self._named(other, goal), "coordinates": drawn,
            "stops": 0, "realtime": False,
        }  # fmt: skip
        return Leg(depart, arrive, arrive, arrive, shown)

    def _on_foot(self, start: Place, goal: Place, depart: int) -> list[Leg] | None:
        """Walking all the way, if that is not too far."""
        x, y = self._schedule.pack.projection.to_metres([start[0], goal[0]], [start[1], goal[1]])
        away = float(np.hypot(x[1] - x[0], y[1] - y[0]))
        if away > ALL_THE_WAY_M:
            return None
        seconds = int(np.ceil(away * DETOUR / WALK_MS))
        with suppress(GuiaError):
            seconds = (self._walk(start, goal, depart).arrive - depart) // SECOND
        leg = self._foot(start, goal, depart, seconds, None, None)
        early, late = (depart + int(seconds * share) * SECOND for share in (0.87, 1.18))
        return [Leg(leg.depart, leg.arrive, early, late, leg.shown)]


def _same(legs: list[Leg], others: list[Leg]) -> bool:
    return [(g.depart, g.shown.get("route")) for g in legs] == [
        (g.depart, g.shown.get("route")) for g in others
    ]


def _rides(legs: list[Leg]) -> int:
    return sum(leg.shown["mode"] != "foot" for leg in legs)


def _undominated(found: list[list[Leg]]) -> list[list[Leg]]:
    """Journeys that no other beats in leaving later, arriving sooner and changing less; soonest arrival first."""
    kept = []
    for legs in found:
        measure = (-legs[0].depart, legs[-1].arrive, _rides(legs))
        others = [(-o[0].depart, o[-1].arrive, _rides(o)) for o in found if o is not legs]
        if not any(all(a <= b for a, b in zip(o, measure, strict=True)) and o != measure for o in others):
            kept.append(legs)
    return sorted(kept, key=lambda legs: (legs[-1].arrive, _rides(legs)))


def shown(legs: list[Leg], label: str, estimated_label: str) -> dict[str, Any]:
    """A journey as the API shows it."""
    return {
        "depart": iso(legs[0].depart // SECOND * SECOND),
        "arrive": iso(legs[-1].arrive // SECOND * SECOND),
        "arrive_early": iso(legs[-1].early // SECOND * SECOND),
        "arrive_late": iso(legs[-1].late // SECOND * SECOND),
        "transfers": max(0, _rides(legs) - 1),
        "legs": [
            {
                **leg.shown,
                "depart": iso(leg.depart // SECOND * SECOND),
                "arrive": iso(leg.arrive // SECOND * SECOND),
            }
            for leg in legs
        ],
        "label": label if any(leg.shown["realtime"] for leg in legs) else estimated_label,
    }
