"""C08: the tiny city, built, opened, checked; and what is told of a damaged pack."""

import filecmp
import json
import shutil
from datetime import date
from pathlib import Path

import pytest

from guia.core.errors import InvalidInput, NotFound, Unsupported
from guia.packs import Pack
from guia.packs.check import check_pack
from guia.packs.network import CAR, MOTORCYCLE
from guia.packs.tiny import build_tiny

TINY = Path(__file__).parents[2] / "cities" / "tiny"


@pytest.fixture
def tiny(tmp_path):
    return Path(shutil.copytree(TINY, tmp_path / "tiny"))


def errors(folder):
    return [(f.place, f.detail) for f in check_pack(folder) if f.level == "error"]


def test_building_it_again_gives_the_committed_bytes(tmp_path):
    build_tiny(tmp_path / "tiny")
    names = [str(f.relative_to(TINY)) for f in TINY.rglob("*") if f.is_file()]
    same, different, odd = filecmp.cmpfiles(TINY, tmp_path / "tiny", names, shallow=False)
    assert (different, odd) == ([], [])
    assert len(same) == len(names)


def test_it_is_whole():
    assert check_pack(TINY) == []


def test_everything_in_it_is_labelled_synthetic():
    pack = Pack.open(TINY)
    assert {s.label for s in pack.sources} == {"synthetic"}
    assert {p.label for p in [*pack.places, *pack.parishes, *pack.monthly, *pack.signals]} == {"synthetic"}


def test_its_parts():
    pack = Pack.open(TINY)
    net = pack.network
    assert len(set(net.name_en)) == 10
    assert len(pack.signals) == 2
    assert (net.allows(MOTORCYCLE) & ~net.allows(CAR)).sum() == 1
    assert pack.gtfs.route_ids.tolist() == ["1"]
    assert pack.gtfs.runs_on(date(2026, 11, 21)).all()
    assert sum(w.residents for w in pack.weights) == pytest.approx(sum(p.population for p in pack.parishes))
    assert pack.title["zh"] == "小城"
    assert pack.settings("traffic")["drives_on"] == "right"
    assert pack.settings("no such domain") == {}
    assert pack.source("transit/gtfs.zip").licence == "Apache-2.0"


def test_the_middle_of_the_city_is_the_origin():
    x, y = Pack.open(TINY).projection.to_metres(*Pack.open(TINY).network.points.T)
    assert abs(x).max() < 1000
    assert abs(y).max() < 1000


def test_a_folder_without_a_pack_is_not_found(tmp_path):
    with pytest.raises(NotFound, match=r"no pack\.toml"):
        Pack.open(tmp_path)
    assert errors(tmp_path)[0][1] == "there is no pack.toml here"


def test_a_newer_schema_says_what_to_do(tiny):
    file = tiny / "pack.toml"
    file.write_text(file.read_text().replace("schema = 1", "schema = 99"))
    with pytest.raises(Unsupported, match="schema 99") as caught:
        Pack.open(tiny)
    assert "build" in caught.value.remedy


def test_a_broken_manifest_is_named(tiny):
    (tiny / "pack.toml").write_text("schema = 1\nname = 7\n")
    with pytest.raises(InvalidInput, match="does not fit") as caught:
        Pack.open(tiny)
    assert str(tiny) in caught.value.place


@pytest.mark.parametrize(
    "file", ["roads/segments.parquet", "roads/nodes.parquet", "transit/gtfs.zip", "series/figures.parquet",
             "places/places.geojson", "places/parishes.geojson", "roads/signals.json", "sources.toml"]
)  # fmt: skip
def test_a_damaged_file_is_one_finding_and_the_rest_is_still_checked(tiny, file):
    body = (tiny / file).read_bytes()
    (tiny / file).write_bytes(body[: len(body) // 2])
    found = errors(tiny)
    assert any(file in place for place, _ in found)
    assert all("Traceback" not in detail for _, detail in found)


def test_a_file_without_source_and_a_source_without_file(tiny):
    (tiny / "places" / "extra.geojson").write_text("{}")
    (tiny / "series" / "figures.parquet").unlink()
    found = errors(tiny)
    assert ("places/extra.geojson", "no source is stated") in found
    assert ("sources.toml", "series/figures.parquet does not exist") in found


def test_a_place_elsewhere_of_an_unknown_kind(tiny):
    file = tiny / "places" / "places.geojson"
    body = json.loads(file.read_text())
    body["features"][0]["properties"]["kind"] = "casino"
    body["features"][0]["geometry"]["coordinates"] = [0, 0]
    file.write_text(json.dumps(body))
    details = [d for _, d in errors(tiny)]
    assert "kind 'casino'" in details
    assert "lies outside the city" in details


def test_a_signal_that_names_no_segment(tiny):
    file = tiny / "roads" / "signals.json"
    network = Pack.open(tiny).network
    file.write_text(file.read_text().replace(Pack.open(tiny).signals[0].movements[0][0], "nowhere"))
    assert any("does not lead over the junction" in d for _, d in errors(tiny))
    assert len(network) > 0
