"""What tests of several domains share."""

import numpy as np
import pytest

from guia.core.clock import ManualClock
from guia.core.hub import Hub
from guia.core.view import LogView


class Rehearsal:
    """A brain on a real hub, stepped by hand; what it gives back goes into the hub."""

    def __init__(self, folder, brain, start):
        self.clock = ManualClock(start)
        self.hub = Hub.open(folder, self.clock)
        self.brain = brain
        self.hub.define(brain.writes())
        self.view = LogView(self.hub.folder / "log", brain.name, brain.reads(), brain.memory_s)
        self.state = brain.start()
        self.steps = []

    def step(self, now):
        """One step at `now`, with all that the hub holds; its outputs."""
        self.clock.set(now)
        self.view.follow(self.hub.position, now)
        self.steps.append((self.hub.position, now))
        self.state, outputs = self.brain.step(self.state, self.view, now, np.random.default_rng(now % 2**32))
        if outputs.observations is not None and len(outputs.observations):
            receipt = self.hub.ingest(outputs.observations, self.brain.name)
            assert not receipt.rejected
        for forecasts in outputs.forecasts:
            self.hub.put_forecasts(forecasts, self.brain.name)
        if outputs.alerts:
            self.hub.put_alerts(outputs.alerts, self.brain.name)
        if outputs.decisions:
            self.hub.put_decisions(outputs.decisions, self.brain.name)
        return outputs

    def replay(self, brain):
        """The outputs of another such brain over the recorded log, step by step."""
        view = LogView(self.hub.folder / "log", brain.name, brain.reads(), brain.memory_s)
        state = brain.start()
        for position, now in self.steps:
            view.follow(position, now)
            state, outputs = brain.step(state, view, now, np.random.default_rng(now % 2**32))
            yield outputs
        view.close()

    def close(self):
        """Let go of the files."""
        self.view.close()
        self.hub.close()


@pytest.fixture
def rehearse(tmp_path):
    """Makes a rehearsal of a brain from an instant on."""
    made = []

    def begin(brain, start):
        made.append(Rehearsal(tmp_path / f"city{len(made)}", brain, start))
        return made[-1]

    yield begin
    for rehearsal in made:
        rehearsal.close()
