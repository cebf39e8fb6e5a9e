"""A view over columns kept in memory, with the contract of `guia.core.brain.View`."""

import re

import numpy as np
import pytest

from guia.core.columns import Batch, Quality


class Columns:
    """Everything handed over so far; series are defined as they come."""

    def __init__(self):
        self.position = 0
        self.names = []
        self.known = {}
        self.rows = Batch.empty()
        self.open_alerts = {}
        self.all_decisions = {}

    def define(self, names):
        for name in names:
            if name not in self.known:
                self.known[name] = len(self.names)
                self.names.append(name)
        return self.ids(names)

    def add(self, batch):
        keep = ~np.isnan(batch.value)
        self.rows = Batch.concat([self.rows, batch.take(keep)])
        self.position += len(batch)

    def take_back(self, outputs):
        if outputs.observations is not None:
            self.add(outputs.observations)
        for alert in outputs.alerts:
            self.open_alerts[alert.id] = alert
        for decision in outputs.decisions:
            self.all_decisions[decision.id] = decision

    def ids(self, names):
        return np.array([self.known.get(n, -1) for n in names], np.int32)

    def matching(self, pattern):
        fits = re.compile(".*".join(re.escape(p) for p in pattern.split("*"))).fullmatch
        found = [n for n in self.names if fits(n)]
        return found, self.ids(found)

    def entities(self, kind):
        return []

    def latest(self, series):
        n = len(series)
        out = Batch(series, np.zeros(n, np.int64), np.full(n, np.nan), np.full(n, int(Quality.MISSING), np.uint8))
        order = np.lexsort((self.rows.observed, self.rows.series))
        own = self.rows.series[order]
        place = np.searchsorted(own, series, "right") - 1
        found = (place >= 0) & (series >= 0)
        found[found] = own[place[found]] == series[found]
        rows = order[place[found]]
        out.observed[found], out.value[found], out.quality[found] = (
            self.rows.observed[rows], self.rows.value[rows], self.rows.quality[rows],
        )  # fmt: skip
        return out

    def window(self, series, start, end):
        rows = self.rows
        keep = np.isin(rows.series, series[series >= 0]) & (rows.observed >= start) & (rows.observed < end)
        rows = rows.take(keep)
        return rows.take(np.lexsort((rows.observed, rows.series)))

    def alerts(self):
        return [a for _, a in sorted(self.open_alerts.items()) if a.ended is None]

    def decisions(self):
        return [d for _, d in sorted(self.all_decisions.items())]


@pytest.fixture
def columns():
    return Columns()
