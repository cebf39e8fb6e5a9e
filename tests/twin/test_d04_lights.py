"""No two conflicting movements have an unconditional green, by SUMO's own table of foes."""

import itertools

from guia.twin.controller import ALL_RED, GREEN, YELLOW
from guia.twin.lights import read_heads
from guia.twin.site import Site


def test_conflicting_heads_are_never_both_plainly_green(site: Site):
    heads = read_heads(site.net)
    assert set(site.lights) == {j.id for j in site.pack.signals}
    for name, light in site.lights.items():
        for letters in light.green:
            for a, b in itertools.combinations(heads[name], 2):
                if b.index in a.foes or a.index in b.foes:
                    assert not (letters[a.index] == letters[b.index] == "G"), f"{name} {letters}"


def test_foes_are_mutual_and_known(site: Site):
    for heads in read_heads(site.net).values():
        by_index = {h.index: h for h in heads}
        assert any(h.foes for h in heads)
        for head in heads:
            assert all(head.index in by_index[foe].foes for foe in head.foes)


def test_yellow_shows_where_green_was_and_all_red_shows_no_green(site: Site):
    for light in site.lights.values():
        for stage in range(len(light.green)):
            green, yellow, red = (light.letters(stage, a) for a in (GREEN, YELLOW, ALL_RED))
            assert [c in "Gg" for c in green] == [c == "y" for c in yellow]
            assert not set(red) & set("Ggy")
            assert "G" in green or "g" in green


def test_every_movement_of_the_pack_gets_its_green(site: Site):
    heads, row = read_heads(site.net), site.pack.network.row
    for junction in site.pack.signals:
        place = {(h.from_edge, h.to_edge): h.index for h in heads[junction.id]}
        light = site.lights[junction.id]
        for i, stage in enumerate(junction.stages):
            for m in stage.movements:
                a, b = junction.movements[m]
                if (row[a], row[b]) in place:
                    assert light.green[i][place[row[a], row[b]]] in "Gg"
