"""J01: which segment may follow which."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from guia.engines.graph.groups import connected
from guia.engines.graph.successors import successors


@st.composite
def towns(draw):
    nodes = draw(st.integers(2, 6))
    ends = st.tuples(st.integers(0, nodes - 1), st.integers(0, nodes - 1)).filter(lambda e: e[0] != e[1])
    streets = draw(st.lists(ends, min_size=1, max_size=10, unique=True))
    from_node, to_node, reverse = [], [], []
    for a, b in streets:
        two_way = draw(st.booleans())
        from_node.append(a), to_node.append(b), reverse.append(len(from_node) if two_way else -1)
        if two_way:
            from_node.append(b), to_node.append(a), reverse.append(len(from_node) - 2)
    n = len(from_node)
    pair = st.tuples(st.integers(0, n - 1), st.integers(0, n - 1))
    turns = draw(st.lists(pair, max_size=4))
    allowed = draw(st.lists(st.booleans(), min_size=n, max_size=n))
    return (
        *(np.array(c, np.int32) for c in (from_node, to_node)),
        turns,
        np.array(reverse, np.int32),
        np.array(allowed),
    )


def slow(from_node, to_node, turns, reverse, allowed):
    arcs = []
    for a in range(len(from_node)):
        onward = [
            b for b in range(len(from_node))
            if allowed[a] and allowed[b] and to_node[a] == from_node[b] and (a, b) not in turns
        ]  # fmt: skip
        ahead = [b for b in onward if b != reverse[a]]
        arcs.append(ahead or onward)
    return arcs


@settings(max_examples=200, deadline=None)
@given(towns())
def test_equals_the_rule_spelled_out(town):
    from_node, to_node, turns, reverse, allowed = town
    arcs = successors(from_node, to_node, np.array(turns, np.int32).reshape(-1, 2), reverse, allowed)
    assert [arcs.of(a).tolist() for a in range(len(arcs))] == slow(*town)


@settings(max_examples=100, deadline=None)
@given(towns(), st.data())
def test_groups_are_the_classes_of_the_links(town, data):
    from_node, to_node, turns, reverse, allowed = town
    arcs = successors(from_node, to_node, np.array(turns, np.int32).reshape(-1, 2), reverse, allowed)
    n = len(arcs)
    chosen = np.array(data.draw(st.lists(st.booleans(), min_size=n, max_size=n)))
    alike = np.array(data.draw(st.lists(st.integers(0, 1), min_size=n, max_size=n)), np.int32)
    group = connected(arcs, chosen, alike)
    expected = list(range(n))
    for _ in range(n):
        for a in range(n):
            for b in arcs.of(a).tolist():
                if chosen[a] and chosen[b] and alike[a] == alike[b]:
                    expected[a] = expected[b] = min(expected[a], expected[b])
    for a in range(n):
        assert (group[a] < 0) == (not chosen[a])
        for b in range(n):
            if chosen[a] and chosen[b]:
                assert (group[a] == group[b]) == (expected[a] == expected[b])
    first_members = [int(np.flatnonzero(group == g)[0]) for g in range(group.max(initial=-1) + 1)]
    assert first_members == sorted(first_members)
