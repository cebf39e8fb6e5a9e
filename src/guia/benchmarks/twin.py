"""The twin against the city: simulated bus run times beside measured ones, and how fast it runs.

Measured: times from leaving a stop to reaching the next, of routes 3, 15 and 26 in Macau (MOPubBus; not part of
Guia). The twin's habits were set on routes 3 and 15; route 26 was not used, its error is the figure.
"""

import csv
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import click
import numpy as np

from guia.benchmarks.result import Figure, show
from guia.core.clock import SECOND, instant
from guia.packs import Pack

FILES = {"3": "mopubbus-3_d0_normal.csv", "15": "mopubbus-15_normal.csv", "26": "mopubbus-26_normal.csv"}
TUNED_ON, REPORTED = ("3", "15"), "26"
BANDS = {
    "morning": (7, 10, "08:00"),
    "midday": (10, 16, "13:00"),
    "evening": (16, 20, "17:45"),
    "late": (20, 24, "21:30"),
}
"""Hours of each band, and when its simulation begins (Thursday)."""
DAY = "2026-11-19T{}:00+08:00"
LEAST_MEASURED, LEAST_SIMULATED = 10, 3
EXTRA_HEADWAY_S = 90
"""Test buses of the compared routes run beside the timetable's, so that every pair of stops has enough runs."""
SETTLE_S = 180
"""Seconds at the beginning of a band that are not counted: the filled city finds its own order."""
Pair = tuple[str, str]
Runs = dict[tuple[str, Pair, str], list[float]]
"""Run times in seconds by (route, stops, band)."""


def band_of(hour: int) -> str | None:
    """The band of an hour of the day; None between midnight and seven."""
    return next((name for name, (start, end, _) in BANDS.items() if start <= hour < end), None)


def read_measured(folder: Path) -> Runs:
    """Measured runs. Times are not zero-padded; -1 stands for no data; plates are not read; poles are named with
    `_` where the file has `/`."""
    runs: Runs = defaultdict(list)
    for route, name in FILES.items():
        with (folder / name).open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                band, seconds = band_of(int(row["time"].split(":")[0])), float(row["arrivalDuration"])
                if band is not None and seconds > 0:
                    pair = (row["startStation"].replace("/", "_"), row["endStation"].replace("/", "_"))
                    runs[route, pair, band].append(seconds)
    return runs


@dataclass
class Watch:
    """Notes when buses leave and reach stops; reads the twin's truth, as only a benchmark may."""

    runs: Runs
    band: str
    left: dict[str, tuple[int, int]]
    """Stop index and second at which each bus last left a stop."""

    def second(self, city: object) -> None:
        """Look at the second just simulated."""
        events, now = city.sim.sumo.simulation, city.sim.now_s
        feed, fleet = city.site.pack.gtfs, city.fleet
        for name in (*events.getStopStartingVehiclesIDList(), *events.getParkingStartingVehiclesIDList()):
            bus = fleet.buses.get(name)
            if bus is None or name not in self.left:
                continue
            line, (at, then) = fleet.lines[bus.line], self.left.pop(name)
            if bus.passed == at + 1 and now >= SETTLE_S:
                route = str(feed.route_ids[feed.trip_route[bus.trip]])
                pair = (str(feed.stop_ids[line.stop[at]]), str(feed.stop_ids[line.stop[at + 1]]))
                self.runs[route, pair, self.band].append(float(now - then))
        for name in (*events.getStopEndingVehiclesIDList(), *events.getParkingEndingVehiclesIDList()):
            if name in fleet.buses:
                self.left[name] = (fleet.buses[name].passed, now)


class TestBuses:
    """More buses on the compared routes, along the whole line from the start on."""

    def __init__(self, city: object) -> None:
        feed = city.site.pack.gtfs
        self._city = city
        self._lines = [
            (number, int(line.trips[0]), int(line.scheduled_s[-1]))
            for number, line in enumerate(city.fleet.lines)
            if str(feed.route_ids[feed.trip_route[line.trips[0]]]) in FILES
        ]
        for number, trip, lasts_s in self._lines:
            for late_s in range(EXTRA_HEADWAY_S, lasts_s, EXTRA_HEADWAY_S):
                self._depart(number, trip, late_s)

    def second(self) -> None:
        """Send the next ones, if it is time."""
        if self._city.sim.now_s % EXTRA_HEADWAY_S == 0:
            for number, trip, _ in self._lines:
                self._depart(number, trip, 0)

    def _depart(self, number: int, trip: int, late_s: int) -> None:
        city, now = self._city, self._city.local(self._city.now_ns)
        left = now - timedelta(seconds=late_s)
        start_s = left.hour * 3600 + left.minute * 60 + left.second
        row = np.array([start_s, number, trip], np.int32)
        city.fleet.depart(
            row, left.date(), city.now_ns - late_s * SECOND, now.hour + now.minute / 60, city.rng, late_s=late_s
        )


def simulate(site: object, minutes: int, bands: Iterable[str], seed: int) -> tuple[Runs, int, float]:
    """Simulated runs of the bands, most vehicles under way at once, and city seconds per second."""
    from guia.twin.city import TwinCity
    from guia.twin.simulation import Simulation

    runs: Runs = defaultdict(list)
    most, lived, took = 0, 0, 0.0
    for band in bands:
        start = instant(DAY.format(BANDS[band][2]))
        city = TwinCity(site, Simulation(site.net, site.additional, seed), np.random.default_rng(seed), start)
        city.wake()
        watch, more, begin = Watch(runs, band, {}), TestBuses(city), time.perf_counter()
        for _ in range(minutes * 60):
            more.second()
            city.step()
            watch.second(city)
            most = max(most, city.sim.under_way())
        took += time.perf_counter() - begin
        lived += minutes * 60
        city.sim.close()
    return runs, most, lived / took


def compare(measured: Runs, simulated: Runs) -> dict[str, list[float]]:
    """Absolute errors in percent of the measured median, per route: one per pair of stops and band."""
    errors: dict[str, list[float]] = defaultdict(list)
    for (route, pair, band), seconds in measured.items():
        others = simulated.get((route, pair, band), [])
        if len(seconds) >= LEAST_MEASURED and len(others) >= LEAST_SIMULATED:
            truth = float(np.median(seconds))
            errors[route].append(abs(float(np.median(others)) - truth) / truth * 100)
    return errors


def pace(site: object, minutes: int, seed: int) -> dict[str, Figure]:
    """How fast the whole twin runs in the evening peak, sensors and messages included, nobody listening."""
    from guia.twin.city import TwinCity
    from guia.twin.detectors import Faults
    from guia.twin.gtfs_rt import PERIOD_S, messages
    from guia.twin.sensors import Sensors
    from guia.twin.simulation import Simulation
    from guia.twin.uplink import Address, Uplink

    rng = np.random.default_rng(seed)
    start = instant("2026-11-20T18:00:00+08:00")
    city = TwinCity(site, Simulation(site.net, site.additional, seed), rng, start)
    city.wake()
    sensors = Sensors(city, rng, Faults.of(len(site.detectors), rng))
    uplink = Uplink(Address(site.pack.name, "", "", "", 0), {}, lambda *_: (False, ""))
    counts = []
    for _ in range(60):
        city.step()
    begin, cpu = time.perf_counter(), time.process_time()
    for _ in range(minutes * 60):
        city.step()
        sensors.look(uplink)
        if city.now_ns // SECOND % PERIOD_S == 0:
            messages(city.fleet, city.sim, site.pack.gtfs, site.pack.projection, city.now_ns, rng)
        counts.append(city.sim.under_way())
    took, cpu = time.perf_counter() - begin, time.process_time() - cpu
    city.sim.close()
    return {
        "speed_x": minutes * 60 / took,
        "speed_cpu_x": minutes * 60 / cpu,
        "vehicles_peak": max(counts),
        "vehicles_least": min(counts),
    }


@click.command()
@click.option(
    "--data",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Folder of the measured runs.",
)
@click.option(
    "--city", type=click.Path(path_type=Path, exists=True), default=Path("cities/macau"), show_default=True
)
@click.option("--work", type=click.Path(path_type=Path), default=Path("data/bench-twin"), show_default=True)
@click.option("--what", type=click.Choice(["all", "speed"]), default="all", show_default=True)
@click.option("--minutes", default=20, show_default=True, help="Simulated minutes of each band.")
@click.option("--seed", default=1, show_default=True)
@click.option("--json", "as_json", is_flag=True)
def command(
    data: Path | None, city: Path, work: Path, what: str, minutes: int, seed: int, as_json: bool
) -> None:
    """Simulated against measured bus run times, and the twin's speed in the evening peak."""
    from guia.twin.site import prepare

    site = prepare(Pack.open(city), work)
    figures: dict[str, Figure] = {}
    if what == "all":
        if data is None:
            raise click.UsageError(
                "the measured runs are needed: --data DIR with " + ", ".join(FILES.values())
            )
        simulated, _, _ = simulate(site, minutes, BANDS, seed)
        errors = compare(read_measured(data), simulated)
        figures["median_abs_error_pct"] = float(np.median(errors[REPORTED])) if errors[REPORTED] else None
        for route in FILES:
            figures[f"median_abs_error_route_{route}_pct"] = (
                float(np.median(errors[route])) if errors[route] else None
            )
            figures[f"pairs_route_{route}"] = len(errors[route])
        figures["pairs"] = len(errors[REPORTED])
        figures["tuned_on"], figures["reported_on"] = "routes " + " and ".join(TUNED_ON), f"route {REPORTED}"
    show({**figures, **pace(site, min(minutes, 10), seed), "label": "synthetic"}, as_json)
