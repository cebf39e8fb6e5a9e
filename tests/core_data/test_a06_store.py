"""Rows in SQLite: found by every condition, exact in geometry, equal however often they are applied."""

import threading

import apsw
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guia.core.entity import Entity, property_
from guia.core.errors import Corrupt, Unsupported
from guia.core.records import Row
from guia.core.store import entities, kept
from guia.core.store.schema import migrate
from guia.core.store.store import Store
from guia.core.verify import digests


def entity(n, kind="Stop", lon=None, lat=22.2, **attributes):
    geometry = None if lon is None else {"type": "Point", "coordinates": [lon, lat]}
    body = {name: property_(value) for name, value in attributes.items()}
    return Entity(id=f"urn:ngsi-ld:{kind}:tiny:{n}", type=kind, attributes=body, geometry=geometry)


def plain(row):
    import msgspec

    return Row(row.table, row.id, msgspec.to_builtins(row.body))


def put(store, *found):
    end = store.applied + 8
    store.apply([(store.applied, [plain(Row("entities", e.id, e)) for e in found])], end)


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "store.db")
    yield store
    store.close()


def names(found):
    return [e.id.rsplit(":", 1)[1] for e in found]


def find(store, types=(), ids=(), attrs=(), bbox=None, near=None, limit=100, offset=0):
    return names(entities.find(store, types, ids, attrs, bbox, near, limit, offset))


def test_conditions_are_joined_by_and(store):
    put(store, entity(1, name="a"), entity(2, colour="b"), entity(3, "Pier", name="c"))
    assert find(store) == ["3", "1", "2"]
    assert find(store, types=["Stop"]) == ["1", "2"]
    assert find(store, types=["Stop", "Pier"], attrs=["name"]) == ["3", "1"]
    assert find(store, attrs=["name", "colour"], limit=1, offset=1) == ["1"]
    assert find(store, ids=["urn:ngsi-ld:Stop:tiny:2", "nobody"]) == ["2"]
    assert entities.count(store, []) == {"Stop": 2, "Pier": 1}


def test_attribute_names_cannot_break_out_of_the_query(store):
    put(store, entity(1, **{'x"; DROP TABLE entities; --': 1, "a.b": 2}))
    assert find(store, attrs=['x"; DROP TABLE entities; --']) == ["1"]
    assert find(store, attrs=["a.b"]) == ["1"]
    assert find(store, attrs=["a"]) == []
    assert find(store, types=["' OR 1=1 --"]) == []


def test_replacing_and_deleting(store):
    put(store, entity(1, lon=113.5))
    put(store, entity(1, lon=113.6))
    assert find(store, bbox=(113.4, 22, 113.55, 23)) == []
    assert find(store, bbox=(113.55, 22, 113.65, 23)) == ["1"]
    put(store, entity(1))
    assert find(store, bbox=(113, 22, 114, 23)) == []
    store.apply([(store.applied, [Row("entities", "urn:ngsi-ld:Stop:tiny:1")])], store.applied + 8)
    assert find(store) == []


def test_a_line_whose_box_touches_but_which_does_not_is_left_out(store):
    line = {"type": "LineString", "coordinates": [[0, 0], [0, 1], [1, 1]]}
    put(store, Entity(id="urn:ngsi-ld:Road:tiny:1", type="Road", geometry=line))
    assert find(store, bbox=(0.5, 0.2, 0.8, 0.5)) == []
    assert find(store, bbox=(0.5, 0.2, 0.8, 1.0)) == ["1"]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.floats(113.5, 113.6), st.floats(22.1, 22.25)), max_size=15), st.floats(10, 5000))
def test_near_agrees_with_great_circles(tmp_path_factory, places, metres):
    store = Store(tmp_path_factory.mktemp("store") / "store.db")
    put(store, *(entity(n, lon=lon, lat=lat) for n, (lon, lat) in enumerate(places)))
    found = set(find(store, near=(113.55, 22.2, metres)))
    store.close()
    for n, (lon, lat) in enumerate(places):
        a, b = np.radians([lat, 22.2])
        chord = np.sin((a - b) / 2) ** 2 + np.cos(a) * np.cos(b) * np.sin(np.radians(lon - 113.55) / 2) ** 2
        distance = 2 * 6_371_008.8 * np.arcsin(np.sqrt(chord))
        if distance < metres * 0.99:
            assert str(n) in found
        if distance > metres * 1.01:
            assert str(n) not in found


def test_applying_again_changes_nothing(tmp_path):
    groups = [
        (8, [plain(Row("entities", "urn:ngsi-ld:Stop:tiny:1", entity(1, lon=1.0)))]),
        (16, [Row("steps", "s1", {"seed": 1}), Row("inputs", "i1", {"actor": "a"})]),
        (24, [Row("entities", "urn:ngsi-ld:Stop:tiny:1"), Row("steps", "s1", {"seed": 2})]),
    ]
    once, often = Store(tmp_path / "once.db"), Store(tmp_path / "often.db")
    once.apply(groups, 32)
    often.apply(groups[:2], 24)
    often.apply(groups, 32)
    often.apply(groups, 32)
    assert digests(once) == digests(often)
    assert kept.find(often, "steps", 10) == [("s1", 24, {"seed": 2})]
    once.close()
    often.close()


def test_readers_in_other_threads_see_what_was_applied(store):
    put(store, entity(1))
    found = []
    thread = threading.Thread(target=lambda: found.extend(find(store)))
    thread.start()
    thread.join()
    assert found == ["1"]


def test_a_failed_apply_leaves_nothing(store):
    with pytest.raises(KeyError):
        store.apply([(0, [plain(Row("entities", "a", entity(1))), Row("alerts", "b", {})])], 8)
    assert find(store) == []
    assert store.applied == 0


def test_older_versions_are_migrated_step_by_step(tmp_path):
    connection = apsw.Connection(str(tmp_path / "x.db"))
    steps = ("CREATE TABLE a (x); INSERT INTO a VALUES (1)", "ALTER TABLE a ADD COLUMN y DEFAULT 7")
    migrate(connection, tmp_path, steps[:1])
    migrate(connection, tmp_path, steps)
    assert connection.execute("SELECT x, y FROM a").fetchall() == [(1, 7)]
    broken = (*steps, "ALTER TABLE a ADD COLUMN z; SELECT * FROM nowhere")
    with pytest.raises(apsw.SQLError):
        migrate(connection, tmp_path, broken)
    assert connection.pragma("user_version") == 2
    assert [c[1] for c in connection.execute("PRAGMA table_info(a)")] == ["x", "y"]


def test_a_store_of_a_newer_version_says_what_to_do(tmp_path):
    Store(tmp_path / "store.db").close()
    connection = apsw.Connection(str(tmp_path / "store.db"))
    connection.pragma("user_version", 99)
    connection.close()
    with pytest.raises(Unsupported, match="rebuilt from the log"):
        Store(tmp_path / "store.db")


def test_a_file_that_is_no_store_is_named(tmp_path):
    (tmp_path / "store.db").write_bytes(b"this is not a database" * 500)
    with pytest.raises(Corrupt, match="rebuilt from the log"):
        Store(tmp_path / "store.db")
