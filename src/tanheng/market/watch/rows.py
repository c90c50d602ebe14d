"""What surveillance looks at, and what it says."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class TradeRow:
    """A trade.

    Attributes:
        seq: number of its entry in the journal.
        at: instant, ``YYYY-MM-DDTHH:MM:SS.ffffffZ``.
        trade: its name; one entry may hold several trades.
        price_fen: price per unit.
        amount: units.
        buyer, seller: accounts; ``buyer_holder``, ``seller_holder`` who holds them.
        buy_order, sell_order: ``""`` where a side had none.
        taker: side that met a waiting order; ``""``: unknown or none.
    """

    seq: int
    at: str
    trade: str
    instrument: str
    segment: str
    price_fen: int
    amount: int
    buyer: str
    seller: str
    buyer_holder: str
    seller_holder: str
    buy_order: str = ""
    sell_order: str = ""
    taker: str = ""


@dataclass(frozen=True, slots=True)
class OrderRow:
    """An order as it came.

    Attributes:
        price_fen: 0 for a market order.
        amount: units asked for in all.
        low_fen, high_fen: price limits in force when it came; 0: none.
        ended: how it ended (``cancelled``, ``expired``, …); ``""``: filled, or it still waits.
        ended_at, ended_seq: instant and entry of its end. Without the instant an order is not
            looked at for spoofing.
    """

    seq: int
    at: str
    order: str
    instrument: str
    segment: str
    account: str
    holder: str
    side: str
    price_fen: int
    amount: int
    low_fen: int = 0
    high_fen: int = 0
    ended: str = ""
    ended_at: str = ""
    ended_seq: int = 0


@dataclass(frozen=True, slots=True)
class MoveRow:
    """Units that came into an account or went out of it by a transfer between holders.

    Deliveries of trades do not belong here: a liquidity provider passes units on all day.
    """

    seq: int
    at: str
    account: str
    kind: str
    came: int
    went: int


@dataclass(frozen=True, slots=True)
class DayRow:
    """A trading day of an instrument in a segment; ``closes_at``: instant its session closes."""

    day: str
    instrument: str
    segment: str
    volume: int
    turnover_fen: int
    close_fen: int
    previous_close_fen: int
    closes_at: str


@dataclass(frozen=True, slots=True)
class Alert:
    """A reason to look.

    Attributes:
        kind: which alert; one of :data:`tanheng.market.watch.KINDS`.
        day: trading day it was complete.
        instrument: what was traded; of transits the kind of unit.
        holders: who is behind it: holders, or groups where holders belong to one. Empty where it
            concerns the market as a whole.
        accounts: their accounts that took part.
        measure: what was measured, to 12 places; ``limit``: from where on it is an alert.
        entries: numbers of all entries behind it, ascending.
        text: what :func:`tanheng.market.watch.sentence` fills in, by name.
    """

    kind: str
    day: str
    instrument: str
    holders: tuple[str, ...]
    accounts: tuple[str, ...]
    measure: Decimal
    limit: Decimal
    entries: tuple[int, ...]
    text: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class NotRun:
    """An alert that was not run, and the parameters of the pack that it lacks."""

    kind: str
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Watched:
    """What surveillance found, by day, instrument and kind; and what it could not look for."""

    alerts: tuple[Alert, ...]
    not_run: tuple[NotRun, ...]
