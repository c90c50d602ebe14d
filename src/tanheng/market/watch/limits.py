"""Where each alert begins. Every number comes from a pack; none has a default.

The suggestions are ours: no statute is known that states them. They were chosen with
``benchmarks/surveillance.py`` on an invented market and must be set anew for a real one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import Decimal

from tanheng.rules.watched import PARAMETERS, PREFIX


@dataclass(frozen=True, slots=True)
class Limits:
    """The parameters of all alerts, by the pack's name without ``watch_``; None: not in the pack.

    Meanings and units stand in :data:`PARAMETERS`. Every limit is inclusive: what reaches it is an
    alert, what is within a tolerance or window counts.
    """

    self_trade_amount: Decimal | None = None
    circle_length: Decimal | None = None
    circle_hours: Decimal | None = None
    circle_amount_tolerance: Decimal | None = None
    circle_price_tolerance: Decimal | None = None
    circle_amount: Decimal | None = None
    pair_days: Decimal | None = None
    pair_trades: Decimal | None = None
    pair_share: Decimal | None = None
    pair_amount: Decimal | None = None
    close_minutes: Decimal | None = None
    close_move: Decimal | None = None
    close_share: Decimal | None = None
    close_amount: Decimal | None = None
    concentration_days: Decimal | None = None
    concentration_volume: Decimal | None = None
    concentration_holders: Decimal | None = None
    concentration_hhi: Decimal | None = None
    concentration_share: Decimal | None = None
    band_distance: Decimal | None = None
    band_share: Decimal | None = None
    band_count: Decimal | None = None
    band_holder_share: Decimal | None = None
    band_holder_orders: Decimal | None = None
    transit_hours: Decimal | None = None
    transit_share: Decimal | None = None
    transit_amount: Decimal | None = None
    burst_days: Decimal | None = None
    burst_multiple: Decimal | None = None
    burst_amount: Decimal | None = None
    spoof_minutes: Decimal | None = None
    spoof_amount: Decimal | None = None
    spoof_orders: Decimal | None = None
    spoof_ratio: Decimal | None = None

    @staticmethod
    def of(numbers: Mapping[str, Decimal]) -> Limits:
        """Limits from a pack's numbers by name; names that are not of an alert are left alone.

        >>> Limits.of({"watch_self_trade_amount": Decimal(1), "tick": Decimal(1)}).circle_hours
        """
        names = [field.name for field in fields(Limits)]
        return Limits(**{name: numbers.get(PREFIX + name) for name in names})

    def needed(self, *names: str) -> tuple[Decimal, ...]:
        """Those limits; :func:`tanheng.market.watch.watch` asks only where they are there."""
        numbers = tuple(getattr(self, name) for name in names)
        assert None not in numbers, names
        return numbers

    def missing(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """The pack's names of those parameters that are not there."""
        return tuple(PREFIX + name for name in names if getattr(self, name) is None)


def suggested() -> Limits:
    """The suggestions as limits, for simulation and tests."""
    return Limits.of({row.name: Decimal(row.suggested) for row in PARAMETERS})
