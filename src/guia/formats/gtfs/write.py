"""Write a GTFS zip: equal tables give equal bytes."""

import csv
import io
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

_EPOCH = (1980, 1, 1, 0, 0, 0)


def write_feed(tables: Mapping[str, Sequence[Mapping[str, object]]], file: Path) -> None:
    """Write rows (dicts) per table as `<table>.txt` in a zip; columns in the order in which they first appear."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(tables):
            rows = tables[name]
            if not rows:
                continue
            member = zipfile.ZipInfo(f"{name}.txt", _EPOCH)
            member.compress_type = zipfile.ZIP_DEFLATED
            member.external_attr = 0o644 << 16
            archive.writestr(member, _text(rows))


def _text(rows: Sequence[Mapping[str, object]]) -> str:
    columns = list(dict.fromkeys(key for row in rows for key in row))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([row.get(c, "") for c in columns] for row in rows)
    return out.getvalue()
