"""Units convert and money adds up, exactly."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guia.core.errors import InvalidInput
from guia.core.money import Money
from guia.core.units import UNITS, convert, unit


@pytest.mark.parametrize(
    ("value", "source", "target", "expected"),
    [
        (36, "KMH", "MTS", 10),
        (0, "CEL", "KEL", 273.15),
        (1, "MWH", "KWH", 1000),
        (90, "MIN", "HUR", 1.5),
        (180, "DD", "C81", 3.141592653589793),
        (50, "P1", "C62", 0.5),
        (1, "GP", "GQ", 1000),
        (2, "TNE", "KGM", 2000),
    ],
)
def test_conversions(value, source, target, expected):
    assert convert(value, source, target) == pytest.approx(expected)


@given(st.sampled_from(sorted(UNITS)), st.sampled_from(sorted(UNITS)), st.floats(-1e6, 1e6))
def test_there_and_back(source, target, value):
    if unit(source).dimension != unit(target).dimension:
        with pytest.raises(InvalidInput):
            convert(value, source, target)
    else:
        assert convert(convert(value, source, target), target, source) == pytest.approx(value, abs=1e-6)


def test_every_unit_has_its_own_code_and_symbol():
    assert all(code == found.code for code, found in UNITS.items())
    symbols = [found.symbol for found in UNITS.values()]
    assert len(set(symbols)) == len(symbols)
    with pytest.raises(InvalidInput, match="XYZ"):
        unit("XYZ")


amounts = st.integers(-(10**12), 10**12)


@given(amounts, st.sampled_from(["MOP", "JPY", "TND"]))
def test_text_and_back(minor, currency):
    money = Money(minor, currency)
    assert Money.parse(str(money).split()[0], currency) == money


@given(amounts, st.lists(st.integers(0, 50), min_size=1, max_size=9).filter(any))
def test_shares_add_up_and_are_fair(minor, weights):
    parts = Money(minor, "MOP").share(weights)
    assert sum(p.minor for p in parts) == minor
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part.minor - minor * weight / sum(weights)) <= 1


@pytest.mark.parametrize("text", ["1.234", "x", "", "NaN", "Infinity", "1e-9"])
def test_what_is_no_amount_is_refused(text):
    with pytest.raises(InvalidInput):
        Money.parse(text, "MOP")


def test_currencies_do_not_mix_and_floats_are_refused():
    with pytest.raises(InvalidInput):
        Money(1, "MOP") + Money(1, "HKD")
    with pytest.raises(InvalidInput):
        Money(1.5, "MOP")
    with pytest.raises(InvalidInput):
        Money(1, "ABC")
    assert str(Money(-1250, "MOP") + Money(1000, "MOP") * 2) == "7.50 MOP"
