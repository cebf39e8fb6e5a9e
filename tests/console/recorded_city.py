"""A real hub on the tiny pack, filled with one recorded evening."""

from pathlib import Path
from typing import Any

import numpy as np

from guia.core.alert import Alert
from guia.core.clock import HOUR, MINUTE, SimulatedClock, instant
from guia.core.columns import Batch, Forecasts
from guia.core.decision import Decision, Effect, Evidence, Option
from guia.core.hub import Hub
from guia.core.ids import urn
from guia.core.series import Series
from guia.packs.pack import Pack

TINY = Path(__file__).parents[2] / "cities" / "tiny"
NOW = instant("2026-11-20T10:00:00Z")


class RecordedCity:
    """Free in the past, slow now, jammed in half an hour."""

    name = "tiny"
    pack = TINY

    def __init__(self, data: Path) -> None:
        self.data = data
        self.clock = SimulatedClock(NOW)
        self.hub = Hub.open(data, self.clock)
        pack = Pack.open(TINY)
        self.roads = pack.network
        self.stop_name = "Market"
        self.speed = self._speeds()
        self.hub.put_alerts(
            [self.alert("jam-1", "severe", 9.0), self.alert("slow-1", "minor", 2.0)], "traffic"
        )
        self.hub.put_decisions([self.proposal("plan-1"), self.proposal("plan-2")], "traffic")

    def stats(self) -> dict[str, Any]:
        return {"brains": {}}

    def _speeds(self) -> Any:
        specs = [
            Series(entity=urn("RoadSegment", "tiny", str(s)), attribute="speed", unit="KMH", label="synthetic",
                   source="traffic")
            for s in self.roads.id
        ]  # fmt: skip
        ids = self.hub.define(specs)
        free = self.roads.free_speed_kmh
        for minutes in range(0, 26 * 60, 15):
            ratio = 0.5 if minutes == 0 else 0.95
            self.hub.ingest(Batch.of(ids, NOW - minutes * MINUTE, free * ratio), "traffic")
        ahead = np.arange(5, 65, 5)
        series = np.tile(np.repeat(ids, len(ahead)), 3)
        target = NOW + np.tile(ahead, 3 * len(ids)) * MINUTE
        quantile = np.repeat([0.1, 0.5, 0.9], len(ids) * len(ahead))
        value = np.tile(np.repeat(free, len(ahead)), 3) * np.repeat([0.1, 0.2, 0.3], len(ids) * len(ahead))
        self.hub.put_forecasts(
            Forecasts(series.astype(np.int32), np.full(len(series), NOW), target, quantile, value, "test/1"),
            "traffic",
        )
        return ids

    def alert(self, name: str, severity: str, delay_min: float) -> Alert:
        line = self.roads.line(len(name) % len(self.roads))
        return Alert(
            id=name, domain="traffic", kind="congestion", severity=severity,
            title={"en": f"{name} Street: slow", "zh": "友誼大馬路：行車緩慢", "pt": f"Rua {name}: lenta"},
            entities=(urn("RoadSegment", "tiny", str(self.roads.id[0])),),
            geometry={"type": "LineString", "coordinates": np.asarray(line).tolist()},
            since=NOW - 10 * MINUTE, updated=NOW, until=NOW + 20 * MINUTE, measure=delay_min, measure_unit="MIN",
            label="synthetic",
        )  # fmt: skip

    def proposal(self, name: str) -> Decision:
        effect = Effect(
            metric="delay", unit="veh·min/h", value=-120, low=-180, high=-60, method="queue model"
        )
        return Decision(
            id=name, domain="traffic", action="signals.run-plan", parameters={"plan": 1}, entities=(),
            title={"en": f"Run the peak plan ({name})", "zh": "運行繁忙方案", "pt": "Passar ao plano de ponta"},
            cost={"en": "Side streets wait 9 s longer"}, proposed=NOW, known_at=self.hub.position,
            expires=NOW + HOUR, predicted=effect, label="synthetic",
            evidence=(Evidence(note={"en": "Occupancy of the northern arm"}, value=41.0, unit="P1"),),
            alternatives=(Option(name={"en": "Stay as it is"}),),
        )  # fmt: skip
