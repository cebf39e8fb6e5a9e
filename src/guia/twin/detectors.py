"""Loop detectors as a city has them: pulses, minute values, bias, noise, lost counts and outages."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from guia.core.columns import Float64, Int32, Int64
from guia.packs.network import RoadNetwork
from guia.twin.simulation import Simulation

LOST_PULSE = 0.02
"""Share of passages that a loop misses."""
DOUBLE_PULSE = 0.005
"""Share of passages that a loop counts twice: a lorry and its trailer."""
SPEED_BIAS = 0.03
"""Standard deviation over loops of their own constant error."""
SPEED_NOISE = 0.04
OCCUPANCY_NOISE = 0.05
LOST_MINUTE = 0.005
"""Share of minute messages that never arrive."""
OUTAGES_PER_DAY = 0.3
"""Of one detector."""
OUTAGE_MIN = 25.0
"""Mean length of an outage, exponential."""


def loops_xml(network: RoadNetwork, edges: Sequence[int]) -> str:
    """SUMO's definition of one loop in the middle of every lane of the edges."""
    rows = [
        f'<inductionLoop id="{e}_{lane}" lane="{e}_{lane}" pos="{network.length_m[e] / 2:.2f}"'
        ' friendlyPos="true" period="3600" file="NUL"/>'
        for e in edges
        for lane in range(max(1, int(network.lanes[e])))
    ]
    return "<additional>\n" + "\n".join(rows) + "\n</additional>\n"


@dataclass
class Faults:
    """Which detectors are out of order, until which minute."""

    out_until: Int64
    """(d,) minute number at which the detector comes back; 0 where it works."""
    bias: Float64
    """(d,) factor of its speeds."""

    @classmethod
    def of(cls, count: int, rng: np.random.Generator) -> "Faults":
        """All in order, each with its own bias."""
        return cls(np.zeros(count, np.int64), rng.normal(1.0, SPEED_BIAS, count))

    def minute(self, number: int, rng: np.random.Generator) -> None:
        """Another minute begins: some break, some come back."""
        working = self.out_until <= number
        breaks = working & (rng.random(len(working)) < OUTAGES_PER_DAY / 1440)
        lasts = 1 + rng.exponential(OUTAGE_MIN, len(working)).astype(np.int64)
        self.out_until[breaks] = number + lasts[breaks]

    def works(self, number: int) -> "np.typing.NDArray[np.bool_]":
        """(d,) mask of the detectors in order."""
        return self.out_until <= number


def measured(
    count: Float64,
    speed_kmh: Float64,
    occupancy_pct: Float64,
    bias: Float64,
    rng: np.random.Generator,
) -> tuple[Float64, Float64, Float64]:
    """What a minute looks like to the detectors: (d,) count, speed (NaN where nothing passed), occupancy 0-100."""
    n = len(count)
    seen = rng.binomial(count.astype(np.int64), 1 - LOST_PULSE) + rng.binomial(
        count.astype(np.int64), DOUBLE_PULSE
    )
    speed = speed_kmh * bias * rng.normal(1.0, SPEED_NOISE, n)
    share = occupancy_pct * rng.normal(1.0, OCCUPANCY_NOISE, n)
    speed = np.where(seen > 0, np.maximum(speed, 1.0), np.nan)
    return seen.astype(np.float64), np.round(speed, 1), np.round(np.clip(share, 0, 100), 2)


class Detectors:
    """The loops of a running simulation, gathered per edge."""

    def __init__(self, sim: Simulation, network: RoadNetwork, edges: Int32) -> None:
        self.edges = edges
        self._loops = [
            (row, f"{edge}_{lane}")
            for row, edge in enumerate(edges)
            for lane in range(max(1, int(network.lanes[edge])))
        ]
        self._sim = sim
        self._lanes = np.bincount([row for row, _ in self._loops], minlength=len(edges)).clip(1)
        self._clear()

    def _clear(self) -> None:
        d = len(self.edges)
        self._count, self._speeds, self._covered = np.zeros(d), np.zeros(d), np.zeros(d)

    def second(self) -> tuple[list[int], list[float]]:
        """Look at the second just simulated: rows of the detectors passed, and the passages' times (simulation s)."""
        loop = self._sim.sumo.inductionloop
        rows, times = [], []
        for row, name in self._loops:
            if not loop.getLastStepVehicleNumber(name):
                continue
            self._covered[row] += loop.getLastStepOccupancy(name)
            for _, length_m, entry, left, _ in loop.getVehicleData(name):
                if left < 0:
                    continue
                rows.append(row)
                times.append(entry)
                self._count[row] += 1
                self._speeds[row] += length_m / max(left - entry, 0.05) * 3.6
        return rows, times

    def minute(self) -> tuple[Float64, Float64, Float64]:
        """True count, mean speed km/h (NaN) and occupancy % of the minute that ends, per detector; starts the next."""
        with np.errstate(invalid="ignore"):
            speed = self._speeds / np.where(self._count > 0, self._count, np.nan)
        values = self._count.copy(), speed, self._covered / 60 / self._lanes
        self._clear()
        return values
