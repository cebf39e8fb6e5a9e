"""Commands are obeyed safely or refused with a reason; a twin that is stopped goes on where it was."""

from pathlib import Path

import numpy as np
import pytest

from guia.core.clock import HOUR, MINUTE, SECOND
from guia.core.ids import urn
from guia.twin import state
from guia.twin.city import TwinCity
from guia.twin.detectors import Faults
from guia.twin.running import Pace, build, obey
from guia.twin.site import Site
from guia.twin.uplink import Command


def order(plan: object, junction: str = "", action: str = "signals.run-plan") -> Command:
    parameters = {"plan": plan, **({"junction": junction} if junction else {})}
    return Command(decision="d-1", action=action, parameters=parameters)


def test_a_command_changes_what_the_lights_show(city: TwinCity):
    name = city.site.pack.signals[0].id
    ok, detail = obey(city, name, order(3, urn("TrafficLight", "tiny", name)))
    assert ok
    assert "night" in detail
    heads = city.sim.sumo.trafficlight.getControlledLinks(name)
    light, box = city.site.lights[name], city.controllers[name]
    before = ""
    for _ in range(200):
        city.step()
        shown = city.sim.sumo.trafficlight.getRedYellowGreenState(name)
        assert len(shown) == len(heads)
        assert shown == light.letters(box.stage, box.aspect)
        for old, new in zip(before, shown, strict=False):
            assert not (old in "Gg" and new == "r"), "a green ends in yellow"
        before = shown
    assert box.plan.number == 3


@pytest.mark.parametrize(
    ("local", "command", "word"),
    [
        ("nowhere", order(1), "no junction"),
        ("jpeycr8x", order(99), "no plan 99"),
        ("jpeycr8x", order("1"), "whole number"),
        ("jpeycr8x", order(True), "whole number"),
        ("jpeycr8x", order(1, "other"), "not for"),
        ("jpeycr8x", order(1, action="signals.all-green"), "cannot do"),
    ],
)
def test_what_cannot_be_done_is_refused_with_a_reason(
    city: TwinCity, local: str, command: Command, word: str
):
    ok, detail = obey(city, local, command)
    assert not ok
    assert word in detail


def test_a_stopped_city_goes_on_where_it_was(site: Site, tmp_path: Path):
    now = 1_795_197_600 * SECOND
    city, faults, sensors_rng = build(site, tmp_path, now, 1)
    city.controllers[site.pack.signals[0].id].command(3)
    for _ in range(150):
        city.step()
    faults.minute(5, sensors_rng)
    state.save(city, faults, sensors_rng, tmp_path)
    vehicles = set(city.sim.sumo.vehicle.getIDList())
    boxes = {
        k: (c.plan.number, c.stage, c.aspect, c.elapsed_s, c.commanded) for k, c in city.controllers.items()
    }
    ahead = {name: list(bus.ahead) for name, bus in city.fleet.buses.items()}
    left = {name: city.now_ns - bus.left_ns for name, bus in city.fleet.buses.items()}
    seconds, numbers = city.sim.now_s, city.rng.bit_generator.state
    city.sim.close()
    later = now + 8 * MINUTE
    again, faults_again, rng_again = build(site, tmp_path, later, 1)
    try:
        assert again.sim.now_s == seconds
        assert abs(again.now_ns - later) <= MINUTE
        assert set(again.sim.sumo.vehicle.getIDList()) == vehicles
        assert {
            k: (c.plan.number, c.stage, c.aspect, c.elapsed_s, c.commanded)
            for k, c in again.controllers.items()
        } == boxes
        assert {name: bus.ahead for name, bus in again.fleet.buses.items()} == ahead
        assert {name: again.now_ns - bus.left_ns for name, bus in again.fleet.buses.items()} == left
        assert again.rng.bit_generator.state == numbers
        assert rng_again.bit_generator.state == sensors_rng.bit_generator.state
        assert (faults_again.out_until == faults.out_until).all()
        passed = {name: bus.passed for name, bus in again.fleet.buses.items()}
        gone_on = not passed
        for _ in range(300):
            again.step()
            gone_on |= any(b.passed > passed.get(name, 99) for name, b in again.fleet.buses.items())
        assert gone_on
    finally:
        again.sim.close()


def test_a_city_left_for_hours_is_filled_anew(site: Site, tmp_path: Path):
    now = 1_795_197_600 * SECOND
    city, faults, rng = build(site, tmp_path, now, 1)
    state.save(city, faults, rng, tmp_path)
    city.sim.close()
    assert state.find(site, tmp_path, now + 5 * MINUTE) is not None
    assert state.find(site, tmp_path, now + 3 * HOUR) is None
    (tmp_path / "twin.json").write_bytes(b'{"version": 1, "net": ')
    assert state.find(site, tmp_path, now) is None, "a torn file is no state"


def test_the_pace_is_the_citys():
    pace = Pace(start_ns=1000 * SECOND, origin_ns=50 * SECOND, speed=10)
    assert pace.now(50 * SECOND) == 1000 * SECOND
    assert pace.now(53 * SECOND) == 1030 * SECOND
    assert isinstance(Faults.of(1, np.random.default_rng(1)), Faults)
