"""Decisions about auctions: announcing, bidding, fixing the reserve price, closing, calling off."""

from __future__ import annotations

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from tanheng.errors import Refusal
from tanheng.market import commands as c
from tanheng.market import model as m
from tanheng.market.auction import Award, Offer, clear
from tanheng.market.desk import Desk
from tanheng.market.settle import Fill, trades
from tanheng.market.terms import Terms, cost, fee_of
from tanheng.registry import access
from tanheng.registry.model import Event, HoldEnded, HoldPlaced, Posted, moment
from tanheng.registry.model import instant as written
from tanheng.registry.view import LARGEST, Refused, View

MODES = ("auction", "one_way")
_CHOICES = {
    "side": ("sell", "buy"), "pricing": ("uniform", "pay_as_bid"),
    "margin": ("time", "pro_rata"), "unsold": ("return", "cancel"),
}  # fmt: skip


def open_auction(command: c.OpenAuction, desk: Desk) -> list[Event]:
    """Announce an auction; what is sold is held (for ``buy``: the money at the reserve price)."""
    terms = desk.in_segment(command.instrument, command.segment, MODES)
    account = desk.trader(command.account, terms)
    if terms.segment.mode.value == "auction" and not desk.view.type_of(account).government:
        details = {"account": account.id, "act": command.act}
        raise Refused(Refusal("account_not_government", details))
    for name, known in _CHOICES.items():
        value = getattr(command, name)
        if value not in known:
            details = {"field": name, "value": value, "known": ", ".join(known)}
            raise Refused(Refusal("auction_field", details))
    desk.view.reason(command.notice, command.act)
    desk.lots(command.amount, terms, command.segment)
    _window(command, desk)
    _reserve_asked(command, desk)
    _bounds(command, desk)
    kind = desk.kind(command.instrument)
    name, hold = f"A{desk.seq}", f"H{desk.seq}"
    if command.side == "sell":
        held, amount = kind.id, command.amount
        desk.saleable(account.id, command.instrument, amount)
    else:
        held, amount = desk.money, cost(terms.fee, command.reserve_fen, command.amount)
        desk.view.may_hold(account, kind)
        desk.position(account, command.instrument, command.amount)
        desk.payable(account.id, amount)
    return [
        HoldPlaced(hold, account.id, held, amount, "order"),
        m.AuctionOpened(
            name, account.id, command.instrument, command.segment, command.side, command.amount,
            command.opens, command.closes, command.notice, hold, command.reserve_fen,
            command.average, command.floor_share, command.ceiling_fen, command.pricing,
            command.margin, command.bid_limit, command.least_bidders, command.admits,
            command.restriction, command.unsold, terms.fee,
        ),
    ]  # fmt: skip


def _window(command: c.OpenAuction, desk: Desk) -> None:
    """Both instants in the future, in order, on one working day, before the day's end."""
    try:
        opens, closes = moment(command.opens), moment(command.closes)
        good = written(opens) == command.opens and written(closes) == command.closes
    except (ValueError, OverflowError):
        good = False
    if good:
        hours = desk.pack.hours
        days = {hours.local(one).date() for one in (opens, closes)}
        good = desk.at <= command.opens < command.closes and len(days) == 1
        good = good and hours.is_working(min(days)) and _in_day(closes, min(days), desk)
    if not good:
        end = desk.rules.day_end
        raise Refused(Refusal("auction_window", {
            "opens": command.opens, "closes": command.closes, "now": desk.at,
            "end": f"{end.value:%H:%M}", "clause": end.clause,
        }))  # fmt: skip


def _in_day(closes: datetime, day: date, desk: Desk) -> bool:
    return closes <= desk.pack.hours.at(day, desk.rules.day_end.value)


def _reserve_asked(command: c.OpenAuction, desk: Desk) -> None:
    """One way to the reserve price, and one that leads somewhere."""
    wrong = ""
    if command.average is not None:
        segment, first, last = command.average
        share = command.floor_share or None
        if command.reserve_fen:
            wrong = "reserve_fen and average"
        elif segment not in desk.rules.instruments[command.instrument].segments:
            wrong = "average: segment"
        elif not _days(first, last) or last >= _local(desk, command.closes):
            wrong = "average: days"
        elif (share is None and desk.pack.says("auction_floor_share", desk.today) is None) or (
            share is not None and not _share(share)
        ):
            wrong = "floor_share"
        elif command.side == "buy":
            wrong = "average: side"
    elif command.floor_share or (command.side == "buy" and command.reserve_fen < 1):
        wrong = "reserve_fen"
    if not 0 <= command.reserve_fen <= LARGEST or not 0 <= command.ceiling_fen <= LARGEST:
        wrong = "reserve_fen"
    if wrong:
        details = {"field": wrong or "reserve_fen", "value": "—", "known": "—"}
        raise Refused(Refusal("auction_field", details))


def _days(first: str, last: str) -> bool:
    try:
        return date.fromisoformat(first) <= date.fromisoformat(last)
    except ValueError:
        return False


def _local(desk: Desk, at: str) -> str:
    """The local day of an instant."""
    return desk.pack.hours.local(moment(at)).date().isoformat()


def _share(text: str) -> bool:
    try:
        return 0 < Decimal(text) < 1000
    except InvalidOperation:
        return False


def _bounds(command: c.OpenAuction, desk: Desk) -> None:
    """Limits and classes that make sense."""
    unknown = [name for name in command.admits if name not in desk.rules.classes]
    checks = {
        "admits": not unknown, "bid_limit": 0 <= command.bid_limit <= LARGEST,
        "least_bidders": 1 <= command.least_bidders <= LARGEST,
        "restriction": not command.restriction
        or (desk.kind(command.instrument).serialised and 1900 <= command.restriction < 3000
            and command.side == "sell"),
    }  # fmt: skip
    for name, good in checks.items():
        if not good:
            details = {
                "field": name,
                "value": getattr(command, name),
                "known": ", ".join(desk.rules.classes),
            }
            raise Refused(Refusal("auction_field", details))


def _auction(desk: Desk, name: str) -> m.Auction:
    found = desk.state.content.auctions.get(name)
    if found is None:
        raise Refused(Refusal("auction_unknown", {"auction": name}))
    return found


def bid(command: c.Bid, desk: Desk) -> list[Event]:
    """A sealed bid, with a hold on what it would pay (or deliver)."""
    auction = _auction(desk, command.auction)
    said = auction.announced
    terms = desk.in_segment(said.instrument, said.segment, MODES)
    account = desk.trader(command.account, terms, said.admits)
    # A halt stops the sessions; an announced auction goes on until it is called off.
    if not said.opens <= desk.at < said.closes or not auction.fixed:
        details = {"auction": said.auction, "opens": said.opens, "closes": said.closes}
        raise Refused(Refusal("auction_not_open", details))
    holders = desk.view.content.accounts
    if holders[said.account].holder == account.holder:
        clause = desk.rules.self_trade.clause
        details = {"order": said.auction, "holder": account.holder, "clause": clause}
        raise Refused(Refusal("order_own", details))
    desk.amount(command.amount, terms, said.segment)
    _bid_price(command, auction, terms)
    _bid_limit(command, auction, desk)
    kind = desk.kind(said.instrument)
    if said.side == "sell":
        desk.view.may_hold(account, kind)
        desk.position(account, said.instrument, command.amount)
        held, amount = desk.money, cost(terms.fee, command.price_fen, command.amount)
        desk.payable(account.id, amount)
    else:
        held, amount = kind.id, command.amount
        desk.saleable(account.id, said.instrument, command.amount)
    hold = f"H{desk.seq}"
    return [
        HoldPlaced(hold, account.id, held, amount, "bid"),
        m.BidPlaced(f"{said.auction}.B{desk.seq}", said.auction, account.id, command.price_fen,
                    command.amount, hold, terms.fee),
    ]  # fmt: skip


def _bid_price(command: c.Bid, auction: m.Auction, terms: Terms) -> None:
    tick, clause = terms.tick
    if command.price_fen < 1 or command.price_fen % int(tick):
        details = {"value": command.price_fen, "tick": int(tick), "clause": clause}
        raise Refused(Refusal("price_tick", details))
    sign = 1 if auction.announced.side == "sell" else -1
    if auction.reserve_fen and sign * (command.price_fen - auction.reserve_fen) < 0:
        raise Refused(Refusal("bid_beyond_reserve", {
            "value": command.price_fen, "reserve": auction.reserve_fen,
            "clause": auction.announced.notice,
        }))  # fmt: skip


def _bid_limit(command: c.Bid, auction: m.Auction, desk: Desk) -> None:
    """Refuse more units than one holder may bid for in all."""
    said = auction.announced
    limit, clause = min(said.bid_limit or said.amount, said.amount), said.notice
    found = desk.state.content.admitted.get(command.account)
    share = desk.pack.says("bid_limit_share", desk.today, of=found)
    if share is not None and int(share.number * said.amount) < limit:
        limit, clause = int(share.number * said.amount), share.value.clause
    accounts = desk.view.content.accounts
    holder = accounts[command.account].holder
    asked = sum(b.amount for b in auction.bids.values() if accounts[b.account].holder == holder)
    if asked + command.amount > limit:
        raise Refused(Refusal("bid_beyond_limit", {
            "account": command.account, "amount": command.amount, "asked": asked,
            "limit": limit, "clause": clause,
        }))  # fmt: skip


def fix_reserve(name: str, desk: Desk) -> list[Event]:
    """The reserve price when the window opens: a multiple of the mean of the span, half up to the
    fen, at most the ceiling. Without any trade in the span the auction is called off."""
    said = desk.state.content.auctions[name].announced
    if said.average is None:
        return [m.ReserveFixed(name, said.reserve_fen)]
    segment, first, last = said.average
    volume, turnover = desk.state.span(said.instrument, segment, first, last)
    if not volume:
        return over(name, desk, "called_off", reason="no trades in the span of the reserve price")
    share = Decimal(said.floor_share) if said.floor_share else _pack_share(desk)
    exact = share * turnover / volume
    reserve = int(exact.quantize(Decimal(1), ROUND_HALF_UP))
    ceiling = said.ceiling_fen
    if not ceiling:
        found = desk.pack.says("auction_ceiling", desk.today)
        ceiling = int(found.number) if found is not None else 0
    if ceiling:
        reserve = min(reserve, ceiling)
    return [m.ReserveFixed(name, max(reserve, 1), volume, turnover)]


def _pack_share(desk: Desk) -> Decimal:
    return desk.pack.find("auction_floor_share", desk.today).number


def close_auction(name: str, desk: Desk) -> list[Event]:
    """The result when the window is over: holds end, units and money move at once."""
    auction = desk.state.content.auctions[name]
    said = auction.announced
    bids = list(auction.bids.values())
    holders = desk.view.content.accounts
    bidders = len({holders[bid.account].holder for bid in bids})
    if not bids:
        return over(name, desk, "no_bids")
    if bidders < said.least_bidders:
        return over(name, desk, "too_few_bidders")
    result = clear(
        [Offer(b.id, b.price_fen, b.amount, b.seq) for b in bids], said.amount,
        auction.reserve_fen, side=said.side, pricing=said.pricing, margin=said.margin,
        lot=int(desk.terms(said.segment).lot[0]),
    )  # fmt: skip
    if not result.awards:
        return over(name, desk, "reserve_not_met")
    terms = desk.terms(said.segment)
    events: list[Event] = [*desk.day_events(terms), HoldEnded(said.hold, "used")]
    events += [HoldEnded(b.hold, "used") for b in bids]
    fills = [_won(award, auction) for award in result.awards]
    own = _own(desk, [said.hold, *(b.hold for b in bids)])
    unsold = said.amount - result.sold
    cancelled = unsold if (said.unsold, said.side) == ("cancel", "sell") else 0
    events += trades(
        desk, said.instrument, said.segment, fills, own, said.restriction, cancelled
    )  # fmt: skip
    won = {award.id: award for award in result.awards}
    for b in bids:
        award = won.get(b.id)
        how = "won" if award else "lost"
        events.append(
            m.BidEnded(b.id, how, award.amount if award else 0, award.price_fen if award else 0)
        )
    winners = len({auction.bids[award.id].account for award in result.awards})
    events.append(m.AuctionClosed(
        name, "sold", result.price_fen, result.sold, unsold, len(bids),
        sum(b.amount for b in bids), winners,
    ))  # fmt: skip
    return events


def _own(desk: Desk, holds: list[str]) -> dict[tuple[str, str], int]:
    """What the end of holds gives free, by account and kind."""
    own: dict[tuple[str, str], int] = {}
    for name in holds:
        hold = desk.view.content.holds[name]
        key = (hold.account, hold.kind)
        own[key] = own.get(key, 0) + hold.amount
    return own


def _won(award: Award, auction: m.Auction) -> Fill:
    """What a bidder gets; each side pays its own fee."""
    said, found = auction.announced, auction.bids[award.id]
    fees = [fee_of(share, award.price_fen, award.amount) for share in (found.fee, said.fee)]
    if said.side == "sell":
        parties, orders, taker = (found.account, said.account), (found.id, said.auction), "buy"
    else:
        parties, orders, taker = (said.account, found.account), (said.auction, found.id), "sell"
        fees.reverse()
    return Fill(*parties, award.price_fen, award.amount, fees[0], fees[1], *orders, taker)


def call_off(command: c.CallOff, desk: Desk) -> list[Event]:
    """The announcer, or the authority, calls an auction off before it is over."""
    auction = _auction(desk, command.auction)
    if command.account != auction.announced.account:
        details = {"order": command.auction, "account": command.account}
        raise Refused(Refusal("order_not_yours", details))
    access.any_right(desk.view, command.account, command.act)
    desk.view.reason(command.reason, command.act)
    return over(command.auction, desk, "called_off", reason=command.reason)


def over(name: str, desk: Desk, how: str, reason: str = "") -> list[Event]:
    """The end of an auction at which nothing is sold: ``called_off``, ``no_bids``, …"""
    auction = desk.state.content.auctions[name]
    said, bids = auction.announced, list(auction.bids.values())
    events: list[Event] = [HoldEnded(said.hold, "released", reason)]
    for b in bids:
        events += [HoldEnded(b.hold, "released", reason), m.BidEnded(b.id, "lost")]
    if how != "called_off" and (said.unsold, said.side) == ("cancel", "sell"):
        kind = desk.kind(said.instrument)
        view = View(desk.view.state, desk.view.call, _own(desk, [said.hold]))
        sink = view.sink("cancellation")
        events.append(Posted(view.units(
            "cancel", said.account, sink, kind, said.amount, purpose="trade"
        )))  # fmt: skip
    return [*events, m.AuctionClosed(
        name, how, unsold=said.amount, bids=len(bids), bid_amount=sum(b.amount for b in bids),
        reason=reason,
    )]  # fmt: skip
