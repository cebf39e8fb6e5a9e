"""Seeded example data, label `synthetic`: a chessboard town as a city pack, and an hour of its sensors."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from guia.core.clock import MINUTE
from guia.core.columns import Float64, Int32
from guia.core.ids import urn
from guia.core.series import Series
from guia.packs.network import CAR, FOOT, ROAD_CLASSES, RoadNetwork, write_network

BLOCK_M = 120.0
LON, LAT = 113.54, 22.19
_DEGREE_M = 111_000.0


def grid(side: int) -> RoadNetwork:
    """A chessboard of side x side crossings: every street two-way, every fifth one secondary."""
    row, column = np.divmod(np.arange(side * side), side)
    east = np.flatnonzero(column < side - 1)
    north = np.flatnonzero(row < side - 1)
    a = np.concatenate([east, north])
    b = np.concatenate([east + 1, north + side])
    n = len(a)
    from_node, to_node = np.concatenate([a, b]).astype(np.int32), np.concatenate([b, a]).astype(np.int32)
    line = np.tile(np.concatenate([row[east], side + column[north]]), 2)
    main = line % 5 == 0
    lon = LON + column * BLOCK_M / _DEGREE_M / np.cos(np.radians(LAT))
    lat = LAT + row * BLOCK_M / _DEGREE_M
    ends = np.stack([from_node, to_node], axis=1).ravel()
    return RoadNetwork(
        id=np.array([f"s{i}" for i in range(2 * n)]),
        from_node=from_node,
        to_node=to_node,
        length_m=np.full(2 * n, BLOCK_M),
        free_speed_kmh=np.where(main, 60.0, 40.0),
        lanes=np.where(main, 2, 1).astype(np.int16),
        road_class=np.where(main, ROAD_CLASSES.index("secondary"), ROAD_CLASSES.index("residential")).astype(np.uint8),
        access=np.full(2 * n, CAR | FOOT, np.uint16),
        name_zh=np.array([f"{k}街" for k in line]),
        name_pt=np.array([f"Rua {k}" for k in line]),
        name_en=np.array([f"Street {k}" for k in line]),
        reverse=np.concatenate([np.arange(n, 2 * n), np.arange(n)]).astype(np.int32),
        source=np.zeros(2 * n, np.uint8),
        bridge=np.zeros(2 * n, bool),
        points=np.column_stack([lon[ends], lat[ends]]),
        first_point=np.arange(0, 4 * n + 1, 2, dtype=np.int32),
        node_lon=lon,
        node_lat=lat,
        turns=np.empty((0, 2), np.int32),
    )  # fmt: skip


def write_pack(folder: Path, side: int, detectors: int = 300) -> None:
    """Write the chessboard town as a pack; evenly spread segments carry detectors."""
    import pyarrow as pa

    from guia.packs.network import write_parquet

    network = grid(side)
    write_network(network, folder / "roads")
    chosen = np.unique(np.linspace(0, len(network) - 1, min(detectors, len(network))).astype(int))
    write_parquet(pa.table({"segment": network.id[chosen].tolist()}), folder / "roads" / "detectors.parquet")
    span = side * BLOCK_M / _DEGREE_M * 1.2
    (folder / "pack.toml").write_text(
        f'schema = 1\nname = "grid"\nversion = "1"\ntitles = {{en = "Chessboard town"}}\n'
        f'timezone = "Asia/Macau"\nbbox = [{LON}, {LAT}, {LON + span}, {LAT + span}]\nlanguages = ["en"]\n\n'
        '[[feeds]]\nid = "detectors"\nkind = "http"\nlabel = "synthetic"\n',
        encoding="utf-8",
    )
    files = [f"roads/{name}.parquet" for name in ("detectors", "nodes", "segments", "turns")]
    told = 'title = "Chessboard town, made up"\npublisher = "Guia"\nurl = ""\nlicence = "CC0-1.0"\n'
    sources = [f'[[source]]\nfile = "{f}"\n{told}date = "2026-11-20"\nlabel = "synthetic"\n' for f in files]
    (folder / "sources.toml").write_text("\n".join(sources), encoding="utf-8")


def detector_series(city: str, detectors: list[str]) -> list[Series]:
    """Count, speed and occupancy of each detector, in that order for each."""
    return [
        Series(
            entity=urn("TrafficDetector", city, d), attribute=attribute, unit=unit, label="synthetic",
            source="detectors",
        )
        for d in detectors
        for attribute, unit in (("count", "C62"), ("speed", "KMH"), ("occupancy", "P1"))
    ]  # fmt: skip  # fmt: skip


def minutes(
    free_kmh: Float64, start: int, count: int, jammed: Int32, rng: np.random.Generator
) -> Iterator[tuple[int, Float64]]:
    """Instant and (detectors,3) count, speed, occupancy of each minute.

    The detectors in `jammed` jam after a third of the time.
    """
    for k in range(count):
        share = np.full(len(free_kmh), 0.9)
        if k >= count // 3:
            share[jammed] = 0.15
        passed = rng.poisson(np.where(share < 0.5, 6, 14))
        speed = (
            np.clip(share + rng.normal(0, 0.25, len(share)) / np.sqrt(np.maximum(passed, 1)), 0.05, 1.2)
            * free_kmh
        )
        occupancy = np.clip(passed * 0.6 * 60 / np.maximum(speed, 3) / 60 * 10, 0, 95)
        yield start + k * MINUTE, np.column_stack([passed, np.where(passed > 0, speed, np.nan), occupancy])
