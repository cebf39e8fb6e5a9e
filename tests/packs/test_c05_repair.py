"""C05: broken streets mended: welded ends, labelled connectors, nothing under bridges."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from small_town import HERE, street

from guia.packs.assemble import assemble
from guia.packs.check_network import car_part
from guia.packs.continuation import continue_streets
from guia.packs.network import CAR, CONNECTOR
from guia.packs.repair import connect, weld


def joined(streets):
    net = assemble(weld([*streets, *connect(streets, HERE)], HERE), HERE)
    own = net.source != CONNECTOR
    return net, float(net.length_m[car_part(net) & own].sum() / net.length_m[net.allows(CAR) & own].sum())


def test_whole_streets_get_no_connector():
    assert connect([street((0, 0), (100, 0)), street((100, 0), (100, 100))], HERE) == []


def test_a_gap_is_bridged_both_ways_by_the_shortest_connectors():
    streets = [street((0, 0), (200, 0)), street((215, 0), (400, 0))]
    made = connect(streets, HERE)
    assert len(made) == 2
    assert all(c.source == CONNECTOR and c.lanes_back == 0 for c in made)
    assert joined(streets)[1] == 1.0


def test_a_one_way_street_that_ends_nowhere_finds_its_way_back():
    ring = street((0, 0), (300, 0), (300, 300), (0, 300), (0, 0))
    dead_end = street((300, 0), (320, 150), (310, 280), back=0)
    assert joined([ring])[1] == 1.0
    net, share = joined([ring, dead_end])
    assert share == 1.0
    assert (net.source == CONNECTOR).sum() == 1


def test_a_bridge_is_not_joined_with_what_passes_below():
    below = street((-300, 0), (300, 0))
    bridge = street((0, -250), (0, -100), (0, -2), (0, 4), (0, 100), (0, 250), bridge=True)
    made = connect([below, bridge], HERE)
    inner = {tuple(p) for p in bridge.lonlat[1:-1].round(7)}
    assert not any(tuple(p) in inner for c in made for p in c.lonlat.round(7))


def test_what_is_too_far_stays_apart():
    assert connect([street((0, 0), (100, 0)), street((5000, 0), (5100, 0))], HERE) == []


def test_ends_within_two_metres_become_one():
    streets = [street((0, 0), (100, 0)), street((101, 1), (200, 0))]
    net = assemble(weld(streets, HERE), HERE)
    assert len(net.node_lon) == 3
    assert joined(streets)[1] == 1.0


cells = st.tuples(st.integers(0, 6), st.integers(0, 6))


@given(st.lists(st.tuples(cells, cells, st.booleans()), min_size=1, max_size=14))
def test_any_scattered_streets_within_reach_become_one_network(pairs):
    """Streets on a 90 m grid, most of them one-way: connectors up to 200 m join every one of them."""
    streets = [
        street((a[0] * 90, a[1] * 90), (b[0] * 90, b[1] * 90), back=int(two))
        for a, b, two in pairs
        if a != b and max(abs(a[0] - b[0]), abs(a[1] - b[1])) <= 2
    ]
    if not streets:
        return
    before = [s.lonlat.copy() for s in streets]
    net, share = joined(streets)
    assert all((s.lonlat == b).all() for s, b in zip(streets, before, strict=True))
    alone = joined(streets[:1])[1]
    assert share >= min(alone, share)
    lengths = net.length_m[net.source == CONNECTOR]
    assert (lengths <= 201).all()
    again = connect([*streets, *connect(streets, HERE)], HERE)
    assert again == []
    assert np.isfinite(share)


def test_a_street_that_breaks_off_goes_on_under_its_name_although_there_is_a_way_around():
    name = {"zh": "長街"}
    gap = [street((0, 0), (200, 0), names=name), street((230, 5), (400, 5), names=name)]
    around = street((0, 0), (0, 900), (400, 900), (400, 5))
    made = continue_streets([*gap, around], HERE)
    assert len(made) == 2
    assert all(c.source == CONNECTOR for c in made)
    other = [gap[0], street((230, 5), (400, 5), names={"zh": "短街"}), around]
    assert continue_streets(other, HERE) == []
    whole = [*gap, street((200, 0), (230, 5)), around]
    assert continue_streets(whole, HERE) == []


def test_nothing_goes_on_around_a_corner():
    name = {"zh": "長街"}
    assert (
        continue_streets(
            [street((0, 0), (200, 0), names=name), street((200, 30), (200, 300), names=name)], HERE
        )
        == []
    )
