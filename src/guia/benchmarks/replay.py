"""Whether a recorded hour, replayed twice, gives equal decisions and outputs; and how fast."""

import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from guia.benchmarks.result import Figure, show

if TYPE_CHECKING:
    from guia.core.decision import Decision
    from guia.core.hub import Hub
    from guia.packs.pack import Pack

SPEED = 60.0
START_S = 1_800_007_200
"""18:00 of a Friday in Macau: an hour in which the signals' timetable does not change plan."""

NIGHT_HOUR = 3


@click.command()
@click.option("--city", default="macau", show_default=True, help="Name or folder of the city pack.")
@click.option("--minutes", default=70, show_default=True, help="City time to record.")
@click.option("--data", type=click.Path(path_type=Path), help="Folder on the disk to use.")
@click.option("--json", "as_json", is_flag=True, help="Only the JSON line.")
def command(city: str, minutes: int, data: Path | None, as_json: bool) -> None:
    """Record an hour at 60 times real time with made-up sensors, signals and operator, then replay it twice.

    It takes ten minutes of the city's time more, so that what was decided is measured as well.
    """
    with tempfile.TemporaryDirectory(prefix="guia-replay-", dir=data) as folder:
        show(measure(Path(folder), city, minutes), as_json)


def measure(folder: Path, name: str, minutes: int) -> dict[str, Figure]:
    """Figures of one recording and two replays."""
    from guia.core.domains import domain_brains
    from guia.core.loop import Place
    from guia.core.replay import replay
    from guia.core.runs import Run
    from guia.packs.find import find_pack
    from guia.packs.pack import Pack

    pack = Pack.open(find_pack(name))
    data = folder / pack.name
    recorded = record(pack, data, minutes)
    place = Place(pack.folder, data / "live")
    found, took = [], []
    for run in ("first", "second"):
        begun = time.perf_counter()
        found.append(replay(place, domain_brains(), Run(data, "replay", run), 0, 1 << 62))
        took.append(time.perf_counter() - begun)
    first, second = found
    return {
        "city": pack.name,
        "recorded_minutes": minutes,
        "steps": first.steps,
        "equal_steps_first": first.equal_steps,
        "equal_steps_second": second.equal_steps,
        "alerts": len(first.alerts),
        "decisions": len(recorded),
        **{state: sum(d.state == state for d in recorded) for state in ("applied", "rejected", "measured")},
        "equal_decisions": set(first.decisions) == set(second.decisions) == {d.id for d in recorded}
        and first.decisions == second.decisions
        and first.alerts == second.alerts,
        "equal": first.equal and second.equal,
        "replay_s": min(took),
        "replay_speed_x": minutes * 60 / min(took),
    }


def record(pack: "Pack", data: Path, minutes: int) -> "list[Decision]":
    """Run the city's brains on made-up sensors and signals; the decisions proposed, in their last state."""
    import numpy as np

    from guia.benchmarks.loop import Sensors
    from guia.core.city import City
    from guia.core.clock import MINUTE, SECOND, SimulatedClock
    from guia.core.domains import domain_brains
    from guia.packs.load import load

    clock = SimulatedClock(START_S * SECOND, SPEED)
    rng = np.random.default_rng(1)
    city = City(pack.name, pack.folder, data, clock, brains=domain_brains(), levels={}, rng=rng)
    load(pack, city.hub)
    city.dispatcher.add(Signals(city.hub, pack))
    sensors = Sensors(city.hub, pack.name, pack.detectors, pack.bbox, rng)
    city.start()
    while not all(figures["steps"] for figures in city.loop.stats().values()):
        time.sleep(0.05)
    begun = sent = clock.now()
    while clock.now() < begun + minutes * MINUTE:
        if clock.now() >= sent + MINUTE:
            sent += MINUTE
            sensors.send(sent)
            judge(city.hub)
        time.sleep(0.01)
    decisions = city.hub.decisions(limit=100_000)
    city.close()
    return decisions


class Signals:
    """Made-up signal controllers that run their night plan by day, so that there is something to decide."""

    actions = ("signals.run-plan",)

    def __init__(self, hub: "Hub", pack: "Pack") -> None:
        from guia.core.columns import Batch
        from guia.core.ids import urn
        from guia.core.series import Series

        lights = [
            Series(entity=urn("TrafficLight", pack.name, j.id), attribute="plan", label="synthetic")
            for j in pack.signals
        ]
        running = [float(j.plan_at(NIGHT_HOUR).number) for j in pack.signals]
        self._hub = hub
        hub.ingest(Batch.of(hub.define(lights), hub.clock.now(), running), "signals")

    def apply(self, decision: "Decision") -> str:
        """Run the plan that was approved."""
        from guia.core.columns import Batch

        series = self._hub.ids([f"{entity}|plan" for entity in decision.entities])
        number = float(str(decision.parameters["plan"]))
        self._hub.ingest(Batch.of(series, self._hub.clock.now(), [number] * len(series)), "signals")
        return f"plan {number:.0f} runs"


def judge(hub: "Hub") -> None:
    """A made-up operator: approves and rejects what is proposed in turn."""
    decided = sum(d.state not in ("proposed", "withdrawn", "expired") for d in hub.decisions(limit=1000))
    for turn, decision in enumerate(hub.decisions(states=("proposed",)), decided):
        hub.decide(decision.id, "rejected" if turn % 2 else "approved", "made-up operator")
