"""What of a brain's outputs is let into the hub.

A brain may write its own series, its own domain's alerts, and move its own domain's decisions where the
rules let it. Whatever else it hands over is left out and counted; the rest goes in.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import msgspec
import numpy as np
from numpy.typing import NDArray

from guia.core.alert import SEVERITIES, Alert
from guia.core.brain import Outputs
from guia.core.columns import Forecasts, Int32
from guia.core.decision import Decision, move
from guia.core.errors import Conflict, NotFound

BRAINS_MOVES = ("measured", "withdrawn", "expired")
CONFIRM = "confirm"


@dataclass(frozen=True)
class Admission:
    """The rules for one brain."""

    brain: str
    series: Int32
    """Ids of the series that it may write."""
    levels: Mapping[str, str]
    """`advise`, `confirm` or `act` by action; `*` is any other action; `confirm` where nothing is set."""
    known: Callable[[str], Decision]
    """The decision of an id as the hub knows it; NotFound."""

    def admit(self, outputs: Outputs) -> tuple[Outputs, Counter[str]]:
        """The outputs that may go in, and how many were left out by reason."""
        refused: Counter[str] = Counter()
        observations = outputs.observations
        if observations is not None:
            own = np.isin(observations.series, self.series)
            _count(refused, "observation of a foreign series", own)
            observations = observations if own.all() else observations.take(own)
        forecasts = []
        for forecast in outputs.forecasts:
            own = np.isin(forecast.series, self.series)
            _count(refused, "forecast of a foreign series", own)
            forecasts.append(forecast if own.all() else _take(forecast, own))
        alerts = tuple(a for a in outputs.alerts if self._admits_alert(a, refused))
        moved = (self._admit_decision(d, refused) for d in outputs.decisions)
        decisions = tuple(d for d in moved if d is not None)
        admitted = replace(
            outputs, observations=observations, forecasts=tuple(forecasts), alerts=alerts, decisions=decisions
        )
        return admitted, refused

    def _admits_alert(self, alert: Alert, refused: Counter[str]) -> bool:
        if alert.domain != self.brain:
            refused["alert of a foreign domain"] += 1
        elif alert.severity not in SEVERITIES:
            refused["alert of unknown severity"] += 1
        else:
            return True
        return False

    def _level(self, action: str) -> str:
        return self.levels.get(action, self.levels.get("*", CONFIRM))

    def _admit_decision(self, decision: Decision, refused: Counter[str]) -> Decision | None:
        """The decision as stored: a new proposal with the city's level, or an allowed move of a known one."""
        if decision.domain != self.brain:
            refused["decision of a foreign domain"] += 1
            return None
        try:
            known = self.known(decision.id)
        except NotFound:
            if decision.state != "proposed":
                refused["decision that was never proposed"] += 1
                return None
            return msgspec.structs.replace(decision, level=self._level(decision.action))
        if decision.state not in BRAINS_MOVES:
            refused["decision that is not the brain's to move"] += 1
            return None
        try:
            return move(
                known,
                decision.state,
                reason=decision.reason,
                measured=decision.measured,
                measured_at=decision.measured_at,
            )
        except Conflict:
            refused["decision that had moved on"] += 1
            return None


def _count(refused: Counter[str], reason: str, own: NDArray[np.bool_]) -> None:
    left_out = int(len(own) - own.sum())
    if left_out:
        refused[reason] += left_out


def _take(forecasts: Forecasts, rows: NDArray[np.bool_]) -> Forecasts:
    return Forecasts(
        forecasts.series[rows],
        forecasts.issued[rows],
        forecasts.target[rows],
        forecasts.quantile[rows],
        forecasts.value[rows],
        forecasts.model,
    )
