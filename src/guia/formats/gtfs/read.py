"""Read a GTFS zip (or folder). What cannot be read is named; the good part is kept."""

import io
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.csv

from guia.core.errors import InvalidInput
from guia.formats.gtfs.feed import Feed

MAX_BYTES = 2_000_000_000
"""Unpacked size above which a feed is refused: a zip bomb, not a timetable."""
MAX_RATIO = 200
"""Compression above which a member of more than 50 MB is refused."""
_REMEDY = "fetch the file again from its publisher"


def read_feed(file: Path, max_bytes: int = MAX_BYTES) -> Feed:
    """The feed in a zip file; InvalidInput where it is no zip, is truncated, or unpacks to more than `max_bytes`.

    A table that cannot be read is left out, a row with the wrong number of fields is dropped; both are told in
    `Feed.problems`.
    """
    problems: list[str] = []
    tables: dict[str, pa.Table] = {}
    try:
        with zipfile.ZipFile(file) as archive:
            _refuse_bombs(archive, file, max_bytes)
            for member in sorted(archive.infolist(), key=lambda m: m.filename):
                name = member.filename.rsplit("/", 1)[-1]
                if not name.endswith(".txt") or name.startswith("."):
                    continue
                table = _table(archive, member, problems)
                if table is not None:
                    tables[name.removesuffix(".txt")] = table
    except FileNotFoundError:
        raise InvalidInput("there is no such file", place=str(file), remedy="check the path") from None
    except (zipfile.BadZipFile, EOFError, OSError) as reason:
        raise InvalidInput(
            f"not a whole zip file: {reason}", place=str(file), remedy=f"it may be truncated; {_REMEDY}"
        ) from None
    return Feed(tables, tuple(problems))


def _refuse_bombs(archive: zipfile.ZipFile, file: Path, max_bytes: int) -> None:
    total = sum(m.file_size for m in archive.infolist())
    dense = [
        m.filename
        for m in archive.infolist()
        if m.file_size > 50_000_000 and m.file_size > MAX_RATIO * max(1, m.compress_size)
    ]
    if total > max_bytes or dense:
        raise InvalidInput(
            f"the zip would unpack to {total / 1e6:,.0f} MB" + (f", {dense[0]} too densely" if dense else ""),
            place=str(file),
            remedy=f"a timetable of more than {max_bytes / 1e6:,.0f} MB is refused; split it by agency",
        )


def _table(archive: zipfile.ZipFile, member: zipfile.ZipInfo, problems: list[str]) -> pa.Table | None:
    """One table with text columns, or None with the reason noted."""
    name = member.filename
    try:
        body = archive.read(member)
    except (zipfile.BadZipFile, EOFError, OSError, RuntimeError, NotImplementedError) as reason:
        problems.append(f"{name}: cannot be unpacked ({reason}); {_REMEDY}")
        return None
    return parse_table(body, name, problems)


def parse_table(body: bytes, name: str, problems: list[str]) -> pa.Table | None:
    """A CSV text as a table of text columns (BOM, blanks and case of the header mended); None if unreadable."""
    body = body.removeprefix(b"\xef\xbb\xbf")
    if not body.strip():
        problems.append(f"{name}: is empty; leave the file out or fill it")
        return None
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as reason:
        problems.append(f"{name}: byte {reason.start} is not UTF-8; save the file as UTF-8 (read as Latin-1)")
        body = body.decode("latin-1").encode()
    header = body.split(b"\n", 1)[0].decode().strip()
    columns = [c.strip().strip('"').strip() for c in header.split(",")]
    dropped: list[int] = []

    def drop(row: pyarrow.csv.InvalidRow) -> str:
        dropped.append(row.number or 0)
        return "skip"

    try:
        table = pyarrow.csv.read_csv(
            io.BytesIO(body),
            read_options=pyarrow.csv.ReadOptions(use_threads=False, column_names=columns, skip_rows=1),
            parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True, invalid_row_handler=drop),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types=dict.fromkeys(columns, pa.string()), strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid as reason:
        problems.append(f"{name}: is no CSV table ({reason}); {_REMEDY}")
        return None
    if dropped:
        rows = ", ".join(str(n) for n in dropped[:5])
        problems.append(f"{name}: row {rows} has the wrong number of fields; {len(dropped)} dropped")
    return table
