"""The twin against the city: simulated bus run times beside measured ones, and how fast it runs.

Measured: times from leaving a stop to reaching the next, of routes 3, 15 and 26 in Macau (MOPubBus; not part of
Guia). The twin's habits were set on routes 3 and 15; route 26 was not used, its error is the figure. Bands that were
simulated before by the same code on the same city are read from the work folder.
"""

import csv
import hashlib
import time
from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import click
import msgspec
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
REACH_M = 20.0
"""Metres before and behind a pole within which the measured buses count as being at it, not under way: measured times
of short hops are too short for any bus otherwise (142 m in 6 s). Set on routes 3 and 15."""
EXTRA_HEADWAY_S = 120
"""Test buses of the compared routes run beside the timetable's, so that every pair of stops has enough runs."""
SETTLE_S = 180
"""Seconds at the beginning of a band that are not counted: the filled city finds its own order."""
Pair = tuple[str, str]
Runs = dict[tuple[str, Pair, str], list[float]]
"""Run times in seconds by (route, stops, band)."""
Trace = list[int]
"""Metres driven since a bus left a stop, one for each second until it reached the next."""
PACE_SETTLE_S, PACE_S = 600, 1800


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
    """Follows buses of the compared routes from stop to stop; reads the twin's truth, as only a benchmark may."""

    hops: list[tuple[str, str, str, Trace]]
    """Route, stop left, stop reached, and the way between; filled here."""
    under_way: dict[str, tuple[int, list[float]]]
    """Index of the stop that each bus last left, and its odometer each second since, in metres."""

    def second(self, city: object) -> None:
        """Look at the second just simulated."""
        sumo, fleet, feed = city.sim.sumo, city.fleet, city.site.pack.gtfs
        events = sumo.simulation
        for name, (_, way) in list(self.under_way.items()):
            if name in fleet.buses:
                way.append(sumo.vehicle.getDistance(name))
            else:
                del self.under_way[name]
        for name in events.getStopStartingVehiclesIDList():
            if name not in self.under_way:
                continue
            at, way = self.under_way.pop(name)
            bus, line = fleet.buses[name], fleet.lines[fleet.buses[name].line]
            if bus.passed == at + 1 and city.sim.now_s - len(way) >= SETTLE_S:
                stops = (str(feed.stop_ids[line.stop[i]]) for i in (at, at + 1))
                trace = [round(metres - way[0]) for metres in way]
                self.hops.append((str(feed.route_ids[feed.trip_route[bus.trip]]), *stops, trace))
        for name in events.getStopEndingVehiclesIDList():
            bus = fleet.buses.get(name)
            if bus is not None and str(feed.route_ids[feed.trip_route[bus.trip]]) in FILES:
                self.under_way[name] = (bus.passed, [sumo.vehicle.getDistance(name)])


def run_time_s(trace: Trace, reach_m: float = REACH_M) -> float:
    """Seconds between `reach_m` behind the one stop and `reach_m` before the other, of short hops the middle third."""
    reach = min(reach_m, trace[-1] / 3)
    begin, end = np.searchsorted(trace, [reach, trace[-1] - reach])
    return float(max(1, end - begin))


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
            row,
            left.date(),
            city.now_ns - late_s * SECOND,
            now.hour + now.minute / 60,
            city.rng,
            late_s=late_s,
        )


def simulate(site: object, minutes: int, band: str, seed: int) -> list[tuple[str, str, str, Trace]]:
    """The hops of one band."""
    from guia.twin.city import TwinCity
    from guia.twin.simulation import Simulation

    start = instant(DAY.format(BANDS[band][2]))
    city = TwinCity(site, Simulation(site.net, site.additional, seed), np.random.default_rng(seed), start)
    city.wake()
    watch, more = Watch([], {}), TestBuses(city)
    for _ in range(minutes * 60):
        more.second()
        city.step()
        watch.second(city)
    city.sim.close()
    return watch.hops


def simulated_runs(site: object, work: Path, minutes: int, seed: int) -> Runs:
    """Run times of all bands; a band that stands in `work` is not simulated again."""
    import guia.twin

    code = [*sorted(Path(guia.twin.__file__).parent.glob("*.py")), Path(__file__)]
    basis = [file.read_bytes() for file in [*code, *site.additional]]
    basis += [site.net.name.encode(), f"{minutes} {seed}".encode(), site.demand.edge.tobytes()]
    key = hashlib.sha256(b"\0".join(basis)).hexdigest()[:16]
    runs: Runs = defaultdict(list)
    for band in BANDS:
        file = work / f"hops-{key}-{band}.json"
        if not file.exists():
            click.echo(f"simulating the {band}: {minutes} minutes", err=True)
            part = file.with_suffix(".part")
            part.write_bytes(msgspec.json.encode(simulate(site, minutes, band, seed)))
            part.replace(file)
        for route, left, reached, trace in msgspec.json.decode(file.read_bytes()):
            runs[route, (left, reached), band].append(run_time_s(trace))
    return runs


def compare(measured: Runs, simulated: Runs) -> dict[str, list[float]]:
    """Absolute errors in percent of the measured median, per route: one per pair of stops and band."""
    errors: dict[str, list[float]] = defaultdict(list)
    for (route, pair, band), seconds in measured.items():
        others = simulated.get((route, pair, band), [])
        if len(seconds) >= LEAST_MEASURED and len(others) >= LEAST_SIMULATED:
            truth = float(np.median(seconds))
            errors[route].append(abs(float(np.median(others)) - truth) / truth * 100)
    return errors


def pace(site: object, seed: int) -> dict[str, Figure]:
    """How fast the whole twin runs in the evening peak, sensors and messages included, nobody listening, and whether
    as many arrive as set out."""
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
    counts, set_out, arrived = [], 0, 0
    for second in range(PACE_SETTLE_S + PACE_S):
        if second == PACE_SETTLE_S:
            begin, cpu, counts, set_out, arrived = time.perf_counter(), time.process_time(), [], 0, 0
        city.step()
        sensors.look(uplink)
        if city.now_ns // SECOND % PERIOD_S == 0:
            messages(city.fleet, city.sim, site.pack.gtfs, site.pack.projection, city.now_ns, rng)
        counts.append(city.sim.under_way())
        set_out += city.sim.sumo.simulation.getDepartedNumber()
        arrived += city.sim.sumo.simulation.getArrivedNumber()
    took, cpu = time.perf_counter() - begin, time.process_time() - cpu
    city.sim.close()
    return {
        "speed_x": PACE_S / took,
        "speed_cpu_x": PACE_S / cpu,
        "vehicles_peak": max(counts),
        "vehicles_least": min(counts),
        "set_out_per_min": set_out / PACE_S * 60,
        "arrived_per_min": arrived / PACE_S * 60,
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
@click.option("--what", type=click.Choice(["all", "times", "speed"]), default="all", show_default=True)
@click.option("--minutes", default=15, show_default=True, help="Simulated minutes of each band.")
@click.option("--seed", default=1, show_default=True)
@click.option("--json", "as_json", is_flag=True)
def command(
    data: Path | None, city: Path, work: Path, what: str, minutes: int, seed: int, as_json: bool
) -> None:
    """Simulated against measured bus run times, and the twin's speed in the evening peak."""
    from guia.twin.site import prepare

    if what != "speed" and data is None:
        raise click.UsageError("the measured runs are needed: --data DIR with " + ", ".join(FILES.values()))
    site = prepare(Pack.open(city), work)
    figures: dict[str, Figure] = {}
    if what != "speed":
        errors = compare(read_measured(data), simulated_runs(site, work, minutes, seed))
        median = {route: float(np.median(errors[route])) if errors[route] else None for route in FILES}
        figures["median_abs_error_pct"] = median[REPORTED]
        figures |= {f"route_{route}_pct": value for route, value in median.items()}
        figures |= {f"pairs_route_{route}": len(errors[route]) for route in FILES}
        figures["pairs"] = len(errors[REPORTED])
        figures["tuned_on"], figures["reported_on"] = "routes " + " and ".join(TUNED_ON), f"route {REPORTED}"
    if what != "times":
        figures |= pace(site, seed)
    show({**figures, "label": "synthetic"}, as_json)
