"""Decisions about people and packs, with a second person where the pack wants one.

Everything else is the registry's (:mod:`tanheng.registry.decide`); what waits is kept there too.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from tanheng.errors import Refusal
from tanheng.programme import people
from tanheng.programme.state import State
from tanheng.registry import access
from tanheng.registry.decide import Decision, expiry, propose
from tanheng.registry.decide_holds import end_pending
from tanheng.registry.model import Call, Pending
from tanheng.registry.view import Refused, View

Lacks = Mapping[str, set[str]]


def waiting(state: State, name: str) -> people.PeopleCommand | None:
    """The command about people or packs that waits under the name; None: none, or another sort."""
    pending = state.registry.content.pending.get(name)
    if pending is None or pending.act not in people.ACTS:
        return None
    found: people.PeopleCommand = msgspec.convert(pending.command, people.PeopleCommand)
    return found


def decide(
    command: people.PeopleCommand, state: State, call: Call, lacks: Lacks
) -> Decision | Refusal:
    """Decide a command about people or packs; nothing is applied."""
    events = people.decide(command, state.people, call.actor, lacks)
    if isinstance(events, Refusal):
        return events
    if command.act in call.controls.four_eyes.value:
        return propose(command, View(state.registry, call), events, expires=expiry(call))
    return Decision(command.act, events, ())


def approve(pending: Pending, state: State, call: Call, lacks: Lacks) -> Decision | Refusal:
    """Approve such a command: it is decided again, for who asked for it."""
    kept = waiting(state, pending.id)
    assert kept is not None
    view = View(state.registry, call)
    try:
        access.second_person(view, pending, True, call.actor)
    except Refused as refused:
        return refused.refusal
    events = people.decide(kept, state.people, pending.initiator, lacks)
    if isinstance(events, Refusal):
        return events
    done = end_pending(view, pending.id, "done", person=call.actor)
    return Decision(pending.act, [*done, *events], ())
