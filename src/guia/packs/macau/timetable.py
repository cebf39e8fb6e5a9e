"""Macau's timetable as GTFS: buses by headway, light rail and ferries exact."""

from pathlib import Path

from guia.core.place import LocalProjection
from guia.packs.macau.buses import Rows, bus_rows
from guia.packs.macau.detours import BusWays
from guia.packs.macau.holidays import FIRST, LAST, calendar
from guia.packs.macau.rail_ferry import ferry_rows, rail_rows
from guia.packs.network import RoadNetwork

_AGENCIES = (
    ("dsat", "澳門巴士（交通事務局）", "https://www.dsat.gov.mo/"),
    ("mlm", "澳門輕軌股份有限公司", "https://www.mlm.com.mo/"),
    ("turbojet", "噴射飛航 TurboJET", "https://www.turbojet.com.hk/"),
    ("cotai", "金光飛航 Cotai Water Jet", "https://www.cotaiwaterjet.com/"),
)


def timetable(facts: Path, projection: LocalProjection, network: RoadNetwork) -> Rows:
    """All tables of the feed; the operator of each bus route is not published, so the bureau stands for both."""
    rows: Rows = {}
    for part in (
        bus_rows(facts, projection, BusWays(network, projection)),
        rail_rows(facts, projection),
        ferry_rows(facts),
    ):
        for table, own in part.items():
            rows.setdefault(table, []).extend(own)
    rows["agency"] = [
        {
            "agency_id": i,
            "agency_name": n,
            "agency_url": u,
            "agency_timezone": "Asia/Macau",
            "agency_lang": "zh",
        }
        for i, n, u in _AGENCIES
    ]
    rows["calendar"], rows["calendar_dates"] = calendar({str(t["service_id"]) for t in rows["trips"]})
    rows["feed_info"] = [{
        "feed_publisher_name": "Guia", "feed_publisher_url": "https://www.dsat.gov.mo/", "feed_lang": "zh",
        "feed_start_date": f"{FIRST:%Y%m%d}", "feed_end_date": f"{LAST:%Y%m%d}", "feed_version": "2026-04",
    }]  # fmt: skip
    return rows
