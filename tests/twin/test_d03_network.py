"""The pack's roads arrive in SUMO whole: every motor segment, its lanes, speed, classes and turns."""

import itertools
from pathlib import Path
from xml.etree.ElementTree import parse

import numpy as np
import pytest

from guia.core.errors import InvalidInput
from guia.packs import Pack
from guia.packs.network import CAR, MOTOR
from guia.twin.network import build_net
from guia.twin.roads import UNREACHED, read_turns, roads_for, walk_back
from guia.twin.site import Site


def test_every_motor_segment_is_an_edge_with_its_lanes_and_speed(site: Site):
    network = site.pack.network
    edges = {e.get("id"): e for e in parse(site.net).getroot().iter("edge") if not e.get("function")}
    assert {int(k) for k in edges} == set(map(int, np.flatnonzero(network.allows(MOTOR))))
    for name, edge in edges.items():
        lanes = list(edge.iter("lane"))
        assert len(lanes) == network.lanes[int(name)]
        assert float(lanes[0].get("speed")) == pytest.approx(
            network.free_speed_kmh[int(name)] / 3.6, abs=0.01
        )
        assert float(lanes[0].get("length")) == pytest.approx(network.length_m[int(name)], abs=0.1)


def test_cars_stay_off_edges_that_are_not_theirs(site: Site):
    network = site.pack.network
    closed = np.flatnonzero(network.allows(MOTOR) & ~network.allows(CAR))
    assert len(closed), "the tiny city has a motorcycle lane"
    assert not np.isfinite(site.roads.seconds[closed]).any()
    assert not set(closed) & set(map(int, site.roads.core))


def test_an_equal_pack_does_not_build_twice_and_another_hand_does(pack: Pack, site: Site, tmp_path: Path):
    again = build_net(pack.network, pack.signals, pack.projection, site.net.parent, left_hand=True)
    right = build_net(pack.network, pack.signals, pack.projection, tmp_path, left_hand=False)
    left = build_net(pack.network, pack.signals, pack.projection, tmp_path, left_hand=True)
    assert left.name == again.name != right.name
    before = right.stat().st_mtime_ns
    build_net(pack.network, pack.signals, pack.projection, tmp_path, left_hand=False)
    assert right.stat().st_mtime_ns == before


def test_what_netconvert_refuses_is_told_in_its_words(pack: Pack, tmp_path: Path):
    from dataclasses import replace

    broken = replace(pack.network, points=np.full_like(pack.network.points, np.nan))
    with pytest.raises(InvalidInput, match="netconvert"):
        build_net(broken, pack.signals, pack.projection, tmp_path, left_hand=True)


def test_shortest_paths_equal_a_plain_search(site: Site):
    roads = site.roads
    seconds, before = roads.from_edges(site.demand.edge)
    cost = np.full((len(roads.seconds),) * 2, np.inf)
    for a, b in zip(roads.arc_from, roads.arc_to, strict=True):
        cost[a, b] = roads.seconds[a] + 3.0
    slow = cost.copy()
    np.fill_diagonal(slow, 0)
    for k in range(len(slow)):  # Floyd, 1962
        slow = np.minimum(slow, slow[:, [k]] + slow[[k]])
    for row, origin in enumerate(site.demand.edge):
        assert np.allclose(seconds[row], slow[origin])
        for end in site.roads.core:
            path = walk_back(before[row], int(origin), int(end))
            legs = sum(cost[a, b] for a, b in itertools.pairwise(path))
            assert path[0] == origin
            assert path[-1] == end
            assert legs == pytest.approx(slow[origin, end])


def test_there_is_no_path_to_where_nobody_can_go():
    assert walk_back(np.full(5, UNREACHED), 0, 3) == []


def test_turns_join_end_to_start(site: Site):
    network = site.pack.network
    start, end = read_turns(site.net)
    assert (network.to_node[start] == network.from_node[end]).all()
    assert len(roads_for(network, (start, end), CAR).core) > 0
