"""J02: fastest paths with changing speeds, against trying every path; leaving later never means arriving earlier."""

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from guia.engines.graph.successors import successors
from guia.engines.graph.travel import Ends, Speeds, arrival, fastest, leave_at


@st.composite
def networks(draw):
    nodes = draw(st.integers(2, 5))
    n = draw(st.integers(1, 9))
    node = st.integers(0, nodes - 1)
    from_node, to_node = (np.array(draw(st.lists(node, min_size=n, max_size=n)), np.int32) for _ in range(2))
    turns = draw(st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)), max_size=4))
    arcs = successors(
        from_node,
        to_node,
        np.array(turns, np.int32).reshape(-1, 2),
        np.full(n, -1, np.int32),
        np.ones(n, bool),
    )
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    slots = draw(st.integers(1, 4))
    speeds = Speeds(10.0, rng.uniform(0.5, 20, (n, slots)))
    length = rng.uniform(1, 120, n)
    pick = st.lists(st.integers(0, n - 1), min_size=1, max_size=3)
    ends = []
    for _ in range(2):
        segment = np.array(draw(pick), np.int32)
        ends.append(Ends(segment, rng.uniform(0, 1, len(segment)) * length[segment]))
    return arcs, length, speeds, *ends, draw(st.floats(0, 50))


def crawl(speeds, segment, metres, now):
    """Leaving time by going from slot end to slot end."""
    left = metres
    while True:
        slot = min(int(now // speeds.slot_s), speeds.by_slot.shape[1] - 1)
        v = speeds.by_slot[segment, slot]
        end = (slot + 1) * speeds.slot_s if slot < speeds.by_slot.shape[1] - 1 else np.inf
        if left <= (end - now) * v:
            return now + left / v
        left -= (end - now) * v
        now = end


def by_relaxing(arcs, length, speeds, origins, goals, depart):
    """Earliest arrival by relaxing all arcs until nothing changes (Bellman 1958)."""
    entry = np.full(len(length), np.inf)
    best = np.inf
    for s, m in zip(origins.segment, origins.offset_m, strict=True):
        for d, to in zip(goals.segment, goals.offset_m, strict=True):
            if s == d and to >= m:
                best = min(best, crawl(speeds, s, to - m, depart))
        for v in arcs.of(s):
            entry[v] = min(entry[v], crawl(speeds, s, length[s] - m, depart))
    for _ in range(len(length)):
        for s in np.flatnonzero(np.isfinite(entry)):
            for v in arcs.of(s):
                entry[v] = min(entry[v], crawl(speeds, s, length[s], entry[s]))
    for d, to in zip(goals.segment, goals.offset_m, strict=True):
        if np.isfinite(entry[d]):
            best = min(best, crawl(speeds, d, to, entry[d]))
    return best


@settings(max_examples=120, deadline=None)
@given(networks())
def test_arrives_when_the_slow_search_does(world):
    arcs, length, speeds, origins, goals, depart = world
    path = fastest(arcs, length, speeds, origins, goals, depart)
    expected = by_relaxing(*world)
    assert (path is None) == (expected == np.inf)
    assume(path is not None)
    assert abs(path.arrival_s - expected) < 1e-6
    assert abs(arrival(path, length, speeds, depart) - path.arrival_s) < 1e-6
    assert (np.diff(path.entered_s) >= 0).all()
    assert path.entered_s[0] == depart
    for a, b in zip(path.segments[:-1], path.segments[1:], strict=True):
        assert b in arcs.of(a)


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.floats(0.1, 30), min_size=1, max_size=5),
    st.floats(0, 500),
    st.floats(0, 60),
    st.floats(0, 60),
)
def test_first_in_first_out(speeds, metres, one, other):
    by_slot = np.array([speeds])
    early, late = sorted((one, other))
    assert leave_at(by_slot, 10.0, 0, metres, early) <= leave_at(by_slot, 10.0, 0, metres, late) + 1e-9


@settings(max_examples=50, deadline=None)
@given(networks(), st.floats(0, 60))
def test_leaving_later_never_arrives_earlier(world, later):
    arcs, length, speeds, origins, goals, depart = world
    now = fastest(arcs, length, speeds, origins, goals, depart)
    then = fastest(arcs, length, speeds, origins, goals, depart + later)
    assert (now is None) == (then is None)
    if now is not None:
        assert now.arrival_s <= then.arrival_s + 1e-9
