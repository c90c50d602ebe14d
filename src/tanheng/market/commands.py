"""What people may ask of a market. Prices in fen per unit, amounts in units, days as ``2017-06-30``.

Accounts, kinds, instruments, segments, orders, trades and auctions are ids.
"""

from __future__ import annotations

from typing import ClassVar

from tanheng.registry.commands import Command

GOOD_TILL_CANCELLED = "9999-12-31"
"""``until`` of an order that stays until it is filled or cancelled."""


class Admit(Command, frozen=True, tag="admit"):
    """Admit an account to the market in a class of holders (suitability), or with ``""`` no longer."""

    authority: ClassVar[bool] = True
    account: str
    holder_class: str
    reason: str = ""


class SetReference(Command, frozen=True, tag="set_reference"):
    """Give an instrument its reference price, as when it is listed: bands are around it until the
    first close."""

    authority: ClassVar[bool] = True
    instrument: str
    price_fen: int
    reason: str


class Halt(Command, frozen=True, tag="halt"):
    """Stop trading in an instrument (``""``: in all), or (``halted`` false) let it go on."""

    authority: ClassVar[bool] = True
    instrument: str
    halted: bool
    reason: str


class Deposit(Command, frozen=True, tag="deposit"):
    """Money came in at the bank, under a reference of the bank: each once."""

    authority: ClassVar[bool] = True
    account: str
    amount: int
    reference: str


class WithdrawMoney(Command, frozen=True, tag="withdraw_money"):
    """Money goes out at the bank, under a reference of the bank: each once."""

    authority: ClassVar[bool] = True
    account: str
    amount: int
    reference: str


class PlaceOrder(Command, frozen=True, tag="order"):
    """Bid or offer in a segment.

    In a ``listed``, ``negotiated`` or ``fixed_price`` segment the order waits to be picked; in a
    ``continuous`` one it meets the other side at once, and what is left waits.

    Attributes:
        side: ``buy`` or ``sell``.
        price_fen: limit; 0: a market order, which never waits (continuous bidding only).
        until: last day; ``""``: this day only; :data:`GOOD_TILL_CANCELLED`.
        to: the only account that may pick it (negotiated trades).
        year: fixed price only: the compliance year whose shortfall it is for.
    """

    account: str
    instrument: str
    segment: str
    side: str
    amount: int
    price_fen: int = 0
    until: str = ""
    to: str = ""
    year: int = 0


class Pick(Command, frozen=True, tag="pick"):
    """Take an order that waits, whole or (``amount``) in part; ``account`` is the taker's."""

    account: str
    order: str
    amount: int = 0


class Amend(Command, frozen=True, tag="amend"):
    """Change an order's amount still open: less keeps its place, more or another price loses it."""

    account: str
    order: str
    amount: int
    price_fen: int = 0


class CancelOrder(Command, frozen=True, tag="cancel_order"):
    """Take back an order, or a bid of an auction that is not over."""

    account: str
    order: str


class OpenAuction(Command, frozen=True, tag="open_auction"):
    """Announce an auction (sealed bids in a window): the government's, or one-way bidding.

    The reserve price is ``reserve_fen``, or a multiple of a mean over a span of days, fixed when the
    window opens.

    Attributes:
        side: ``sell``: the account sells and others bid; ``buy``: the other way round.
        opens, closes: instants of the window ``[opens, closes)``, on one working day.
        reserve_fen: least price (for ``buy``: largest); 0: see ``average``.
        average: ``(segment, first day, last day)`` of the mean, weighted by volume.
        floor_share: multiple of the mean, a decimal; ``""``: the pack's ``auction_floor_share``.
        ceiling_fen: largest reserve price; 0: the pack's ``auction_ceiling``, if it has one.
        pricing: ``uniform`` (all pay the lowest accepted bid) or ``pay_as_bid``.
        margin: at the marginal price earlier bids come first (``time``) or all get a part
            (``pro_rata``).
        bid_limit: most units one account may bid for; 0: as the pack says.
        least_bidders: fewer bidders: nothing is sold.
        admits: classes of holders; none: those of the segment.
        restriction: year for whose surrender alone the units may be used; 0: none.
        unsold: units left over stay in the account (``return``) or are cancelled (``cancel``).
    """

    account: str
    instrument: str
    segment: str
    amount: int
    opens: str
    closes: str
    notice: str
    side: str = "sell"
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


class Bid(Command, frozen=True, tag="bid"):
    """Bid in an auction; sealed until it is over."""

    account: str
    auction: str
    price_fen: int
    amount: int


class CallOff(Command, frozen=True, tag="call_off"):
    """Call off an auction before it is over."""

    account: str
    auction: str
    reason: str


class Annul(Command, frozen=True, tag="annul"):
    """Undo a trade made in error: units, money and fees go back, quotes are made without it."""

    authority: ClassVar[bool] = True
    trade: str
    reason: str


class ProposeDeal(Command, frozen=True, tag="propose_deal"):
    """Propose carbon finance to another account: ``pledge``, ``repurchase``, ``custody`` or
    ``borrowing``; see :data:`tanheng.market.decide_deals.FORMS`.

    Attributes:
        money_fen: paid first; back_fen: paid last; deposit_fen: held meanwhile.
        due: day of the last leg.
    """

    account: str
    to: str
    form: str
    kind: str
    amount: int
    due: str
    money_fen: int = 0
    back_fen: int = 0
    deposit_fen: int = 0


class AgreeDeal(Command, frozen=True, tag="agree_deal"):
    """Agree to a deal that was proposed to the account."""

    account: str
    deal: str


class EndDeal(Command, frozen=True, tag="end_deal"):
    """Fulfil a deal before its day; or take back, or decline, one that is only proposed."""

    account: str
    deal: str


MarketCommand = (
    Admit | SetReference | Halt | Deposit | WithdrawMoney | PlaceOrder | Pick | Amend | CancelOrder
    | OpenAuction | Bid | CallOff | Annul | ProposeDeal | AgreeDeal | EndDeal
)  # fmt: skip
"""Every command of a market."""
ACTS = frozenset(str(kind.__struct_config__.tag) for kind in MarketCommand.__args__)
