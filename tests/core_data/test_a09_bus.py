"""The contract of every bus: order, topics, bounds. Each implementation is passed through the same tests."""

import asyncio
import threading

import pytest

from guia.core.bus.local import LocalBus

BUSES = {"local": LocalBus}


@pytest.fixture(params=sorted(BUSES))
def bus(request):
    bus = BUSES[request.param]()
    yield bus
    bus.close()


def bodies(events):
    return [e.body for e in events]


def test_events_come_in_order_to_all_who_asked(bus):
    one, two, other = (
        bus.subscribe(["alerts"]),
        bus.subscribe(["decisions", "alerts"]),
        bus.subscribe(["steps"]),
    )
    for n in range(5):
        bus.publish("alerts", n, position=n)
    assert bodies(one.poll()) == bodies(two.poll()) == [0, 1, 2, 3, 4]
    assert other.poll() == []


def test_a_topic_has_all_below_it_and_nothing_beside(bus):
    wide, narrow = bus.subscribe(["observations"]), bus.subscribe(["observations.detectors"])
    for topic in (
        "observations.detectors",
        "observations.buses",
        "observations.detectors2",
        "observation",
        "other",
    ):
        bus.publish(topic, topic)
    assert bodies(wide.poll()) == ["observations.detectors", "observations.buses", "observations.detectors2"]
    assert bodies(narrow.poll()) == ["observations.detectors"]


def test_a_slow_listener_is_told_to_resync_and_goes_on(bus):
    slow = bus.subscribe(["alerts"], capacity=3)
    for n in range(8):
        bus.publish("alerts", n)
    events = slow.poll()
    assert events[0].topic == "resync"
    assert bodies(events)[-1] == 7
    assert slow.missed > 0
    bus.publish("alerts", 8)
    assert bodies(slow.poll()) == [8]


def test_memory_stays_bounded_whatever_is_published(bus):
    slow = bus.subscribe(["alerts"], capacity=10)
    for n in range(10_000):
        bus.publish("alerts", n)
    assert len(slow.poll()) <= 11


def test_a_closed_subscription_gets_nothing_more(bus):
    gone = bus.subscribe(["alerts"])
    bus.publish("alerts", 1)
    gone.close()
    bus.publish("alerts", 2)
    assert bodies(gone.poll()) == [1]


async def test_async_iteration_ends_when_closed(bus):
    subscription = bus.subscribe(["alerts"])
    found = []

    async def listen():
        found.extend([event.body async for event in subscription])

    task = asyncio.create_task(listen())
    for n in range(3):
        bus.publish("alerts", n)
        await asyncio.sleep(0.01)
    subscription.close()
    await asyncio.wait_for(task, 5)
    assert found == [0, 1, 2]


async def test_publishing_from_threads_wakes_the_loop(bus):
    subscription = bus.subscribe(["alerts"], capacity=10_000)
    threads = [
        threading.Thread(target=lambda t=t: [bus.publish("alerts", (t, n)) for n in range(500)])
        for t in range(4)
    ]
    for thread in threads:
        thread.start()
    found = []
    async for event in subscription:
        found.append(event.body)
        if len(found) == 2000:
            break
    for t in range(4):
        assert [n for thread, n in found if thread == t] == list(range(500))
