"""Which context decides a command, what is due next, and what one context's acts do in another."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from tanheng.compliance import decide as compliance
from tanheng.compliance.commands import ComplianceCommand
from tanheng.compliance.decide_surrender import lacking
from tanheng.compliance.desk import Desk
from tanheng.errors import Refusal
from tanheng.market import decide as market
from tanheng.market.commands import ACTS as MARKET_ACTS
from tanheng.market.commands import MarketCommand
from tanheng.market.desk import Needs
from tanheng.programme import deciding, people
from tanheng.programme.signing import AskedFor
from tanheng.programme.state import State
from tanheng.registry import decide as registry
from tanheng.registry.commands import Abort, Approve, Reject, Reverse
from tanheng.registry.decide import Decision
from tanheng.registry.model import Call, Event
from tanheng.registry.subjects import subjects
from tanheng.registry.view import View

_OWN_ACTS = MARKET_ACTS | {"close_day", "open_window", "close_auction", "expire_order"}
"""Acts whose market events are complete."""


class Inputs(NamedTuple):
    """What a programme knows besides its state.

    Attributes:
        call: who asks and when, with what a reversal must know.
        lacks: what is in use and not in a pack that is to be adopted.
        earlier: the entry that a reversal (waiting, or asked for) undoes.
    """

    call: Callable[[Mapping[int, Any] | None], Call]
    lacks: Callable[[people.PeopleCommand], dict[str, set[str]]]
    earlier: Callable[[str, Reverse | None], dict[int, Any]]


def decide(command: AskedFor, state: State, inputs: Inputs) -> Decision | Refusal:
    """Decide a command; nothing is applied."""
    call = inputs.call(None)
    if market.concerns(command):
        return market.decide(command, state.market, state.registry, call, needs(state, call))
    if isinstance(command, people.PeopleCommand):
        return deciding.decide(command, state, call, inputs.lacks(command))
    if isinstance(command, Reject | Abort):
        pending = state.registry.content.pending.get(command.pending)
        traded = market.waiting(pending)
        if pending is not None and traded is not None:
            whose = market.of_authority(pending, traded, call)
            return registry.take_back(command, pending, whose, state.registry, call)
    name = command.pending if isinstance(command, Approve) else ""
    if name:
        found = _approve(name, state, call, inputs)
        if found is not None:
            return found
    if compliance.concerns(command, state.compliance, call):
        return compliance.decide(command, state.compliance, state.registry, call)
    assert not isinstance(command, ComplianceCommand | MarketCommand)
    earlier = inputs.earlier(name, command if isinstance(command, Reverse) else None)
    return registry.decide(command, state.registry, inputs.call(earlier) if earlier else call)


def _approve(name: str, state: State, call: Call, inputs: Inputs) -> Decision | Refusal | None:
    """Approve what waits, if it is not the registry's own."""
    pending = state.registry.content.pending.get(name)
    kept = deciding.waiting(state, name)
    if pending is None:
        return None
    if kept is not None:
        return deciding.approve(pending, state, call, inputs.lacks(kept))
    traded = market.waiting(pending)
    if traded is not None:
        return market.approve(
            pending, traded, state.market, state.registry, call, needs(state, call)
        )
    asked = compliance.waiting(pending, state.compliance, call)
    if asked is not None:
        return compliance.approve(pending, asked, state.compliance, state.registry, call)
    return None


def needs(state: State, call: Call) -> Needs:
    """What the holders of accounts lack for compliance years, for sales at a fixed price."""

    def of(account: str, year: int) -> int | None:
        if call.rules.plan is None:
            return None
        desk = Desk(state.compliance, View(state.registry, call))
        return lacking(desk, account, year)

    return of


class Due(NamedTuple):
    """Something whose instant has come; ``market``: of the market, else of the registry."""

    at: str
    name: str
    market: bool


def due(state: State, until: str) -> Due | None:
    """The next of what is due up to an instant, in the order of instants, then ids."""
    mine, others = state.registry.due(until), state.market.due(until)
    found = [Due(*row, traded) for row, traded in ((mine, False), (others, True)) if row]
    return min(found) if found else None


def settle(found: Due, state: State, call: Call) -> Decision:
    """What happens to it."""
    if found.market:
        return market.settle_due(found.at, found.name, state.market, state.registry, call)
    return registry.settle_due(found.name, state.registry, call)


def whole(
    act: str, events: Sequence[Event], state: State, call: Callable[[], Call]
) -> Sequence[Event]:
    """The events of a decision, with what they do to the market."""
    if act in _OWN_ACTS or not state.market.by_hold:
        return events
    return [*events, *market.consequences(events, state.market, state.registry, call())]


def about(act: str, events: Sequence[Event], state: State) -> list[str]:
    """What an entry is about, each once, for the journal's index of histories."""
    found = dict.fromkeys(subjects(act, events, state.registry))
    found.update(dict.fromkeys(compliance.subjects(events)))
    found.update(dict.fromkeys(market.subjects(events, state.market)))
    return list(found)
