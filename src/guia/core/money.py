"""Money: whole minor units and a currency, exact; never a float."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from guia.core.errors import InvalidInput

MINOR_DIGITS = {"MOP": 2, "HKD": 2, "CNY": 2, "EUR": 2, "USD": 2, "JPY": 0, "KRW": 0, "TND": 3}
"""Digits behind the point of ISO 4217 currencies."""


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units (avos, cents) of a currency."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if self.currency not in MINOR_DIGITS:
            raise InvalidInput(
                f"currency {self.currency!r} is not known", remedy="use an ISO 4217 code such as MOP"
            )
        if type(self.minor) is not int:
            raise InvalidInput(f"an amount is a whole number of minor units, not {self.minor!r}")

    @classmethod
    def parse(cls, text: str, currency: str) -> "Money":
        """The amount of a decimal text such as `12.50`; InvalidInput if it has more digits than the currency."""
        try:
            minor = Decimal(text).scaleb(cls(0, currency).digits)
        except InvalidOperation:
            raise InvalidInput(f"{text!r} is no amount", remedy="write it like 12.50") from None
        if not minor.is_finite() or minor != minor.to_integral_value():
            raise InvalidInput(
                f"{text!r} is no amount in {currency}", remedy="round it to the smallest coin first"
            )
        return cls(int(minor), currency)

    @property
    def digits(self) -> int:
        """Digits behind the point."""
        return MINOR_DIGITS[self.currency]

    def __add__(self, other: "Money") -> "Money":
        return Money(self.minor + self._same(other).minor, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.minor - self._same(other).minor, self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.minor, self.currency)

    def __mul__(self, count: int) -> "Money":
        return Money(self.minor * count, self.currency)

    def __lt__(self, other: "Money") -> bool:
        return self.minor < self._same(other).minor

    def __le__(self, other: "Money") -> bool:
        return self.minor <= self._same(other).minor

    def share(self, weights: Sequence[int]) -> "list[Money]":
        """Parts in proportion to whole `weights`, that add up exactly (largest remainders get what is left)."""
        total = sum(weights)
        if total <= 0 or min(weights) < 0:
            raise InvalidInput("weights are not negative and not all zero")
        parts = [self.minor * w // total for w in weights]
        remainders = [self.minor * w % total for w in weights]
        for n in sorted(range(len(parts)), key=lambda n: (-remainders[n], n))[: self.minor - sum(parts)]:
            parts[n] += 1
        return [Money(part, self.currency) for part in parts]

    def __str__(self) -> str:
        return f"{Decimal(self.minor).scaleb(-self.digits):.{self.digits}f} {self.currency}"

    def _same(self, other: "Money") -> "Money":
        if other.currency != self.currency:
            raise InvalidInput(f"{self.currency} and {other.currency} cannot be reckoned together")
        return other
