"""What happens on a market (events) and what it keeps (records).

Units and money move by the registry's :class:`~tanheng.registry.model.Posted`; the events here say
what for. Public: prices, amounts, results. The parties': who. Confidential: bids, until an auction is
over.
"""

from __future__ import annotations

import msgspec

from tanheng.registry.model import Event

Side = str
"""``buy`` or ``sell``."""


class Admitted(Event, frozen=True, tag="admitted/1"):
    """An account trades in a class of holders; ``""``: no longer."""

    account: str
    holder_class: str
    reason: str = ""


class ReferenceSet(Event, frozen=True, tag="reference_set/1"):
    """An instrument's reference price."""

    instrument: str
    price_fen: int
    reason: str


class Halted(Event, frozen=True, tag="halted/1"):
    """Trading in an instrument (``""``: in all) stops, or (``halted`` false) goes on."""

    instrument: str
    halted: bool
    reason: str


class MoneyMoved(Event, frozen=True, tag="money_moved/1"):
    """Money came in (``amount`` > 0) or went out at the bank."""

    account: str
    amount: int
    reference: str


class DayOpened(Event, frozen=True, tag="day_opened/1"):
    """A trading day has its first act; it is closed at the instant."""

    day: str
    closes: str


class OrderPlaced(Event, frozen=True, tag="order_placed/1"):
    """An order as it came. ``amount``: units; what trades at once follows in the same entry;
    ``ends``: instant at which it expires (``""``: it does not); ``low_fen``, ``high_fen``: the band
    then in force (0: none); ``fee``: the share of the turnover that it pays, whatever the fee is
    when it trades."""

    order: str
    instrument: str
    segment: str
    account: str
    side: Side
    price_fen: int
    amount: int
    until: str = ""
    ends: str = ""
    to: str = ""
    year: int = 0
    low_fen: int = 0
    high_fen: int = 0
    fee: str = ""


class OrderHeld(Event, frozen=True, tag="order_held/1"):
    """What is left of an order waits, with a hold on units or money."""

    order: str
    hold: str


class OrderAmended(Event, frozen=True, tag="order_amended/1"):
    """An order's open amount and price; ``kept``: it kept its place in the queue; ``hold``: its new
    hold, where another one was needed; ``reason``: where the law took part of it."""

    order: str
    left: int
    price_fen: int
    kept: bool
    hold: str = ""
    reason: str = ""


class OrderEnded(Event, frozen=True, tag="order_ended/1"):
    """An order is over: ``cancelled``, ``expired``, ``unfilled`` (a market order's rest),
    ``self_trade``, ``beyond_band`` or ``voided`` (its hold was taken away)."""

    order: str
    how: str
    reason: str = ""


class Traded(Event, frozen=True, tag="traded/1"):
    """Trades, as the public sees them: ``(trade, instrument, segment, price_fen, amount)``."""

    rows: tuple[tuple[str, str, str, int, int], ...]


class Matched(Event, frozen=True, tag="matched/1"):
    """The parties of trades: ``(trade, buy order, sell order, buyer, seller, buyer's fee, seller's
    fee, taker's side)``; fees in fen; the order of a side may be ``""``. ``waits``: they are delivered
    after the close; ``restriction``: year for whose surrender alone the units are (0: any)."""

    rows: tuple[tuple[str, str, str, str, str, int, int, Side], ...]
    waits: bool = False
    restriction: int = 0


class Delivered(Event, frozen=True, tag="delivered/1"):
    """Trades that waited for the close are settled."""

    trades: tuple[str, ...]


class DayClosed(Event, frozen=True, tag="day_closed/1"):
    """A day's quotes: ``(instrument, segment, open, high, low, close, volume, turnover, trades)``,
    prices and turnover in fen."""

    day: str
    rows: tuple[tuple[str, str, int, int, int, int, int, int, int], ...]
    closes: tuple[tuple[str, int], ...]


class Annulled(Event, frozen=True, tag="annulled/1"):
    """A trade made in error is undone."""

    trade: str
    reason: str


class AuctionOpened(Event, frozen=True, tag="auction_opened/1"):
    """An auction is announced; see :class:`tanheng.market.commands.OpenAuction`."""

    auction: str
    account: str
    instrument: str
    segment: str
    side: Side
    amount: int
    opens: str
    closes: str
    notice: str
    hold: str
    reserve_fen: int = 0
    average: tuple[str, str, str] | None = None
    floor_share: str = ""
    ceiling_fen: int = 0
    pricing: str = "uniform"
    margin: str = "time"
    bid_limit: int = 0
    least_bidders: int = 1
    admits: tuple[str, ...] = ()
    restriction: int = 0
    unsold: str = "return"
    fee: str = ""


class ReserveFixed(Event, frozen=True, tag="reserve_fixed/1"):
    """The reserve price of an auction, when its window opens; ``volume`` and ``turnover_fen`` of the
    span the mean is of."""

    auction: str
    reserve_fen: int
    volume: int = 0
    turnover_fen: int = 0


class BidPlaced(Event, frozen=True, tag="bid_placed/1"):
    """A sealed bid."""

    bid: str
    auction: str
    account: str
    price_fen: int
    amount: int
    hold: str
    fee: str = ""


class BidEnded(Event, frozen=True, tag="bid_ended/1"):
    """A bid is over: ``won`` (so many units at a price), ``lost``, ``cancelled`` or ``voided``."""

    bid: str
    how: str
    amount: int = 0
    price_fen: int = 0


class AuctionClosed(Event, frozen=True, tag="auction_closed/1"):
    """An auction's result: ``sold``, ``no_bids``, ``reserve_not_met``, ``too_few_bidders`` or
    ``called_off``. ``price_fen``: uniform price, or the lowest accepted."""

    auction: str
    how: str
    price_fen: int = 0
    sold: int = 0
    unsold: int = 0
    bids: int = 0
    bid_amount: int = 0
    winners: int = 0
    reason: str = ""


class DealProposed(Event, frozen=True, tag="deal_proposed/1"):
    """Carbon finance is proposed by ``one`` to ``two``; ``due``: instant of the last leg."""

    deal: str
    form: str
    one: str
    two: str
    kind: str
    amount: int
    money_fen: int
    back_fen: int
    deposit_fen: int
    due: str


class DealAgreed(Event, frozen=True, tag="deal_agreed/1"):
    """The first leg moved; the hold keeps the promise."""

    deal: str
    hold: str


class DealEnded(Event, frozen=True, tag="deal_ended/1"):
    """A deal is over: ``fulfilled``, ``defaulted``, ``declined`` or ``expired``."""

    deal: str
    how: str
    reason: str = ""


MarketEvent = (
    Admitted | ReferenceSet | Halted | MoneyMoved | DayOpened | OrderPlaced | OrderHeld
    | OrderAmended | OrderEnded | Traded | Matched | Delivered | DayClosed | Annulled
    | AuctionOpened | ReserveFixed | BidPlaced | BidEnded | AuctionClosed | DealProposed
    | DealAgreed | DealEnded
)  # fmt: skip
"""Every event of a market."""

_PUBLIC = frozenset({
    ReferenceSet, Halted, DayOpened, Traded, DayClosed, Annulled, AuctionOpened, ReserveFixed,
    AuctionClosed,
})  # fmt: skip


def audience(event: Event) -> str:
    """Who may read the event."""
    kind = type(event)
    if kind in _PUBLIC:
        return "public"
    return "confidential" if kind is BidPlaced else "parties"


class Order(msgspec.Struct):
    """An order that waits. ``amount``: units asked for in all; ``left``: of them still open;
    ``seq``: the entry that gave it its place in the queue; ``placed``: its instant."""

    id: str
    instrument: str
    segment: str
    account: str
    side: Side
    price_fen: int
    amount: int
    left: int
    seq: int
    placed: str
    hold: str = ""
    until: str = ""
    ends: str = ""
    to: str = ""
    year: int = 0
    low_fen: int = 0
    high_fen: int = 0
    fee: str = ""


class Trade(msgspec.Struct):
    """A trade of the open day. ``waits``: for delivery after the close."""

    id: str
    instrument: str
    segment: str
    price_fen: int
    amount: int
    at: str
    seq: int
    buyer: str = ""
    seller: str = ""
    buyer_fee: int = 0
    seller_fee: int = 0
    buy_order: str = ""
    sell_order: str = ""
    taker: Side = ""
    waits: bool = False
    restriction: int = 0


class Bar(msgspec.Struct):
    """Quotes of a day, of one instrument in one segment; prices and turnover in fen. ``close`` of a
    day that is not over: the last price."""

    open: int
    high: int
    low: int
    close: int
    volume: int = 0
    turnover: int = 0
    trades: int = 0

    def add(self, price_fen: int, amount: int) -> None:
        """Count a trade."""
        self.high, self.low = max(self.high, price_fen), min(self.low, price_fen)
        self.close = price_fen
        self.volume += amount
        self.turnover += price_fen * amount
        self.trades += 1


class Bidding(msgspec.Struct):
    """A bid that is sealed."""

    id: str
    account: str
    price_fen: int
    amount: int
    hold: str
    seq: int
    fee: str = ""


class Auction(msgspec.Struct):
    """An auction that is not over; its reserve price is ``fixed`` when its window opens."""

    announced: AuctionOpened
    reserve_fen: int
    at: str
    fixed: bool = False
    bids: dict[str, Bidding] = msgspec.field(default_factory=dict)


class Deal(msgspec.Struct):
    """A deal that is proposed or (``agreed``) runs."""

    id: str
    form: str
    one: str
    two: str
    kind: str
    amount: int
    money_fen: int
    back_fen: int
    deposit_fen: int
    due: str
    at: str
    agreed: bool = False
    hold: str = ""


class Day(msgspec.Struct):
    """The trading day that is open. ``bought``: units by
    ``account/instrument``."""

    day: str
    closes: str
    trades: dict[str, Trade] = msgspec.field(default_factory=dict)
    bought: dict[str, int] = msgspec.field(default_factory=dict)
