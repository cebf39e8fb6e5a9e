"""A city for tests: two alerts, two proposals, an hour of one series."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from guia.core.alert import Alert
from guia.core.clock import HOUR, MINUTE, ManualClock
from guia.core.columns import Batch
from guia.core.decision import Decision, Effect, Evidence, Option
from guia.core.hub import Hub
from guia.core.series import Series

ROOT = Path(__file__).parents[2]
NOW = 1_800_000_000_000_000_000
SENSOR = "urn:ngsi-ld:TrafficDetector:tiny:bridge"


@dataclass
class SmallCity:
    """What the web asks of a city."""

    data: Path
    hub: Hub
    clock: ManualClock
    name: str = "tiny"
    pack: Path = ROOT / "cities/tiny"
    figures: dict[str, Any] = field(default_factory=dict)

    def stats(self) -> dict[str, Any]:
        """No brains run here."""
        return self.figures


@dataclass(frozen=True)
class Answering:
    """Where the city answers, and the operator's token."""

    url: str
    token: str
    hub: Hub


def fill(hub: Hub) -> None:
    """What the city knows."""
    ids = hub.define([Series(entity=SENSOR, attribute="count", label="synthetic", source="sample")])
    times = [NOW - HOUR + m * MINUTE for m in range(60)]
    hub.ingest(Batch.of([ids[0]] * 60, times, [float(m) for m in range(60)]), "sample")
    for number, severity in enumerate(("minor", "severe")):
        alert = Alert(
            id=f"alert-{severity}",
            domain="traffic",
            kind="congestion",
            severity=severity,
            title={"en": f"Long Bridge: {severity} queue", "zh": "長橋：擠塞", "pt": "Ponte Longa: fila"},
            since=NOW - number * HOUR,
            updated=NOW,
            until=NOW + HOUR,
            label="synthetic",
        )
        hub.put_alerts([alert], "traffic")
    for name in ("first", "second"):
        hub.put_decisions([decision(name)], "traffic")


def decision(name: str) -> Decision:
    """A proposal with evidence and an alternative."""
    effect = Effect(metric="delay", unit="s", value=-12.0, low=-20.0, high=-4.0)
    return Decision(
        id=name,
        domain="traffic",
        action="signals.run-plan",
        parameters={"plan": "peak"},
        entities=(SENSOR,),
        title={"en": "Run the peak plan at Long Bridge"},
        cost={"en": "Side street waits 4 s longer"},
        proposed=NOW,
        known_at=0,
        expires=NOW + HOUR,
        evidence=(Evidence(note={"en": "Queue on the bridge"}, value=38.0, unit="MTR"),),
        alternatives=(Option(name={"en": "Stay with off-peak"}, predicted=effect),),
        predicted=effect,
        label="synthetic",
    )
