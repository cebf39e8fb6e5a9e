"""From proposal to measured effect: people approve, actuators carry out, brains measure; with a real broker."""

import asyncio
import contextlib
import socket
import subprocess
import sys
import threading

import aiomqtt
import msgspec
import numpy as np
import pytest
from brains.waiting import eventually

from guia.actuators.mqtt import MqttActuator
from guia.core.admission import Admission
from guia.core.brain import Outputs
from guia.core.clock import SECOND
from guia.core.decision import Decision, move
from guia.core.dispatch import Dispatcher
from guia.core.errors import InvalidInput, Unavailable
from guia.core.loop import Loop, Place


def decision(number: int, now: int, **changes) -> Decision:
    plain = Decision(
        id=f"d{number}", domain="d", action="things.turn", parameters={"to": 2},
        entities=("urn:ngsi-ld:Thing:t:lamp",), title={"en": "turn"}, proposed=now, known_at=0,
        expires=now + 60 * SECOND,
    )  # fmt: skip
    return msgspec.structs.replace(plain, **changes)


class Recording:
    """An actuator of the test's own: notes what it is given, fails when told to."""

    actions = ("things.turn",)

    def __init__(self, error: Exception | None = None) -> None:
        self.given: list[str] = []
        self.error = error

    def apply(self, decision: Decision) -> str:
        self.given.append(decision.id)
        if self.error:
            raise self.error
        return "turned"


@pytest.fixture
def dispatcher(hub):
    made: list[Dispatcher] = []

    def make(*actuators) -> Dispatcher:
        made.append(Dispatcher(hub, hub.clock, actuators))
        made[-1].start()
        return made[-1]

    yield make
    for one in made:
        one.stop()


def state(hub, number: int) -> str:
    return hub.decision(f"d{number}").state


def test_nothing_is_sent_before_a_person_approves(hub, dispatcher):
    lamp = Recording()
    dispatcher(lamp)
    hub.put_decisions([decision(1, hub.clock.now()), decision(2, hub.clock.now())], "d")
    hub.decide("d2", "rejected", "operator", "no")
    hub.decide("d1", "approved", "operator")
    eventually(lambda: state(hub, 1) == "applied")
    done = hub.decision("d1")
    assert (done.decided_by, done.reason) == ("operator", "turned")
    assert done.applied_at is not None
    assert lamp.given == ["d1"]
    assert state(hub, 2) == "rejected"


def test_a_failed_command_and_an_unserved_action_are_told(hub, dispatcher):
    dispatcher(Recording(Unavailable("the lamp is dark")))
    now = hub.clock.now()
    hub.put_decisions([decision(1, now), decision(2, now, action="things.paint")], "d")
    for number in (1, 2):
        hub.decide(f"d{number}", "approved", "operator")
    eventually(lambda: state(hub, 1) == state(hub, 2) == "failed")
    assert hub.decision("d1").reason == "the lamp is dark"
    assert "things.paint" in hub.decision("d2").reason


def test_stale_decisions_expire_whether_approved_or_not(hub, dispatcher):
    lamp = Recording()
    now = hub.clock.now()
    hub.put_decisions([decision(1, now, expires=now - 1), decision(2, now, expires=now + SECOND)], "d")
    hub.decide("d1", "approved", "operator")
    dispatcher(lamp)
    eventually(lambda: state(hub, 1) == state(hub, 2) == "expired")
    assert lamp.given == []


def test_where_the_city_lets_it_a_brain_acts_by_itself(hub, dispatcher):
    dispatcher(Recording())
    now = hub.clock.now()
    hub.put_decisions([decision(1, now, level="act"), decision(2, now, level="advise")], "d")
    eventually(lambda: state(hub, 1) == "applied")
    assert hub.decision("d1").decided_by == "brain:d"
    assert state(hub, 2) == "proposed"


def test_approved_advice_is_carried_out_by_people_not_sent(hub, dispatcher):
    lamp = Recording()
    dispatcher(lamp)
    hub.put_decisions([decision(1, hub.clock.now(), level="advise")], "d")
    hub.decide("d1", "approved", "operator")
    eventually(lambda: state(hub, 1) == "applied")
    assert "people" in hub.decision("d1").reason
    assert lamp.given == []


def test_what_was_approved_before_a_stop_is_sent_after_it(hub, dispatcher):
    hub.put_decisions([decision(1, hub.clock.now())], "d")
    hub.decide("d1", "approved", "operator")
    lamp = Recording()
    dispatcher(lamp)
    eventually(lambda: state(hub, 1) == "applied")
    assert lamp.given == ["d1"]


@pytest.fixture
def broker():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen([sys.executable, "-m", "guia.actuators.broker", str(port)])
    eventually(lambda: answers(port))
    yield "127.0.0.1", port
    process.terminate()
    assert process.wait(10) == 0


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Lamp(threading.Thread):
    """A device at the other end of the broker."""

    def __init__(self, broker: tuple[str, int], answer: bytes) -> None:
        super().__init__(daemon=True)
        self.broker, self.answer = broker, answer
        self.commands: list[dict] = []
        self.listening = threading.Event()
        self.start()
        assert self.listening.wait(10)

    def run(self) -> None:
        with contextlib.suppress(aiomqtt.MqttError):  # the broker ends with the test
            asyncio.run(self.serve())

    async def serve(self) -> None:
        async with aiomqtt.Client(*self.broker) as client:
            await client.subscribe("guia/t/command/+", qos=1)
            self.listening.set()
            async for message in client.messages:
                self.commands.append(msgspec.json.decode(message.payload))
                await client.publish(f"guia/t/ack/{self.commands[-1]['decision']}", self.answer, qos=1)


def test_a_command_reaches_a_device_over_mqtt_and_is_acknowledged(hub, broker):
    lamp = Lamp(broker, b'{"ok": true, "detail": "at stage 2"}')
    actuator = MqttActuator("t", *broker, ("things.turn",), hub.clock)
    assert actuator.apply(decision(1, hub.clock.now())) == "at stage 2"
    (command,) = lamp.commands
    assert (command["action"], command["parameters"]) == ("things.turn", {"to": 2})
    assert command["issued"].endswith("Z")


def test_a_brain_that_withdraws_a_proposal_says_why(hub):
    proposed = decision(1, hub.clock.now())
    hub.put_decisions([proposed], "d")
    given = Outputs(decisions=(move(proposed, "withdrawn", reason="it no longer pays"),))
    admitted, refused = Admission("d", np.empty(0, np.int32), {}, hub.decision).admit(given)
    assert [(d.state, d.reason) for d in admitted.decisions] == [("withdrawn", "it no longer pays")]
    assert not refused


def test_what_other_devices_left_with_the_broker_is_no_answer(hub, broker):
    async def leave():
        async with aiomqtt.Client(*broker) as client:
            await client.publish("guia/t/twin", b'{"lag_s": 1}', qos=1, retain=True)

    asyncio.run(leave())
    Lamp(broker, b'{"ok": true, "detail": "at stage 2"}')
    actuator = MqttActuator("t", *broker, ("things.turn",), hub.clock)
    assert actuator.apply(decision(1, hub.clock.now())) == "at stage 2"


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [(b'{"ok": false, "detail": "locked"}', InvalidInput, "locked"), (b"?", InvalidInput, "cannot be read")],
)
def test_a_device_may_refuse_or_talk_nonsense(hub, broker, answer, error, words):
    Lamp(broker, answer)
    actuator = MqttActuator("t", *broker, ("things.turn",), hub.clock)
    with pytest.raises(error, match=words):
        actuator.apply(decision(1, hub.clock.now()))


def test_a_silent_device_and_a_dead_broker_are_failures(hub, broker):
    now = hub.clock.now()
    silent = MqttActuator("t", *broker, ("things.turn",), hub.clock, answer_within_s=0.5)
    with pytest.raises(Unavailable, match="no acknowledgement"):
        silent.apply(decision(1, now))
    dead = MqttActuator("t", "127.0.0.1", 1, ("things.turn",), hub.clock)
    with pytest.raises(Unavailable, match="broker"):
        dead.apply(decision(1, now))


def test_the_whole_path_from_proposal_to_measured_effect(hub, feed, broker, tmp_path):
    lamp = Lamp(broker, b'{"ok": true}')
    actuator = MqttActuator("t", *broker, ("things.turn",), hub.clock)
    dispatcher = Dispatcher(hub, hub.clock, [actuator])
    place = Place(tmp_path, hub.folder)
    loop = Loop(
        hub, hub.clock, place, {"counting": "brains.counting"}, levels={}, rng=np.random.default_rng(1)
    )
    dispatcher.start()
    loop.start()
    feed(5.0)
    eventually(lambda: hub.decisions(states=("proposed",)))
    (proposal,) = hub.decisions()
    hub.decide(proposal.id, "approved", "operator")
    eventually(lambda: hub.decision(proposal.id).state == "measured")
    loop.stop()
    dispatcher.stop()
    done = hub.decision(proposal.id)
    assert done.measured is not None
    assert done.decided_by == "operator"
    assert done.applied_at is not None
    assert [c["decision"] for c in lamp.commands] == [proposal.id]
