"""Prices as lists have them, and as the journal keeps them."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from tanheng.compliance.commands import PriceRow


def in_fen(rows: Iterable[tuple[Any, ...]]) -> tuple[PriceRow, ...]:
    """Rows ``(day, price in the currency's unit, volume, row)`` with the price in its hundredth."""
    found: list[PriceRow] = []
    for day, price, volume, row in rows:
        text = f"{Decimal(price).scaleb(2):f}"
        found.append((day, text.rstrip("0").rstrip(".") if "." in text else text, volume, row))
    return tuple(found)
