"""The road network of a city pack: directed segments as columns of equal length."""

from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from guia.core.columns import Float64, Int32, UInt8
from guia.core.errors import InvalidInput
from guia.core.place import LocalProjection, NearestSegments
from guia.formats.arrow import numbers, texts

ROAD_CLASSES = (
    "motorway",
    "trunk",
    "primary",
    "secondary",
    "tertiary",
    "unclassified",
    "residential",
    "living_street",
    "service",
    "pedestrian",
    "footway",
    "cycleway",
    "connector",
)
CAR, BUS, LORRY, MOTORCYCLE, BICYCLE, FOOT, EMERGENCY = 1, 2, 4, 8, 16, 32, 64
MOTOR = CAR | BUS | LORRY | MOTORCYCLE | EMERGENCY
EVERYBODY = MOTOR | BICYCLE | FOOT
SOURCES = ("osm", "dsat", "joined", "connector")
FROM_OSM, FROM_DSAT, JOINED, CONNECTOR = range(4)
_DEGREES = 1e-7
"""Resolution in which coordinates rest: about 1 cm."""


@dataclass(frozen=True)
class RoadNetwork:
    """Directed segments; a two-way street is two of them. Columns have n rows unless said.

    Segment i runs from node `from_node[i]` to `to_node[i]` along `points[first_point[i] : first_point[i+1]]`.
    """

    id: NDArray[np.str_]
    """Stable over rebuilds."""
    from_node: Int32
    to_node: Int32
    length_m: Float64
    free_speed_kmh: Float64
    lanes: NDArray[np.int16]
    road_class: UInt8
    """Index into ROAD_CLASSES."""
    access: NDArray[np.uint16]
    """Bits CAR, BUS, LORRY, MOTORCYCLE, BICYCLE, FOOT, EMERGENCY. With FOOT a segment is walked both ways."""
    name_zh: NDArray[np.str_]
    name_pt: NDArray[np.str_]
    name_en: NDArray[np.str_]
    reverse: Int32
    """The segment of the opposite direction, or -1."""
    source: UInt8
    """Index into SOURCES."""
    bridge: NDArray[np.bool_]
    points: Float64
    """(P,2) longitude, latitude."""
    first_point: Int32
    """n+1 rows."""
    node_lon: Float64
    node_lat: Float64
    turns: Int32
    """(T,2) pairs of segments: forbidden to go from the first into the second."""

    def __len__(self) -> int:
        return len(self.id)

    @cached_property
    def row(self) -> dict[str, int]:
        """Row of each segment id."""
        return {str(name): i for i, name in enumerate(self.id)}

    def line(self, i: int) -> Float64:
        """(P,2) longitude, latitude of segment `i`."""
        return self.points[self.first_point[i] : self.first_point[i + 1]]

    def names(self, i: int) -> dict[str, str]:
        """Name of segment `i` per language."""
        return {"en": str(self.name_en[i]), "zh": str(self.name_zh[i]), "pt": str(self.name_pt[i])}

    def allows(self, access: int) -> NDArray[np.bool_]:
        """Mask of the segments that any of the classes in `access` may use."""
        return np.asarray((self.access & np.uint16(access)) != 0)

    def nearest(self, projection: LocalProjection, access: int = EVERYBODY) -> NearestSegments:
        """A spatial index of the segments open to `access`."""
        return NearestSegments(projection, self.points, self.first_point, self.allows(access))

    def outgoing(self) -> tuple[Int32, Int32]:
        """CSR over nodes: (first, segments), the segments that leave node v are segments[first[v]:first[v+1]]."""
        order = np.argsort(self.from_node, kind="stable").astype(np.int32)
        counts = np.bincount(self.from_node, minlength=len(self.node_lon))
        return np.concatenate([[0], np.cumsum(counts)]).astype(np.int32), order


_TEXTS = ("id", "name_zh", "name_pt", "name_en")
_COLUMNS = [f.name for f in fields(RoadNetwork)][:14]


def write_network(network: RoadNetwork, folder: Path) -> None:
    """Write `segments.parquet`, `nodes.parquet` and `turns.parquet`; equal networks give equal bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    columns = {name: pa.array(getattr(network, name)) for name in _COLUMNS}
    fixed = np.round(network.points / _DEGREES).astype(np.int32)
    for axis, name in enumerate(("lon_e7", "lat_e7")):
        columns[name] = pa.ListArray.from_arrays(pa.array(network.first_point), pa.array(fixed[:, axis]))
    write_parquet(pa.table(columns), folder / "segments.parquet")
    nodes = {
        "lon_e7": np.round(network.node_lon / _DEGREES).astype(np.int32),
        "lat_e7": np.round(network.node_lat / _DEGREES).astype(np.int32),
    }
    write_parquet(pa.table(nodes), folder / "nodes.parquet")
    turns = network.turns.reshape(-1, 2)
    write_parquet(pa.table({"from": turns[:, 0], "to": turns[:, 1]}), folder / "turns.parquet")


def write_parquet(table: pa.Table, file: Path) -> None:
    """Write a table small and the same each time: zstd, one row group, no schema metadata."""
    file.parent.mkdir(parents=True, exist_ok=True)
    table = table.replace_schema_metadata(None)
    pq.write_table(
        table,
        file,
        compression="zstd",
        compression_level=19,
        row_group_size=max(1, len(table)),
        store_schema=False,
    )


def write_table(columns: dict[str, object], file: Path) -> None:
    """Write columns (arrays or lists by name) as `write_parquet` does."""
    write_parquet(pa.table(columns), file)


def read_parquet(file: Path) -> pa.Table:
    """The table in `file`; InvalidInput that names the file where it is missing or damaged."""
    try:
        with pq.ParquetFile(file) as opened:  # pq.read_table would import datasets, and pandas with them
            return opened.read(use_threads=False)
    except (OSError, pa.ArrowInvalid) as reason:
        raise InvalidInput(
            f"cannot read the table: {reason}",
            place=str(file),
            remedy="build the pack again with `guia city build`, or restore the file",
        ) from None


def read_network(folder: Path) -> RoadNetwork:
    """The network in `folder`; InvalidInput where a file is missing, damaged or lacks a column."""
    table, nodes, turns = (read_parquet(folder / f"{n}.parquet") for n in ("segments", "nodes", "turns"))
    missing = [n for n in (*_COLUMNS, "lon_e7", "lat_e7") if n not in table.column_names]
    if missing:
        raise InvalidInput(
            f"columns missing: {', '.join(missing)}",
            place=str(folder / "segments.parquet"),
            remedy="build the pack again with `guia city build`",
        )
    columns = {n: texts(table[n]) if n in _TEXTS else numbers(table[n]) for n in _COLUMNS}
    lon, lat = (table[n].combine_chunks() for n in ("lon_e7", "lat_e7"))
    return RoadNetwork(
        **columns,
        points=np.column_stack([numbers(lon.flatten()), numbers(lat.flatten())]) * _DEGREES,
        first_point=numbers(lon.offsets).astype(np.int32),
        node_lon=numbers(nodes["lon_e7"]) * _DEGREES,
        node_lat=numbers(nodes["lat_e7"]) * _DEGREES,
        turns=np.column_stack([numbers(turns["from"]), numbers(turns["to"])]).astype(np.int32),
    )
