"""C04: streets become a network: split where they meet, no loops, ids by place alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_town import HERE, street

from guia.packs.assemble import assemble
from guia.packs.check_network import check_network
from guia.packs.network import BUS, CAR, FOOT, MOTORCYCLE, ROAD_CLASSES, read_network, write_network

BOX = (9.0, 19.0, 11.0, 21.0)


def test_a_two_way_street_is_two_segments_that_know_each_other():
    net = assemble([street((0, 0), (100, 0))], HERE)
    assert len(net) == 2
    assert net.reverse.tolist() == [1, 0]
    assert net.length_m == pytest.approx([100, 100], abs=0.05)


def test_a_one_way_street_is_one_segment_in_its_direction():
    net = assemble([street((0, 0), (100, 0), back=0)], HERE)
    assert len(net) == 1
    assert net.line(0)[0, 0] < net.line(0)[-1, 0]


def test_crossing_streets_are_split_where_they_share_a_point():
    net = assemble([street((0, 0), (50, 0), (100, 0)), street((50, -50), (50, 0), (50, 50))], HERE)
    assert (len(net), len(net.node_lon)) == (8, 5)
    first, out = net.outgoing()
    assert max(np.diff(first)) == 4
    assert sorted(out) == list(range(8))


def test_streets_that_cross_without_a_common_point_do_not_meet():
    net = assemble([street((0, 0), (100, 0)), street((50, -50), (50, 50), bridge=True)], HERE)
    assert len(net) == 4
    assert net.bridge.sum() == 2


def test_a_street_that_meets_itself_is_split_there():
    knot = street((0, 0), (100, 0), (100, 50), (50, 50), (50, 0), (50, -50))
    touching = street((0, 0), (50, 0), (100, 0), (100, 50), (50, 50), (50, 0), (50, -50))
    for one in (knot, touching):
        assert check_network(assemble([one], HERE), HERE, BOX) == []
    assert len(assemble([touching], HERE)) == 8


def test_a_closed_loop_is_cut_in_its_middle():
    net = assemble([street((0, 0), (50, 0), (50, 50), (0, 50), (0, 0))], HERE)
    assert (net.from_node != net.to_node).all()
    assert net.length_m.sum() == pytest.approx(400, abs=0.5)


def test_repeated_points_vanish():
    net = assemble([street((0, 0), (0, 0), (50, 0), (50, 0), (100, 0), back=0)], HERE)
    assert net.first_point.tolist() == [0, 3]


def test_a_forbidden_turn_is_forbidden_at_that_corner_alone():
    streets = [street((0, 0), (50, 0)), street((50, 0), (50, 50)), street((50, 0), (100, 0))]
    net = assemble(streets, HERE, [(0, 1, 1)])
    (a, b), *rest = net.turns.tolist()
    assert rest == []
    assert net.to_node[a] == net.from_node[b]
    assert net.line(b)[-1, 1] > net.line(b)[0, 1]


corners = st.tuples(st.integers(0, 4), st.integers(0, 4)).map(lambda c: (c[0] * 60.0, c[1] * 60.0))
streets_ = st.lists(
    st.tuples(st.lists(corners, min_size=2, max_size=7), st.integers(0, 2), st.integers(0, 2)),
    min_size=1,
    max_size=6,
)


@given(streets_, st.randoms(use_true_random=False))
def test_any_tangle_makes_a_sound_network_whatever_the_order(tangle, random):
    made = [street(*path, lanes=max(a, 1), back=b) for path, a, b in tangle if len(set(path)) > 1]
    if not made:
        return
    net = assemble(made, HERE)
    if len(net) == 0:
        return
    assert [f for f in check_network(net, HERE, BOX) if f.level == "error"] == []
    random.shuffle(made)
    again = assemble(made, HERE)
    assert sorted(again.id) == sorted(net.id)
    assert (again.points == net.points).all()


def test_written_and_read_again_it_is_the_same_and_gives_the_same_bytes(tmp_path):
    names = {"zh": "新馬路", "pt": "Avenida", "en": "Avenue"}
    lane = street((0, 0), (50, 0), kind="service", access=MOTORCYCLE)
    net = assemble([street((0, 0), (100, 0), names=names), lane], HERE)
    for folder in ("a", "b"):
        write_network(net, tmp_path / folder)
    read = read_network(tmp_path / "a")
    for column in ("id", "lanes", "access", "road_class", "name_zh", "reverse", "first_point"):
        assert (getattr(read, column) == getattr(net, column)).all()
    assert read.points == pytest.approx(net.points, abs=1e-9)
    assert read.names(read.row[str(net.id[0])]) == net.names(0)
    for file in ("segments", "nodes", "turns"):
        name = f"{file}.parquet"
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_access_chooses_segments():
    net = assemble([street((0, 0), (50, 0), access=FOOT), street((0, 0), (0, 50), access=BUS | CAR)], HERE)
    assert net.allows(CAR).sum() == net.allows(BUS).sum() == net.allows(FOOT).sum() == 2
    assert net.nearest(HERE, FOOT).nearest(*HERE.to_lonlat(1.0, 30.0)).distance_m[0] == pytest.approx(
        30, abs=0.1
    )
    assert ROAD_CLASSES[net.road_class[0]] == "tertiary"
