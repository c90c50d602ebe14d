"""The door of compliance decisions: command + states + rules + instant → events or a refusal.

Commands that concern many entities are decided whole; where a second person must approve them, what
they would do is pinned: an approval after the state or the law moved is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import localcontext
from typing import Any, TypeGuard

import msgspec

from tanheng.compliance import commands as c
from tanheng.compliance import decide_allocation as allocation
from tanheng.compliance import decide_benchmarks as benchmarks
from tanheng.compliance import decide_close as close
from tanheng.compliance import decide_entries as entries
from tanheng.compliance import decide_records as records
from tanheng.compliance import decide_surrender as surrendering
from tanheng.compliance import model as m
from tanheng.compliance.desk import Desk
from tanheng.compliance.state import Compliance
from tanheng.errors import Refusal
from tanheng.journal import encode, tagged
from tanheng.registry import access
from tanheng.registry import commands as units
from tanheng.registry.decide import Decision, answered, effect_of, expiry, own_holds, propose
from tanheng.registry.decide_holds import end_pending
from tanheng.registry.model import Call, Event, Pending
from tanheng.registry.state import Registry
from tanheng.registry.view import Refused, View
from tanheng.traced import WIDE

Asked = c.ComplianceCommand | units.Surrender | units.CarryOver
_DIGEST = b"tanheng/compliance-effect/1"
_EVENTS = frozenset(m.ComplianceEvent.__args__)

_CORE: dict[type[units.Command], Callable[[Any, Desk], list[Event]]] = {
    units.Surrender: surrendering.surrender,
    units.CarryOver: allocation.own_carry_over,
    c.EnterEntities: entries.enter_entities,
    c.SuspendEntity: entries.suspend_entity,
    c.EnterData: entries.enter_data,
    c.EnterEmissions: entries.enter_emissions,
    c.EnterPrices: entries.enter_prices,
    c.PreAllocate: allocation.pre_allocate,
    c.TrueUp: allocation.true_up,
    c.CarryOverYear: allocation.carry_over_year,
    c.SurrenderYear: surrendering.surrender_year,
    c.CloseYear: close.close_year,
    c.Enforce: close.enforce,
    c.PayFine: close.pay_fine,
    c.PublishYear: close.publish_year,
    c.OpenClass: benchmarks.open_class,
    c.EnterMeans: benchmarks.enter_means,
    c.SetBenchmark: benchmarks.set_benchmark,
    c.CommentBenchmark: benchmarks.comment_benchmark,
    c.PublishTable: benchmarks.publish_table,
    c.SettleBenchmarks: benchmarks.settle_benchmarks,
    c.PermitAct: records.permit,
    c.RecordEntry: records.record_entry,
    c.ObjectEntry: records.object_entry,
    c.EndEntry: records.end_entry,
}


def subjects(events: Iterable[Event]) -> list[str]:
    """``entity:…`` of all rows of compliance events, for the journal's index of histories."""
    found: dict[str, None] = {}
    for event in events:
        if type(event) in _EVENTS:
            for row in getattr(event, "rows", ()):
                if not isinstance(
                    event, m.PricesEntered | m.MeansEntered | m.TablePublished | m.TableReserved
                ):
                    found[f"entity:{row[0]}"] = None
            if entity := getattr(event, "entity", ""):
                found[f"entity:{entity}"] = None
    return list(found)


def concerns(command: object, state: Compliance, call: Call) -> TypeGuard[Asked]:
    """Whether a command is decided here: all of compliance, and what obligated entities surrender or
    carry over."""
    if isinstance(command, units.Surrender | units.CarryOver):
        return call.rules.plan is not None and command.account in state.by_account
    return type(command) in _CORE


def waiting(pending: Pending | None, state: Compliance, call: Call) -> Asked | None:
    """The command that waits, if it is decided here."""
    if pending is None or (
        pending.act not in c.ACTS and pending.act not in ("surrender", "carry_over")
    ):
        return None
    kept: Asked = msgspec.convert(pending.command, Asked)
    return kept if concerns(kept, state, call) else None


@answered
def decide(command: Asked, state: Compliance, registry: Registry, call: Call) -> Decision:
    """Decide a whole command; nothing is applied."""
    view = View(registry, call)
    access.authorise(view, command, call.actor)
    access.open_mode(view, command.act)
    with localcontext(WIDE):
        events = _CORE[type(command)](command, Desk(state, view))
    digest = _digest(command, events, state, call)
    if command.act not in call.controls.four_eyes.value:
        return Decision(command.act, events, effect_of(events), digest, tuple(events))
    found = propose(command, view, events, expires=expiry(call))
    pins = [] if command.act == "surrender" else [m.Pinned(f"P{call.seq}", digest)]
    return found._replace(events=[*found.events, *pins], digest=digest, would=tuple(events))


@answered
def approve(
    pending: Pending, kept: Asked, state: Compliance, registry: Registry, call: Call
) -> Decision:
    """Approve such a command: decided again, it must come to what was proposed."""
    view = View(registry, call, own_holds(registry, pending), pending.id)
    access.second_person(view, pending, kept.authority, call.actor)
    access.open_mode(view, pending.act)
    access.authorise(view, kept, pending.initiator)
    with localcontext(WIDE):
        events = _CORE[type(kept)](kept, Desk(state, view))
    pin = state.content.pins.get(pending.id)
    if pin is not None and pin != _digest(kept, events, state, call):
        details = {"pending": pending.id, "act": pending.act}
        raise Refused(Refusal("pending_moved", details))
    done = end_pending(view, pending.id, "done", person=call.actor)
    return Decision(pending.act, [*done, *events], effect_of(events), pin or "", tuple(events))


def _digest(command: Asked, events: list[Event], state: Compliance, call: Call) -> str:
    """Digest of all that would happen, of the law, and of the last entries that changed the year or
    the entities: an approval is of a state, not only of an effect. What follows from the entry's number and day alone, the ids
    and ends of credit records, is not part of it."""
    kept = [
        msgspec.structs.replace(event, entry="", until="")
        if isinstance(event, m.RecordEntered)
        else event
        for event in events
    ]
    moved = [state.content.moved.get(year, 0) for year in (0, getattr(command, "year", 0))]
    return tagged(_DIGEST, encode([kept, moved, call.rules.digest])).hex()
