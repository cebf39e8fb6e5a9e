"""From approval to effect: approved decisions go to the actuator that serves their action; stale ones expire.

What is approved stands in the hub, so nothing is lost when the city stops between approval and command: it
is sent after the restart, unless it has expired. A command may therefore reach a device twice; actions are
such that this does no harm.
"""

import logging
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from guia.core.clock import Clock
from guia.core.decision import Decision, move
from guia.core.errors import Conflict, GuiaError
from guia.core.hub import Hub

SOURCE = "dispatch"
logger = logging.getLogger(__name__)
PEOPLE_ACT = "advice: people carry it out"
_LOOK_EVERY_S = 0.25
_AT_ONCE = 4


class Actuator(Protocol):
    """Carries commands out to devices."""

    actions: tuple[str, ...]
    """Actions that it serves, e.g. `signals.run-plan`."""

    def apply(self, decision: Decision) -> str:
        """Carry the decision out, wait for the acknowledgement; its words. GuiaError if that fails."""
        ...


class Dispatcher:
    """Looks after decisions that wait: for a person, for a device, or for nothing any more."""

    def __init__(self, hub: Hub, clock: Clock, actuators: Sequence[Actuator] = ()) -> None:
        self.applied = 0
        self.failed = 0
        self.expired = 0
        self._hub = hub
        self._clock = clock
        self._serving = {action: a for a in actuators for action in a.actions}
        self._under_way: set[str] = set()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="dispatch", daemon=True)
        self._pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="actuator")

    def add(self, actuator: Actuator) -> None:
        """Let `actuator` serve its actions from now on."""
        self._serving.update(dict.fromkeys(actuator.actions, actuator))

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Stop looking; commands under way are waited for."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join()
        self._pool.shutdown(wait=True)

    def look(self) -> None:
        """One round: expire what is stale, approve what acts by itself, send what is approved."""
        now = self._clock.now()
        for decision in self._hub.decisions(states=("proposed", "approved")):
            if decision.id in self._under_way:
                continue
            if decision.expires <= now:
                self._move(decision, "expired")
                self.expired += 1
            elif decision.state == "proposed" and decision.level == "act":
                self._hub.decide(
                    decision.id, "approved", f"brain:{decision.domain}", "the city lets it act by itself"
                )
            elif decision.state == "approved":
                self._under_way.add(decision.id)
                self._pool.submit(self._apply, decision)

    def _run(self) -> None:
        while not self._stopping.wait(_LOOK_EVERY_S):
            try:
                self.look()
            except GuiaError as error:
                logger.warning("the next round tries again: %s", error)

    def _apply(self, decision: Decision) -> None:
        actuator = self._serving.get(decision.action)
        try:
            if self._hub.decision(decision.id).state != "approved":
                return
            if decision.level == "advise":
                self._move(decision, "applied", applied_at=self._clock.now(), reason=PEOPLE_ACT)
                return
            if actuator is None:
                self._fail(decision, f"no actuator serves {decision.action}: connect one and propose again")
                return
            words = actuator.apply(decision)
        except (
            Exception
        ) as error:  # an actuator is an outside adapter: whatever it raises is a failed command
            self._fail(decision, str(error) or type(error).__name__)
        else:
            self._move(decision, "applied", applied_at=self._clock.now(), reason=words or decision.reason)
            self.applied += 1
        finally:
            self._under_way.discard(decision.id)

    def _fail(self, decision: Decision, reason: str) -> None:
        self._move(decision, "failed", reason=reason)
        self.failed += 1

    def _move(self, decision: Decision, state: str, **changes: object) -> None:
        try:
            self._hub.put_decisions([move(decision, state, **changes)], SOURCE)
        except Conflict as error:
            logger.warning("somebody was faster: %s", error)
