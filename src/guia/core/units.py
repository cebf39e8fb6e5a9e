"""Units of measure by their UN/CEFACT common codes (Recommendation 20), as NGSI-LD's `unitCode` asks."""

from dataclasses import dataclass

from guia.core.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit: a value in it, times `factor`, plus `offset`, is the value in the SI unit of its dimension."""

    code: str
    name: str
    symbol: str
    dimension: str
    factor: float = 1.0
    offset: float = 0.0


UNITS = {
    unit.code: unit
    for unit in (
        Unit("C62", "one", "", "number"),
        Unit("P1", "percent", "%", "number", 0.01),
        Unit("59", "part per million", "ppm", "number", 1e-6),
        Unit("MTR", "metre", "m", "length"),
        Unit("CMT", "centimetre", "cm", "length", 0.01),
        Unit("MMT", "millimetre", "mm", "length", 0.001),
        Unit("KMT", "kilometre", "km", "length", 1000.0),
        Unit("MTK", "square metre", "m²", "area"),
        Unit("KMK", "square kilometre", "km²", "area", 1e6),
        Unit("MTQ", "cubic metre", "m³", "volume"),
        Unit("LTR", "litre", "l", "volume", 0.001),
        Unit("SEC", "second", "s", "time"),
        Unit("MIN", "minute", "min", "time", 60.0),
        Unit("HUR", "hour", "h", "time", 3600.0),
        Unit("DAY", "day", "d", "time", 86_400.0),
        Unit("MTS", "metre per second", "m/s", "speed"),
        Unit("KMH", "kilometre per hour", "km/h", "speed", 1 / 3.6),
        Unit("HTZ", "hertz", "Hz", "frequency"),
        Unit("DD", "degree", "°", "angle", 0.017453292519943295),
        Unit("C81", "radian", "rad", "angle"),
        Unit("KEL", "kelvin", "K", "temperature"),
        Unit("CEL", "degree Celsius", "°C", "temperature", 1.0, 273.15),
        Unit("PAL", "pascal", "Pa", "pressure"),
        Unit("A97", "hectopascal", "hPa", "pressure", 100.0),
        Unit("KGM", "kilogram", "kg", "mass"),
        Unit("TNE", "tonne", "t", "mass", 1000.0),
        Unit("GQ", "microgram per cubic metre", "µg/m³", "concentration", 1e-9),
        Unit("GP", "milligram per cubic metre", "mg/m³", "concentration", 1e-6),
        Unit("JOU", "joule", "J", "energy"),
        Unit("KWH", "kilowatt hour", "kWh", "energy", 3.6e6),
        Unit("MWH", "megawatt hour", "MWh", "energy", 3.6e9),
        Unit("WTT", "watt", "W", "power"),
        Unit("KWT", "kilowatt", "kW", "power", 1000.0),
        Unit("MAW", "megawatt", "MW", "power", 1e6),
        Unit("2N", "decibel", "dB", "level"),
        Unit("LUX", "lux", "lx", "illuminance"),
    )
}
"""All units that Guia knows, by code."""


def unit(code: str) -> Unit:
    """The unit of a code; InvalidInput if Guia does not know it."""
    try:
        return UNITS[code]
    except KeyError:
        raise InvalidInput(
            f"unit code {code!r} is not known",
            remedy="use a UN/CEFACT common code such as KMH, MTR, CEL or C62",
        ) from None


def convert(value: float, source: str, target: str) -> float:
    """`value` in unit `source` expressed in unit `target`; InvalidInput if they measure different things."""
    a, b = unit(source), unit(target)
    if a.dimension != b.dimension:
        raise InvalidInput(
            f"{a.name} measures {a.dimension}, {b.name} measures {b.dimension}", remedy="convert like to like"
        )
    if a.code == b.code:
        return value
    return (value * a.factor + a.offset - b.offset) / b.factor
