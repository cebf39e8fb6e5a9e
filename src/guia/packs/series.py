"""Figures of the city over months and years: visitors, occupancy, revenue, waste."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from guia.core.columns import Float64
from guia.formats.arrow import numbers, texts
from guia.packs.network import read_parquet, write_parquet

_TEXTS = ("id", "title_en", "title_zh", "title_pt", "unit", "label", "source", "frequency")


@dataclass(frozen=True, slots=True)
class CitySeries:
    """One figure over time; `period` is the first day of each month or year."""

    id: str
    """e.g. `visitors`."""
    titles: dict[str, str]
    unit: str
    """Plain unit text, e.g. `persons`, `%`, `million MOP`."""
    label: str
    source: str
    """Publisher."""
    frequency: str
    """`month` or `year`."""
    period: NDArray[np.datetime64]
    value: Float64


def write_series(series: list[CitySeries], file: Path) -> None:
    """Write series as one tidy table, a row per value."""
    columns: dict[str, list[str]] = {name: [] for name in _TEXTS}
    for s in series:
        texts = (
            s.id,
            *(s.titles.get(k, "") for k in ("en", "zh", "pt")),
            s.unit,
            s.label,
            s.source,
            s.frequency,
        )
        for name, text in zip(_TEXTS, texts, strict=True):
            columns[name] += [text] * len(s.value)
    table = {
        **columns,
        "period": np.concatenate([s.period.astype("datetime64[D]") for s in series]),
        "value": np.concatenate([s.value for s in series]),
    }
    write_parquet(pa.table(table), file)


def read_series(file: Path) -> list[CitySeries]:
    """The series in `file`, in the order of the file; none if it does not exist."""
    if not file.exists():
        return []
    table = read_parquet(file)
    ids = texts(table["id"])
    period = numbers(table["period"].cast(pa.int32())).astype("datetime64[D]")
    value = numbers(table["value"])
    starts = np.flatnonzero(np.concatenate([[True], ids[1:] != ids[:-1]])) if len(ids) else []
    ends = [*starts[1:], len(ids)] if len(ids) else []
    found = []
    for a, b in zip(starts, ends, strict=True):
        text = {n: table[n][int(a)].as_py() for n in _TEXTS}
        titles = {k: text[f"title_{k}"] for k in ("en", "zh", "pt")}
        found.append(
            CitySeries(
                text["id"], titles, text["unit"], text["label"], text["source"], text["frequency"],
                period[a:b], value[a:b],
            )
        )  # fmt: skip
    return found
