"""A city in Python: what `guia.open` reads from the files is what the hub knows, also while it runs."""

from pathlib import Path

import numpy as np
import pytest
from brains.counting import READS

import guia
from guia.core.alert import Alert
from guia.core.clock import MINUTE, SECOND, iso
from guia.core.columns import Forecasts
from guia.core.errors import NotFound, Unavailable

ENTITY = READS[0].split("|")[0]


def test_the_past_comes_from_files_and_the_log_alike(hub, feed, tmp_path):
    for value in range(3):
        feed(float(value))
    hub.compact()
    for value in range(3, 5):
        feed(float(value))
    (tmp_path / "link").mkdir()
    (tmp_path / "link" / "t").symlink_to(hub.folder.parent)
    past = guia.open("t", tmp_path / "link").series(ENTITY, "number")
    assert past.batch.value.tolist() == [0.0, 1.0, 2.0, 3.0, 4.0]
    series = past.to_pandas()
    assert series.name == READS[0]
    assert series.index.tz is not None
    assert series.attrs["label"] == "real"
    assert past.to_numpy()["value"].tolist() == past.to_arrow()["value"].to_pylist()
    middle = iso(int(past.batch.observed[2] // SECOND * SECOND))
    city = guia.open("t", tmp_path / "link")
    assert len(city.series(ENTITY, "number", middle)) + len(city.series(ENTITY, "number", None, middle)) == 5


def test_the_newest_forecast_by_quantile(hub, tmp_path):
    ids = hub.ids(READS[:1])
    for issue in (1, 2):
        targets = hub.clock.now() + np.arange(1, 4, dtype=np.int64) * MINUTE
        for_each = np.repeat([0.1, 0.5, 0.9], 3)
        hub.put_forecasts(
            Forecasts(
                np.repeat(ids, 9), np.full(9, issue), np.tile(targets, 3), for_each, for_each * issue, "m/1"
            ),
            "brain",
        )
        if issue == 1:
            hub.compact()
    (tmp_path / "t").symlink_to(hub.folder.parent)
    ahead = guia.open("t", tmp_path).forecast(ENTITY, "number")
    assert (ahead.issued, ahead.model) == (2, "m/1")
    frame = ahead.to_pandas()
    assert list(frame.columns) == [0.1, 0.5, 0.9]
    assert frame[0.5].tolist() == [1.0, 1.0, 1.0]


def test_alerts_decisions_and_what_there_is(hub, tmp_path):
    now = hub.clock.now()
    alert = Alert(id="a", domain="d", kind="k", severity="minor", title={"en": "x"}, since=now, updated=now)
    hub.put_alerts([alert], "d")
    (tmp_path / "t").symlink_to(hub.folder.parent)
    city = guia.open("t", tmp_path)
    assert city.alerts() == [alert]
    assert city.decisions() == []
    assert [s.name for s in city.find("*t:1|*")] == [READS[1]]


def test_what_is_not_there_is_said(hub, tmp_path: Path):
    with pytest.raises(NotFound, match="nowhere"):
        guia.open("nowhere", tmp_path)
    (tmp_path / "t").symlink_to(hub.folder.parent)
    city = guia.open("t", tmp_path, url="http://127.0.0.1:9")
    with pytest.raises(NotFound, match="no such series"):
        city.series(ENTITY, "colour")
    with pytest.raises(NotFound, match="nothing is forecast"):
        city.forecast(ENTITY, "number")
    with pytest.raises(Unavailable):
        city.route((113.5, 22.2), (113.6, 22.2))
