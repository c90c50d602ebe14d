"""The door of the registry's decisions: command + state + rules + instant → events or a refusal.

Pending is one mechanism: a command of an act that needs a second person, or whose instant has not
come, is kept with a hold on what it would move. Approving it, and its instant, decide it again.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any, NamedTuple, ParamSpec

import msgspec

from tanheng.errors import Refusal
from tanheng.registry import access, controls
from tanheng.registry import blocks as serials
from tanheng.registry import commands as c
from tanheng.registry import decide_accounts as accounts
from tanheng.registry import decide_holds as holds
from tanheng.registry import decide_units as units
from tanheng.registry import model as m
from tanheng.registry.state import Registry
from tanheng.registry.view import Refused, View
from tanheng.rules import CalendarMissing, Gap

_CORE: dict[type[c.Command], Callable[[Any, View], list[m.Event]]] = {
    c.OpenAccount: accounts.open_account,
    c.CloseAccount: accounts.close_account,
    c.RegisterHolder: accounts.register_holder,
    c.Represent: accounts.represent,
    c.SetLimit: accounts.set_limit,
    c.Trust: accounts.trust,
    c.Distrust: accounts.distrust,
    c.OpenRegistry: accounts.open_registry,
    c.CloseRegistry: accounts.close_registry,
    c.PlaceHold: holds.place_hold,
    c.Freeze: holds.freeze,
    c.Unfreeze: holds.unfreeze,
    c.Issue: units.issue,
    c.Allocate: units.allocate,
    c.Transfer: units.transfer,
    c.Surrender: units.surrender,
    c.Cancel: units.cancel,
    c.Convert: units.convert,
    c.CarryOver: units.carry_over,
    c.Return: units.give_back,
    c.Deduct: units.deduct,
    c.Reverse: units.reverse,
    c.ImportCredits: units.import_credits,
    c.ExportUnits: units.export_units,
    c.ConfirmExport: units.confirm_export,
    c.AbortExport: units.abort_export,
    c.ImportUnits: units.import_units,
}


class Decision(NamedTuple):
    """What happens.

    Attributes:
        act: what the law calls it; ``propose`` and ``approve`` when nothing is carried out yet.
        events: in order.
        effect: the postings of the command as it would be carried out now, for a preview.
        digest: of all that would happen, where more than postings counts; ``""``: of ``effect``.
        would: the events of the command carried out now, where they say more than postings do.
    """

    act: str
    events: list[m.Event]
    effect: tuple[m.Posting, ...]
    digest: str = ""
    would: tuple[m.Event, ...] = ()


P = ParamSpec("P")


def answered(decision: Callable[P, Decision]) -> Callable[P, Decision | Refusal]:
    """The door of a decision: inside, a refusal travels as an exception, outside it is a value. So is
    a gap of the law, and a year without a calendar."""

    @wraps(decision)
    def door(*args: P.args, **given: P.kwargs) -> Decision | Refusal:
        try:
            return decision(*args, **given)
        except Refused as refused:
            return refused.refusal
        except Gap as gap:
            return gap.refusal
        except CalendarMissing as missing:
            return Refusal("calendar_missing", {"year": missing.year})

    return door


@answered
def decide(command: c.AnyCommand, state: Registry, call: m.Call) -> Decision:
    """Decide a whole command; nothing is applied."""
    if isinstance(command, c.Approve):
        return _approve(command, state, call)
    view = View(state, call)
    if isinstance(command, c.Reject | c.Abort):
        pending = _pending(state, command.pending)
        return _take_back(command, pending, _of_authority(pending), view)
    if isinstance(command, c.Release):
        access.open_mode(view, command.act)
        return Decision(command.act, holds.release(command, view), ())
    access.authorise(view, command, call.actor)
    access.open_mode(view, command.act)
    events = _CORE[type(command)](command, view)
    if command.act in call.controls.four_eyes.value:
        return propose(command, view, events, expires=expiry(call))
    if isinstance(command, c.Transfer):
        due = controls.transfer_due(view, view.account(command.source), command.target)
        if due:
            return propose(command, view, events, due=due)
    return Decision(command.act, events, effect_of(events))


@answered
def take_back(
    command: c.Reject | c.Abort, pending: m.Pending, of_authority: bool, state: Registry,
    call: m.Call,
) -> Decision:  # fmt: skip
    """Reject or abort what waits, where another context knows whose it is."""
    return _take_back(command, pending, of_authority, View(state, call))


def pending_command(pending: m.Pending) -> c.AnyCommand:
    """The command that waits."""
    found: c.AnyCommand = msgspec.convert(pending.command, c.AnyCommand)
    return found


def _of_authority(pending: m.Pending) -> bool:
    """Whether only the authority may end what waits; what concerns no account is its business."""
    return not pending.account or pending_command(pending).authority


def effect_of(events: list[m.Event]) -> tuple[m.Posting, ...]:
    """All postings of the events."""
    return tuple(p for event in events if isinstance(event, m.Posted) for p in event.postings)


def expiry(call: m.Call) -> str:
    """The instant by which a second person must have approved what is proposed now."""
    hours = call.controls.approve_within_hours.value
    return m.instant(m.moment(call.at) + timedelta(hours=hours))


def propose(
    command: c.Command, view: View, events: list[m.Event], expires: str = "", due: str = ""
) -> Decision:
    """Keep the command, with holds on the free units it would take out of accounts."""
    seq = view.call.seq
    needs: dict[tuple[str, str], int] = {}
    for event in events:
        if isinstance(event, m.Posted):
            for posting in event.postings:
                if posting[0] not in ("issue", "reverse"):
                    key = (posting[2], posting[1])
                    needs[key] = needs.get(key, 0) + _free_units(view, posting)
        elif isinstance(event, m.HoldPlaced) and event.reason not in ("freeze",):
            key = (event.account, event.kind)
            needs[key] = needs.get(key, 0) + event.amount
    placed: list[m.Event] = [
        m.HoldPlaced(f"H{seq}.{n}", account, kind, amount, "pending", pending=f"P{seq}")
        for n, ((account, kind), amount) in enumerate(needs.items())
        if 0 < amount <= view.balance(account, kind).free
    ]
    proposed = m.Proposed(
        f"P{seq}", command.act, access.account_of(command), msgspec.to_builtins(command),
        view.call.actor, expires, due,
    )  # fmt: skip
    return Decision("propose", [proposed, *placed], effect_of(events))


def _free_units(view: View, posting: m.Posting) -> int:
    """How many of a posting's units are free ones (not restricted to a surrender)."""
    if len(posting) == 5:
        return int(posting[4])
    _, kind, source, _, first, last = posting
    held = view.balance(source, kind).blocks
    place = serials.find(held, first, last)
    if place is None:
        return 0
    return sum(
        min(high, last) - max(low, first) + 1
        for low, high, restriction, _ in held[place[0] : place[1]]
        if not restriction
    )


def _pending(state: Registry, name: str) -> m.Pending:
    found = state.content.pending.get(name)
    if found is None:
        raise Refused(Refusal("pending_unknown", {"pending": name}))
    return found


def own_holds(state: Registry, pending: m.Pending) -> dict[tuple[str, str], int]:
    """What the pending command holds, by account and kind."""
    own: dict[tuple[str, str], int] = {}
    for name in pending.holds:
        hold = state.content.holds[name]
        own[hold.account, hold.kind] = own.get((hold.account, hold.kind), 0) + hold.amount
    return own


def _approve(command: c.Approve, state: Registry, call: m.Call) -> Decision:
    pending = _pending(state, command.pending)
    if pending.due:
        details = {"pending": pending.id, "due": pending.due}
        raise Refused(Refusal("pending_approved", details))
    view = View(state, call, own_holds(state, pending), pending.id)
    kept = pending_command(pending)
    access.second_person(view, pending, kept.authority, call.actor)
    access.open_mode(view, pending.act)
    access.authorise(view, kept, pending.initiator)
    events = _CORE[type(kept)](kept, view)
    effect = effect_of(events)
    if isinstance(kept, c.Transfer):
        due = controls.transfer_due(view, view.account(kept.source), kept.target)
        if due:
            return Decision("approve", [m.Scheduled(pending.id, call.actor, due)], effect)
    done = holds.end_pending(view, pending.id, "done", person=call.actor)
    return Decision(pending.act, [*done, *events], effect)


def _take_back(
    command: c.Reject | c.Abort, pending: m.Pending, of_authority: bool, view: View
) -> Decision:
    if isinstance(command, c.Reject):
        if pending.due:
            details = {"pending": pending.id, "due": pending.due}
            raise Refused(Refusal("pending_approved", details))
        access.second_person(view, pending, of_authority, view.call.actor)
        reason = view.reason(command.reason, command.act)
        events = holds.end_pending(view, pending.id, "rejected", reason, view.call.actor)
        return Decision("abort", events, ())
    if not of_authority:
        access.any_right(view, pending.account, command.act)
    elif not view.call.is_authority:
        details = {"person": view.call.actor, "act": command.act}
        raise Refused(Refusal("authority_only", details))
    if pending.due:
        rule = view.call.controls.abort_before_minutes
        until = m.instant(view.call.rules.hours.abort_until(m.moment(pending.due)))
        if view.call.at > until:
            details = {"pending": pending.id, "until": until, "clause": rule.clause}
            raise Refused(Refusal("abort_late", details))
    events = holds.end_pending(view, pending.id, "aborted", command.reason, view.call.actor)
    return Decision("abort", events, ())


def settle_due(name: str, state: Registry, call: m.Call) -> Decision:
    """What happens to a hold or pending command when its instant has come.

    A transfer that can no longer be carried out is voided with the refusal's code as the reason.
    """
    if name in state.content.holds:
        return Decision("expire", [m.HoldEnded(name, "expired")], ())
    pending = state.content.pending[name]
    view = View(state, call, own_holds(state, pending), pending.id)
    if not pending.due:
        return Decision("expire", holds.end_pending(view, name, "expired"), ())
    kept = pending_command(pending)
    try:
        access.open_mode(view, pending.act)
        events = _CORE[type(kept)](kept, view)
    except Refused as refused:
        ended = holds.end_pending(view, name, "voided", refused.refusal.code)
        return Decision("void", ended, ())
    done = holds.end_pending(view, name, "done", person=pending.approver)
    return Decision(pending.act, [*done, *events], effect_of(events))
