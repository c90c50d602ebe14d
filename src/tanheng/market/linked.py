"""Bonds and structured deposits: a payoff linked to a published average price. Arithmetic only.

rate = base + participation × (average / strike − 1), kept within floor and cap
interest = principal × rate × days / year_days, half up to the fen
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal


@dataclass(frozen=True, slots=True)
class Linked:
    """Terms of a linked instrument. Rates per year as shares (0.05 = 5 %); prices in fen per unit.

    Attributes:
        principal_fen: sum lent.
        base, participation: rate without a move, and part of the move that is added.
        strike_fen: price from which the move counts.
        floor, cap: least and largest rate.
        days, year_days: of the interest period, and of a year.
    """

    principal_fen: int
    base: Decimal
    participation: Decimal
    strike_fen: Decimal
    floor: Decimal
    cap: Decimal
    days: int
    year_days: int = 365

    def __post_init__(self) -> None:
        if self.principal_fen < 1 or self.strike_fen <= 0 or self.days < 1 or self.year_days < 1:
            raise ValueError("principal, strike, days and year_days are positive")
        if self.floor > self.cap:
            raise ValueError(f"the floor {self.floor} is above the cap {self.cap}")

    def rate(self, average_fen: Decimal) -> Decimal:
        """The rate per year at an average price (fen per unit)."""
        move = average_fen / self.strike_fen - 1
        return max(self.floor, min(self.cap, self.base + self.participation * move))

    def interest_fen(self, average_fen: Decimal) -> int:
        """Interest of the period in fen."""
        exact = self.principal_fen * self.rate(average_fen) * self.days / self.year_days
        return int(exact.quantize(Decimal(1), ROUND_HALF_UP))
