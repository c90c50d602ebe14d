"""Decisions about orders: bidding, listing, picking, negotiated trades, amending, taking back."""

from __future__ import annotations

from datetime import date

from tanheng.errors import Refusal
from tanheng.market import commands as c
from tanheng.market import model as m
from tanheng.market.desk import Desk
from tanheng.market.settle import TRADE, Fill, freed, needed, trades
from tanheng.market.terms import Terms, cost, fee_of
from tanheng.registry import access
from tanheng.registry.model import Account, Event, HoldEnded, HoldPlaced, HoldReduced, instant
from tanheng.registry.view import Refused

OPEN_MODES = ("listed", "continuous", "negotiated", "fixed_price")


def place(command: c.PlaceOrder, desk: Desk) -> list[Event]:
    """A new order: what meets the other side trades, the rest waits."""
    terms = desk.in_segment(command.instrument, command.segment, OPEN_MODES)
    mode = terms.segment.mode.value
    account = desk.trader(command.account, terms)
    if command.side not in ("buy", "sell"):
        raise Refused(Refusal("side_bad", {"value": command.side}))
    desk.in_session(command.instrument, command.segment, terms)
    _fitting(command, desk, terms, mode)
    desk.amount(command.amount, terms, command.segment)
    if command.price_fen or mode != "continuous":
        desk.price(command.price_fen, command.instrument, terms)
    ends = _ends(command, desk, terms)
    if command.side == "buy":
        desk.view.may_hold(account, desk.kind(command.instrument))
        desk.position(account, command.instrument, command.amount)
    else:
        desk.saleable(account.id, command.instrument, command.amount)
    low, high = (0, 0) if terms.band is None else terms.limits(desk.reference(command.instrument))
    order = m.Order(
        f"O{desk.seq}", command.instrument, command.segment, account.id, command.side,
        command.price_fen, command.amount, command.amount, desk.seq, desk.at, "", command.until,
        ends, command.to, command.year, low, high, terms.fee,
    )  # fmt: skip
    placed = m.OrderPlaced(
        order.id, order.instrument, order.segment, order.account, order.side, order.price_fen,
        order.amount, order.until, order.ends, order.to, order.year, low, high, order.fee,
    )  # fmt: skip
    before = [*desk.day_events(terms), placed]
    if mode == "continuous":
        return [*before, *_bidding(order, account, desk, terms)]
    return [*before, *_waiting(order, desk, order.left)]


def _fitting(command: c.PlaceOrder, desk: Desk, terms: Terms, mode: str) -> None:
    """Refuse fields that the segment's mode has no use for, or lacks."""
    rule = terms.segment.mode
    details = {"segment": command.segment, "mode": mode, "clause": rule.clause}
    if mode == "negotiated":
        if not command.to:
            raise Refused(Refusal("order_needs_party", details))
        other = desk.trader(command.to, terms)
        if other.id == command.account:
            raise Refused(Refusal("account_same", {"account": other.id}))
    elif command.to:
        raise Refused(Refusal("order_for_nobody", details))
    if mode == "fixed_price":
        account = desk.view.account(command.account)
        if not desk.view.type_of(account).government:
            details = {"account": account.id, "act": command.act}
            raise Refused(Refusal("account_not_government", details))
        if not 1900 <= command.year < 3000:
            raise Refused(Refusal("order_needs_year", details))
    elif command.year:
        raise Refused(Refusal("order_for_no_year", details))


def _ends(command: c.PlaceOrder, desk: Desk, terms: Terms) -> str:
    """The instant at which the order expires; ``""``: good till cancelled."""
    if not command.until:
        return terms.ends
    if command.until == c.GOOD_TILL_CANCELLED:
        return ""
    try:
        day = date.fromisoformat(command.until)
    except ValueError:
        day = date.min
    if day < desk.today or day.isoformat() != command.until:
        details = {"value": command.until, "today": desk.today.isoformat()}
        raise Refused(Refusal("until_bad", details))
    return instant(desk.pack.hours.at(day, desk.rules.day_end.value))


def _waiting(order: m.Order, desk: Desk, left: int, paid: int = 0) -> list[Event]:
    """The hold with which so many units of an order wait; ``paid``: money that its part spent."""
    kind = desk.kind(order.instrument).id if order.side == "sell" else desk.money
    amount = needed(order, left)
    if order.side == "buy":
        desk.payable(order.account, amount + paid)
    hold = f"H{desk.seq}"
    return [HoldPlaced(hold, order.account, kind, amount, "order"), m.OrderHeld(order.id, hold)]


def _bidding(order: m.Order, account: Account, desk: Desk, terms: Terms) -> list[Event]:
    """Continuous bidding: the best of the other side first, at the price of who waited."""
    book = desk.state.book(order.instrument, order.segment)
    rule, left, stopped = desk.rules.self_trade.value, order.left, False
    low, high = order.low_fen, order.high_fen
    events: list[Event] = []
    fills: list[Fill] = []
    own: dict[tuple[str, str], int] = {}
    holders = desk.view.content.accounts
    for other in book.meeting(order.side, order.price_fen):
        if not left:
            break
        if terms.band is not None and not low <= other.price_fen <= high:
            events += ended(other, "beyond_band", "voided")
            continue
        if holders[other.account].holder == account.holder:
            if rule == "refuse":
                clause = desk.rules.self_trade.clause
                details = {"order": other.id, "holder": account.holder, "clause": clause}
                raise Refused(Refusal("order_own", details))
            if rule == "cancel_incoming":
                stopped = True
                break
            events += ended(other, "self_trade", "released")
            continue
        part = min(other.left, left)
        free, gone = freed(other, part)
        events += gone
        kind = desk.kind(order.instrument).id if other.side == "sell" else desk.money
        own[other.account, kind] = own.get((other.account, kind), 0) + free
        fills.append(_fill(order, other, part))
        left -= part
    if fills:
        if order.side == "buy":
            desk.payable(account.id, sum(f.turnover + f.buyer_fee for f in fills))
        events += trades(desk, order.instrument, order.segment, fills, own)
    if stopped:
        return [*events, m.OrderEnded(order.id, "self_trade", desk.rules.self_trade.clause)]
    if left:
        events += _rest(order, left, fills, desk)
    return events


def _rest(order: m.Order, left: int, fills: list[Fill], desk: Desk) -> list[Event]:
    """What becomes of the units that met nobody."""
    if not order.price_fen:
        if not fills:
            raise Refused(Refusal("nothing_to_meet", {"instrument": order.instrument}))
        return [m.OrderEnded(order.id, "unfilled")]
    paid = sum(f.turnover + f.buyer_fee for f in fills) if order.side == "buy" else 0
    return _waiting(order, desk, left, paid)


def _fill(order: m.Order, other: m.Order, part: int) -> Fill:
    """A new order meets one that waited, at that one's price; each pays its own fee."""
    price = other.price_fen
    buy, sell = (order, other) if order.side == "buy" else (other, order)
    return Fill(buy.account, sell.account, price, part, fee_of(buy.fee, price, part),
                fee_of(sell.fee, price, part), buy.id, sell.id, order.side)  # fmt: skip


def ended(order: m.Order, how: str, hold: str, reason: str = "") -> list[Event]:
    """The end of a waiting order, with its hold."""
    return [HoldEnded(order.hold, hold, reason), m.OrderEnded(order.id, how, reason)]


def pick(command: c.Pick, desk: Desk) -> list[Event]:
    """Somebody takes a waiting order, whole or in part, at its price."""
    order = desk.order(command.order)
    terms = desk.in_segment(
        order.instrument, order.segment, ("listed", "negotiated", "fixed_price")
    )
    account = desk.trader(command.account, terms)
    if order.to and order.to != account.id:
        raise Refused(Refusal("order_addressed", {"order": order.id, "account": account.id}))
    holders = desk.view.content.accounts
    if holders[order.account].holder == account.holder:
        clause = desk.rules.self_trade.clause
        details = {"order": order.id, "holder": account.holder, "clause": clause}
        raise Refused(Refusal("order_own", details))
    desk.in_session(order.instrument, order.segment, terms)
    if not desk.within_band(order, terms):
        desk.price(order.price_fen, order.instrument, terms)
    amount = _picked(command, order, desk, terms)
    if order.side == "sell":
        desk.view.may_hold(account, desk.kind(order.instrument))
        desk.position(account, order.instrument, amount)
    else:
        desk.saleable(account.id, order.instrument, amount)
    if order.year:
        _needed(desk, account, order, amount)
    return [*desk.day_events(terms), *_taken(desk, order, account, amount, terms)]


def _picked(command: c.Pick, order: m.Order, desk: Desk, terms: Terms) -> int:
    amount = command.amount or order.left
    if order.to and amount != order.left:
        details = {"order": order.id, "amount": amount, "left": order.left}
        raise Refused(Refusal("pick_whole", details))
    if amount > order.left:
        details = {"order": order.id, "amount": amount, "left": order.left}
        raise Refused(Refusal("pick_beyond", details))
    return desk.amount(amount, terms, order.segment, part=True)


def _needed(desk: Desk, account: Account, order: m.Order, amount: int) -> None:
    """Refuse more than what a holder lacks for the year (or, bought back, has too much)."""
    needs = desk.needs(account.id, order.year)
    room = 0 if needs is None else max(needs if order.side == "sell" else -needs, 0)
    if amount > room:
        rule = desk.terms(order.segment).segment.mode
        raise Refused(Refusal("need_beyond", {
            "account": account.id, "year": order.year, "amount": amount, "room": room,
            "clause": rule.clause,
        }))  # fmt: skip


def _taken(desk: Desk, order: m.Order, account: Account, amount: int, terms: Terms) -> list[Event]:
    """The trade with a taker; each side pays its own fee."""
    taker = m.Order(
        "", order.instrument, order.segment, account.id, "buy" if order.side == "sell" else "sell",
        order.price_fen, amount, amount, desk.seq, desk.at, fee=terms.fee,
    )  # fmt: skip
    fill = _fill(taker, order, amount)
    if order.side == "sell":
        desk.payable(account.id, fill.turnover + fill.buyer_fee)
    free, gone = freed(order, amount)
    kind = desk.kind(order.instrument).id if order.side == "sell" else desk.money
    restriction = order.year if order.year and order.side == "sell" else 0
    own = {(order.account, kind): free}
    return [*gone, *trades(desk, order.instrument, order.segment, [fill], own, restriction)]


def amend(command: c.Amend, desk: Desk) -> list[Event]:
    """Another amount or price for a waiting order; where it would meet somebody, it is refused."""
    order = desk.order(command.order)
    terms = desk.in_segment(order.instrument, order.segment, OPEN_MODES)
    account = desk.trader(command.account, terms)
    if order.account != account.id:
        raise Refused(Refusal("order_not_yours", {"order": order.id, "account": account.id}))
    desk.in_session(order.instrument, order.segment, terms)
    amount = desk.amount(command.amount, terms, order.segment, part=True)
    # What was filled counts: an order is never made smaller than one may be placed.
    desk.amount(order.amount - order.left + amount, terms, order.segment)
    price = command.price_fen or order.price_fen
    if (amount, price) == (order.left, order.price_fen):
        raise Refused(Refusal("amend_nothing", {"order": order.id}))
    changed = price != order.price_fen
    if changed or not desk.within_band(order, terms):
        desk.price(price, order.instrument, terms)
    if changed and terms.segment.mode.value == "continuous":
        book = desk.state.book(order.instrument, order.segment)
        if met := book.fills(order.side, price, 1):
            raise Refused(Refusal("amend_meets", {"order": order.id, "other": met[0][0].id}))
    return _amended(desk, order, amount, price)


def _amended(desk: Desk, order: m.Order, amount: int, price: int) -> list[Event]:
    """A hold of the new size, and the place in the queue: kept only by asking less."""
    kept = price == order.price_fen and amount <= order.left
    before = needed(order, order.left)
    after = amount if order.side == "sell" else cost(order.fee, price, amount)
    if amount > order.left and order.side == "buy":
        desk.position(desk.view.account(order.account), order.instrument, amount - order.left)
    if after > before:
        if order.side == "sell":
            desk.saleable(order.account, order.instrument, after - before)
        else:
            desk.payable(order.account, after - before)
    if after == before:
        return [m.OrderAmended(order.id, amount, price, kept)]
    if after < before:
        return [
            HoldReduced(order.hold, after, TRADE), m.OrderAmended(order.id, amount, price, kept)
        ]  # fmt: skip
    hold = f"H{desk.seq}"
    kind = desk.kind(order.instrument).id if order.side == "sell" else desk.money
    return [
        HoldEnded(order.hold, "released"), HoldPlaced(hold, order.account, kind, after, "order"),
        m.OrderAmended(order.id, amount, price, kept, hold),
    ]  # fmt: skip


def cancel(command: c.CancelOrder, desk: Desk) -> list[Event]:
    """An order or a bid is taken back by whose it is, or by the authority."""
    auction = desk.state.auction_of(command.order)
    if auction is not None:
        bid = desk.state.content.auctions[auction].bids[command.order]
        _own(desk, command, bid.account)
        return [HoldEnded(bid.hold, "released"), m.BidEnded(bid.id, "cancelled")]
    order = desk.order(command.order)
    _own(desk, command, order.account)
    return ended(order, "cancelled", "released")


def _own(desk: Desk, command: c.CancelOrder, account: str) -> None:
    if command.account != account:
        details = {"order": command.order, "account": command.account}
        raise Refused(Refusal("order_not_yours", details))
    access.any_right(desk.view, account, command.act)
