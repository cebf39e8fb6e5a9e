"""C07: assumed signals are conflict-free, complete and within bounds; detectors cover every district."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_town import HERE, street

from guia.packs.assemble import assemble
from guia.packs.assumed import MIN_GREEN_S, _arms, _movements, assume_detectors, assume_signals, conflict
from guia.packs.network import CAR
from guia.packs.signals import read_signals, write_signals


def crossing(angles, back=1, kind="primary"):
    """Streets from a common point outwards at the given angles in degrees."""
    spots = [(300 * np.sin(np.radians(a)), 300 * np.cos(np.radians(a))) for a in angles]
    return assemble([street((0, 0), s, kind=kind, back=back, lanes=2) for s in spots], HERE)


def test_a_plain_crossing_pairs_opposite_roads():
    (junction,) = assume_signals(crossing([0, 90, 180, 270]), HERE, "left")
    assert len(junction.movements) == 12
    assert 2 <= len(junction.stages) <= 4
    assert [p.name for p in junction.plans] == ["peak", "off-peak", "night"]
    assert junction.label == "synthetic"


def test_no_signals_where_nothing_crosses():
    assert assume_signals(crossing([0, 180]), HERE, "left") == []
    assert assume_signals(crossing([0, 90, 180, 270], kind="residential"), HERE, "left") == []


@given(st.lists(st.integers(0, 35), min_size=3, max_size=5, unique=True), st.sampled_from(["left", "right"]))
def test_stages_never_let_conflicting_movements_go_together(tens, side):
    net = crossing([10 * t for t in tens])
    for junction in assume_signals(net, HERE, side):
        node = junction.nodes[0]
        into, out = _arms(net)
        paths = {(str(net.id[m.into]), str(net.id[m.out])): m
                 for m in _movements(net, HERE, into[node], out[node], side)}  # fmt: skip
        held = set()
        for stage in junction.stages:
            own = [paths[junction.movements[m]] for m in stage.movements]
            assert not any(conflict(a, b) for a in own for b in own)
            held |= set(stage.movements)
        assert held == set(range(len(junction.movements)))
        for plan in junction.plans:
            assert {i.stage for i in plan.intervals} == set(range(len(junction.stages)))
            assert all(
                i.green_s >= MIN_GREEN_S and i.yellow_s >= 3 and i.all_red_s >= 1 for i in plan.intervals
            )
        assert {junction.plan_at(h).name for h in range(24)} == {"peak", "off-peak", "night"}


def test_two_streams_into_one_road_conflict():
    net = crossing([0, 90, 180])
    into, out = _arms(net)
    moves = _movements(
        net,
        HERE,
        into[int(np.argmax(np.bincount(net.to_node)))],
        out[int(np.argmax(np.bincount(net.to_node)))],
        "left",
    )
    same = [(a, b) for a in moves for b in moves if a.into != b.into and a.out == b.out]
    assert same
    assert all(conflict(a, b) for a, b in same)


def test_signals_survive_writing(tmp_path):
    junctions = assume_signals(crossing([0, 90, 180, 270]), HERE, "right")
    write_signals(junctions, tmp_path / "signals.json")
    assert read_signals(tmp_path / "signals.json") == junctions


@pytest.mark.parametrize("wanted", [4, 12])
def test_detectors_lie_apart_on_roads_of_every_district(wanted):
    grid = [street(*((x, 150.0 * k) for x in np.arange(0, 1501, 150)), kind="primary") for k in range(6)]
    grid += [street(*((150.0 * k, y) for y in np.arange(0, 751, 150))) for k in range(11)]
    net = assemble(grid, HERE)
    x, _ = HERE.to_metres(*net.points[net.first_point[:-1]].T)
    district = (x > 750).astype(np.int32)
    chosen = assume_detectors(net, HERE, district, wanted, least=2)
    rows = [net.row[c] for c in chosen]
    assert wanted <= len(rows) <= max(wanted, 4)
    assert net.allows(CAR)[rows].all()
    assert {0, 1} == set(district[rows])
    assert chosen == assume_detectors(net, HERE, district, wanted, least=2)


def test_every_approach_to_a_signal_is_counted():
    net = crossing([0, 90, 180, 270])
    junctions = assume_signals(net, HERE, "right")
    approaches = {approach for j in junctions for approach, _ in j.movements}
    chosen = assume_detectors(net, HERE, np.full(len(net), -1, np.int32), 1, signals=junctions)
    assert approaches
    assert approaches <= set(chosen)
