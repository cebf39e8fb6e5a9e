"""Backup and restore: one tar.zst with the log up to one position, and what the log does not hold.

What is built from the log (store, history, forecasts, snapshot) is left out: opening a restored city builds it again.
Where the front of the log was given up, its base and the history come along, which nothing else holds.
"""

import io
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING

import msgspec

from guia.core.errors import Conflict, InvalidInput, Unsupported
from guia.core.history.partitions import Manifest, read_manifest
from guia.core.segments import Segment, base_path, first_position, segments

if TYPE_CHECKING:
    from tarfile import TarFile

VERSION = 2
_TRIES = 3
CONTENTS = "guia-backup.json"
_DERIVED = (
    "live/log/",
    "live/store.db",
    "live/history/",
    "live/forecasts/",
    "live/newest.snapshot",
    "live/logs/",
    "runs/",
    "twin/",
    "lock",
)


class Contents(msgspec.Struct, frozen=True):
    """First member of the archive: what it is."""

    version: int
    position: int
    """The backup holds every record before it."""
    taken: int
    """City time, UTC nanoseconds."""


class End(msgspec.Struct, frozen=True):
    """Last member: proves that the archive is whole."""

    members: int


def backup(city: Path, file: Path, position: int, now: int) -> None:
    """Write the city's folder as known at log position `position` to `file`; the city may go on meanwhile."""
    temporary = file.with_name(f".{file.name}.part")
    try:
        for attempt in range(_TRIES):
            try:
                _write(city, file, temporary, Contents(VERSION, position, now))
                break
            except FileNotFoundError:  # files of history or log were merged or given up meanwhile
                if attempt == _TRIES - 1:
                    raise
        temporary.replace(file)
    finally:
        temporary.unlink(missing_ok=True)


def _write(city: Path, file: Path, temporary: Path, contents: Contents) -> None:
    import pyarrow as pa

    log, history = city / "live" / "log", city / "live" / "history"
    start = first_position(log)
    manifest = read_manifest(history) if start else Manifest()
    # What the history holds was on disk in the log before.
    contents = msgspec.structs.replace(contents, position=max(contents.position, manifest.applied))
    count = 0
    with (
        pa.output_stream(str(temporary), compression="zstd") as stream,
        tarfile.open(fileobj=stream, mode="w|") as tar,
    ):
        _add(tar, CONTENTS, msgspec.json.encode(contents))
        if start:
            for name, data in _beside_the_log(log, start, history, manifest):
                _add(tar, name, data)
                count += 1
        for segment in segments(log):
            size = min(segment.size, contents.position - segment.base)
            if size > 0:
                _add_segment(tar, city, segment, size)
                count += 1
        for path in _kept(city):
            if path != file:
                name = path.relative_to(city).as_posix()
                _add(tar, name, _database(path) if path.suffix == ".db" else path.read_bytes())
                count += 1
        _add(tar, "end.json", msgspec.json.encode(End(count)))


def restore(file: Path, city: Path) -> Contents:
    """Bring a backup back into the folder `city`, which must be empty or not there (Conflict)."""
    if city.exists() and any(city.iterdir()):
        raise Conflict(
            "the folder to restore into is not empty",
            place=str(city),
            remedy="name a new folder, or move the old one away",
        )
    city.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=city.parent) as temporary:
        unpacked = Path(temporary) / "city"
        contents = _unpack(file, unpacked)
        if city.exists():
            city.rmdir()
        unpacked.rename(city)
    return contents


def _unpack(file: Path, folder: Path) -> Contents:
    import pyarrow as pa

    try:
        with (
            pa.input_stream(str(file), compression="zstd") as stream,
            tarfile.open(fileobj=stream, mode="r|") as tar,
        ):
            _extract(tar, folder)
        contents = msgspec.json.decode((folder / CONTENTS).read_bytes(), type=Contents)
        end = msgspec.json.decode((folder / "end.json").read_bytes(), type=End)
    except (OSError, EOFError, tarfile.TarError, msgspec.DecodeError, pa.ArrowException) as error:
        raise InvalidInput(
            f"this is no whole backup: {error}",
            place=str(file),
            remedy="use another copy of it, or an older backup",
        ) from error
    if contents.version > VERSION:
        raise Unsupported(
            f"the backup has version {contents.version}, this Guia knows {VERSION}",
            place=str(file),
            remedy="restore it with a newer Guia",
        )
    (folder / CONTENTS).unlink()
    (folder / "end.json").unlink()
    found = sum(path.is_file() for path in folder.rglob("*"))
    if found != end.members:
        raise InvalidInput(
            f"the backup should hold {end.members} files and has {found}",
            place=str(file),
            remedy="use another copy of it, or an older backup",
        )
    return contents


def _extract(tar: "TarFile", folder: Path) -> None:
    """Write the members, plain files below `folder` and nothing else: an archive may come from anywhere."""
    for member in tar:
        target = folder / member.name
        stream = tar.extractfile(member) if member.isreg() else None
        if stream is None or not target.resolve().is_relative_to(folder.resolve()):
            raise tarfile.TarError(f"{member.name} is no plain file of a city's folder")
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as file:
            shutil.copyfileobj(stream, file)
        target.chmod(0o600)


def _beside_the_log(log: Path, start: int, history: Path, manifest: Manifest) -> Iterator[tuple[str, bytes]]:
    """Names and contents of what stands for the part of the log that was given up."""
    path = base_path(log, start)
    yield f"live/log/{path.name}", path.read_bytes()
    yield "live/history/manifest.json", msgspec.json.encode(manifest)
    for part in manifest.parts:
        yield f"live/history/{part.file}", (history / part.file).read_bytes()


def _kept(city: Path) -> Iterator[Path]:
    """Files that cannot be built again from the log."""
    for path in sorted(city.rglob("*")):
        name = path.relative_to(city).as_posix()
        passing = name.startswith(_DERIVED) or name.endswith(("-wal", "-shm", ".new", ".part"))
        if path.is_file() and not passing:
            yield path


def _add(tar: "TarFile", name: str, data: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(data)
    info.mode = 0o600
    tar.addfile(info, io.BytesIO(data))


def _add_segment(tar: "TarFile", city: Path, segment: Segment, size: int) -> None:
    info = tarfile.TarInfo(segment.path.relative_to(city).as_posix())
    info.size = size
    info.mode = 0o600
    stream: IO[bytes]
    with segment.path.open("rb") as stream:
        tar.addfile(info, stream)


def _database(path: Path) -> bytes:
    """A consistent copy of an SQLite database that may be in use."""
    import apsw

    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "copy.db"
        source, target = apsw.Connection(str(path)), apsw.Connection(str(copy))
        with target.backup("main", source, "main") as running:
            running.step()
        source.close()
        target.close()
        return copy.read_bytes()
