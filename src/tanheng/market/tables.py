"""The market as plain tables: orders, trades, quotes, auctions, bids, money of the bank.

Everything that ever was stays; a row says how it stands. All follows from the journal.
"""

from __future__ import annotations

from tanheng.journal import Row, Store, Table
from tanheng.market.state import Market

ORDERS = Table(
    "orders",
    (("order_id", "text"), ("at", "text"), ("instrument", "text"), ("segment", "text"),
     ("account", "text"), ("side", "text"), ("price_fen", "int"), ("amount", "int"),
     ("open", "int"), ("status", "text"), ("until", "text"), ("addressee", "text"),
     ("reason", "text"), ("low_fen", "int"), ("high_fen", "int"), ("ended_seq", "int"),
     ("ended_at", "text")),
    ("order_id",), (("account",),), clustered=False,
)  # fmt: skip
TRADES = Table(
    "trades",
    (("trade", "text"), ("seq", "int"), ("at", "text"), ("day", "text"), ("instrument", "text"),
     ("segment", "text"), ("price_fen", "int"), ("amount", "int"), ("buyer", "text"),
     ("seller", "text"), ("buy_order", "text"), ("sell_order", "text"), ("buyer_fee_fen", "int"),
     ("seller_fee_fen", "int"), ("taker", "text"), ("status", "text")),
    ("trade",), (("day", "instrument"),), clustered=False,
)  # fmt: skip
QUOTES = Table(
    "quotes",
    (("day", "text"), ("instrument", "text"), ("segment", "text"), ("open_fen", "int"),
     ("high_fen", "int"), ("low_fen", "int"), ("close_fen", "int"), ("volume", "int"),
     ("turnover_fen", "int"), ("trades", "int")),
    ("day", "instrument", "segment"),
)  # fmt: skip
AUCTIONS = Table(
    "auctions",
    (("auction", "text"), ("at", "text"), ("instrument", "text"), ("segment", "text"),
     ("account", "text"), ("side", "text"), ("amount", "int"), ("opens", "text"),
     ("closes", "text"), ("reserve_fen", "int"), ("status", "text"), ("price_fen", "int"),
     ("sold", "int"), ("unsold", "int"), ("bids", "int"), ("bid_amount", "int"),
     ("winners", "int"), ("notice", "text")),
    ("auction",),
)  # fmt: skip
BIDS = Table(
    "bids",
    (("bid", "text"), ("auction", "text"), ("account", "text"), ("price_fen", "int"),
     ("amount", "int"), ("status", "text"), ("won", "int"), ("won_price_fen", "int"),
     ("seq", "int")),
    ("bid",), (("auction",),),
)  # fmt: skip
ADMISSIONS = Table(
    "admissions", (("account", "text"), ("holder_class", "text"), ("seq", "int")), ("account",)
)
BANK = Table(
    "bank",
    (("reference", "text"), ("seq", "int"), ("at", "text"), ("account", "text"),
     ("amount_fen", "int")),
    ("reference",),
)  # fmt: skip
DEALS = Table(
    "deals",
    (("deal", "text"), ("at", "text"), ("form", "text"), ("one", "text"), ("two", "text"),
     ("kind", "text"), ("amount", "int"), ("money_fen", "int"), ("back_fen", "int"),
     ("deposit_fen", "int"), ("due", "text"), ("status", "text")),
    ("deal",),
)  # fmt: skip
TABLES = (ORDERS, TRADES, QUOTES, AUCTIONS, BIDS, ADMISSIONS, BANK, DEALS)


def write(store: Store, state: Market) -> None:
    """Bring the tables up to the state, in the open transaction."""
    rows = state.drain()
    if rows:
        for table in TABLES:
            if found := rows.get(table.name):
                store.upsert(table, list(found.values()))


class Replayed:
    """The rows that a replay comes to: of each key the last one."""

    def __init__(self) -> None:
        self._rows: dict[str, dict[tuple[object, ...], Row]] = {t.name: {} for t in TABLES}

    def take(self, state: Market) -> None:
        """Take what changed since the last time."""
        for name, rows in state.drain().items():
            self._rows[name].update(rows)

    def all(self) -> dict[str, set[Row]]:
        """The rows by table."""
        return {name: set(rows.values()) for name, rows in self._rows.items()}
