"""A brain that fails in the way that a file in its pack asks for, once for each time the file is there."""

import ctypes
import os
import time

from brains.counting import Counting, State
from guia.core.alert import Alert
from guia.core.brain import Outputs
from guia.core.columns import Batch


class Failing(Counting):
    name = "failing"
    deadline_s = 0.7

    def __init__(self, pack):
        self.file = pack / "fail"

    def writes(self):
        return []

    def step(self, state, view, now, rng):
        if state.mean < 0:
            raise RuntimeError("no step is possible from this state")
        how = self.file.read_text() if self.file.exists() else ""
        self.file.unlink(missing_ok=True)
        match how:
            case "raise":
                raise RuntimeError("told to")
            case "hang":
                time.sleep(60)
            case "poison":
                self.file.with_name("poisoned").write_text(str(now))
            case "segfault":
                ctypes.string_at(0)
            case "exit":
                os._exit(3)
            case "steal":
                foreign = view.ids(self.reads())
                title = {"en": "not mine"}
                stolen = Alert(
                    id="a", domain="counting", kind="k", severity="minor", title=title, since=now, updated=now
                )
                return state, Outputs(observations=Batch.of(foreign, now, 1.0), alerts=(stolen,))
        # Told by the step's time, so that the step does the same when it is repeated after a restart.
        poisoned = self.file.with_name("poisoned")
        bad = poisoned.exists() and poisoned.read_text() == str(now)
        return State(state.steps + 1, mean=-1.0 if bad else 0.0), Outputs()


def build(pack):
    return Failing(pack)
