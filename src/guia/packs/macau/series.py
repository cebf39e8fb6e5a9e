"""Macau's monthly and yearly figures."""

import csv
import json
import re
from pathlib import Path
from typing import Any

import numpy as np

from guia.packs.series import CitySeries


def series_of(facts: Path) -> list[CitySeries]:
    """Visitors, hotel occupancy, gaming revenue, GDP, inflation, waste and sewage, each with its publisher."""
    found = [
        _dsec(facts / "tourism" / "dsec-visitor-arrivals-monthly.json", "visitors", "persons", "Visitor arrivals",
              "入境旅客", "Chegadas de visitantes"),
        _dsec(facts / "tourism" / "dsec-hotel-occupancy-monthly.json", "hotel-occupancy", "%", "Hotel occupancy",
              "酒店業場所入住率", "Taxa de ocupação hoteleira"),
        _revenue(facts / "economy" / "ggr.json"),
        _world_bank(facts / "economy" / "worldbank-gdp-MO-HK-CN-W.csv", "Value", "gdp", "US$",
                    "Gross domestic product", "本地生產總值", "Produto interno bruto"),
        _world_bank(facts / "economy" / "worldbank-cpi-MO-HK-CN.csv", "CPI", "inflation", "%",
                    "Inflation, consumer prices", "通脹率", "Inflação"),
    ]  # fmt: skip
    return found + _environment(json.loads((facts / "environment" / "dspa-stats.json").read_text("utf-8")))


def _titles(english: str, chinese: str, portuguese: str) -> dict[str, str]:
    return {"en": english, "zh": chinese, "pt": portuguese}


def _series(
    name: str,
    titles: dict[str, str],
    unit: str,
    publisher: str,
    frequency: str,
    rows: list[tuple[str, float]],
) -> CitySeries:
    rows = sorted(rows)
    period = np.array([r[0] for r in rows], dtype="datetime64[D]")
    value = np.array([r[1] for r in rows], dtype=float)
    return CitySeries(name, titles, unit, "real", publisher, frequency, period, value)


def _dsec(file: Path, name: str, unit: str, english: str, chinese: str, portuguese: str) -> CitySeries:
    """A key indicator of DSEC: numbers as text, periods such as 2008年1月."""
    rows = []
    for row in json.loads(file.read_text(encoding="utf-8"))["value"]["values"]:
        year, month = re.fullmatch(r"(\d{4})年(\d{1,2})月", row["periodString"]).groups()
        rows.append((f"{year}-{int(month):02d}-01", float(row["value"].replace(",", ""))))
    return _series(name, _titles(english, chinese, portuguese), unit, "DSEC", "month", rows)


def _revenue(file: Path) -> CitySeries:
    """Gross gaming revenue; months not yet published are null."""
    rows = [
        (f"{year['year']}-{month:02d}-01", float(value))
        for year in json.loads(file.read_text(encoding="utf-8"))["years"]
        for month, value in enumerate(year["data"], 1)
        if value is not None
    ]
    titles = _titles("Gross gaming revenue", "博彩毛收入", "Receitas brutas do jogo")
    return _series("gaming-revenue", titles, "million MOP", "DICJ", "month", rows)


def _world_bank(
    file: Path, column: str, name: str, unit: str, english: str, chinese: str, portuguese: str
) -> CitySeries:
    """Macau's rows of a World Bank table."""
    with file.open(encoding="utf-8-sig", newline="") as lines:
        rows = [
            (f"{int(float(row['Year'])):04d}-01-01", float(row[column]))
            for row in csv.DictReader(lines)
            if row["Country Code"] == "MAC" and row[column]
        ]
    return _series(name, _titles(english, chinese, portuguese), unit, "World Bank", "year", rows)


def _environment(body: dict[str, Any]) -> list[CitySeries]:
    """Monthly figures of DSPA: waste burnt, power from it, landfill, hazardous waste, sewage per plant."""
    plants = {
        "macau": ("Macau peninsula", "澳門半島", "península de Macau"),
        "taipa": ("Taipa", "氹仔", "Taipa"),
        "coloane": ("Coloane", "路環", "Coloane"),
        "crossborder": ("cross-border zone", "跨境工業區", "zona industrial transfronteiriça"),
        "mia": ("airport", "機場", "aeroporto"),
    }
    wanted = [
        ("waste-incinerated", body["incinerator"], "receivedT", "t",
         _titles("Waste incinerated", "焚化垃圾量", "Resíduos incinerados")),
        ("waste-power", body["incinerator"], "electricityMwh", "MWh",
         _titles("Electricity from waste", "焚化發電量", "Electricidade de resíduos")),
        ("waste-hazardous", body["hazardous"], "receivedT", "t",
         _titles("Hazardous waste received", "特殊及危險廢物", "Resíduos perigosos")),
        ("waste-landfill", body["landfill"], "volumeM3", "m3",
         _titles("Construction waste to landfill", "建築廢料堆填量", "Resíduos de construção em aterro")),
    ]  # fmt: skip
    for key, (english, chinese, portuguese) in plants.items():
        titles = _titles(
            f"Sewage treated, {english}", f"污水處理量，{chinese}", f"Águas residuais, {portuguese}"
        )
        wanted.append((f"sewage-{key}", body["wwtp"][key], "totalM3", "m3", titles))
    return [
        _series(name, titles, unit, "DSPA", "month",
                [(f"{m['period']}-01", float(m[column])) for m in block["months"] if m.get(column) is not None])
        for name, block, column, unit, titles in wanted
    ]  # fmt: skip
