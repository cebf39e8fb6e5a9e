"""C11: any place from OpenStreetMap: classes, one-way, lanes, limits, access, restrictions, signals, names."""

import pytest
from small_feed import rows

from guia.core.errors import InvalidInput
from guia.formats.gtfs import write_feed
from guia.formats.osm import read_osm
from guia.packs import Pack
from guia.packs.builders import build_city
from guia.packs.check import check_pack
from guia.packs.network import BICYCLE, BUS, CAR, FOOT, ROAD_CLASSES
from guia.packs.osm_streets import streets_of_osm

NODES = {1: (0, 0), 2: (200, 0), 3: (400, 0), 4: (200, 200), 5: (200, -200), 6: (600, 0), 7: (600, 200)}
WAYS = (
    (10, (1, 2), {"highway": "primary", "name": "Main", "lanes": "4", "maxspeed": "60"}),
    (11, (2, 3), {"highway": "primary", "name": "Main", "oneway": "-1"}),
    (12, (4, 2, 5), {"highway": "secondary", "name": "Kreuz", "name:en": "Cross", "maxspeed": "30 mph"}),
    (13, (3, 6), {"highway": "residential", "access": "private", "bus": "yes", "bridge": "yes"}),
    (14, (6, 7), {"highway": "footway"}),
    (15, (6, 3, 7), {"highway": "construction"}),
    (16, (7, 4), {"highway": "primary_link", "junction": "roundabout"}),
    (17, (3, 7), {"highway": "cycleway", "foot": "no"}),
)
RULES = ((20, "no_left_turn", 10, 2, 12), (21, "only_straight_on", 12, 2, 12), (22, "no_u_turn", 10, 3, 12))


@pytest.fixture
def extract(tmp_path):
    def tags(body):
        return "".join(f'<tag k="{k}" v="{v}"/>' for k, v in body.items())

    lines = ['<osm version="0.6">']
    for number, (x, y) in NODES.items():
        body = {"highway": "traffic_signals"} if number == 2 else {}
        body |= {"amenity": "hospital", "name": "Spital"} if number == 7 else {}
        position = f'lat="{20 + y / 110_700:.7f}" lon="{10 + x / 104_600:.7f}"'
        lines.append(f'<node id="{number}" version="1" {position}>{tags(body)}</node>')
    for number, nodes, body in WAYS:
        refs = "".join(f'<nd ref="{n}"/>' for n in nodes)
        lines.append(f'<way id="{number}" version="1">{refs}{tags(body)}</way>')
    for number, kind, a, via, b in RULES:
        members = f'<member type="way" ref="{a}" role="from"/><member type="node" ref="{via}" role="via"/>'
        members += f'<member type="way" ref="{b}" role="to"/>'
        body = {"type": "restriction", "restriction": kind}
        lines.append(f'<relation id="{number}" version="1">{members}{tags(body)}</relation>')
    file = tmp_path / "place.osm"
    file.write_text("\n".join([*lines, "</osm>"]))
    return file


def test_tags_become_streets(extract):
    streets, forbidden = streets_of_osm(read_osm(extract))
    by_key = {s.key: s for s in streets}
    assert set(by_key) == {"way/10", "way/11", "way/12", "way/13", "way/14", "way/16", "way/17"}
    main, against, cross = by_key["way/10"], by_key["way/11"], by_key["way/12"]
    assert (main.lanes, main.lanes_back, main.speed_kmh) == (2, 2, 60)
    assert (against.lanes, against.lanes_back) == (1, 0)
    assert against.lonlat[0, 0] > against.lonlat[-1, 0]
    assert cross.speed_kmh == pytest.approx(48.28, abs=0.01)
    assert cross.names["en"] == "Cross"
    assert by_key["way/13"].access == BUS
    assert by_key["way/13"].bridge
    assert by_key["way/14"].access == FOOT
    assert by_key["way/17"].access == BICYCLE
    assert (by_key["way/16"].road_class, by_key["way/16"].lanes_back) == ("primary", 0)
    assert all(s.road_class in ROAD_CLASSES for s in streets)
    assert (0, 1, 2) in forbidden, "no left turn from Main into Cross"
    assert (2, 1, 0) in forbidden, "only straight on along Cross"
    assert (2, 1, 1) in forbidden


def test_a_pack_of_any_place(extract, tmp_path):
    write_feed(rows(), tmp_path / "gtfs.zip")
    folder = tmp_path / "somewhere"
    build_city("somewhere", folder, osm=extract, gtfs=tmp_path / "gtfs.zip")
    assert [f for f in check_pack(folder) if f.level == "error"] == []
    pack = Pack.open(folder)
    assert "© OpenStreetMap contributors" in (folder / "roads" / "NOTICE").read_text()
    assert len(pack.gtfs.stop_ids) == 3
    assert len(pack.network.turns) >= 2
    assert any(p.kind == "hospital" for p in pack.places)
    assert pack.network.allows(CAR).any()
    assert pack.settings("twin")["vehicles_at_peak"] >= 50
    assert {f.kind for f in pack.feeds} == {"http", "mqtt", "gtfs-rt", "mqtt-commands"}


def test_building_again_keeps_ids_and_what_the_city_wrote(extract, tmp_path):
    write_feed(rows(), tmp_path / "gtfs.zip")
    folder = tmp_path / "somewhere"
    build_city("somewhere", folder, osm=extract, gtfs=tmp_path / "gtfs.zip")
    before = list(Pack.open(folder).network.id)
    for file, old, new in (
        ("pack.toml", "UTC", "Europe/Vaduz"),
        ("sources.toml", "see agency.txt", "LIEmobil"),
    ):
        text = (folder / file).read_text()
        assert old in text
        (folder / file).write_text(text.replace(old, new))
    build_city("somewhere", folder, osm=extract)
    pack = Pack.open(folder)
    assert list(pack.network.id) == before
    assert pack.manifest.timezone == "Europe/Vaduz"
    assert pack.source("transit/gtfs.zip").publisher == "LIEmobil"
    assert [f for f in check_pack(folder) if f.level == "error"] == []


def test_a_feed_with_a_dangling_stop_is_refused_with_place_and_remedy(extract, tmp_path):
    broken = rows()
    broken["stop_times"][0]["stop_id"] = "nowhere"
    write_feed(broken, tmp_path / "gtfs.zip")
    with pytest.raises(InvalidInput, match=r"'nowhere' is not in stops\.txt") as caught:
        build_city("x", tmp_path / "x", osm=extract, gtfs=tmp_path / "gtfs.zip")
    assert "stop_times.txt row 2" in caught.value.place


def test_a_truncated_extract_is_refused(extract, tmp_path):
    body = extract.read_bytes()
    extract.write_bytes(body[: len(body) // 2])
    with pytest.raises(InvalidInput, match="OpenStreetMap extract"):
        read_osm(extract)
    (tmp_path / "noise.osm.pbf").write_bytes(b"\x00\x00\x01noise" * 40)
    with pytest.raises(InvalidInput, match="OpenStreetMap extract"):
        read_osm(tmp_path / "noise.osm.pbf")


def test_nothing_to_build_from_is_said(tmp_path):
    with pytest.raises(InvalidInput, match="nothing to build"):
        build_city("atlantis", tmp_path / "atlantis")
