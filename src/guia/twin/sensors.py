"""What the simulated city's sensors send, and under which names."""

from dataclasses import dataclass

import numpy as np

from guia.core.clock import MINUTE, SECOND
from guia.core.ids import urn
from guia.core.series import Series
from guia.twin import probes
from guia.twin.city import TwinCity
from guia.twin.detectors import LOST_MINUTE, LOST_PULSE, Faults, measured
from guia.twin.uplink import Uplink

DETECTORS, PULSES, SIGNALS, PROBES = "detectors", "pulses", "signals", "probes"
MEASURES = (("count", "C62", 0.0, 500.0), ("speed", "KMH", 0.0, 200.0), ("occupancy", "P1", 0.0, 100.0))
POSITION = (
    ("longitude", "DD", -180.0, 180.0),
    ("latitude", "DD", -90.0, 90.0),
    ("speed", "KMH", 0.0, 200.0),
    ("bearing", "DD", 0.0, 360.0),
)


@dataclass
class Sensors:
    """The sensors of a city under way; after each second `look` sends what they saw."""

    city: TwinCity
    rng: np.random.Generator
    faults: Faults

    def __post_init__(self) -> None:
        pack = self.city.site.pack
        ids = [str(pack.network.id[e]) for e in self.city.site.detectors]
        self._detectors = [urn("TrafficDetector", pack.name, i) for i in ids]
        self._lights = {name: urn("TrafficLight", pack.name, name) for name in self.city.controllers}
        self._shown: dict[str, tuple[int, int]] = {}
        self._minute_names = [f"{d}|{a}" for a, *_ in MEASURES for d in self._detectors]
        self._pulse_names = [f"{d}|pulse" for d in self._detectors]

    def series(self) -> dict[str, list[Series]]:
        """Definitions per feed, all synthetic."""
        city, owner = self.city.site.pack.name, str(self.city.site.pack.settings("traffic").get("owner", ""))

        def of(entity: str, feed: str, attribute: str, unit: str, low: float, high: float) -> Series:
            return Series(
                entity=entity, attribute=attribute, unit=unit, label="synthetic", source=feed, owner=owner,
                lower=low, upper=high,
            )  # fmt: skip

        cars = [urn("Vehicle", city, probes.pseudonym(i)) for i in range(probes.NAMES)]
        return {
            DETECTORS: [of(d, DETECTORS, *m) for d in self._detectors for m in MEASURES],
            PULSES: [of(d, PULSES, "pulse", "C62", 0, 1) for d in self._detectors],
            SIGNALS: [
                of(e, SIGNALS, a, "C62", 0, 99) for e in self._lights.values() for a in ("stage", "plan")
            ],
            PROBES: [of(car, PROBES, *p) for car in cars for p in POSITION],
        }

    def look(self, uplink: Uplink) -> None:
        """Send what the second just lived has shown."""
        now_ns = self.city.now_ns
        self._pulses(uplink)
        self._signals(uplink, now_ns)
        if now_ns % MINUTE == 0:
            self._minute(uplink, now_ns)
        if (now_ns // SECOND) % probes.PERIOD_S == 0:
            self._probes(uplink, now_ns)

    def _pulses(self, uplink: Uplink) -> None:
        rows, times = self.city.detectors.second()
        if not rows:
            return
        works = self.faults.works(self.city.now_ns // MINUTE)
        kept = [i for i, row in enumerate(rows) if works[row] and self.rng.random() >= LOST_PULSE]
        names = [self._pulse_names[rows[i]] for i in kept]
        observed = np.array([self.city.zero_ns + int(times[i] * SECOND) for i in kept], np.int64)
        uplink.publish(PULSES, names, observed, np.ones(len(kept)))

    def _minute(self, uplink: Uplink, now_ns: int) -> None:
        number = now_ns // MINUTE
        self.faults.minute(number, self.rng)
        count, speed, occupancy = measured(*self.city.detectors.minute(), self.faults.bias, self.rng)
        silent = ~self.faults.works(number) | (self.rng.random(len(count)) < LOST_MINUTE)
        values = np.concatenate([np.where(silent, np.nan, v) for v in (count, speed, occupancy)])
        uplink.post(DETECTORS, self._minute_names, now_ns, values)

    def _signals(self, uplink: Uplink, now_ns: int) -> None:
        """Stage and plan of every light that changed in this second; of all of them each minute."""
        names, values = [], []
        for name, box in self.city.controllers.items():
            state = (box.stage, box.plan.number)
            if self._shown.get(name) != state or now_ns % MINUTE == 0:
                self._shown[name] = state
                names += [f"{self._lights[name]}|stage", f"{self._lights[name]}|plan"]
                values += state
        uplink.publish(SIGNALS, names, now_ns, np.array(values, np.float64))

    def _probes(self, uplink: Uplink, now_ns: int) -> None:
        city = self.city
        city.probes.rename(city.sim.now_s, self.rng)
        ask = city.sim.sumo.vehicle
        present = set(ask.getIDList())
        cars = [(car, number) for car, (number, _) in city.probes.cars.items() if car in present]
        if not cars:
            return
        xy = np.array([ask.getPosition(car) for car, _ in cars]) + self.rng.normal(
            0, probes.GPS_M, (len(cars), 2)
        )
        lon, lat = city.site.pack.projection.to_lonlat(xy[:, 0], xy[:, 1])
        speed = np.maximum(
            0, np.array([ask.getSpeed(car) for car, _ in cars]) * 3.6 + self.rng.normal(0, 1, len(cars))
        )
        bearing = np.array([ask.getAngle(car) % 360 for car, _ in cars])
        entities = [urn("Vehicle", city.site.pack.name, probes.pseudonym(n)) for _, n in cars]
        names = [f"{e}|{attribute}" for attribute, *_ in POSITION for e in entities]
        values = np.concatenate([lon.round(6), lat.round(6), speed.round(1), bearing.round(0)])
        uplink.post(PROBES, names, now_ns, values)
