"""What tests of several domains share."""

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

from guia.core.clock import ManualClock
from guia.core.hub import Hub
from guia.core.view import LogView

settings.register_profile("busy machines", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy machines")


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


@pytest.fixture
def serve_city():
    """Serves a hub on a pack over HTTP; gives the address."""
    import asyncio
    import threading
    from types import SimpleNamespace

    from guia.web.server import create_app, serve

    running = []

    def begin(pack, hub, clock):
        city = SimpleNamespace(
            name=pack.name, pack=pack, data=hub.folder.parent, hub=hub, clock=clock, stats=dict
        )
        abilities = {}
        city.provide, city.need = abilities.__setitem__, abilities.__getitem__
        app = create_app(city)
        loop, port, up = asyncio.new_event_loop(), [], threading.Event()

        def listens(number):
            port.append(number)
            up.set()

        task = loop.create_task(serve(app, "127.0.0.1", 0, started=listens))
        thread = threading.Thread(target=lambda: loop.run_until_complete(asyncio.wait([task])))
        thread.start()
        running.append((loop, task, thread))
        assert up.wait(30)
        return f"http://127.0.0.1:{port[0]}"

    yield begin
    for loop, task, thread in running:
        loop.call_soon_threadsafe(task.cancel)
        thread.join(30)
        loop.close()
