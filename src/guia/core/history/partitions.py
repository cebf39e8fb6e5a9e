"""Parquet files by group and day, and the manifest that says which of them count.

A change is: write new files, sync them, put a new manifest in the place of the old one, then delete what no
manifest names. A crash at any point leaves the old state or the new one.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from guia.core.columns import Int32
from guia.core.errors import Corrupt, Unsupported
from guia.core.files import Files, write_durably

if TYPE_CHECKING:
    import pyarrow as pa

VERSION = 1
ROW_GROUP_ROWS = 1 << 16
_EPOCH = date(1970, 1, 1).toordinal()


class Part(msgspec.Struct, frozen=True):
    """One file: what it covers, so that a question opens only the files that can hold its answer."""

    file: str
    group: str
    day: int
    """Days since 1970, UTC; the last one, where sparse days have been merged."""
    rows: int
    size: int
    series: tuple[int, int]
    """Smallest and largest id."""
    time: tuple[int, int]
    """Smallest and largest instant, both included."""


class Manifest(msgspec.Struct, frozen=True):
    """Which files count, and up to which log position they hold everything."""

    version: int = VERSION
    applied: int = 0
    next_file: int = 0
    first_day: int = 0
    """Days before this one have been given up (retention)."""
    parts: tuple[Part, ...] = ()

    def holding(self, series: Int32, start: int, end: int) -> list[Part]:
        """Parts that can hold rows of these series with start <= time < end."""
        low, high = int(series.min()), int(series.max())
        return [
            part
            for part in self.parts
            if part.time[0] < end
            and part.time[1] >= start
            and part.series[0] <= high
            and part.series[1] >= low
        ]


class Piece(msgspec.Struct, frozen=True):
    """Rows to become one file: sorted columns of one group and day."""

    group: str
    day: int
    table: "pa.Table"
    time: str
    """Name of the column of instants by which questions are asked."""


class Partitions:
    """A folder of parts. One thread at a time changes it; any thread reads `manifest`."""

    def __init__(self, folder: Path, files: Files) -> None:
        self.folder = folder
        self._files = files
        folder.mkdir(parents=True, exist_ok=True)
        self.manifest = read_manifest(folder)
        self._remove_orphans()

    def path(self, part: Part) -> Path:
        """File of a part."""
        return self.folder / part.file

    def paths(self, parts: Iterable[Part]) -> list[Path]:
        """Files of parts."""
        return [self.path(part) for part in parts]

    def change(
        self,
        pieces: Iterable[Piece],
        *,
        applied: int | None = None,
        first_day: int | None = None,
        replaced: Sequence[Part] = (),
    ) -> Manifest:
        """Write files for `pieces` and a manifest that has them instead of `replaced`, and notes `applied`.

        The caller puts the manifest returned into `manifest`, together with what else must change at that moment.
        """
        old = self.manifest
        added = [self._write(piece, old.next_file + n) for n, piece in enumerate(pieces)]
        gone = set(replaced)
        new = Manifest(
            applied=old.applied if applied is None else applied,
            next_file=old.next_file + len(added),
            first_day=old.first_day if first_day is None else max(first_day, old.first_day),
            parts=(*(p for p in old.parts if p not in gone), *added),
        )
        write_durably(self._files, self.folder / "manifest.json", msgspec.json.encode(new))
        return new

    def exchange(
        self, old: Sequence[Part], pieces: Iterable[Piece] = (), *, first_day: int | None = None
    ) -> None:
        """Put files for `pieces` in the place of `old` ones, which are deleted."""
        self.manifest = self.change(pieces, first_day=first_day, replaced=old)
        for path in self.paths(old):
            self._files.remove(path)

    def retain(self, first_day: int) -> int:
        """Delete the files of all days before `first_day` (days since 1970); their number."""
        old = [part for part in self.manifest.parts if part.day < first_day]
        if old:
            self.exchange(old, first_day=first_day)
        return len(old)

    def _write(self, piece: Piece, number: int) -> Part:
        import pyarrow.compute as pc

        folder = self.folder / piece.group / day_text(piece.day)
        if not folder.is_dir():
            folder.mkdir(parents=True)
            self._files.sync_folder(folder.parent)
            self._files.sync_folder(self.folder)
        path = folder / f"{number:08d}.parquet"
        data = encode(piece.table)
        self._files.remove(path)
        appender = self._files.create(path)
        try:
            appender.append([data])
            appender.sync()
        finally:
            appender.close()
        self._files.sync_folder(folder)
        series = pc.min_max(piece.table["series"]).as_py()
        time = pc.min_max(piece.table[piece.time]).as_py()
        return Part(
            file=str(path.relative_to(self.folder)),
            group=piece.group,
            day=piece.day,
            rows=piece.table.num_rows,
            size=len(data),
            series=(series["min"], series["max"]),
            time=(time["min"], time["max"]),
        )

    def _remove_orphans(self) -> None:
        named = {self.path(part) for part in self.manifest.parts}
        for path in self.folder.rglob("*.parquet"):
            if path not in named:
                self._files.remove(path)


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a folder, an empty one if there is none. Corrupt if it cannot be read."""
    path = folder / "manifest.json"
    if not path.exists():
        return Manifest()
    try:
        manifest = msgspec.json.decode(path.read_bytes(), type=Manifest)
    except msgspec.DecodeError as error:
        raise Corrupt(
            f"the manifest cannot be read: {error}",
            place=str(path),
            remedy=f"delete the folder {folder}: it is rebuilt from the log",
        ) from error
    if manifest.version > VERSION:
        raise Unsupported(
            f"the history has version {manifest.version}, this Guia knows {VERSION}",
            place=str(path),
            remedy=f"open it with a newer Guia, or delete the folder {folder}: it is rebuilt from the log",
        )
    return manifest


def encode(table: "pa.Table") -> bytes:
    """Parquet of a table, in small row groups with statistics, so that few bytes are read for one series."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    names = set(table.column_names)
    instants = [n for n in ("observed", "target", "position") if n in names]
    sink = pa.BufferOutputStream()
    pq.write_table(
        table,
        sink,
        row_group_size=ROW_GROUP_ROWS,
        compression="zstd",
        compression_level=1,
        use_dictionary=[n for n in ("series", "quality", "issued", "quantile", "model") if n in names],
        column_encoding=dict.fromkeys(instants, "DELTA_BINARY_PACKED"),
        write_statistics=[n for n in table.column_names if n not in ("value", "quality")],
    )
    data: bytes = sink.getvalue().to_pybytes()
    return data


def day_text(day: int) -> str:
    """ISO date of a number of days since 1970."""
    return date.fromordinal(_EPOCH + day).isoformat()


def day_number(text: str) -> int:
    """Days since 1970 of an ISO date."""
    return (datetime.fromisoformat(text).replace(tzinfo=UTC).date().toordinal()) - _EPOCH
