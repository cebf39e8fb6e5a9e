"""F05: old observations from files: whatever their columns are called, in pieces, the good rows of a bad file too."""

import gzip

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from guia.core.clock import instant
from guia.core.errors import InvalidInput
from guia.feeds import backfill
from guia.feeds.backfill import Layout, pieces

CSV = """id,when,reading
d0,2026-11-01T08:00:00,12.5
d1,2026-11-01T08:05:00Z,13
d2,yesterday,14
d0,2026-11-01T08:10:00,n/a
d0,,15
"""
LAYOUT = Layout(
    "urn:ngsi-ld:TrafficDetector:tiny:{id}|speed", {"observed": "when", "value": "reading"}, "Asia/Macau"
)


def rows(file, layout):
    found = [row for piece in pieces(file, layout) for row in piece.to_pylist()]
    return [
        (r["series"], None if r["observed"] is None else r["observed"].isoformat(), r["value"]) for r in found
    ]


def expected():
    name = "urn:ngsi-ld:TrafficDetector:tiny:d{}|speed".format
    return [
        (name(0), "2026-11-01T00:00:00+00:00", 12.5),
        (name(1), "2026-11-01T08:05:00+00:00", 13.0),
        (name(2), None, 14.0),
        (name(0), "2026-11-01T00:10:00+00:00", None),
        (name(0), None, 15.0),
    ]


def test_csv_with_other_names_and_local_times(tmp_path):
    file = tmp_path / "old.csv"
    file.write_text(CSV)
    assert rows(file, LAYOUT) == expected()
    packed = tmp_path / "old.csv.gz"
    packed.write_bytes(gzip.compress(CSV.encode()))
    assert rows(packed, LAYOUT) == expected()


def test_parquet_in_pieces(tmp_path, monkeypatch):
    monkeypatch.setattr(backfill, "PIECE_ROWS", 700)
    n = 2000
    table = pa.table(
        {
            "series": [f"a|{i % 7}" for i in range(n)],
            "observed": pa.array(np.arange(n) * 10**9 + instant("2026-11-01T00:00:00Z")),
            "value": np.arange(n) * 1.0,
        }
    )
    pq.write_table(table, tmp_path / "old.parquet")
    told = []
    found = list(pieces(tmp_path / "old.parquet", Layout(), lambda at, of: told.append((at, of))))
    assert [p.num_rows for p in found] == [700, 700, 600]
    assert told[-1] == (n, n)
    assert np.concatenate([p["value"].to_numpy() for p in found]).tolist() == table["value"].to_pylist()


@pytest.mark.parametrize("content", [b"", b"\x00\xff\x00", b"a,b\n1,2\n"])
def test_a_file_that_does_not_fit_says_where_and_what_to_do(tmp_path, content):
    for name in ("x.csv", "x.parquet", "x.csv.gz"):
        file = tmp_path / name
        file.write_bytes(content)
        with pytest.raises(InvalidInput) as error:
            list(pieces(file, Layout()))
        assert name in error.value.place
        assert error.value.remedy
    with pytest.raises(InvalidInput):
        list(pieces(tmp_path / "none.csv", Layout()))
