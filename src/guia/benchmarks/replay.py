"""Whether a recorded hour, replayed twice, gives equal decisions and outputs; and how fast."""

import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from guia.benchmarks.result import Figure, show

if TYPE_CHECKING:
    from guia.packs.pack import Pack

SPEED = 60.0


@click.command()
@click.option("--city", default="macau", show_default=True, help="Name or folder of the city pack.")
@click.option("--minutes", default=60, show_default=True, help="City time to record.")
@click.option("--data", type=click.Path(path_type=Path), help="Folder on the disk to use.")
@click.option("--json", "as_json", is_flag=True, help="Only the JSON line.")
def command(city: str, minutes: int, data: Path | None, as_json: bool) -> None:
    """Record an hour at 60 times real time with made-up sensors, then replay it twice."""
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
    proposed = record(pack, data, minutes)
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
        "decisions": len(proposed),
        "equal_decisions": set(first.decisions) == set(second.decisions) == proposed
        and first.decisions == second.decisions
        and first.alerts == second.alerts,
        "equal": first.equal and second.equal,
        "replay_s": min(took),
        "replay_speed_x": minutes * 60 / min(took),
    }


def record(pack: "Pack", data: Path, minutes: int) -> set[str]:
    """Run the city's brains on made-up sensors; ids of the decisions proposed."""
    import numpy as np

    from guia.benchmarks.loop import Sensors
    from guia.core.city import City
    from guia.core.clock import MINUTE, SECOND, SimulatedClock
    from guia.core.domains import domain_brains
    from guia.packs.load import load

    clock = SimulatedClock(1_800_000_000 * SECOND, SPEED)
    rng = np.random.default_rng(1)
    city = City(pack.name, pack.folder, data, clock, brains=domain_brains(), levels={}, rng=rng)
    load(pack, city.hub)
    sensors = Sensors(city.hub, pack.name, pack.detectors, pack.bbox, rng)
    city.start()
    while not all(figures["steps"] for figures in city.loop.stats().values()):
        time.sleep(0.05)
    begun = sent = clock.now()
    while clock.now() < begun + minutes * MINUTE:
        if clock.now() >= sent + MINUTE:
            sent += MINUTE
            sensors.send(sent)
        time.sleep(0.01)
    proposed = {d.id for d in city.hub.decisions(limit=100_000)}
    city.close()
    return proposed
