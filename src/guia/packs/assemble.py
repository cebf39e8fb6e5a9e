"""Make a road network of streets: split where they meet, mend degenerate geometry, name segments stably."""

import hashlib
from itertools import pairwise

import numpy as np

from guia.core.columns import Float64
from guia.core.errors import InvalidInput
from guia.core.place import LocalProjection, polyline_lengths_m
from guia.packs.network import ROAD_CLASSES, RoadNetwork
from guia.packs.streets import Street, vertices

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


class _Piece:
    """A street between two nodes; visits no vertex twice."""

    __slots__ = ("street", "vertices")

    def __init__(self, street: Street, at: list[int]) -> None:
        self.street = street
        self.vertices = at


def assemble(
    streets: list[Street],
    projection: LocalProjection,
    forbidden: list[tuple[int, int, int]] | None = None,
) -> RoadNetwork:
    """The network of `streets`, which meet where points have equal coordinates.

    `forbidden` turns are (street, via, street): rows of `streets`, and the point's number in the first one.
    Streets end up split at every vertex where several meet or one meets itself; a piece that would be a loop is
    split in its middle. Order and ids depend on the geometry alone.
    """
    number, fixed = vertices(streets)
    pieces = _pieces(streets, number)
    ends = np.unique([v for p in pieces for v in (p.vertices[0], p.vertices[-1])])
    node_of = {int(v): i for i, v in enumerate(ends)}
    rows = _directed(pieces)
    if not rows:
        raise InvalidInput("no street has any length", remedy="give streets of two points or more")
    lonlat = fixed / 1e7
    points = np.concatenate([lonlat[at] for _, at, _ in rows])
    first = np.concatenate([[0], np.cumsum([len(at) for _, at, _ in rows])]).astype(np.int32)
    own = [s for s, _, _ in rows]
    network = RoadNetwork(
        id=_ids(rows, fixed),
        from_node=np.array([node_of[at[0]] for _, at, _ in rows], np.int32),
        to_node=np.array([node_of[at[-1]] for _, at, _ in rows], np.int32),
        length_m=np.maximum(polyline_lengths_m(projection.points(points), first), 0.1),
        free_speed_kmh=np.array([s.speed_kmh for s in own]),
        lanes=np.array([lanes for _, _, lanes in rows], np.int16),
        road_class=np.array([ROAD_CLASSES.index(s.road_class) for s in own], np.uint8),
        access=np.array([s.access for s in own], np.uint16),
        name_zh=np.array([s.names.get("zh", "") for s in own], dtype=str),
        name_pt=np.array([s.names.get("pt", "") for s in own], dtype=str),
        name_en=np.array([s.names.get("en", "") for s in own], dtype=str),
        reverse=_reverse(rows),
        source=np.array([s.source for s in own], np.uint8),
        bridge=np.array([s.bridge for s in own], bool),
        points=points,
        first_point=first,
        node_lon=lonlat[ends, 0],
        node_lat=lonlat[ends, 1],
        turns=_turns(streets, number, rows, forbidden or []),
    )
    return network


def _pieces(streets: list[Street], number: np.ndarray) -> list[_Piece]:
    """The streets split where they meet others or themselves."""
    chains, at = [], 0
    for street in streets:
        chain = number[at : at + len(street.lonlat)]
        at += len(street.lonlat)
        chains.append(chain[np.concatenate([[True], chain[1:] != chain[:-1]])] if len(chain) else chain)
    uses = np.bincount(np.concatenate(chains), minlength=int(number.max()) + 1)
    for chain in chains:
        uses[chain[[0, -1]]] += 2
    pieces = []
    for street, chain in zip(streets, chains, strict=True):
        cuts = np.flatnonzero(uses[chain] > 1)
        for a, b in pairwise(cuts):
            pieces += _unlooped(street, [int(v) for v in chain[a : b + 1]])
    return pieces


def _unlooped(street: Street, at: list[int]) -> list[_Piece]:
    """The piece; in two where it ends at its start."""
    if at[0] != at[-1]:
        return [_Piece(street, at)]
    middle = len(at) // 2
    return [_Piece(street, at[: middle + 1]), _Piece(street, at[middle:])]


def _directed(pieces: list[_Piece]) -> list[tuple[Street, list[int], int]]:
    """(street, vertices, lanes) of every direction that has lanes, sorted by place."""
    rows: dict[tuple[int, ...], tuple[Street, list[int], int]] = {}
    for piece in pieces:
        for at, lanes in (
            (piece.vertices, piece.street.lanes),
            (piece.vertices[::-1], piece.street.lanes_back),
        ):
            if lanes == 0:
                continue
            key = tuple(at)
            known = rows.get(key)
            if known is None or known[2] < lanes:
                rows[key] = (piece.street, at, lanes)
    return [rows[key] for key in sorted(rows)]


def _reverse(rows: list[tuple[Street, list[int], int]]) -> np.ndarray:
    where = {tuple(at): i for i, (_, at, _) in enumerate(rows)}
    return np.array([where.get(tuple(at[::-1]), -1) for _, at, _ in rows], np.int32)


def _ids(rows: list[tuple[Street, list[int], int]], fixed: np.ndarray) -> np.ndarray:
    """Seven letters of a hash of where the segment starts, passes and ends (to about a metre)."""
    taken: dict[str, int] = {}
    ids = []
    for _, at, _ in rows:
        spots = fixed[[at[0], at[len(at) // 2], at[-1]]] // 100
        digest = int.from_bytes(
            hashlib.blake2b(spots.astype("<i8").tobytes(), digest_size=8).digest(), "little"
        )
        name = "".join(_ALPHABET[digest >> 5 * k & 31] for k in range(7))
        taken[name] = taken.get(name, 0) + 1
        ids.append(name if taken[name] == 1 else f"{name}{taken[name]}")
    return np.array(ids, dtype=str)


def _turns(
    streets: list[Street],
    number: np.ndarray,
    rows: list[tuple[Street, list[int], int]],
    forbidden: list[tuple[int, int, int]],
) -> np.ndarray:
    """Pairs of segments for the forbidden (street, via point, street)."""
    if not forbidden:
        return np.zeros((0, 2), np.int32)
    starts = np.concatenate([[0], np.cumsum([len(s.lonlat) for s in streets])])
    into: dict[tuple[int, int], list[int]] = {}
    out: dict[tuple[int, int], list[int]] = {}
    for i, (street, at, _) in enumerate(rows):
        into.setdefault((id(street), at[-1]), []).append(i)
        out.setdefault((id(street), at[0]), []).append(i)
    pairs = set()
    for a, via, b in forbidden:
        vertex = int(number[starts[a] + via])
        for i in into.get((id(streets[a]), vertex), []):
            pairs |= {(i, j) for j in out.get((id(streets[b]), vertex), []) if rows[i][1] != rows[j][1][::-1]}
    return np.array(sorted(pairs), np.int32).reshape(-1, 2)


def projection_of(lonlat: Float64) -> LocalProjection:
    """The projection about the middle of (P,2) longitude, latitude."""
    low, high = lonlat.min(axis=0), lonlat.max(axis=0)
    return LocalProjection(*(float(v) for v in (low + high) / 2))
