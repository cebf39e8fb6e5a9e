"""Milliseconds of one traffic step for 10,000 segments: view of the log, brain, and outputs into the hub."""

import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click
import numpy as np

from guia.benchmarks.result import Figure, show

if TYPE_CHECKING:
    from guia.core.hub import Hub

SIDE = 51
"""Corners along each side of the grid: 10,200 segments."""
BLOCK_M = 120.0
DETECTORS = 1_000
VEHICLES = 500
WAVE_NS = 90 * 60 * 10**9
"""Each detector's traffic is jammed and free again once in this time, the next one's a little later."""


@click.command()
@click.option(
    "--steps", default=30, show_default=True, help="Steps to measure; one is a minute of city time."
)
@click.option("--data", type=click.Path(path_type=Path), help="Folder on the disk to measure.")
@click.option("--json", "as_json", is_flag=True, help="Only the JSON line.")
def command(steps: int, data: Path | None, as_json: bool) -> None:
    """A synthetic grid city with 1,000 detectors and 500 vehicles; the worker process as in a live city."""
    with tempfile.TemporaryDirectory(prefix="guia-loop-", dir=data) as folder:
        show(measure(Path(folder), steps), as_json)


def measure(folder: Path, steps: int) -> dict[str, Figure]:
    """Figures of `steps` minutes of the grid city."""
    from guia.core.admission import Admission
    from guia.core.clock import MINUTE, SECOND, ManualClock
    from guia.core.hub import Hub
    from guia.core.loop import Place, put_outputs
    from guia.core.remote import RemoteBrain
    from guia.core.steps import Step
    from guia.core.wire import unpack_outputs

    detectors, box = build_grid(folder / "pack")
    clock = ManualClock(1_800_000_000 * SECOND)
    hub = Hub.open(folder / "data", clock)
    place = Place(folder / "pack", hub.folder)
    rng = np.random.default_rng(1)
    sensors = Sensors(hub, "grid", detectors, box, rng)
    brain = RemoteBrain(
        "guia.domains.traffic.brain", place.pack, place.log, place.checkpoints, place.errors("traffic")
    )
    admission = Admission("traffic", hub.define(brain.description.writes), {}, hub.decision)
    inside, view, whole = [], [], []
    try:
        brain.restore(hub.position, clock.now())
        for number in range(steps + 1):
            clock.set(clock.now() + MINUTE)
            sensors.send(clock.now())
            begun = time.perf_counter()
            step = Step(
                brain="traffic", now=clock.now(), position=hub.position, seed=number, fresh=number == 0
            )
            answer = brain.step(step)
            outputs, _ = admission.admit(unpack_outputs(answer["outputs"]))
            put_outputs(hub, "traffic", outputs)
            if number:  # the first one compiles
                inside.append(answer["step_ms"])
                view.append(answer["view_ms"])
                whole.append((time.perf_counter() - begun) * 1e3)
    finally:
        brain.close()
        hub.close()
    return {
        "segments": 4 * SIDE * (SIDE - 1),
        "steps": steps,
        "step_ms": float(np.median(inside)),
        "step_p95_ms": float(np.percentile(inside, 95)),
        "view_ms": float(np.median(view)),
        "with_hub_ms": float(np.median(whole)),
        "with_hub_p95_ms": float(np.percentile(whole, 95)),
    }


def build_grid(folder: Path) -> tuple[list[str], tuple[float, float, float, float]]:
    """Write the pack of a square grid city; its detectors' segments and its extent."""
    from guia.core.place import LocalProjection
    from guia.packs.assemble import assemble
    from guia.packs.network import write_network, write_table
    from guia.packs.pack import SCHEMA_VERSION, FeedSettings, Manifest
    from guia.packs.streets import Street
    from guia.packs.write import write_manifest

    origin = LocalProjection(10.0, 20.0)
    along = (np.arange(SIDE) - SIDE // 2) * BLOCK_M
    half = float(along[-1])
    (west, east), (south, north) = (
        list(map(float, v)) for v in origin.to_lonlat([-half, half], [-half, half])
    )
    streets = []
    for number, offset in enumerate(along):
        still = np.full(SIDE, offset)
        for x, y, name in ((along, still, f"Row {number}"), (still, along, f"Column {number}")):
            kind = "primary" if number % 5 == 0 else "residential"
            lonlat = np.column_stack(origin.to_lonlat(x, y))
            streets.append(Street(lonlat=lonlat, road_class=kind, lanes_back=1, names={"en": name}))
    network = assemble(streets, origin)
    write_network(network, folder / "roads")
    detectors = [str(i) for i in network.id[:: len(network) // DETECTORS][:DETECTORS]]
    write_table({"segment": detectors}, folder / "roads" / "detectors.parquet")
    feeds = (FeedSettings(id="detectors", kind="http", label="synthetic"),)
    manifest = Manifest(
        schema=SCHEMA_VERSION,
        name="grid",
        version="1",
        titles={"en": "Grid"},
        timezone="UTC",
        bbox=(west, south, east, north),
        feeds=feeds,
    )
    write_manifest(manifest, folder)
    return detectors, (west, south, east, north)


class Sensors:
    """Detectors each minute, vehicles every ten seconds, all made up."""

    def __init__(
        self,
        hub: "Hub",
        city: str,
        detectors: list[str],
        box: tuple[float, float, float, float],
        rng: np.random.Generator,
    ) -> None:
        from guia.core.series import Series

        def define(kind: str, names: list[str], attributes: tuple[str, ...]) -> np.ndarray:
            entities = [f"urn:ngsi-ld:{kind}:{city}:{name}" for name in names]
            ids = hub.define(
                [Series(entity=e, attribute=a, label="synthetic") for e in entities for a in attributes]
            )
            return ids.reshape(len(names), len(attributes))

        self._hub, self._box, self._rng = hub, box, rng
        self._loops = define("TrafficDetector", detectors, ("count", "speed", "occupancy"))
        vehicles = [str(v) for v in range(VEHICLES)]
        self._vehicles = define("Vehicle", vehicles, ("longitude", "latitude", "speed", "bearing"))

    def send(self, now: int) -> None:
        """One minute of measurements that ends at `now`."""
        from guia.core.clock import SECOND
        from guia.core.columns import Batch

        rng, (west, south, east, north) = self._rng, self._box
        n = len(self._loops)
        ease = 0.5 + 0.5 * np.sin(2 * np.pi * (now / WAVE_NS + np.arange(n) / n))  # 0 jammed, 1 free
        count = rng.poisson(8 + 10 * (1 - ease))
        speed = (6 + 45 * ease) * rng.uniform(0.9, 1.1, n)
        measured = np.column_stack([count, speed, (5 + 60 * (1 - ease)) * rng.uniform(0.9, 1.1, n)])
        self._hub.ingest(Batch.of(self._loops.ravel(), now, measured.ravel()), "detectors")
        for back in range(50, -1, -10):
            n = len(self._vehicles)
            at = np.column_stack(
                [
                    rng.uniform(west, east, n),
                    rng.uniform(south, north, n),
                    rng.uniform(0, 50, n),
                    rng.uniform(0, 360, n),
                ]
            )
            self._hub.ingest(Batch.of(self._vehicles.ravel(), now - back * SECOND, at.ravel()), "vehicles")
