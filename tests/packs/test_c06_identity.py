"""C06: ids survive a rebuild with changed input."""

import numpy as np
from small_feed import rows
from small_town import HERE, street

from guia.formats.gtfs import read_feed, write_feed
from guia.packs.assemble import assemble
from guia.packs.assumed import assume_signals
from guia.packs.identity import keep_junction_ids, keep_segment_ids, rename_stops, renamed_stops

TOWN = [
    street((0, 0), (200, 0), (400, 0), kind="primary", names={"en": "Long"}),
    street((200, -200), (200, 0), (200, 200), kind="secondary", names={"en": "Cross"}),
    street((400, 0), (400, 200), (200, 200), back=0, names={"en": "Ring"}),
]


def moved(streets, east, north):
    return [
        street(*(np.column_stack(HERE.to_metres(*s.lonlat.T)) + np.array([east, north])), kind=s.road_class,
               lanes=s.lanes, back=s.lanes_back, names=s.names)
        for s in streets
    ]  # fmt: skip


def by_name_and_end(net):
    """(street name, direction in eighths of a turn) → id: what a person would call the same road."""
    found = {}
    for i in range(len(net)):
        line = HERE.points(net.line(i))
        turn = int(np.round(np.arctan2(*(line[-1] - line[0])) / (np.pi / 4)))
        middle = tuple(np.round(line.mean(axis=0) / 60).astype(int))
        found[str(net.name_en[i]), turn, middle] = str(net.id[i])
    return found


def test_a_survey_that_moves_everything_by_metres_keeps_every_id():
    old = assemble(TOWN, HERE)
    new = assemble(moved(TOWN, 4, -3), HERE)
    assert not set(old.id) & set(new.id)
    kept = keep_segment_ids(new, old, HERE)
    assert set(kept.id) == set(old.id)
    assert by_name_and_end(kept) == by_name_and_end(old)


def test_a_new_street_gets_a_new_id_and_the_others_keep_theirs():
    old = assemble(TOWN, HERE)
    extra = street((400, 0), (600, 0), names={"en": "New"})
    kept = keep_segment_ids(assemble([*moved(TOWN, 2, 2), *moved([extra], 2, 2)], HERE), old, HERE)
    assert set(old.id) < set(kept.id)
    assert len(set(kept.id)) == len(kept) == len(old) + 2


def test_opposite_directions_never_swap():
    old = assemble(TOWN, HERE)
    kept = keep_segment_ids(assemble(moved(TOWN, 0, 6), HERE), old, HERE)
    for i, name in enumerate(kept.id):
        k = old.row[str(name)]
        there, back = HERE.points(kept.line(i)), HERE.points(old.line(k))
        assert (there[-1] - there[0]) @ (back[-1] - back[0]) > 0


def test_a_street_split_anew_loses_only_its_own_ids():
    old = assemble(TOWN, HERE)
    split = street((100, 0), (100, -100))
    streets = [street((0, 0), (100, 0), (200, 0), (400, 0), kind="primary"), *TOWN[1:], split]
    kept = keep_segment_ids(assemble(streets, HERE), old, HERE)
    assert len(set(old.id) - set(kept.id)) == 2


def test_far_moves_are_new_roads():
    old = assemble(TOWN, HERE)
    kept = keep_segment_ids(assemble(moved(TOWN, 80, 80), HERE), old, HERE)
    assert not set(old.id) & set(kept.id)


def test_junctions_keep_their_ids():
    old = assume_signals(assemble(TOWN, HERE), HERE, "left")
    new = assume_signals(assemble(moved(TOWN, 5, 5), HERE), HERE, "left")
    assert old
    assert [j.id for j in keep_junction_ids(new, old, HERE)] == [j.id for j in old]


def test_a_stop_whose_code_changed_keeps_its_id_everywhere(tmp_path):
    write_feed(rows(), tmp_path / "old.zip")
    new = rows()
    for table in ("stops", "stop_times"):
        for row in new[table]:
            row["stop_id"] = {"s1": "S1/9"}.get(row["stop_id"], row["stop_id"])
    new["translations"][0]["record_id"] = "S1/9"
    mapping = renamed_stops(new["stops"], read_feed(tmp_path / "old.zip"))
    assert mapping == {"S1/9": "s1"}
    rename_stops(new, mapping)
    assert new == rows()


def test_a_new_stop_beside_an_old_one_is_not_mistaken_for_it(tmp_path):
    write_feed(rows(), tmp_path / "old.zip")
    stops = [
        *rows()["stops"],
        {"stop_id": "s9", "stop_name": "新馬路, 1", "stop_lat": 22.1, "stop_lon": 113.5},
    ]
    assert renamed_stops(stops, read_feed(tmp_path / "old.zip")) == {}
