"""The numbers of a segment on a day, looked up once: bands, steps, limits, fees, each with clause."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from functools import lru_cache

from tanheng.registry.model import instant
from tanheng.rules import Pack, Segment

Number = tuple[Decimal, str]
"""A value and its clause."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds in a segment on a day.

    Attributes:
        sessions: instants ``[start, end)`` in which orders are taken.
        ends: the instant at which the trading day is closed.
        band: largest distance from the reference price, as a share of it; None: no band.
        tick, lot, least, most: steps and limits of prices (fen) and amounts (units).
        fee: share of the turnover that each side pays, a decimal.
    """

    segment: Segment
    sessions: tuple[tuple[str, str], ...]
    ends: str
    band: Number | None
    tick: Number
    lot: Number
    least: Number | None
    most: Number | None
    fee: str

    def limits(self, reference: int) -> tuple[int, int]:
        """Least and largest price in fen; rounded inwards to the tick, so never beyond the band."""
        assert self.band is not None
        return _limits(reference, self.band[0], self.tick[0])


@lru_cache(maxsize=256)
def _ratio(share: str) -> tuple[int, int]:
    return Decimal(share or 0).as_integer_ratio()


def fee_of(share: str, price_fen: int, amount: int) -> int:
    """The fee of a side in fen, at most the turnover: rounded down, so that the fees of parts never
    exceed that of the whole, for which money is held.

    >>> fee_of("0.0005", 2000, 3)
    3
    """
    above, below = _ratio(share)
    turnover = price_fen * amount
    return min(turnover * above // below, turnover)


def cost(share: str, price_fen: int, amount: int) -> int:
    """What a buyer pays in fen, with the fee."""
    return price_fen * amount + fee_of(share, price_fen, amount)


def affordable(share: str, price_fen: int, money: int, lot: int) -> int:
    """Most units, in whole lots, that so much money pays for.

    >>> affordable("0.0005", 2000, 2001, 1)
    1
    """
    above, below = _ratio(share)
    # At least so many, as if the fee were not rounded; then lots while the cost fits.
    amount = max(money * below // (price_fen * (below + above)) // lot * lot - lot, 0)
    while cost(share, price_fen, amount + lot) <= money:
        amount += lot
    return amount


@lru_cache(maxsize=1024)
def _limits(reference: int, share: Decimal, tick: Decimal) -> tuple[int, int]:
    low = (reference * (1 - share) / tick).to_integral_value(ROUND_CEILING) * tick
    high = (reference * (1 + share) / tick).to_integral_value(ROUND_FLOOR) * tick
    return max(int(low), int(tick)), int(high)


def terms_of(pack: Pack, name: str, day: date) -> Terms:
    """What holds in a segment on a day.

    Raises:
        Gap: a parameter says nothing on this day.
        CalendarMissing: the year is not covered.
    """
    assert pack.market is not None
    segment, hours = pack.market.segments[name], pack.hours
    sessions = tuple(
        (instant(hours.at(day, one.start)), instant(hours.at(day, one.end)))
        for one in segment.sessions.value
        if hours.is_working(day)
    )

    def number(parameter: str) -> Number | None:
        found = pack.says(parameter, day, of=name)
        return None if found is None else (found.number, found.value.clause)

    fee = number("trade_fee_share")
    one = Decimal(1), ""
    return Terms(
        segment, sessions, instant(hours.at(day, pack.market.day_end.value)),
        number("price_band"), number("tick") or one, number("lot") or one,
        number("amount_minimum"), number("amount_maximum"), str(fee[0]) if fee else "0",
    )  # fmt: skip
