"""The traffic brain: each minute the state of every segment, each five minutes the hour ahead."""

from pathlib import Path

import numpy as np

from guia.core.brain import Brain, Outputs, View
from guia.core.columns import Batch, Float64, Forecasts, Int32, Label
from guia.core.decision import Decision
from guia.core.errors import GuiaError
from guia.core.ids import urn
from guia.core.series import Series
from guia.domains.traffic import rules
from guia.domains.traffic.congestion import Ground, jams
from guia.domains.traffic.evidence import Roads, headings, measure
from guia.domains.traffic.forecasts import ISSUE_EVERY, columns, foresee
from guia.domains.traffic.junctions import arms
from guia.domains.traffic.model import HORIZONS_MIN, RoadState
from guia.domains.traffic.plans import note_waiting, propose, review
from guia.domains.traffic.streets import Streets
from guia.domains.traffic.whole import Whole, foresee_whole
from guia.engines.estimation.spread import neighbourhood
from guia.engines.forecast import drift, profile
from guia.engines.graph.successors import successors
from guia.packs.network import BUS, CAR
from guia.packs.pack import Pack

ATTRIBUTES = (("speed", "KMH", 0.0, 200.0), ("level", "C62", 0.0, 5.0), ("flow", "C62", 0.0, 20_000.0))


def build(pack: Path) -> Brain[RoadState]:
    """The traffic brain of the city pack in folder `pack`."""
    return TrafficBrain(Pack.open(pack))


def input_label(pack: Pack) -> str:
    """Label of the worst feed that the pack runs with; what the brain concludes is no better."""
    return max((Label.parse(f.label) for f in pack.feeds), default=Label.REAL).text


class TrafficBrain:
    """Steps over all segments that cars may use; the other segments have no traffic state."""

    name = "traffic"
    period_s = 60
    deadline_s = 10.0
    memory_s = 600

    def __init__(self, pack: Pack) -> None:
        network = pack.network
        self.city = pack.name
        self.zone = pack.timezone
        self.label = input_label(pack)
        self.network = network
        self.car = network.allows(CAR | BUS)
        self.arcs = successors(network.from_node, network.to_node, network.turns, network.reverse, self.car)
        self.weights = neighbourhood(self.arcs, network.road_class)
        self.detectors = [d for d in pack.detectors if d in network.row]
        self.detector_rows = np.array([network.row[d] for d in self.detectors], np.int32)
        self.roads = Roads(
            free_speed_kmh=network.free_speed_kmh,
            heading=headings(pack.projection.points(network.points), network.first_point),
            index=network.nearest(pack.projection, CAR | BUS),
            stops=_bus_stops(pack),
        )
        self.ground = Ground(
            self.city, self.label, self.zone, network, self.arcs, Streets(pack, network, self.arcs), self.car
        )
        self.whole = Whole.of(network.length_m, network.free_speed_kmh, self.car)
        self.counted = np.zeros(len(network), bool)
        self.counted[self.detector_rows] = True
        self.junctions = arms(pack.signals, network, self.arcs, self.counted)
        self.level = str(pack.settings("traffic").get("level", "confirm"))
        segments = [urn("RoadSegment", self.city, str(s)) for s in network.id]
        self._own: dict[str, Int32] = {}
        self.names = {a[0]: [f"{s}|{a[0]}" for s in segments] for a in ATTRIBUTES}
        self.mean = Series(
            entity=urn("City", self.city, self.city), attribute="speed", unit="KMH",
            label=self.label, source=self.name, lower=0.0, upper=200.0,
        )  # fmt: skip

    def reads(self) -> list[str]:
        """Detectors, vehicles, running signal plans, and its own series (to know their ids)."""
        city = self.city
        loops = [f"urn:ngsi-ld:TrafficDetector:{city}:*|{a}" for a in ("count", "speed", "occupancy")]
        vehicles = [
            f"urn:ngsi-ld:Vehicle:{city}:*|{a}" for a in ("longitude", "latitude", "speed", "bearing")
        ]
        return [
            *loops,
            *vehicles,
            f"urn:ngsi-ld:TrafficLight:{city}:*|plan",
            f"urn:ngsi-ld:RoadSegment:{city}:*",
            self.mean.name,
        ]

    def writes(self) -> list[Series]:
        """The city's mean speed; speed and level of every segment that cars use, flow where a detector counts."""
        counted = self.counted
        return [
            self.mean,
            *(
                Series(
                    entity=urn("RoadSegment", self.city, str(self.network.id[i])), attribute=attribute, unit=unit,
                    label=self.label, source=self.name, lower=lower, upper=upper,
                )
                for attribute, unit, lower, upper in ATTRIBUTES
                for i in np.flatnonzero(counted if attribute == "flow" else self.car)
            ),
        ]  # fmt: skip

    def start(self) -> RoadState:
        """Nothing measured, nothing learned."""
        n = len(self.network)
        usual = np.full(n, rules.USUAL_RATIO)
        return RoadState(
            now=0,
            ratio=usual,
            variance=np.full(n, 0.15**2),
            seen=np.zeros(n, np.int64),
            flow_h=np.full(n, np.nan),
            profile=profile.flat(rules.SLOTS, usual),
            drift=drift.start(len(HORIZONS_MIN), 3, n, half_life=6.0, spread=0.2),
            whole=drift.start(len(HORIZONS_MIN), 1, 1, half_life=6.0, spread=0.05),
            slow=np.zeros(n, bool),
            streak=np.zeros(n, np.int32),
            waiting=np.empty((0, len(self.junctions))),
            flows=profile.flat(rules.SLOTS, np.zeros(len(self.detectors))),
        )

    def step(
        self, state: RoadState, view: View, now: int, rng: np.random.Generator
    ) -> tuple[RoadState, Outputs]:
        """One minute: measure, estimate, foresee, and say what needs a person."""
        measured = measure(view, self.city, self.detectors, self.detector_rows, self.roads, now)
        looks = now // ISSUE_EVERY != state.now // ISSUE_EVERY
        state = rules.estimate(state, measured, self.weights, self.network.road_class, now, self.zone)
        state = rules.learn_flows(state, measured.flow_h[self.detector_rows], now, self.zone)
        forecasts: tuple[Forecasts, ...] = ()
        if looks:
            state, shares = foresee(state, self.zone)
            state, mean = foresee_whole(state, self.whole, self.zone)
            free = np.array([self.whole.free_speed_kmh])
            forecasts = (
                columns(shares, self.network.free_speed_kmh, self._ids(view, "speed"), now),
                columns(mean, free, view.ids([self.mean.name]), now),
            )
        state, alerts = jams(state, view.alerts(), self.ground, rng)
        state, decisions = self._decide(state, view, looks, rng)
        notes = {"segments_measured": float((state.seen == now).sum()), "segments": float(self.car.sum())}
        observations = self._observations(state, view)
        return state, Outputs(observations, forecasts, tuple(alerts), tuple(decisions), notes)

    def _decide(
        self, state: RoadState, view: View, looks: bool, rng: np.random.Generator
    ) -> tuple[RoadState, list[Decision]]:
        """Measure and remember each minute; propose when it is time to look."""
        state = note_waiting(state, self.junctions, self.ground)
        state, moved = review(state, view, self.junctions, self.city)
        if not looks:
            return state, moved
        trend = np.ones(len(self.network))
        trend[self.detector_rows] = rules.flow_trend(state, self.zone)
        state, proposed = propose(state, view, self.junctions, trend, self.level, self.ground, rng)
        return state, moved + proposed

    def _ids(self, view: View, attribute: str) -> Int32:
        """Series of an attribute of every segment, -1 where none; a brain lives with one log, so they stay."""
        if attribute not in self._own:
            known = np.where(self.car, view.ids(self.names[attribute]), -1).astype(np.int32)
            if not (known >= 0).any():
                return known
            self._own[attribute] = known
        return self._own[attribute]

    def _observations(self, state: RoadState, view: View) -> Batch:
        """The city's mean speed; speed and level of every car segment, flow where counted in the last minutes."""
        quality = rules.quality(state.seen, state.now)
        counted = ~np.isnan(state.flow_h) & (state.now - state.seen <= rules.FRESH)
        mean = view.ids([self.mean.name])
        speed = round(self.whole.ratio(state.ratio) * self.whole.free_speed_kmh, 2)
        parts = [Batch.of(mean, state.now, speed, quality[self.car].min())] if mean[0] >= 0 else []
        for attribute, value, chosen in (
            ("speed", np.round(state.ratio * self.network.free_speed_kmh, 1), self.car),
            ("level", rules.level(state.ratio), self.car),
            ("flow", np.round(state.flow_h), counted),
        ):
            ids = self._ids(view, attribute)
            rows = chosen & (ids >= 0)
            parts.append(Batch.of(ids[rows], state.now, value[rows], quality[rows]))
        return Batch.concat(parts)


def _bus_stops(pack: Pack) -> Float64:
    """(S,2) metres of the stops in the pack's timetable; none if it has no sound one: dwells then count as slow."""
    try:
        stops = pack.gtfs.tables.get("stops")
    except GuiaError:
        stops = None
    if stops is None or stops.num_rows == 0:
        return np.empty((0, 2))
    lon, lat = (stops[c].cast("float64").to_numpy() for c in ("stop_lon", "stop_lat"))
    return np.column_stack(pack.projection.to_metres(lon, lat))
