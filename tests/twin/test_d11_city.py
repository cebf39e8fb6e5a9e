"""The tiny city lives: alive at once, few at night, sensors that agree with what drove past, buses that arrive."""

import numpy as np
from google.transit.gtfs_realtime_pb2 import FeedMessage

from guia.core.clock import SECOND, instant
from guia.twin.city import TwinCity
from guia.twin.detectors import Faults
from guia.twin.fleet import stop_name
from guia.twin.gtfs_rt import BOTH, POSITIONS, messages
from guia.twin.sensors import Sensors
from guia.twin.simulation import Simulation
from guia.twin.site import Site
from guia.twin.uplink import Address, Uplink


class Listener(Uplink):
    """A line whose other end is this test."""

    def __init__(self) -> None:
        super().__init__(Address("tiny", "", "", "", 0), {}, lambda *_: (True, ""))
        self.heard: dict[str, list[tuple[list[str], object, np.ndarray]]] = {}

    def post(self, feed, names, observed, value):
        self.heard.setdefault(feed, []).append((list(names), observed, np.asarray(value)))

    publish = post


def test_the_evening_is_alive_at_once_and_the_night_is_not(city: TwinCity, site: Site):
    for _ in range(60):
        city.step()
    evening = city.sim.under_way()
    city.sim.close()
    night = TwinCity(
        site,
        Simulation(site.net, site.additional, 1),
        np.random.default_rng(1),
        instant("2026-11-20T03:30:00Z"),
    )
    night.wake()
    for _ in range(60):
        night.step()
    assert night.sim.under_way() < evening / 4
    city.sim = night.sim


def test_sensors_see_what_drives_past(city: TwinCity):
    sensors = Sensors(
        city, np.random.default_rng(2), Faults.of(len(city.site.detectors), np.random.default_rng(3))
    )
    line = Listener()
    for _ in range(300):
        city.step()
        sensors.look(line)
    defined = {s.name for specs in sensors.series().values() for s in specs}
    assert {s.label for specs in sensors.series().values() for s in specs} == {"synthetic"}
    for feed in ("detectors", "pulses", "signals", "probes"):
        assert line.heard[feed], feed
        assert {n for names, _, _ in line.heard[feed] for n in names} <= defined
    d = len(city.site.detectors)
    counted = sum(np.nansum(v[:d]) for _, _, v in line.heard["detectors"])
    pulses = sum(len(v) for _, _, v in line.heard["pulses"])
    assert counted > 20
    assert abs(counted - pulses) < 0.25 * counted
    speeds = np.concatenate([v[d : 2 * d] for _, _, v in line.heard["detectors"]])
    assert 5 < np.nanmedian(speeds) < 70
    times = np.concatenate([np.atleast_1d(o) for _, o, _ in line.heard["pulses"]])
    assert times.min() >= city.now_ns - 301 * SECOND
    assert times.max() <= city.now_ns


def test_buses_reach_their_stops_in_order_and_are_told_of(city: TwinCity):
    seen: dict[str, list[int]] = {}
    for _ in range(900):
        city.step()
        for name, bus in city.fleet.buses.items():
            if bus.passed >= 0 and [bus.passed] != seen.setdefault(name, [])[-1:]:
                seen[name].append(bus.passed)
    assert city.fleet.refused == 0
    assert any(len(s) >= 3 for s in seen.values())
    buses, driving = city.fleet.buses, city.sim.sumo.vehicle.getIDList
    while city.sim.now_s < 3600 and not (buses and buses.keys() <= set(driving())):
        city.step()
    bodies = messages(
        city.fleet,
        city.sim,
        city.site.pack.gtfs,
        city.site.pack.projection,
        city.now_ns,
        np.random.default_rng(1),
    )
    heard = FeedMessage.FromString(bodies[POSITIONS])
    assert len(heard.entity) == len(city.fleet.buses) > 0
    west, south, east, north = city.site.pack.bbox
    for entity in heard.entity:
        assert west - 0.01 < entity.vehicle.position.longitude < east + 0.01
        assert south - 0.01 < entity.vehicle.position.latitude < north + 0.01
        assert entity.vehicle.trip.trip_id in city.site.pack.gtfs.trip_ids
    both = FeedMessage.FromString(bodies[BOTH])
    assert len({e.id for e in both.entity}) == len(both.entity) >= len(heard.entity)


def test_equal_seeds_live_equally(site: Site):
    ends = []
    for _ in range(2):
        sim = Simulation(site.net, site.additional, 1)
        city = TwinCity(site, sim, np.random.default_rng(1), instant("2026-11-20T18:00:00Z"))
        city.wake()
        for _ in range(120):
            city.step()
        ends.append({name: sim.sumo.vehicle.getPosition(name) for name in sim.sumo.vehicle.getIDList()})
        sim.close()
    assert ends[0] == ends[1]


def test_a_bus_stands_where_it_is_said_to_stand(city: TwinCity):
    """SUMO's own word for the stop, against the twin's count: also after bays, and where a line passes a stop twice."""
    events = city.sim.sumo.simulation
    served: dict[str, list[int]] = {}
    for _ in range(900):
        city.step()
        for name in events.getStopStartingVehiclesIDList():
            bus = city.fleet.buses[name]
            line = city.fleet.lines[bus.line]
            here = stop_name(int(line.edges[line.place[bus.passed]]), float(line.offset_m[bus.passed]))
            assert city.sim.sumo.vehicle.getStops(name, 1)[0].stoppingPlaceID == here
            served.setdefault(f"{name} {bus.left_ns}", []).append(bus.passed)
    assert sum(map(len, served.values())) >= 5
    for stops in served.values():
        assert sorted(set(stops)) == list(range(stops[0], stops[-1] + 1))
