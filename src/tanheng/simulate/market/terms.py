"""A segment's numbers and hours on a day, read from the pack once more, with fractions."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time
from fractions import Fraction
from math import ceil, floor

from tanheng.rules import Pack
from tanheng.simulate.registry.model import Days


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds in a segment on a day.

    Attributes:
        hours: from when to when orders are taken, on local clocks.
        ends: instant at which the day is closed.
        late: delivered after the close.
        known: limits by reference price, worked out before.
    """

    mode: str
    hours: tuple[tuple[time, time], ...]
    ends: str
    band: Fraction | None
    tick: int
    lot: int
    least: int
    most: int | None
    fee: Fraction
    admits: tuple[str, ...]
    late: bool
    known: dict[int, tuple[int, int]] = field(default_factory=dict, compare=False)

    def limits(self, reference: int) -> tuple[int, int]:
        """Least and largest price."""
        if reference not in self.known:
            self.known[reference] = self._limits(reference)
        return self.known[reference]

    def _limits(self, reference: int) -> tuple[int, int]:
        assert self.band is not None
        low = ceil(reference * (1 - self.band) / self.tick) * self.tick
        high = floor(reference * (1 + self.band) / self.tick) * self.tick
        return max(low, self.tick), high

    def within(self, price: int, reference: int | None) -> bool:
        """Whether a price may be dealt at."""
        if self.band is None or reference is None:
            return True
        low, high = self.limits(reference)
        return low <= price <= high

    def cost(self, price: int, amount: int) -> int:
        """What a purchase costs today, with the fee."""
        return price * amount + fee_of(self.fee, price, amount)


def fee_of(share: Fraction, price: int, amount: int) -> int:
    """A side's fee in fen, at most the turnover."""
    turnover = price * amount
    return min(share.numerator * turnover // share.denominator, turnover)


def terms_of(pack: Pack, segment: str, day: date, days: Days) -> Terms:
    """What holds in a segment on a day."""
    assert pack.market is not None
    part = pack.market.segments[segment]

    def number(name: str) -> Fraction | None:
        found = pack.says(name, day, of=segment)
        return None if found is None else Fraction(found.number)

    most = number("amount_maximum")
    hours = tuple((one.start, one.end) for one in part.sessions.value) if days.works(day) else ()
    return Terms(
        part.mode.value, hours, days.said(datetime.combine(day, pack.market.day_end.value)),
        number("price_band"), int(number("tick") or 1), int(number("lot") or 1),
        int(number("amount_minimum") or 1), None if most is None else int(most),
        number("trade_fee_share") or Fraction(0), part.admits.value,
        part.settlement.value == "after_close",
    )  # fmt: skip
