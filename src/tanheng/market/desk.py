"""What a decision of the market sees, and the questions that every decision asks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from tanheng.errors import Refusal
from tanheng.market import model as m
from tanheng.market.state import Market
from tanheng.market.terms import Terms, terms_of
from tanheng.registry import controls
from tanheng.registry.model import Account, Event, moment
from tanheng.registry.view import LARGEST, Refused, View
from tanheng.rules import Instrument, Pack, UnitKind
from tanheng.rules import Market as Rules

Needs = Callable[[str, int], int | None]
"""``(account, compliance year)`` → units that its holder lacks for the year; None: not obligated."""


def no_needs(account: str, year: int) -> int | None:
    """For a programme without compliance years: nobody is obligated."""
    return None


class Desk:
    """State, call and rules of one decision.

    Attributes:
        view: the registry's view: accounts, units, call.
        state: the market so far.
        rules: the pack's market.
        today: local day of the decision.
    """

    def __init__(self, state: Market, view: View, needs: Needs = no_needs) -> None:
        self.state, self.view, self.needs = state, view, needs
        self.pack: Pack = view.call.rules
        if self.pack.market is None:
            raise Refused(Refusal("market_missing", {"pack": self.pack.id}))
        self.rules: Rules = self.pack.market
        self.at = view.call.at
        self.today: date = self._today()

    @property
    def seq(self) -> int:
        """Number of the entry that this becomes."""
        return self.view.call.seq

    def _today(self) -> date:
        day = self.state.content.day
        if day is not None and self.at < day.closes:
            return date.fromisoformat(day.day)
        return self.pack.hours.local(moment(self.at)).date()

    @property
    def next_day(self) -> date:
        """The next working day."""
        return self.pack.hours.shift(self.today, 1)

    # Rules

    def terms(self, segment: str, day: date | None = None) -> Terms:
        """What holds in a segment today (or on another day)."""
        return self.state.memo(self.pack, terms_of, segment, day or self.today)

    def instrument(self, name: str) -> Instrument:
        """The instrument, if it is traded today."""
        found = self.rules.instruments.get(name)
        if found is None:
            known = ", ".join(self.rules.instruments)
            raise Refused(Refusal("instrument_unknown", {"instrument": name, "known": known}))
        early = found.start is not None and self.today < found.start
        if early or (found.to is not None and self.today >= found.to):
            raise Refused(Refusal("instrument_not_traded", {
                "instrument": name, "day": self.today.isoformat(),
                "first": found.start.isoformat() if found.start else "—", "to": found.to.isoformat() if found.to else "—",
            }))  # fmt: skip
        return found

    def in_segment(self, instrument: str, segment: str, modes: tuple[str, ...]) -> Terms:
        """The terms of an instrument's segment, if it trades in one of the modes."""
        known = self.instrument(instrument).segments
        if segment not in known:
            details = {"instrument": instrument, "segment": segment, "known": ", ".join(known)}
            raise Refused(Refusal("segment_unknown", details))
        terms = self.terms(segment)
        rule = terms.segment.mode
        if rule.value not in modes:
            details = {"segment": segment, "mode": rule.value, "clause": rule.clause}
            raise Refused(Refusal("segment_mode", details))
        return terms

    def kind(self, instrument: str) -> UnitKind:
        """The unit kind that is traded."""
        return self.view.kind(self.rules.instruments[instrument].kind)

    @property
    def money(self) -> str:
        """The kind that is paid with."""
        return self.rules.money

    def clearing(self, late: bool = False) -> str:
        """The account that fees go to; ``late``: even a closed one, if there is no other.

        Raises:
            Refused: none of its type is open.
        """
        names = self.view.state.by_type.get(self.rules.clearing, [])
        for name in names:
            if self.view.content.accounts[name].status != "closed":
                return name
        if late and names:
            return names[-1]
        raise Refused(Refusal("account_role_missing", {"role": self.rules.clearing}))

    # Who and when

    def trader(self, name: str, terms: Terms, admits: tuple[str, ...] = ()) -> Account:
        """An account that may act, is known to the authority, and admitted to the segment."""
        account = self.view.acting(name, "order")
        self.view.no_sink(account, "order")
        controls.known_customer(self.view, account)
        if self.view.type_of(account).government:
            return account
        rule = terms.segment.admits
        allowed = admits or rule.value
        found = self.state.content.admitted.get(name)
        if found is None or found not in allowed or found not in rule.value:
            raise Refused(Refusal("not_admitted", {
                "account": name, "class": found or "—", "known": ", ".join(allowed),
                "clause": rule.clause,
            }))  # fmt: skip
        return account

    def going_on(self, instrument: str) -> None:
        """Refuse while trading is halted."""
        for name in (instrument, ""):
            if name in self.state.content.halted:
                reason = self.state.content.halted[name]
                details = {"instrument": instrument, "reason": reason}
                raise Refused(Refusal("market_halted", details))

    def in_session(self, instrument: str, segment: str, terms: Terms) -> None:
        """Refuse outside the segment's sessions, and while trading is halted."""
        if not any(start <= self.at < end for start, end in terms.sessions):
            rule = terms.segment.sessions
            hours = ", ".join(f"{one.start:%H:%M}–{one.end:%H:%M}" for one in rule.value)
            raise Refused(Refusal("session_closed", {
                "segment": segment, "hours": hours or "—", "clause": rule.clause,
            }))  # fmt: skip
        self.going_on(instrument)

    def day_events(self, terms: Terms) -> list[Event]:
        """The opening of the day, if this is its first act."""
        if self.state.content.day is not None:
            return []
        return [m.DayOpened(self.today.isoformat(), terms.ends)]

    # Prices and amounts

    def lots(self, amount: int, terms: Terms, segment: str) -> None:
        """Refuse what is no number of whole lots."""
        lot, clause = terms.lot
        if amount < 1 or amount % int(lot):
            details = {"value": amount, "lot": int(lot), "segment": segment, "clause": clause}
            raise Refused(Refusal("amount_lot", details))

    def amount(self, amount: int, terms: Terms, segment: str, part: bool = False) -> int:
        """An amount in whole lots, within the segment's limits (``part``: of a waiting order, so
        without the least one)."""
        self.lots(amount, terms, segment)
        for limit, beyond in ((terms.least, not part), (terms.most, True)):
            if limit is None or not beyond:
                continue
            if amount < limit[0] if limit is terms.least else amount > limit[0]:
                raise Refused(Refusal("amount_beyond", {
                    "value": amount, "limit": int(limit[0]), "segment": segment,
                    "clause": limit[1],
                }))  # fmt: skip
        return amount

    def reference(self, instrument: str) -> int:
        """The price that the band is around."""
        found = self.state.content.closes.get(instrument)
        if found is None:
            raise Refused(Refusal("reference_missing", {"instrument": instrument}))
        return found

    def price(self, price_fen: int, instrument: str, terms: Terms) -> int:
        """A price on the tick and within the band."""
        tick, clause = terms.tick
        if not 1 <= price_fen <= LARGEST or price_fen % int(tick):
            details = {"value": price_fen, "tick": int(tick), "clause": clause}
            raise Refused(Refusal("price_tick", details))
        if terms.band is not None:
            reference = self.reference(instrument)
            low, high = terms.limits(reference)
            if not low <= price_fen <= high:
                raise Refused(Refusal("price_beyond_band", {
                    "value": price_fen, "low": low, "high": high, "reference": reference,
                    "clause": terms.band[1],
                }))  # fmt: skip
        return price_fen

    def within_band(self, order: m.Order, terms: Terms) -> bool:
        """Whether a waiting order's price is still within the band."""
        if terms.band is None:
            return True
        low, high = terms.limits(self.reference(order.instrument))
        return low <= order.price_fen <= high

    def position(self, account: Account, instrument: str, more: int) -> None:
        """Refuse a purchase that would bring a holding beyond the limit of its class."""
        found = self.state.content.admitted.get(account.id)
        limit = self.pack.says("position_limit", self.today, of=found)
        if limit is None or self.view.type_of(account).government:
            return
        kind = self.kind(instrument).id
        waits = self.state.by_account.get(account.id, {}).values()
        asked = sum(o.left for o in waits if o.side == "buy" and self.kind(o.instrument).id == kind)
        for auction in self.state.content.auctions.values():
            said = auction.announced
            if self.kind(said.instrument).id == kind:
                if said.side == "sell":
                    asked += sum(b.amount for b in auction.bids.values() if b.account == account.id)
                elif said.account == account.id:
                    asked += said.amount
        holding = self.view.balance(account.id, kind).total + self._coming(account.id, kind)
        if holding + asked + more > limit.number:
            raise Refused(Refusal("position_beyond", {
                "account": account.id, "kind": kind, "holding": holding, "asked": asked,
                "amount": more, "limit": int(limit.number), "clause": limit.value.clause,
            }))  # fmt: skip

    def _coming(self, account: str, kind: str) -> int:
        """Units bought today that are delivered after the close."""
        day = self.state.content.day
        return sum(
            trade.amount
            for trade in (day.trades.values() if day is not None else ())
            if trade.waits and trade.buyer == account and self.kind(trade.instrument).id == kind
        )

    def saleable(self, account: str, instrument: str, amount: int) -> None:
        """Refuse to sell what was bought today, where the pack forbids it, or what is not free."""
        kind, rule = self.kind(instrument).id, self.rules.resale
        free = self.view.free(account, kind)
        if amount > free:
            raise self.view.short(account, kind, amount)
        day = self.state.content.day
        if rule.value == "next_day" and day is not None:
            bought = sum(
                day.bought.get(f"{account}/{other}", 0)
                for other in self.rules.instruments
                if self.kind(other).id == kind
            ) - self._coming(account, kind)
            if amount > free - bought:
                raise Refused(Refusal("resale_same_day", {
                    "account": account, "amount": amount, "bought": bought, "free": free,
                    "clause": rule.clause,
                }))  # fmt: skip

    def payable(self, account: str, money: int) -> None:
        """Refuse what the account has no free money for."""
        if money > self.view.free(account, self.money):
            raise self.view.short(account, self.money, money)

    def order(self, name: str) -> m.Order:
        """An order that waits."""
        found = self.state.content.orders.get(name)
        if found is None:
            content = self.state.content
            how = content.gone.get(name) or content.gone_before.get(name)
            if how is not None:
                raise Refused(Refusal("order_gone", {"order": name, "how": how}))
            raise Refused(Refusal("order_unknown", {"order": name}))
        return found
