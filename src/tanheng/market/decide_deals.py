"""Carbon finance: pledge loans, repurchases, custody, lending of units, as holds and dated promises.

A deal has a first leg when the other side agrees, and a last leg on its day or before. Each form is
a row of a table: who gives what first, what is held meanwhile, who gives what back, and what happens
when whoever promised cannot.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from tanheng.errors import Refusal
from tanheng.market import commands as c
from tanheng.market import model as m
from tanheng.market.desk import Desk
from tanheng.registry import controls
from tanheng.registry.handing import handed_out
from tanheng.registry.model import Event, HoldEnded, HoldPlaced, Posted, Posting, instant
from tanheng.registry.view import Refused, View

Leg = tuple[str, str, str]
"""``(what, from, to)``: ``units``, ``money`` (the sum paid first), ``back`` (the sum paid last) or
``deposit``; from and to are ``one`` (who proposed) or ``two`` (who agreed)."""


@dataclass(frozen=True, slots=True)
class Form:
    """A form of deal.

    Attributes:
        first, last: legs when it begins and when it is fulfilled.
        held: what is held meanwhile: ``units`` or ``deposit``, and whose.
        default: what moves when the promise is not kept; else the hold just ends.
        promises: who fulfils.
    """

    first: tuple[Leg, ...]
    held: tuple[str, str]
    last: tuple[Leg, ...]
    default: tuple[Leg, ...]
    promises: str


FORMS: dict[str, Form] = {
    # One borrows money and pledges units.
    "pledge": Form(
        (("money", "two", "one"),), ("units", "one"), (("back", "one", "two"),),
        (("units", "one", "two"),), "one",
    ),
    # One sells units and buys them back.
    "repurchase": Form(
        (("units", "one", "two"), ("money", "two", "one")), ("units", "two"),
        (("back", "one", "two"), ("units", "two", "one")), (), "one",
    ),
    # Two manages units of one, and leaves a deposit.
    "custody": Form(
        (("units", "one", "two"),), ("deposit", "two"),
        (("units", "two", "one"), ("back", "two", "one")), (("deposit", "two", "one"),), "two",
    ),
    # One borrows units, and leaves a deposit.
    "borrowing": Form(
        (("units", "two", "one"),), ("deposit", "one"),
        (("units", "one", "two"), ("back", "one", "two")), (("deposit", "one", "two"),), "one",
    ),
}  # fmt: skip
_REASON = {
    "pledge": "pledge", "repurchase": "repurchase", "custody": "custody", "borrowing": "pledge",
}  # fmt: skip


def propose_deal(command: c.ProposeDeal, desk: Desk) -> list[Event]:
    """Propose a deal to a named account; nothing is held until it agrees."""
    rule = desk.rules.deals
    if rule is None or command.form not in rule.value or command.form not in FORMS:
        known = ", ".join(rule.value) if rule is not None else "—"
        clause = rule.clause if rule is not None else desk.pack.id
        said = {"form": command.form, "known": known, "clause": clause}
        raise Refused(Refusal("deal_form", said))
    _parties(command, desk)
    kind = desk.view.kind(command.kind)
    desk.view.amount(kind, command.amount)
    form = FORMS[command.form]
    used = {leg[0] for leg in (*form.first, *form.last, *form.default)}
    sums = {
        "money": command.money_fen,
        "back": command.back_fen,
        "deposit": command.deposit_fen,
    }
    for name, value in sums.items():
        least = 1 if name in used and name != "back" else 0
        if value < least or (value and name not in used) or value > 2**53 - 1:
            details: dict[str, object] = {
                "form": command.form,
                "field": f"{name}_fen",
                "value": value,
            }
            raise Refused(Refusal("deal_sum", details))
    try:
        day = date.fromisoformat(command.due)
        good = day.isoformat() == command.due and day > desk.today
    except ValueError:
        good = False
    if not good:
        raise Refused(Refusal("until_bad", {"value": command.due, "today": desk.today.isoformat()}))
    due = instant(desk.pack.hours.at(day, desk.rules.day_end.value))
    return [m.DealProposed(
        f"L{desk.seq}", command.form, command.account, command.to, kind.id, command.amount,
        command.money_fen, command.back_fen, command.deposit_fen, due,
    )]  # fmt: skip


def _parties(command: c.ProposeDeal, desk: Desk) -> None:
    one = desk.view.acting(command.account, command.act)
    two = desk.view.acting(command.to, command.act)
    if one is two or one.holder == two.holder:
        raise Refused(Refusal("account_same", {"account": one.id}))
    kind, money = desk.view.kind(command.kind), desk.view.kind(desk.money)
    for account in (one, two):
        desk.view.no_sink(account, command.act)
        controls.known_customer(desk.view, account)
        desk.view.may_hold(account, kind)
        desk.view.may_hold(account, money)


def _deal(desk: Desk, name: str, agreed: bool) -> m.Deal:
    found = desk.state.content.deals.get(name)
    if found is None or found.agreed != agreed:
        how = "—" if found is None else "agreed" if found.agreed else "proposed"
        raise Refused(Refusal("deal_unknown", {"deal": name, "how": how}))
    return found


def agree_deal(command: c.AgreeDeal, desk: Desk) -> list[Event]:
    """The other side agrees: the first leg moves, and the promise is held."""
    deal = _deal(desk, command.deal, agreed=False)
    if command.account != deal.two:
        details = {"order": deal.id, "account": command.account}
        raise Refused(Refusal("order_addressed", details))
    for name in (deal.one, deal.two):
        desk.view.acting(name, command.act)
        controls.known_customer(desk.view, desk.view.account(name))
    form = FORMS[deal.form]
    postings = _legs(form.first, deal, desk, {})
    who = form.held[1]
    holder, kind, amount = _held(deal, desk)
    got = sum(
        _size(leg, deal) for leg in form.first if _kind(leg, deal, desk) == kind and leg[2] == who
    )
    spent = sum(
        _size(leg, deal) for leg in form.first if _kind(leg, deal, desk) == kind and leg[1] == who
    )
    if amount > desk.view.free(holder, kind) + got - spent:
        raise desk.view.short(holder, kind, amount)
    hold = f"H{desk.seq}"
    beneficiary = deal.two if holder == deal.one else deal.one
    return [
        Posted(postings),
        HoldPlaced(hold, holder, kind, amount, _REASON[deal.form], beneficiary=beneficiary),
        m.DealAgreed(deal.id, hold),
    ]


def _held(deal: m.Deal, desk: Desk) -> tuple[str, str, int]:
    """Whose account holds what, and how much."""
    what, who = FORMS[deal.form].held
    account = deal.one if who == "one" else deal.two
    if what == "units":
        return account, deal.kind, deal.amount
    return account, desk.money, deal.deposit_fen


def _kind(leg: Leg, deal: m.Deal, desk: Desk) -> str:
    return deal.kind if leg[0] == "units" else desk.money


def _size(leg: Leg, deal: m.Deal) -> int:
    sums: dict[str, Callable[[], int]] = {
        "units": lambda: deal.amount, "money": lambda: deal.money_fen,
        "back": lambda: deal.back_fen, "deposit": lambda: deal.deposit_fen,
    }  # fmt: skip
    return sums[leg[0]]()


def _legs(
    legs: tuple[Leg, ...], deal: m.Deal, desk: Desk, own: dict[tuple[str, str], int],
    most: int | None = None,
) -> tuple[Posting, ...]:  # fmt: skip
    """Postings of legs; ``most``: of a default, no more than is there.

    Raises:
        Refused: somebody has less than he gives.
    """
    view = View(desk.view.state, desk.view.call, own)
    found: list[Posting] = []
    for leg in legs:
        source, target = (deal.one if end == "one" else deal.two for end in leg[1:])
        kind = view.kind(_kind(leg, deal, desk))
        amount = _size(leg, deal) if most is None else min(_size(leg, deal), most)
        if not amount:
            continue
        if amount > view.free(source, kind.id):
            raise view.short(source, kind.id, amount)
        found += handed_out(view, kind, source, [(target, amount)], "trade")
    return tuple(found)


def end_deal(command: c.EndDeal, desk: Desk) -> list[Event]:
    """Who promised fulfils before the day; a proposal is taken back or declined by either side."""
    found = desk.state.content.deals.get(command.deal)
    deal = _deal(desk, command.deal, agreed=bool(found and found.agreed))
    if command.account not in (deal.one, deal.two):
        details = {"order": deal.id, "account": command.account}
        raise Refused(Refusal("order_not_yours", details))
    if not deal.agreed:
        return [m.DealEnded(deal.id, "declined")]
    promises = deal.one if FORMS[deal.form].promises == "one" else deal.two
    if command.account != promises:
        details = {"order": deal.id, "account": command.account}
        raise Refused(Refusal("order_not_yours", details))
    return fulfilled(deal, desk)


def fulfilled(deal: m.Deal, desk: Desk) -> list[Event]:
    """The last leg."""
    hold, own = _freed(deal, desk)
    postings = _legs(FORMS[deal.form].last, deal, desk, own)
    return [*hold, *([Posted(postings)] if postings else []), m.DealEnded(deal.id, "fulfilled")]


def _freed(deal: m.Deal, desk: Desk) -> tuple[list[Event], dict[tuple[str, str], int]]:
    """The end of the deal's hold, if the law left any of it, and what it gives free."""
    hold = desk.view.content.holds.get(deal.hold)
    if hold is None:
        return [], {}
    return [HoldEnded(hold.id, "used")], {(hold.account, hold.kind): hold.amount}


def due(name: str, desk: Desk) -> list[Event]:
    """The day has come: fulfilled if that can be, else the default of its form.

    Of what was held, a default moves what the law left of it.
    """
    deal = desk.state.content.deals[name]
    if not deal.agreed:
        return [m.DealEnded(name, "expired")]
    try:
        return fulfilled(deal, desk)
    except Refused as refused:
        reason = refused.refusal.code
    hold, own = _freed(deal, desk)
    most = sum(own.values())
    postings = _legs(FORMS[deal.form].default, deal, desk, own, most) if most else ()
    return [
        *hold, *([Posted(postings)] if postings else []),
        m.DealEnded(name, "defaulted", reason),
    ]  # fmt: skip
