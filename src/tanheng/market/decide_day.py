"""Decisions about the market itself: admission, reference prices, halts, money of the bank, the end of
the day, trades made in error."""

from __future__ import annotations

from collections.abc import Iterable

from tanheng.errors import Refusal
from tanheng.market import commands as c
from tanheng.market import model as m
from tanheng.market.decide_auctions import over
from tanheng.market.decide_orders import ended
from tanheng.market.desk import Desk
from tanheng.market.settle import Fill, delivered, held_names
from tanheng.registry import blocks as serials
from tanheng.registry.handing import handed_out
from tanheng.registry.model import Event, HoldEnded, Posted, Posting
from tanheng.registry.view import LARGEST, Refused
from tanheng.rules import CalendarMissing, Gap


def admit(command: c.Admit, desk: Desk) -> list[Event]:
    """Admit an account in a class; no longer admitted, its orders are taken out."""
    account = desk.view.account(command.account)
    desk.view.no_sink(account, command.act)
    now = desk.state.content.admitted.get(account.id, "")
    if command.holder_class == now:
        raise Refused(Refusal("admit_same", {"account": account.id, "class": now or "—"}))
    if command.holder_class and command.holder_class not in desk.rules.classes:
        known = ", ".join(desk.rules.classes)
        details = {"value": command.holder_class, "known": known}
        raise Refused(Refusal("holder_class_unknown", details))
    if not command.holder_class:
        desk.view.reason(command.reason, command.act)
    return [
        m.Admitted(account.id, command.holder_class, command.reason),
        *_no_longer(account.id, command.holder_class, command.reason, desk),
    ]


def _no_longer(account: str, holder_class: str, reason: str, desk: Desk) -> list[Event]:
    """The end of all that an account has where its class does not trade."""

    def stays(segment: str) -> bool:
        return holder_class in desk.rules.segments[segment].admits.value

    found: list[Event] = []
    for order in list(desk.state.by_account.get(account, {}).values()):
        if not stays(order.segment):
            found += ended(order, "cancelled", "released", reason)
    for auction in desk.state.content.auctions.values():
        said = auction.announced
        if stays(said.segment) and (not said.admits or holder_class in said.admits):
            continue
        if said.account == account:
            found += over(said.auction, desk, "called_off", reason=reason or "not admitted")
            continue
        for bid in auction.bids.values():
            if bid.account == account:
                found += [HoldEnded(bid.hold, "released", reason), m.BidEnded(bid.id, "cancelled")]
    return found


def set_reference(command: c.SetReference, desk: Desk) -> list[Event]:
    """The price that bands are around until the next close."""
    if command.instrument not in desk.rules.instruments:
        known = ", ".join(desk.rules.instruments)
        raise Refused(
            Refusal("instrument_unknown", {"instrument": command.instrument, "known": known})
        )
    if not 1 <= command.price_fen <= LARGEST:
        details = {"value": command.price_fen, "tick": 1, "clause": "—"}
        raise Refused(Refusal("price_tick", details))
    desk.view.reason(command.reason, command.act)
    return [m.ReferenceSet(command.instrument, command.price_fen, command.reason)]


def halt(command: c.Halt, desk: Desk) -> list[Event]:
    """Stop trading, or let it go on."""
    if command.instrument and command.instrument not in desk.rules.instruments:
        known = ", ".join(desk.rules.instruments)
        raise Refused(
            Refusal("instrument_unknown", {"instrument": command.instrument, "known": known})
        )
    desk.view.reason(command.reason, command.act)
    if (command.instrument in desk.state.content.halted) == command.halted:
        raise Refused(Refusal("halt_same", {"instrument": command.instrument or "*"}))
    return [m.Halted(command.instrument, command.halted, command.reason)]


def deposit(command: c.Deposit, desk: Desk) -> list[Event]:
    """Money of the bank becomes a balance."""
    kind = desk.view.kind(desk.money)
    account = desk.view.account(command.account)
    desk.view.no_sink(account, command.act)
    desk.view.may_hold(account, kind)
    _once(command.reference, desk)
    tail = desk.view.next_serials(kind, desk.view.amount(kind, command.amount))
    return [
        Posted((("issue", kind.id, "", account.id, *tail),)),
        m.MoneyMoved(account.id, command.amount, command.reference),
    ]


def withdraw(command: c.WithdrawMoney, desk: Desk) -> list[Event]:
    """A free balance leaves by the bank."""
    account = desk.view.acting(command.account, command.act)
    desk.view.no_sink(account, command.act)
    kind = desk.view.kind(desk.money)
    _once(command.reference, desk)
    sink = desk.view.sink("cancellation")
    postings = desk.view.units("cancel", account.id, sink, kind, command.amount)
    return [Posted(postings), m.MoneyMoved(account.id, -command.amount, command.reference)]


def _once(reference: str, desk: Desk) -> None:
    desk.view.identifier(reference)
    if reference in desk.state.content.references:
        raise Refused(Refusal("reference_used", {"reference": reference}))


# The end of the day


def close_day(desk: Desk) -> list[Event]:
    """Deliver what waits, end the day's orders, determine the quotes.

    Orders whose price is beyond tomorrow's band leave now: tomorrow nobody could meet them.
    """
    day = desk.state.content.day
    assert day is not None
    events = _deliveries(desk, day)
    closes = _closing(desk, day)
    over: list[Event] = []
    for order in desk.state.resting():
        if order.ends and order.ends <= day.closes:
            over += ended(order, "expired", "expired")
        elif not _fits_tomorrow(order, closes, desk):
            over += ended(order, "beyond_band", "released")
    rows = []
    for key, bars in sorted(desk.state.content.bars.items()):
        bar = bars.get(day.day)
        if bar is not None:
            instrument, segment = key.split("/")
            close = _close_of(desk, instrument, {segment}, day) or bar.close
            rows.append((instrument, segment, bar.open, bar.high, bar.low, close, bar.volume,
                         bar.turnover, bar.trades))  # fmt: skip
    return [*events, *over, m.DayClosed(day.day, tuple(rows), tuple(sorted(closes.items())))]


def _deliveries(desk: Desk, day: m.Day) -> list[Event]:
    """Everything that was traded for delivery after the close, gross, in one go."""
    waits = [trade for trade in day.trades.values() if trade.waits]
    if not waits:
        return []
    events: list[Event] = []
    own: dict[tuple[str, str], int] = {}
    fills: dict[str, list[Fill]] = {}
    for trade in waits:
        kind = desk.kind(trade.instrument).id
        fill = Fill(trade.buyer, trade.seller, trade.price_fen, trade.amount, trade.buyer_fee,
                    trade.seller_fee)  # fmt: skip
        fills.setdefault(kind, []).append(fill)
        events += [HoldEnded(name, "used") for name in held_names(trade.id)]
        for key, amount in (
            ((trade.seller, kind), trade.amount),
            ((trade.buyer, desk.money), fill.turnover + fill.buyer_fee),
        ):
            own[key] = own.get(key, 0) + amount
    postings: list[Posting] = []
    for kind, some in fills.items():
        for event in delivered(desk, desk.view.kind(kind), some, own, late=True):
            assert isinstance(event, Posted)
            postings += event.postings
    return [*events, Posted(tuple(postings)), m.Delivered(tuple(trade.id for trade in waits))]


def _closing(desk: Desk, day: m.Day) -> dict[str, int]:
    """The closing price of every instrument that traded where the pack looks."""
    found = {}
    for instrument in desk.rules.instruments:
        price = _close_of(desk, instrument, set(desk.rules.close_from.value), day)
        if price is not None:
            found[instrument] = price
    return found


def _close_of(desk: Desk, instrument: str, segments: Iterable[str], day: m.Day) -> int | None:
    """Mean weighted by volume, half up to the fen, or the last price."""
    bars = [
        bar for segment in segments if (bar := desk.state.bar(instrument, segment, day.day))
    ]  # fmt: skip
    if not bars:
        return None
    if desk.rules.close.value == "volume_weighted":
        volume = sum(bar.volume for bar in bars)
        return (2 * sum(bar.turnover for bar in bars) + volume) // (2 * volume)
    last = [
        trade
        for trade in day.trades.values()
        if trade.instrument == instrument and trade.segment in segments
    ]
    return last[-1].price_fen


def _fits_tomorrow(order: m.Order, closes: dict[str, int], desk: Desk) -> bool:
    """Whether an order that stays is within the band around the new close."""
    reference = closes.get(order.instrument, desk.state.content.closes.get(order.instrument))
    if reference is None:
        return True
    try:
        terms = desk.terms(order.segment, desk.next_day)
    except (Gap, CalendarMissing):
        # Nothing is known of tomorrow: whoever meets the order is judged then.
        return True
    if terms.band is None:
        return True
    low, high = terms.limits(reference)
    return low <= order.price_fen <= high


def expire(name: str, desk: Desk) -> list[Event]:
    """The last day of an order is over."""
    return ended(desk.state.content.orders[name], "expired", "expired")


# Trades made in error


def annul(command: c.Annul, desk: Desk) -> list[Event]:
    """Undo a trade of today: everything goes back, if it is still there."""
    rule = desk.rules.annulment
    desk.view.reason(command.reason, command.act)
    day = desk.state.content.day
    trade = day.trades.get(command.trade) if day is not None else None
    if rule.value == "none" or trade is None:
        details = {"trade": command.trade, "rule": rule.value, "clause": rule.clause}
        raise Refused(Refusal("annul_not_possible", details))
    event = m.Annulled(trade.id, command.reason)
    if trade.waits:
        return [*(HoldEnded(name, "released") for name in held_names(trade.id)), event]
    back = _back(desk, trade)
    clearing = desk.clearing() if trade.buyer_fee + trade.seller_fee else ""
    turnover = trade.price_fen * trade.amount
    money = [
        (trade.seller, trade.buyer, turnover - trade.seller_fee),
        (clearing, trade.buyer, trade.buyer_fee + trade.seller_fee),
    ]
    for payer, _, amount in money:
        if amount and amount > desk.view.free(payer, desk.money):
            raise desk.view.short(payer, desk.money, amount)
    pays = [
        ("move", desk.money, payer, payee, amount) for payer, payee, amount in money if amount
    ]  # fmt: skip
    if trade.restriction:
        return [Posted(tuple(back), 0), Posted(tuple(pays)), event]
    return [Posted((*back, *pays)), event]


def _back(desk: Desk, trade: m.Trade) -> list[Posting]:
    """The units of a trade for its seller; restricted ones from those that carry the restriction."""
    kind = desk.kind(trade.instrument)
    if not trade.restriction:
        return handed_out(desk.view, kind, trade.buyer, [(trade.seller, trade.amount)], "trade")
    blocks = desk.view.balance(trade.buyer, kind.id).blocks
    marked = [b for b in blocks if b[2] == trade.restriction and not b[3]]
    ranges = serials.choose(marked, trade.amount, trade.restriction)
    if serials.amount_of(ranges) < trade.amount:
        raise desk.view.short(trade.buyer, kind.id, trade.amount)
    return [("move", kind.id, trade.buyer, trade.seller, *pair) for pair in ranges]
