"""Decisions about holds and freezes, and the voiding of holds in the pack's order."""

from __future__ import annotations

from tanheng.errors import Refusal
from tanheng.registry import access
from tanheng.registry import blocks as serials
from tanheng.registry import commands as c
from tanheng.registry import model as m
from tanheng.registry.view import Refused, View

OWN = ("order", "bid", "repurchase", "custody", "pledge")
"""Reasons for which people hold units; ``pending``, ``freeze``, ``export`` and
``trade`` are the system's."""


def place_hold(command: c.PlaceHold, view: View) -> list[m.Event]:
    """Reserve free units."""
    account = view.acting(command.account, command.act)
    view.no_sink(account, command.act)
    kind = view.kind(command.kind)
    amount = view.amount(kind, command.amount)
    if command.reason not in OWN:
        details = {"value": command.reason, "known": ", ".join(OWN)}
        raise Refused(Refusal("hold_reason_bad", details))
    if command.beneficiary:
        view.account(command.beneficiary)
    until = view.future(command.until)
    if amount > view.free(account.id, kind.id):
        raise view.short(account.id, kind.id, amount)
    return [
        m.HoldPlaced(
            f"H{view.call.seq}", account.id, kind.id, amount, command.reason, until,
            command.beneficiary,
        )
    ]  # fmt: skip


def release(command: c.Release, view: View) -> list[m.Event]:
    """End a hold: for a freeze the authority; for a promise its beneficiary; else the account."""
    hold = view.content.holds.get(command.hold)
    if hold is None:
        raise Refused(Refusal("hold_unknown", {"hold": command.hold}))
    if hold.reason in ("pending", "export", "trade"):
        exports = view.content.exports.values()
        locked = next((export.export for export in exports if export.hold == hold.id), "")
        details = {"hold": hold.id, "reason": hold.reason, "pending": hold.pending or locked}
        raise Refused(Refusal("hold_not_released", details))
    if hold.reason == "freeze":
        if not view.call.is_authority:
            details = {"person": view.call.actor, "act": command.act}
            raise Refused(Refusal("authority_only", details))
    else:
        access.any_right(view, hold.beneficiary or hold.account, command.act)
    return [m.HoldEnded(hold.id, "released", command.reason)]


def freeze(command: c.Freeze, view: View) -> list[m.Event]:
    """Freeze an account, an amount in it, or certain units of it."""
    account = view.account(command.account)
    view.no_sink(account, command.act)
    view.reason(command.reason, command.act)
    if not command.kind:
        if command.amount or command.blocks:
            raise Refused(Refusal("freeze_needs_kind", {"account": account.id}))
        if account.status == "frozen":
            raise Refused(Refusal("freeze_same", {"account": account.id}))
        return [m.AccountFrozen(account.id, True, command.reason)]
    kind = view.kind(command.kind)
    if not command.blocks:
        amount = view.amount(kind, command.amount)
        events = void(view, account.id, kind.id, amount, command.reason)
        name = f"H{view.call.seq}"
        return [*events, m.HoldPlaced(name, account.id, kind.id, amount, "freeze")]
    amount = serials.amount_of(command.blocks)
    view.check_blocks(account.id, kind, amount, command.blocks, usable=False)
    pieces = _pieces(view, account.id, kind.id, command.blocks)
    if any(piece[3] for piece in pieces):
        raise Refused(Refusal("freeze_same", {"account": account.id}))
    free = serials.amount_of(piece for piece in pieces if not piece[2])
    events = void(view, account.id, kind.id, free, command.reason)
    ranges = tuple(sorted(command.blocks))
    return [*events, m.BlocksFrozen(account.id, kind.id, ranges, True, command.reason)]


def _pieces(
    view: View, account: str, kind: str, ranges: tuple[tuple[int, int], ...]
) -> list[m.Block]:
    """The blocks that touch the ranges, cut to them."""
    found = []
    held = view.balance(account, kind).blocks
    for first, last in ranges:
        place = serials.find(held, first, last)
        assert place is not None
        for low, high, restriction, frozen in held[place[0] : place[1]]:
            found.append((max(low, first), min(high, last), restriction, frozen))
    return found


def unfreeze(command: c.Unfreeze, view: View) -> list[m.Event]:
    """Undo a freeze of an account, or of certain units."""
    account = view.account(command.account)
    view.reason(command.reason, command.act)
    if not command.kind:
        if account.status != "frozen" or command.blocks:
            raise Refused(Refusal("freeze_missing", {"account": account.id}))
        return [m.AccountFrozen(account.id, False, command.reason)]
    kind = view.kind(command.kind)
    amount = serials.amount_of(command.blocks)
    view.check_blocks(account.id, kind, amount, command.blocks, usable=False)
    pieces = _pieces(view, account.id, kind.id, command.blocks)
    if not pieces or not all(piece[3] for piece in pieces):
        raise Refused(Refusal("freeze_missing", {"account": account.id}))
    ranges = tuple(sorted(command.blocks))
    return [m.BlocksFrozen(account.id, kind.id, ranges, False, command.reason)]


def void(view: View, account: str, kind: str, amount: int, reason: str) -> list[m.Event]:
    """End holds in the pack's order until the amount is free; the last one only as far as needed.

    A pending command whose hold is touched is voided whole: half a transfer is none.
    """
    need = amount - view.balance(account, kind).free
    if need <= 0:
        return []
    order = view.call.controls.void_order.value
    holds = [
        hold
        for name in order
        for hold in view.content.holds.values()
        if (hold.account, hold.kind, hold.reason) == (account, kind, name)
        and (not hold.pending or hold.pending != view.pending)
    ]
    gone: set[str] = set()
    events: list[m.Event] = []
    for hold in holds:
        if need <= 0:
            break
        if hold.pending in gone:
            continue
        if hold.pending:
            gone.add(hold.pending)
            events += end_pending(view, hold.pending, "voided", reason)
            need -= sum(
                other.amount
                for other in view.content.holds.values()
                if (other.pending, other.account, other.kind) == (hold.pending, account, kind)
            )
        elif hold.amount > need:
            events.append(m.HoldReduced(hold.id, hold.amount - need, reason))
            need = 0
        else:
            events.append(m.HoldEnded(hold.id, "voided", reason))
            need -= hold.amount
    if need > 0:
        raise view.short(account, kind, amount)
    return events


def end_pending(
    view: View, pending: str, how: str, reason: str = "", person: str = ""
) -> list[m.Event]:
    """The end of a pending command, with its holds."""
    ended: list[m.Event] = [
        m.HoldEnded(hold, "used" if how == "done" else how, reason)
        for hold in view.content.pending[pending].holds
    ]
    return [*ended, m.Settled(pending, how, reason, person)]
