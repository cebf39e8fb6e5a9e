"""A pack comes into the hub whole, once, and what it no longer has goes."""

import shutil
from pathlib import Path

import pytest

from guia.core.clock import WallClock
from guia.core.hub import Hub
from guia.packs.load import load
from guia.packs.pack import Pack

TINY = Path(__file__).parents[2] / "cities" / "tiny"


@pytest.fixture
def hub(tmp_path: Path):
    opened = Hub.open(tmp_path / "data", WallClock())
    yield opened
    opened.close()


def test_every_part_becomes_entities_with_place_and_label(hub: Hub):
    pack = Pack.open(TINY)
    loaded = load(pack, hub)
    counts = hub.count_entities()
    assert counts["RoadSegment"] == len(pack.network)
    assert counts["TrafficLight"] == len(pack.signals)
    assert counts["TrafficDetector"] == len(pack.detectors)
    assert counts["PublicTransportStop"] == len(pack.gtfs.stop_ids)
    assert loaded.entities == sum(counts.values()) - 1
    for entity in hub.entities(types=["RoadSegment", "PublicTransportStop"]):
        assert entity.geometry is not None
        assert entity.attributes["label"]["value"] == "synthetic"


def test_figures_become_observations_at_the_start_of_their_period(hub: Hub):
    pack = Pack.open(TINY)
    rows = load(pack, hub).observations
    figure = pack.monthly[0]
    series = hub.ids([f"urn:ngsi-ld:KeyPerformanceIndicator:tiny:{figure.id}|value"])
    past = hub.history(series, 0, 2**62)
    assert rows == sum(len(f.value) for f in pack.monthly)
    assert past.value.tolist() == figure.value.tolist()
    assert past.observed[0] == figure.period.astype("datetime64[ns]").astype(int)[0]


def test_the_same_content_is_loaded_once(hub: Hub):
    pack = Pack.open(TINY)
    load(pack, hub)
    position = hub.position
    assert load(pack, hub).entities == 0
    assert hub.position == position


def test_a_detector_that_left_the_pack_leaves_the_hub_and_nothing_else_does(hub: Hub, tmp_path: Path):
    folder = tmp_path / "pack"
    shutil.copytree(TINY, folder)
    load(Pack.open(folder), hub)
    (folder / "roads" / "signals.json").write_text("[]")
    before = hub.count_entities()
    assert load(Pack.open(folder), hub).removed == before["TrafficLight"]
    after = hub.count_entities()
    assert "TrafficLight" not in after
    assert after["RoadSegment"] == before["RoadSegment"]
