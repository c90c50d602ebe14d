"""What happens on the invented market, recorded in any order and numbered by time at the end."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from operator import attrgetter

from tanheng.market.watch import DayRow, MoveRow, OrderRow, TradeRow
from tanheng.simulate.misbehaviour.world import Account

INSTRUMENT, SEGMENT = "INV-2024", "listed"
SESSION = 4 * 3600
"""Seconds of trading in a day: 9:30 to 11:30 and 13:00 to 15:00 at UTC+8."""
_TRADE = attrgetter(*(field.name for field in fields(TradeRow)[1:]))
_ORDER = attrgetter(*(field.name for field in fields(OrderRow)[1:-1]))
_FIRST = datetime(2024, 1, 8, tzinfo=UTC)  # a Monday
_MORNING, _AFTERNOON, _CLOSE = 5400, 18000, 25200


@dataclass(frozen=True, slots=True)
class Episode:
    """Misbehaviour that was put in: its alert, how strong, whose accounts, which entries."""

    kind: str
    strength: str
    accounts: tuple[str, ...]
    entries: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Tape:
    """A market's rows, the groups that are known, and what was put in."""

    trades: tuple[TradeRow, ...]
    orders: tuple[OrderRow, ...]
    moves: tuple[MoveRow, ...]
    days: tuple[DayRow, ...]
    groups: dict[str, str]
    episodes: tuple[Episode, ...]
    account_days: int


def midnight(day: int) -> int:
    """Seconds from the first day to the start (UTC) of a trading day; week-ends are left out."""
    return (day // 5 * 7 + day % 5) * 86400


def session(day: int, second: float) -> float:
    """Seconds from the first day to a second of a day's trading."""
    half = SESSION // 2
    return midnight(day) + (_MORNING + second if second < half else _AFTERNOON + second - half)


def closing(day: int) -> int:
    """Seconds from the first day to the close of a trading day."""
    return midnight(day) + _CLOSE


def instant(seconds: float) -> str:
    """An instant as rows write it."""
    text = (_FIRST + timedelta(seconds=seconds)).isoformat(timespec="microseconds")
    return f"{text[:-6]}Z"


class Recorder:
    """Rows with provisional entry numbers, and the entries of each episode."""

    def __init__(self) -> None:
        self._ids = count(1)
        self._times: dict[int, float] = {}
        self.trades: list[TradeRow] = []
        self.orders: dict[str, OrderRow] = {}
        self.moves: list[MoveRow] = []
        self.labels: list[tuple[str, str, tuple[str, ...], list[int]]] = []

    def entry(self, seconds: float) -> int:
        """A provisional number for what happens then."""
        number = next(self._ids)
        self._times[number] = seconds
        return number

    def when(self, number: int) -> float:
        """Seconds from the first day to an entry."""
        return self._times[number]

    def order(
        self, seconds: float, account: Account, side: str, price_fen: int, amount: int,
        band: tuple[int, int], ended: str = "", ended_at: float = 0.0,
    ) -> OrderRow:  # fmt: skip
        """An order, and its end if it has one."""
        number = self.entry(seconds)
        over = self.entry(ended_at) if ended else 0
        row = OrderRow(
            number, instant(seconds), f"O{number}", INSTRUMENT, SEGMENT, account.name,
            account.holder, side, price_fen, amount, *band, ended,
            instant(ended_at) if ended else "", over,
        )  # fmt: skip
        self.orders[row.order] = row
        return row

    def trade(
        self, seconds: float, price_fen: int, amount: int, taker: OrderRow, maker: OrderRow
    ) -> TradeRow:
        """A trade between two orders."""
        number = self.entry(seconds)
        buy, sell = (taker, maker) if taker.side == "buy" else (maker, taker)
        row = TradeRow(
            number, instant(seconds), f"T{number}", INSTRUMENT, SEGMENT, price_fen, amount,
            buy.account, sell.account, buy.holder, sell.holder, buy.order, sell.order, taker.side,
        )  # fmt: skip
        self.trades.append(row)
        return row

    def deal(
        self, seconds: float, price_fen: int, amount: int, buyer: Account, seller: Account,
        band: tuple[int, int],
    ) -> int:  # fmt: skip
        """A trade of two orders made for each other; returns its entry."""
        maker = self.order(seconds - 2, seller, "sell", price_fen, amount, band)
        taker = self.order(seconds, buyer, "buy", price_fen, amount, band)
        return self.trade(seconds, price_fen, amount, taker, maker).seq

    def move(self, seconds: float, account: Account, came: int, went: int) -> int:
        """Units in or out of an account; returns the entry."""
        number = self.entry(seconds)
        row = MoveRow(number, instant(seconds), account.name, INSTRUMENT, came, went)
        self.moves.append(row)
        return number

    def label(
        self, kind: str, strength: str, accounts: Iterable[Account], entries: list[int]
    ) -> None:
        """Say what was put in."""
        self.labels.append((kind, strength, tuple(sorted({a.name for a in accounts})), entries))

    def tape(self, days: int, start_fen: int, groups: dict[str, str], accounts: int) -> Tape:
        """Everything, numbered by time, with the days' quotes; the close is the day's mean price."""
        order = sorted(self._times, key=lambda number: (self._times[number], number))
        new = {number: place for place, number in enumerate(order, 1)} | {0: 0}
        # By position, for replace() is most of the time of many small markets.
        trades = [TradeRow(new[row.seq], *_TRADE(row)) for row in self.trades]
        orders = [
            OrderRow(*(new[row.seq], *_ORDER(row), new[row.ended_seq]))
            for row in self.orders.values()
        ]
        moves = [replace(row, seq=new[row.seq]) for row in self.moves]
        episodes = [
            Episode(kind, strength, names, tuple(sorted({new[number] for number in entries})))
            for kind, strength, names, entries in self.labels
        ]
        return Tape(
            tuple(trades), tuple(orders), tuple(moves),
            tuple(_quotes(trades, days, start_fen)), groups, tuple(episodes), days * accounts,
        )  # fmt: skip


def _quotes(trades: list[TradeRow], days: int, start_fen: int) -> Iterable[DayRow]:
    """The days' volumes, turnovers and closes."""
    sums: dict[str, tuple[int, int]] = {}
    for row in trades:
        volume, turnover = sums.get(row.at[:10], (0, 0))
        sums[row.at[:10]] = (volume + row.amount, turnover + row.amount * row.price_fen)
    previous = start_fen
    for day in range(days):
        closes_at = instant(closing(day))
        volume, turnover = sums.get(closes_at[:10], (0, 0))
        close = round(turnover / volume) if volume else previous
        yield DayRow(
            closes_at[:10], INSTRUMENT, SEGMENT, volume, turnover, close, previous, closes_at
        )
        previous = close
