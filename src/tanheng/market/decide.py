"""The door of the market's decisions: command + states + rules + instant → events or a refusal.

What is due (reserve prices, ends of auctions, orders and days) is decided here too, and so is what
the registry's own acts do to orders: whoever loses a hold loses what it was for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeGuard

import msgspec

from tanheng.market import commands as c
from tanheng.market import decide_auctions as auctions
from tanheng.market import decide_day as days
from tanheng.market import decide_deals as deals
from tanheng.market import decide_orders as orders
from tanheng.market import model as m
from tanheng.market.desk import Desk, Needs, no_needs
from tanheng.market.settle import TRADE
from tanheng.market.state import Market
from tanheng.market.terms import affordable, cost
from tanheng.registry import access
from tanheng.registry.commands import Command
from tanheng.registry.decide import Decision, answered, effect_of, expiry, own_holds, propose
from tanheng.registry.decide_holds import end_pending
from tanheng.registry.model import (
    AccountFrozen,
    Call,
    Event,
    HoldEnded,
    HoldReduced,
    Pending,
)
from tanheng.registry.state import Registry
from tanheng.registry.view import Refused, View
from tanheng.rules import CalendarMissing, Gap

_CORE: dict[type[Command], Callable[[Any, Desk], list[Event]]] = {
    c.Admit: days.admit,
    c.SetReference: days.set_reference,
    c.Halt: days.halt,
    c.Deposit: days.deposit,
    c.WithdrawMoney: days.withdraw,
    c.Annul: days.annul,
    c.PlaceOrder: orders.place,
    c.Pick: orders.pick,
    c.Amend: orders.amend,
    c.CancelOrder: orders.cancel,
    c.OpenAuction: auctions.open_auction,
    c.Bid: auctions.bid,
    c.CallOff: auctions.call_off,
    c.ProposeDeal: deals.propose_deal,
    c.AgreeDeal: deals.agree_deal,
    c.EndDeal: deals.end_deal,
}
_BY_ANYBODY_OF = (c.CancelOrder, c.CallOff)
"""Asked by the account's people or the authority: checked where it is known whose it is."""


def concerns(command: object) -> TypeGuard[c.MarketCommand]:
    """Whether a command is decided here."""
    return type(command) in _CORE


def waiting(pending: Pending | None) -> c.MarketCommand | None:
    """The command that waits, if it is decided here."""
    if pending is None or pending.act not in c.ACTS:
        return None
    found: c.MarketCommand = msgspec.convert(pending.command, c.MarketCommand)
    return found


@answered
def decide(
    command: c.MarketCommand, state: Market, registry: Registry, call: Call,
    needs: Needs = no_needs,
) -> Decision:  # fmt: skip
    """Decide a whole command; nothing is applied."""
    view = View(registry, call)
    if not isinstance(command, _BY_ANYBODY_OF):
        access.authorise(view, command, call.actor)
    access.open_mode(view, command.act)
    events = _CORE[type(command)](command, Desk(state, view, needs))
    if command.act in call.controls.four_eyes.value:
        found = propose(command, view, events, expires=expiry(call))
        return found._replace(would=tuple(events))
    return Decision(command.act, events, effect_of(events), "", tuple(events))


def of_authority(pending: Pending, kept: c.MarketCommand, call: Call) -> bool:
    """Whether what waits is the authority's own: a second person of it must approve."""
    if isinstance(kept, _BY_ANYBODY_OF):
        return "authority" in call.roles.get(pending.initiator, ())
    return kept.authority or not pending.account


@answered
def approve(
    pending: Pending, kept: c.MarketCommand, state: Market, registry: Registry, call: Call,
    needs: Needs = no_needs,
) -> Decision:  # fmt: skip
    """Approve such a command: it is decided again, for who asked for it."""
    view = View(registry, call, own_holds(registry, pending), pending.id)
    access.second_person(view, pending, of_authority(pending, kept, call), call.actor)
    access.open_mode(view, pending.act)
    if not isinstance(kept, _BY_ANYBODY_OF):
        access.authorise(view, kept, pending.initiator)
    events = _CORE[type(kept)](kept, Desk(state, view, needs))
    done = end_pending(view, pending.id, "done", person=call.actor)
    return Decision(pending.act, [*done, *events], effect_of(events), "", tuple(events))


def settle_due(at: str, name: str, state: Market, registry: Registry, call: Call) -> Decision:
    """What happens at the instant at which something of the market is due.

    An auction that can no longer be held is called off with the refusal's code as the reason.
    """
    desk = Desk(state, View(registry, call))
    if name == "day":
        return _done("close_day", days.close_day(desk))
    if name in state.content.deals:
        return _done("end_deal", deals.due(name, desk))
    if name in state.content.orders:
        return _done("expire_order", days.expire(name, desk))
    auction = state.content.auctions[name]
    opening = not auction.fixed and at == auction.announced.opens
    try:
        # A closed registry moves no units but for surrenders.
        access.open_mode(desk.view, "bid")
        if opening:
            return _done("open_window", auctions.fix_reserve(name, desk))
        return _done("close_auction", auctions.close_auction(name, desk))
    except Refused as refused:
        reason = refused.refusal.code
    except Gap as gap:
        reason = gap.refusal.code
    return _done("call_off", auctions.over(name, desk, "called_off", reason=reason))


def _done(act: str, events: list[Event]) -> Decision:
    return Decision(act, events, effect_of(events), "", tuple(events))


# What the registry's acts do to orders

_TOUCHING = frozenset({HoldEnded, HoldReduced, AccountFrozen})


def consequences(
    events: Sequence[Event], state: Market, registry: Registry, call: Call
) -> list[Event]:
    """What else happens when holds of orders are voided, or an account is frozen: to be recorded
    behind the events, in the same entry."""
    if not state.by_hold or not any(type(event) in _TOUCHING for event in events):
        return []
    desk = Desk(state, View(registry, call))
    gone = {event.hold for event in events if isinstance(event, HoldEnded)}
    found: list[Event] = []
    done: set[str] = set()
    for event in events:
        if isinstance(event, HoldEnded):
            found += _lost(event.hold, event.reason, desk, gone, done)
        elif isinstance(event, HoldReduced) and event.hold in state.by_hold:
            order = state.content.orders.get(state.by_hold[event.hold])
            if order is None:
                found += [HoldEnded(event.hold, "voided", event.reason)]
                found += _lost(event.hold, event.reason, desk, gone | {event.hold}, done)
            else:
                found += _less(order, event, desk)
        elif isinstance(event, AccountFrozen) and event.frozen:
            found += _frozen(event, desk, gone, done)
    return found


def _lost(hold: str, reason: str, desk: Desk, gone: set[str], done: set[str]) -> list[Event]:
    """The end of an order, bid or auction whose hold is over."""
    name = desk.state.by_hold.get(hold)
    if name is None or name in done:
        return []
    done.add(name)
    if name in desk.state.content.orders:
        return [m.OrderEnded(name, "voided", reason)]
    if name in desk.state.content.auctions:
        bids = desk.state.content.auctions[name].bids
        done.update(bids)
        return [
            event
            for event in auctions.over(name, desk, "called_off", reason=reason or "voided")
            if not (isinstance(event, HoldEnded) and event.hold in gone)
        ]
    return [m.BidEnded(name, "voided")]


def _less(order: m.Order, event: HoldReduced, desk: Desk) -> list[Event]:
    """An order shrinks to what its hold still covers, in whole lots."""
    try:
        lot = int(desk.terms(order.segment).lot[0])
    except (Gap, CalendarMissing):
        # No rules for today: the law takes its part all the same, and the order ends.
        lot = event.amount + 1
    if order.side == "sell":
        left = event.amount - event.amount % lot
        needed = left
    else:
        left = affordable(order.fee, order.price_fen, event.amount, lot)
        needed = cost(order.fee, order.price_fen, left)
    if not left:
        return [HoldEnded(order.hold, "voided", event.reason),
                m.OrderEnded(order.id, "voided", event.reason)]  # fmt: skip
    rest: list[Event] = [HoldReduced(order.hold, needed, TRADE)] if needed < event.amount else []
    return [*rest, m.OrderAmended(order.id, left, order.price_fen, True, reason=event.reason)]


def _frozen(event: AccountFrozen, desk: Desk, gone: set[str], done: set[str]) -> list[Event]:
    """A frozen account's orders and bids are taken out, unless the pack lets it trade."""
    if "order" in desk.view.call.controls.frozen_account_may.value:
        return []
    holds = [order.hold for order in desk.state.by_account.get(event.account, {}).values()]
    for auction in desk.state.content.auctions.values():
        if auction.announced.account == event.account:
            holds.append(auction.announced.hold)
        holds += [bid.hold for bid in auction.bids.values() if bid.account == event.account]
    found: list[Event] = []
    for hold in holds:
        if hold not in gone and desk.state.by_hold.get(hold) not in done:
            gone.add(hold)
            found.append(HoldEnded(hold, "voided", event.reason))
            found += _lost(hold, event.reason, desk, gone, done)
    return found


def subjects(events: Iterable[Event], state: Market) -> list[str]:
    """``account:…`` and ``instrument:…`` of the market's events, for the index of histories."""
    found: dict[str, None] = {}
    for event in events:
        if isinstance(event, m.Matched):
            for row in event.rows:
                found[f"account:{row[3]}"] = found[f"account:{row[4]}"] = None
        elif isinstance(event, m.Traded):
            found.update({f"instrument:{row[1]}": None for row in event.rows})
        elif instrument := getattr(event, "instrument", ""):
            found[f"instrument:{instrument}"] = None
        elif isinstance(event, m.OrderEnded | m.OrderAmended):
            order = state.content.orders.get(event.order)
            if order is not None:
                found[f"account:{order.account}"] = found[f"instrument:{order.instrument}"] = None
    return list(found)
