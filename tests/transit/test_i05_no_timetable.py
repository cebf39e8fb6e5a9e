"""I05: a city without a timetable has no vehicles, and no trouble."""

import pytest

from guia.core.clock import SECOND, ManualClock, instant
from guia.core.errors import NotFound
from guia.core.hub import Hub
from guia.domains.traffic import sample
from guia.domains.transit import brain as transit
from guia.domains.transit.service import Transit
from guia.packs.pack import Pack

NOW = instant("2026-11-20T09:05:00Z")


def test_everything_answers_empty(tmp_path, rehearse):
    sample.write_pack(tmp_path / "pack", side=3, detectors=2)
    run = rehearse(transit.build(tmp_path / "pack"), NOW)
    outputs = run.step(NOW)
    assert outputs.forecasts == ()
    assert len(outputs.observations) == 0
    run.step(NOW + 30 * SECOND)
    hub = Hub.open(tmp_path / "other", ManualClock(NOW))
    service = Transit(Pack.open(tmp_path / "pack"), hub, ManualClock(NOW), lambda *_: None)
    assert service.vehicles(NOW)["id"] == []
    assert service.lines() == service.stops() == []
    with pytest.raises(NotFound):
        service.journeys((113.541, 22.191), (113.56, 22.21), NOW)
    hub.close()
