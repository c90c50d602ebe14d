"""Decisions that move units. Each gives the events of the command carried out at once."""

from __future__ import annotations

from datetime import timedelta

from tanheng.errors import Refusal
from tanheng.registry import blocks as serials
from tanheng.registry import commands as c
from tanheng.registry import controls
from tanheng.registry import model as m
from tanheng.registry.decide_holds import void
from tanheng.registry.view import LARGEST, Refused, View
from tanheng.rules import UnitKind


def _government(view: View, name: str, act: str) -> m.Account:
    """An account of the authority that is no sink."""
    account = view.account(name)
    view.no_sink(account, act)
    if not view.type_of(account).government:
        raise Refused(Refusal("account_not_government", {"account": name, "act": act}))
    return account


def _pair(view: View, source: str, target: str, act: str) -> tuple[m.Account, m.Account]:
    """Two different accounts that may give and get units."""
    giver, taker = view.acting(source, act), view.account(target)
    if giver is taker:
        raise Refused(Refusal("account_same", {"account": source}))
    view.no_sink(giver, act)
    return giver, taker


def issue(command: c.Issue, view: View) -> list[m.Event]:
    """New units, with the next serials of their kind."""
    kind = view.kind(command.kind)
    account = _government(view, command.account, command.act)
    view.may_hold(account, kind)
    tail = view.next_serials(kind, view.amount(kind, command.amount))
    return [m.Posted((("issue", kind.id, "", account.id, *tail),))]


def allocate(command: c.Allocate, view: View) -> list[m.Event]:
    """Units for a holder, perhaps only for one year's surrender."""
    kind = view.kind(command.kind)
    source = _government(view, command.source, command.act)
    target = view.account(command.account)
    view.no_sink(target, command.act)
    view.may_hold(target, kind)
    controls.known_customer(view, target)
    if command.restriction and not (kind.serialised and 1900 <= command.restriction < 3000):
        details = {"value": command.restriction, "kind": kind.id}
        raise Refused(Refusal("restriction_bad", details))
    if source is target:
        raise Refused(Refusal("account_same", {"account": source.id}))
    postings = view.units("move", source.id, target.id, kind, command.amount, purpose="allocate")
    return [m.Posted(postings, command.restriction or m.KEEP)]


def transfer(command: c.Transfer, view: View) -> list[m.Event]:
    """Units for another account; alarms do not stop it."""
    kind = view.kind(command.kind)
    source, target = _pair(view, command.source, command.target, command.act)
    view.no_sink(target, command.act)
    view.may_hold(target, kind)
    controls.known_customer(view, source)
    controls.known_customer(view, target)
    postings = view.units(
        "move", source.id, target.id, kind, command.amount, command.blocks, command.act
    )
    controls.within_limit(view, command.act, source, target.id, command.amount)
    return [m.Posted(postings), *controls.alarms(view, source, kind.id, command.amount)]


def surrender(command: c.Surrender, view: View) -> list[m.Event]:
    """Units for a year's emissions, of a kind or of all kinds in the pack's order."""
    account = view.acting(command.account, command.act)
    view.no_sink(account, command.act)
    pack = view.call.rules
    if command.kind:
        kinds = [view.kind(command.kind)]
        if not kinds[0].surrender:
            raise Refused(Refusal("kind_not_surrendered", {"kind": command.kind}))
    else:
        kinds = [k for k in pack.kinds.values() if k.surrender and k.id in account.balances]
        order = view.call.controls.blocks_for(command.act)
        if "oldest_vintage" in order or "newest_vintage" in order:
            sign = 1 if "oldest_vintage" in order else -1
            kinds.sort(key=lambda kind: sign * (kind.vintage or 0))
    if command.amount < 1:
        details = {"value": command.amount, "kind": command.kind or "—", "smallest": 1}
        raise Refused(Refusal("amount_bad", {**details, "largest": LARGEST}))
    sink, left = view.sink("surrender"), command.amount
    postings: list[m.Posting] = []
    for kind in kinds:
        found = usable(view, account.id, kind, sink, left, command.year, command.act)
        postings += found
        left -= sum(size_of(posting) for posting in found)
    if left:
        raise _short_of_year(view, account, kinds, command)
    return [m.Posted(tuple(postings))]


def size_of(posting: m.Posting) -> int:
    """Units that a posting moves."""
    return int(posting[5] - posting[4] + 1 if len(posting) == 6 else posting[4])


def usable(
    view: View, account: str, kind: UnitKind, sink: str, most: int, year: int, act: str
) -> list[m.Posting]:
    """Postings of at most so many units that may be surrendered for a year: free ones, and those
    restricted to it; ``act``: whose order of blocks counts."""
    free = view.free(account, kind.id)
    if not kind.serialised:
        amount = min(free, most)
        amount -= amount % kind.smallest
        return [("surrender", kind.id, account, sink, amount)] if amount > 0 else []
    found: list[m.Posting] = []
    order = view.call.controls.blocks_for(act)
    blocks = view.balance(account, kind.id).blocks
    marked = [b for b in blocks if b[2] == year and not b[3]] if year else []
    plain = [b for b in blocks if not b[2] and not b[3]]
    groups = [(marked, most), (plain, free)]
    if "unrestricted_first" in order:
        groups.reverse()
    for group, limit in groups:
        ranges = serials.choose(group, min(most, limit), year, order)
        found += [("surrender", kind.id, account, sink, *pair) for pair in ranges]
        most -= serials.amount_of(ranges)
    return found


def _short_of_year(
    view: View, account: m.Account, kinds: list[UnitKind], command: c.Surrender
) -> Refused:
    """More than there is for the year, over all kinds that may be surrendered."""
    balances = [view.balance(account.id, kind.id) for kind in kinds]
    marked = serials.amount_of(
        block
        for b in balances
        for block in b.blocks
        if block[2] and block[2] == command.year and not block[3]
    )
    free = marked + sum(view.free(account.id, kind.id) for kind in kinds)
    return Refused(Refusal("amount_short", {
        "account": account.id, "kind": ", ".join(kind.id for kind in kinds) or "—",
        "amount": command.amount, "free": free,
        "total": sum(b.total for b in balances), "held": sum(b.held for b in balances),
        "restricted": sum(b.restricted for b in balances),
        "frozen": sum(b.frozen for b in balances),
    }))  # fmt: skip


def cancel(command: c.Cancel, view: View) -> list[m.Event]:
    """Units out of circulation for ever."""
    account = view.acting(command.account, command.act)
    view.no_sink(account, command.act)
    view.reason(command.reason, command.act)
    kind = view.kind(command.kind)
    sink = view.sink("cancellation")
    postings = view.units(
        "cancel", account.id, sink, kind, command.amount, command.blocks, command.act
    )
    return [m.Posted(postings)]


def convert(command: c.Convert, view: View) -> list[m.Event]:
    """Another kind's units for these, at the pack's ratio, without a remainder."""
    account = view.acting(command.account, command.act)
    kind, wanted = view.kind(command.kind), view.kind(command.target_kind)
    ratio = kind.convertible_to.get(wanted.id)
    if ratio is None:
        known = ", ".join(kind.convertible_to) or "—"
        details = {"kind": kind.id, "target": wanted.id, "known": known}
        raise Refused(Refusal("kind_not_convertible", details))
    got, given = ratio
    if command.amount * got % given:
        ratio_text = {"amount": command.amount, "got": got, "given": given}
        raise Refused(Refusal("conversion_remainder", ratio_text))
    return _exchange(
        view, account, kind, wanted, command.amount, command.amount * got // given, command.act
    )


def carry_over(command: c.CarryOver, view: View) -> list[m.Event]:
    """The next period's units for these, one for one."""
    account = view.acting(command.account, command.act)
    kind = view.kind(command.kind)
    if kind.bankable_to is None:
        raise Refused(Refusal("kind_not_bankable", {"kind": kind.id}))
    wanted = view.kind(kind.bankable_to)
    return _exchange(view, account, kind, wanted, command.amount, command.amount, command.act)


def _exchange(
    view: View, account: m.Account, kind: UnitKind, wanted: UnitKind, given: int, got: int, act: str
) -> list[m.Event]:
    view.no_sink(account, act)
    view.may_hold(account, wanted)
    sink = view.sink("cancellation")
    out = view.units("cancel", account.id, sink, kind, given, purpose=act)
    tail = view.next_serials(wanted, view.amount(wanted, got))
    return [m.Posted((*out, ("issue", wanted.id, "", account.id, *tail)))]


def give_back(command: c.Return, view: View) -> list[m.Event]:
    """Units back to the authority."""
    kind = view.kind(command.kind)
    source, target = _pair(view, command.account, command.target, command.act)
    _government(view, target.id, command.act)
    view.may_hold(target, kind)
    postings = view.units("move", source.id, target.id, kind, command.amount, purpose=command.act)
    return [m.Posted(postings)]


def deduct(command: c.Deduct, view: View) -> list[m.Event]:
    """Units by force, frozen accounts and promises notwithstanding."""
    account, target = view.account(command.account), view.account(command.target)
    view.no_sink(account, command.act)
    view.reason(command.reason, command.act)
    kind = view.kind(command.kind)
    amount = view.amount(kind, command.amount)
    role = view.type_of(target).role
    if account is target:
        raise Refused(Refusal("account_same", {"account": account.id}))
    if not view.type_of(target).government or role == "cancellation":
        details = {"account": target.id, "act": command.act}
        raise Refused(Refusal("account_not_government", details))
    if role == "surrender" and not kind.surrender:
        raise Refused(Refusal("kind_not_surrendered", {"kind": kind.id}))
    view.may_hold(target, kind)
    # Its own hold counts as free: it is used in the same entry, before the units move.
    own = view.own.get((account.id, kind.id), 0)
    voided = void(view, account.id, kind.id, amount - own, command.reason) if amount > own else []
    op = "surrender" if role == "surrender" else "move"
    if not kind.serialised:
        postings: tuple[m.Posting, ...] = ((op, kind.id, account.id, target.id, amount),)
    else:
        order = view.call.controls.blocks_for(command.act)
        blocks = view.balance(account.id, kind.id).blocks
        ranges = serials.choose(blocks, amount, order=order)
        postings = tuple((op, kind.id, account.id, target.id, *pair) for pair in ranges)
    return [*voided, m.Posted(postings)]


def reverse(command: c.Reverse, view: View) -> list[m.Event]:
    """A surrender undone: the same units return, restrictions and all."""
    view.reason(command.reason, command.act)
    found = view.call.earlier.get(command.surrender)
    taken = [p for p in found[2] if p[0] == "surrender"] if found else []
    if not found or not taken:
        raise Refused(Refusal("reverse_no_surrender", {"seq": command.surrender}))
    if command.surrender in view.content.reversed:
        raise Refused(Refusal("reverse_done", {"seq": command.surrender}))
    rule = view.call.controls.reverse_within_days
    if rule.value is not None:
        latest = m.instant(m.moment(found[0]) + timedelta(days=rule.value))
        if view.call.at > latest:
            details = {"seq": command.surrender, "until": latest, "clause": rule.clause}
            raise Refused(Refusal("reverse_late", details))
    for posting in taken:
        view.account(posting[2])
    postings = tuple(("reverse", p[1], p[3], p[2], *p[4:]) for p in taken)
    return [m.Posted(postings), m.Reversed(command.surrender, command.reason)]


def import_credits(command: c.ImportCredits, view: View) -> list[m.Event]:
    """Units for an outside block that was never brought in before."""
    kind = view.kind(command.kind)
    account = view.account(command.account)
    view.no_sink(account, command.act)
    view.may_hold(account, kind)
    view.identifier(command.origin)
    if not kind.credit:
        raise Refused(Refusal("kind_not_credit", {"kind": kind.id}))
    beyond = command.last > LARGEST > command.last - command.first
    if beyond or not 1 <= command.first <= command.last:
        text = f"{command.first}..{command.last}"
        details = {"blocks": text, "amount": command.last - command.first + 1, "kind": kind.id}
        raise Refused(Refusal("blocks_bad", details))
    for first, last in view.content.external.get(f"{kind.id}@{command.origin}", ()):
        if first <= command.last and command.first <= last:
            raise Refused(Refusal("external_taken", {
                "origin": command.origin, "first": max(first, command.first),
                "last": min(last, command.last), "kind": kind.id,
            }))  # fmt: skip
    tail = view.next_serials(kind, view.amount(kind, command.last - command.first + 1))
    start = tail[0] if kind.serialised else None
    return [
        m.Posted((("issue", kind.id, "", account.id, *tail),)),
        m.Imported(kind.id, command.origin, command.first, command.last, start),
    ]


def export_units(command: c.ExportUnits, view: View) -> list[m.Event]:
    """Lock units for another programme."""
    account = view.acting(command.account, command.act)
    view.no_sink(account, command.act)
    kind = view.kind(command.kind)
    view.identifier(command.programme)
    amount = view.amount(kind, command.amount)
    if amount > view.free(account.id, kind.id):
        raise view.short(account.id, kind.id, amount)
    name, hold = f"X{view.call.seq}", f"H{view.call.seq}"
    return [
        m.HoldPlaced(hold, account.id, kind.id, amount, "export", beneficiary=command.programme),
        m.ExportLocked(name, hold, account.id, kind.id, amount, command.programme),
    ]


def _export(view: View, name: str) -> m.ExportLocked:
    found = view.content.exports.get(name)
    if found is None:
        raise Refused(Refusal("export_unknown", {"export": name}))
    return found


def confirm_export(command: c.ConfirmExport, view: View) -> list[m.Event]:
    """What was taken elsewhere leaves circulation here."""
    export = _export(view, command.export)
    view.reason(command.receipt, command.act)
    sink = view.sink("cancellation")
    kind = view.kind(export.kind)
    freed = View(view.state, view.call, {(export.account, export.kind): export.amount})
    postings = freed.units(
        "cancel", export.account, sink, kind, export.amount, purpose="export_units"
    )
    return [
        m.HoldEnded(export.hold, "used"),
        m.Posted(postings),
        m.ExportEnded(export.export, "confirmed", command.receipt),
    ]


def abort_export(command: c.AbortExport, view: View) -> list[m.Event]:
    """What was not taken elsewhere is free again."""
    export = _export(view, command.export)
    view.reason(command.reason, command.act)
    return [
        m.HoldEnded(export.hold, "released", command.reason),
        m.ExportEnded(export.export, "aborted"),
    ]


def import_units(command: c.ImportUnits, view: View) -> list[m.Event]:
    """What another programme has locked, once."""
    kind = view.kind(command.kind)
    account = view.account(command.account)
    view.no_sink(account, command.act)
    view.may_hold(account, kind)
    for text in (command.programme, command.export):
        view.identifier(text)
    if (command.programme, command.export) in view.content.imports:
        details = {"programme": command.programme, "export": command.export}
        raise Refused(Refusal("import_done", details))
    tail = view.next_serials(kind, view.amount(kind, command.amount))
    return [
        m.Posted((("issue", kind.id, "", account.id, *tail),)),
        m.UnitsImported(command.programme, command.export, account.id, kind.id, command.amount),
    ]
