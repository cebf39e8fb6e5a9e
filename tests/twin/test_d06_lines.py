"""Bus lines: every stop of the timetable lies on the path, in order, and departures follow the headways."""

from datetime import date

import numpy as np

from guia.packs import Pack
from guia.packs.network import BUS
from guia.twin.fleet import stops_xml
from guia.twin.lines import departures
from guia.twin.site import Site


def test_both_directions_of_the_line_are_driven(site: Site):
    feed = site.pack.gtfs
    assert len(site.lines) == 2
    assert sum(len(line.trips) for line in site.lines) == len(feed.trip_ids)


def test_paths_hang_together_and_pass_the_stops_in_order(site: Site):
    network, feed = site.pack.network, site.pack.gtfs
    for line in site.lines:
        assert (network.to_node[line.edges[:-1]] == network.from_node[line.edges[1:]]).all()
        assert network.allows(BUS)[line.edges].all()
        run = np.concatenate([[0], np.cumsum(network.length_m[line.edges])])
        position = run[line.place] + line.offset_m
        assert (np.diff(position) > 0).all()
        assert (np.diff(line.scheduled_s) > 0).all()
        for stop, place, offset in zip(line.stop, line.place, line.offset_m, strict=True):
            snap = network.nearest(site.pack.projection, BUS).within(*feed.stop_lonlat[stop][:, None], 60.0)[
                1
            ]
            assert int(line.edges[place]) in set(map(int, snap.segment))
            assert 0 <= offset <= network.length_m[line.edges[place]] + 0.1


def test_departures_follow_times_and_headways(pack: Pack, site: Site):
    rows = departures(pack.gtfs, site.lines, date(2026, 11, 20))
    assert (np.diff(rows[:, 0]) >= 0).all()
    morning = rows[(rows[:, 1] == 0) & (rows[:, 0] < 19 * 3600), 0]
    assert set(np.diff(morning)) == {900}
    evening = rows[(rows[:, 1] == 0) & (rows[:, 0] >= 20 * 3600), 0]
    assert len(set(np.diff(evening))) == 1, "the frequency entry gives a trip every headway"


def test_stops_fit_on_their_lanes(site: Site):
    from xml.etree.ElementTree import fromstring

    for stop in fromstring(stops_xml(site.lines, site.pack.network)):
        edge = int(stop.get("lane").split("_")[0])
        assert (
            0 <= float(stop.get("startPos")) < float(stop.get("endPos")) <= site.pack.network.length_m[edge]
        )
