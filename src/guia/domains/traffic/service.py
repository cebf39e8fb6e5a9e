"""What the traffic domain answers: the state of the roads now, ahead and in the past; segments; junctions."""

from functools import cached_property
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from guia.capabilities.routes import Place, Route
from guia.core.clock import MINUTE, SECOND, Clock, iso
from guia.core.columns import Batch, Float64, Int32, Label
from guia.core.errors import InvalidInput, NotFound
from guia.core.hub import Hub
from guia.core.ids import urn
from guia.domains.answers import numbers
from guia.domains.traffic import rules
from guia.packs.network import ROAD_CLASSES
from guia.packs.pack import Pack

if TYPE_CHECKING:
    from guia.domains.traffic.routing import Router

LONGEST_MIN = 60
KEPT = 64
"""Encoded answers kept: every horizon of the present minute, and a few of the past."""
LOOK_BACK = 20 * MINUTE
"""How old a state of the past may be: histories brought in from outside come in quarters of an hour."""


class Traffic:
    """Questions to the hub about the roads of one city."""

    def __init__(self, pack: Pack, hub: Hub, clock: Clock) -> None:
        self.pack = pack
        self.hub = hub
        self.clock = clock
        self.network = pack.network
        self._ids: dict[str, Int32] = {}
        self._kept: dict[tuple[int, int], bytes] = {}

    @cached_property
    def router(self) -> "Router":
        """Made at the first question for a route: loading its kernels takes seconds."""
        from guia.domains.traffic.routing import Router

        return Router(self.pack, self.hub)

    @cached_property
    def label(self) -> str:
        """Label of the worst feed: nothing concluded from it is better."""
        return max((Label.parse(f.label) for f in self.pack.feeds), default=Label.REAL).text

    def ids(self, attribute: str) -> Int32:
        """Series of an attribute of every segment, -1 where there is none."""
        known = self._ids.get(attribute)
        if known is None or not (known >= 0).any():
            names = [f"{urn('RoadSegment', self.pack.name, str(s))}|{attribute}" for s in self.network.id]
            known = self._ids[attribute] = self.hub.ids(names)
        return known

    def time(self) -> int:
        """Instant of the newest state; 0 before the first."""
        return int(self._latest("speed").observed.max(initial=0))

    def network_body(self) -> dict[str, Any]:
        """Geometry and attributes of every segment, in network order."""
        net = self.network
        lines = [np.round(net.line(i), 6).ravel().tolist() for i in range(len(net))]
        source = self.pack.source("roads/segments.parquet") if self.pack.sources else None
        return {
            "ids": net.id.tolist(),
            "classes": [ROAD_CLASSES[c] for c in net.road_class],
            "names": {"zh": net.name_zh.tolist(), "pt": net.name_pt.tolist(), "en": net.name_en.tolist()},
            "length_m": numbers(net.length_m),
            "lanes": net.lanes.tolist(),
            "free_speed_kmh": numbers(net.free_speed_kmh),
            "bridge": net.bridge.tolist(),
            "access": net.access.tolist(),
            "coordinates": lines,
            "label": source.label if source else "real",
            "source": f"{source.title}, {source.publisher}, {source.licence}" if source else "",
        }

    def state(self, horizon_min: int, at: int | None = None) -> bytes:
        """The state as encoded JSON: now, `horizon_min` ahead (0-60), or as it was at an instant."""
        if not 0 <= horizon_min <= LONGEST_MIN:
            raise InvalidInput(
                f"horizon {horizon_min} is not between 0 and {LONGEST_MIN}",
                place="query horizon", remedy="ask for minutes ahead, 0 to 60",
            )  # fmt: skip
        if at is not None:
            return self._encode(at, 0, *self._past(at))
        latest = self._latest("speed")
        time = int(latest.observed.max(initial=0)) or self.clock.now() // SECOND * SECOND
        key = (time, horizon_min)
        if key not in self._kept:
            while len(self._kept) >= KEPT:
                del self._kept[next(iter(self._kept))]
            self._kept[key] = self._encode(time, horizon_min, *self._ahead(latest, time, horizon_min))
        return self._kept[key]

    def _latest(self, attribute: str) -> Batch:
        return self.hub.latest(self.ids(attribute))

    def _ahead(
        self, latest: Batch, time: int, horizon_min: int
    ) -> tuple[Float64, Float64, Float64, NDArray[Any]]:
        ids = self.ids("speed")
        target = time + horizon_min * MINUTE
        low, median, high = (self.hub.forecast_latest(ids, target, q) for q in (0.1, 0.5, 0.9))
        quality = latest.quality
        if horizon_min == 0:
            median = latest.value
        else:
            quality = np.where(np.isnan(median), 3, 2)
        return median, np.fmin(low, median), np.fmax(high, median), quality

    def _past(self, at: int) -> tuple[Float64, Float64, Float64, NDArray[Any]]:
        ids = self.ids("speed")
        known = ids[ids >= 0]
        found = self.hub.history(known, at - LOOK_BACK, at + 1)
        speed, quality = np.full(len(ids), np.nan), np.full(len(ids), 3)
        row = np.full(int(known.max(initial=0)) + 1, -1)
        row[known] = np.flatnonzero(ids >= 0)
        speed[row[found.series]] = found.value
        quality[row[found.series]] = found.quality
        return speed, np.full(len(ids), np.nan), np.full(len(ids), np.nan), quality

    def _encode(
        self, time: int, horizon_min: int, speed: Float64, low: Float64, high: Float64, quality: Any
    ) -> bytes:
        known = ~np.isnan(speed)
        level = rules.level(np.where(known, speed, 0) / self.network.free_speed_kmh).tolist()
        for row in np.flatnonzero(~known):
            level[row] = None
        return msgspec.json.encode(
            {
                "time": iso(time + horizon_min * MINUTE),
                "issued": iso(time),
                "horizon_min": horizon_min,
                "speed_kmh": numbers(speed),
                "level": level,
                "low_kmh": numbers(low),
                "high_kmh": numbers(high),
                "quality": quality.tolist(),
                "label": self.label,
                "source": "traffic brain, from detectors and vehicle positions",
            }
        )

    def route(self, start: Place, goal: Place, mode: str, depart: int) -> dict[str, Any]:
        """A route with what disturbs it: open traffic alerts on its way."""
        found = self.router.route(start, goal, mode, depart)
        entities = {urn("RoadSegment", self.pack.name, s) for s in found.segments}
        met = [a for a in self.hub.alerts(open_only=True, domain="traffic") if entities & set(a.entities)]
        return {
            "mode": found.mode,
            "depart": iso(found.depart),
            "arrive": iso(found.arrive // SECOND * SECOND),
            "arrive_early": iso(found.arrive_early // SECOND * SECOND),
            "arrive_late": iso(found.arrive_late // SECOND * SECOND),
            "duration_s": round((found.arrive - found.depart) / SECOND),
            "distance_m": round(found.distance_m),
            "coordinates": found.coordinates.tolist(),
            "steps": [
                {
                    "name": s.names, "distance_m": round(s.distance_m), "duration_s": round(s.duration_s),
                    "level": s.level,
                }
                for s in found.steps
            ],
            "warnings": [{"id": a.id, "title": a.title, "severity": a.severity} for a in met] if mode == "car" else [],
            "label": self.label if mode == "car" else "real",
            "source": "streets of the city pack" + (", speeds foreseen by the traffic brain" if mode == "car" else ""),
        }  # fmt: skip

    def segment(self, segment_id: str) -> dict[str, Any]:
        """One segment: what the pack says, its series, and what is newest; NotFound."""
        row = self.network.row.get(segment_id)
        if row is None:
            raise NotFound(f"no segment {segment_id!r}", remedy="GET /api/traffic/network lists the ids")
        net = self.network
        entity = urn("RoadSegment", self.pack.name, segment_id)
        detector = urn("TrafficDetector", self.pack.name, segment_id)
        names = [f"{entity}|{a}" for a in ("speed", "level", "flow")]
        names += [f"{detector}|{a}" for a in ("count", "speed", "occupancy")]
        ids = self.hub.ids(names)
        latest = self.hub.latest(ids)
        defined = {s.name: s for s in self.hub.series(ids[ids >= 0])}
        return {
            "id": segment_id,
            "entity": entity,
            "names": net.names(row),
            "class": ROAD_CLASSES[net.road_class[row]],
            "length_m": round(float(net.length_m[row]), 1),
            "lanes": int(net.lanes[row]),
            "free_speed_kmh": float(net.free_speed_kmh[row]),
            "coordinates": np.round(net.line(row), 6).tolist(),
            "series": [
                {
                    "id": int(ids[k]), "name": name, "unit": defined[name].unit, "label": defined[name].label,
                    "source": defined[name].source,
                    "value": None if np.isnan(latest.value[k]) else float(latest.value[k]),
                    "observed": iso(int(latest.observed[k])) if latest.observed[k] else None,
                    "quality": int(latest.quality[k]),
                }
                for k, name in enumerate(names)
                if name in defined
            ],
        }  # fmt: skip

    def junctions(self) -> list[dict[str, Any]]:
        """Every junction with signals: where, stored plans, and what runs now."""
        return [self._junction(j) for j in self.pack.signals]

    def junction(self, junction_id: str) -> dict[str, Any]:
        """One junction, with its movements and stages; NotFound."""
        for j in self.pack.signals:
            if j.id == junction_id:
                return {
                    **self._junction(j),
                    "movements": j.movements,
                    "stages": msgspec.to_builtins(j.stages),
                }
        raise NotFound(f"no junction {junction_id!r}", remedy="GET /api/traffic/junctions lists the ids")

    def _junction(self, junction: Any) -> dict[str, Any]:
        entity = urn("TrafficLight", self.pack.name, junction.id)
        ids = self.hub.ids([f"{entity}|plan", f"{entity}|stage"])
        running = self.hub.latest(ids)
        plan, stage = (None if np.isnan(v) else int(v) for v in running.value)
        return {
            "id": junction.id,
            "entity": entity,
            "names": junction.names,
            "lon": junction.lon,
            "lat": junction.lat,
            "plan": plan,
            "stage": stage,
            "observed": iso(int(running.observed.max())) if running.observed.max() else None,
            "plans": [{**msgspec.to_builtins(p), "cycle_s": p.cycle_s} for p in junction.plans],
            "label": junction.label,
            "source": "stored plans of the city pack; running plan as the controllers report it",
        }


class Offered:
    """What traffic offers other domains as `guia.capabilities.routes.Routes`; a start need not wait for its router."""

    def __init__(self, traffic: Traffic) -> None:
        self._traffic = traffic

    def route(self, start: Place, goal: Place, mode: str, depart: int) -> Route:
        """See the protocol."""
        return self._traffic.router.route(start, goal, mode, depart)
