"""Probe cars: a few drivers share where they are, under names that change and never last a trip."""

from dataclasses import dataclass, field

import numpy as np

SHARE = 0.05
"""Share of the cars that send their position."""
NAMES = 600
"""Pseudonyms that exist in the city."""
NAME_S = 240
"""Seconds after which a car takes another pseudonym."""
PERIOD_S = 10
GPS_M = 5.0
"""Standard deviation of a position, east and north."""


@dataclass
class Probes:
    """Cars that share, and the pseudonym that each has now."""

    cars: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Pseudonym number of each car, and the second at which it gives it up."""
    free: list[int] = field(default_factory=lambda: list(range(NAMES)))

    def join(self, car: str, now_s: int, rng: np.random.Generator) -> None:
        """A car begins to share; where all pseudonyms are taken it stays silent."""
        if self.free:
            self.cars[car] = (self._draw(rng), now_s + int(rng.integers(NAME_S // 2, NAME_S)))

    def leave(self, car: str) -> None:
        """A car is gone."""
        if car in self.cars:
            self.free.append(self.cars.pop(car)[0])

    def rename(self, now_s: int, rng: np.random.Generator) -> None:
        """Cars whose time is up take another pseudonym."""
        for car, (name, until) in list(self.cars.items()):
            if now_s >= until and self.free:
                other = self._draw(rng)
                self.free.append(name)
                self.cars[car] = (other, now_s + NAME_S)

    def _draw(self, rng: np.random.Generator) -> int:
        place = int(rng.integers(len(self.free)))
        self.free[place], self.free[-1] = self.free[-1], self.free[place]
        return self.free.pop()


def pseudonym(number: int) -> str:
    """Local id of the vehicle entity that a probe writes to."""
    return f"probe-{number:03d}"
