"""Macau's manifest and the sources of its files."""

from guia.packs.pack import SCHEMA_VERSION, Department, FeedSettings, Manifest, Source

_OSM = "ODbL 1.0, © OpenStreetMap contributors"
_MINI = "github:asdfghj1237890/mini-macau@7108d2dd3a95"
_LANES = "github:wangsan71/LaneMapLeader@6dcb3fdd1586"
_GIS = "github:BrianWong05/macau-bus@4881f8214654"


def manifest() -> Manifest:
    """`pack.toml`."""
    return Manifest(
        schema=SCHEMA_VERSION,
        name="macau",
        version="1",
        titles={"en": "Macau", "zh": "澳門", "pt": "Macau"},
        timezone="Asia/Macau",
        bbox=(113.528, 22.105, 113.6, 22.22),
        languages=("zh", "pt", "en"),
        departments=tuple(
            Department(id=i, names={"en": e, "zh": z, "pt": p})
            for i, e, z, p in (
                ("dsat", "Transport Bureau", "交通事務局", "Direcção dos Serviços para os Assuntos de Tráfego"),
                ("dsec", "Statistics and Census Service", "統計暨普查局",
                 "Direcção dos Serviços de Estatística e Censos"),
                ("dst", "Macao Government Tourism Office", "旅遊局", "Direcção dos Serviços de Turismo"),
                ("dspa", "Environmental Protection Bureau", "環境保護局",
                 "Direcção dos Serviços de Protecção Ambiental"),
                ("smg", "Meteorological and Geophysical Bureau", "地球物理氣象局",
                 "Direcção dos Serviços Meteorológicos e Geofísicos"),
                ("ssm", "Health Bureau", "衛生局", "Serviços de Saúde"),
                ("mlm", "Macao Light Rapid Transit Corporation", "澳門輕軌股份有限公司",
                 "Sociedade do Metro Ligeiro de Macau"),
            )
        ),
        feeds=tuple(
            FeedSettings(id=i, kind=k, owner="dsat", label="synthetic", options=options)
            for i, k, options in (
                ("detectors", "http", {}), ("pulses", "mqtt", {}), ("probes", "http", {}), ("signals", "mqtt", {}),
                ("buses", "gtfs-rt", {}),
                ("signal-commands", "mqtt-commands", {"actions": ["signals.run-plan"]}),
            )
        ),
        domains={
            "traffic": {"owner": "dsat", "drives_on": "left", "level": "confirm"},
            "transit": {"owner": "dsat", "default_language": "zh"},
            "twin": {"vehicles_at_peak": 5000},
        },
    )  # fmt: skip


def sources() -> list[Source]:
    """Where each file comes from."""
    return [Source(**row) for row in _ROWS]


def _row(
    file: str, title: str, publisher: str, url: str, licence: str, date: str, label: str, note: str
) -> dict[str, str]:
    return {
        "file": file, "title": title, "publisher": publisher, "url": url, "licence": licence, "date": date,
        "label": label, "note": note,
    }  # fmt: skip


_ROADS_NOTE = (
    "named streets joined with unnamed ones from bus route shapes, with the official bus links (shifted 310 m east and "
    "70 m south) and with labelled connectors, column source; free speeds assumed by class; docs/city-packs.md"
)
_ROWS = [
    _row(f"roads/{part}.parquet", title, "OpenStreetMap contributors; Transport Bureau (DSAT)",
         f"{_LANES}; {_MINI}; {_GIS}",
         _OSM, "2026-08", "real", _ROADS_NOTE)
    for part, title in (("segments", "Road segments"), ("nodes", "Road nodes"), ("turns", "Forbidden turns"))
] + [
    _row("roads/signals.json", "Signals with stored plans", "Guia", "guia.packs.assumed", _OSM, "2026-11-21",
         "synthetic", "places, stages and plans are assumed from the road network; Macau publishes none"),
    _row("roads/detectors.parquet", "Detector places", "Guia", "guia.packs.assumed", _OSM, "2026-11-21",
         "synthetic", "assumed on the approaches to signals and on main roads of every parish; Macau publishes none"),
    _row("transit/gtfs.zip", "Timetable of buses, light rail and ferries",
         "Transport Bureau (DSAT); MLM; TurboJET; Cotai Water Jet", f"{_MINI}; {_GIS}",
         f"MIT (compilation, official facts); shapes {_OSM}", "2026-04", "real",
         "stops, order, headways and hours as published; bus times between stops are estimates (timepoint 0) from "
         "shape length and fitted commercial speeds; rail and ferry times exact (timepoint 1); holidays of 2026-2027 "
         "worked out by hand, for review; bus route colours are not official; route 71S has no published hours and "
         "the Hong Kong airport ferry runs charters only: both without trips"),
    _row("places/places.geojson", "Named places", "OpenStreetMap contributors; MLM; SMG", f"{_MINI}; {_LANES}",
         _OSM, "2026-08", "real", "landmarks, two hospitals and two gateways typed by hand, positions to about 100 m, "
         "for review; air stations: SMG codes, positions not checked"),
    _row("places/parishes.geojson", "Parishes with residents", "OpenStreetMap contributors; DSEC",
         "https://www.dsec.gov.mo/ (2021 census)", _OSM, "2021", "real",
         "boundaries of 2025; counts restated from the 2021 census, which counts Cotai with Coloane"),
    _row("places/areas.geojson", "Water and green", "OpenStreetMap contributors", "OpenStreetMap", _OSM, "2025",
         "real", "surfaces above 400 m², simplified to about 1.5 m; the sea within three parishes (sea-…) and new "
         "land outside all of them (new-land) are inferred from roads, houses, parks and the runway"),
    _row("places/residents.parquet", "Where residents live", "OpenStreetMap contributors; DSEC",
         "guia.packs.macau.places", _OSM, "2025", "synthetic",
         "census residents of each parish spread over residential buildings by floor space, in 150 m cells"),
    _row("series/figures.parquet", "Monthly and yearly figures", "DSEC; DICJ; DSPA; World Bank",
         "github:john-fb-agent/macao-tourist-stats@66bd2846f51c; github:shaojohn/MacauGrossGamingRevenue@18f6a7c72e64; "
         "github:datasets/gdp@822019c80142; github:datasets/cpi@3750e45064a9; "
         "github:asdfghj1237890/mini-macau@4d708fbc2334",
         "MIT (DSEC, DICJ and DSPA figures); ODC-PDDL (World Bank)", "2026-09", "real",
         "as published; the World Bank's column CPI is inflation in percent"),
]  # fmt: skip
