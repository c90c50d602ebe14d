"""Decisions about the end of a year: status, enforcement, fines, publication."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from decimal import Decimal

from tanheng.compliance import commands as c
from tanheng.compliance import figures, formulas
from tanheng.compliance import model as m
from tanheng.compliance.decide_entries import evidence
from tanheng.compliance.desk import Desk
from tanheng.compliance.scope import Scope, months_on
from tanheng.errors import Refusal
from tanheng.registry import blocks as serials
from tanheng.registry import commands as units
from tanheng.registry.decide_units import deduct
from tanheng.registry.model import Event, Posted, moment
from tanheng.registry.view import LARGEST, Refused
from tanheng.traced import whole


def close_year(command: c.CloseYear, desk: Desk) -> list[Event]:
    """Obligation, surrender in time, status and shortfall of every entity, after the deadline.

    Closing again judges anew those whose emissions were corrected since: they become D or E.
    """
    scope = desk.known_year(command.year)
    last, over = scope.deadline("surrender_deadline")
    if desk.view.call.at < over:
        details = {"year": command.year, "deadline": last.isoformat()}
        raise Refused(Refusal("deadline_not_over", details))
    rows = []
    for entity in desk.state.content.entities.values():
        with desk.row():
            record = scope.record(entity.id)
            if record.outcomes and not _corrected(record):
                continue
            if entity.since <= command.year:
                rows.append((entity.id, *_outcome(scope, entity, record, over)))
    desk.done()
    if not rows:
        raise Refused(Refusal("close_nothing", {"year": command.year}))
    closed = m.Closed(command.year, tuple(rows))
    relieved = []
    for name, obligation, given, status, short in rows:
        found = m.Outcome(obligation, given, status, short, desk.view.call.seq, desk.view.call.at)
        units_, fen = _relief(scope, name, found)
        if units_ or fen:
            relieved.append((name, units_, fen))
    return [closed, m.Relieved(command.year, tuple(relieved))] if relieved else [closed]


def _relief(scope: Scope[Decimal], name: str, found: m.Outcome) -> tuple[int, int]:
    """Units claimed of later allocations, and fen of fines, that a new closing leaves no ground for."""
    steps = scope.record(name).steps
    claimed = sum(step.amount for step in steps if step.step == "next_year")
    fined = sum(step.amount for step in steps if step.step == "fine")
    still = fine_ = 0
    if claimed and found.shortfall:
        late = sum(row[2] for row in scope.record(name).surrendered) - found.surrendered
        left = formulas.shortfall(Decimal(found.shortfall), Decimal(late), Decimal(0))
        still = whole(formulas.next_year(left, scope.find("next_year_multiple")))
    if fined and whole(figures.excess(scope, name, found)):
        last = [step for step in steps if step.step == "fine" and step.amount > 0][-1]
        fine_ = whole(figures.whole_fine(scope, name, found, last.series, last.chosen))
    return max(claimed - still, 0), max(fined - fine_, 0)


def _corrected(record: m.EntityYear) -> bool:
    """Whether emissions were entered, or a surrender was undone, after the last closing."""
    last = record.outcomes[-1].seq
    return record.undone > last or any(
        given[1] > last for versions in record.emissions.values() for given in versions
    )


def _outcome(
    scope: Scope[Decimal], entity: m.Entity, record: m.EntityYear, over: str
) -> tuple[int, int, str, int]:
    """Obligation (−1: unknown), surrendered in time, status and shortfall."""
    given = figures.in_time(record, over)
    if not figures.in_scope(scope, entity):
        return 0, given, "-", 0
    owes = figures.obligation(scope, entity)
    if record.suspended:
        return (-1 if owes is None else whole(owes)), given, "X", 0
    if owes is None:
        return -1, given, "C", 0
    short = whole(figures.shortfall(scope, entity.id, owes, Decimal(given)))
    good, bad = ("E", "D") if record.outcomes else ("A", "B")
    return whole(owes), given, bad if short else good, short


# Enforcement


def remaining(record: m.EntityYear) -> int:
    """What is still missing of a closed year: after making up, deduction and next year's claim."""
    if not record.outcomes:
        return 0
    last = record.outcomes[-1]
    late = sum(row[2] for row in record.surrendered) - last.surrendered
    return max(last.shortfall - late, 0)


def enforce(command: c.Enforce, desk: Desk) -> list[Event]:
    """The next step of the pack's list, for all defaulters at once."""
    scope = desk.known_year(command.year)
    desk.closed_year(command.year)
    steps = desk.plan.steps
    done = desk.state.content.steps.get(command.year, [])
    records = desk.state.content.years.get(command.year, {})
    names = [name for name, r in records.items() if _due(r, command.step)]
    if command.step not in steps.value or (command.step in done and not names):
        details = {"step": command.step, "known": ", ".join(steps.value), "clause": steps.clause}
        raise Refused(Refusal("step_unknown", {**details, "done": ", ".join(done) or "—"}))
    before = steps.value[: steps.value.index(command.step)]
    missing = [step for step in before if step not in done and not _lapsed(desk, scope, step)]
    if missing:
        details = {"step": command.step, "missing": ", ".join(missing), "clause": steps.clause}
        raise Refused(Refusal("step_order", details))
    found = _STEPS[command.step](command, desk, scope, names)
    desk.done()
    return found


def _due(record: m.EntityYear, step: str) -> bool:
    """Whether the entity fell short and the step was not taken since its last closing."""
    if not record.outcomes or not record.outcomes[-1].shortfall:
        return False
    last = record.outcomes[-1].seq
    return not any(done.step == step and done.seq > last for done in record.steps)


def _lapsed(desk: Desk, scope: Scope[Decimal], step: str) -> bool:
    """Whether a step that nobody took can no longer be taken: the ones after it may go on."""
    if step != "deduct":
        return False
    return desk.view.call.at >= scope.deadline("deduction_deadline")[1]


def _after(desk: Desk, scope: Scope[Decimal], name: str, step: str) -> None:
    """Refuse before a deadline is over."""
    last, over = scope.deadline(name)
    if desk.view.call.at < over:
        details = {"step": step, "deadline": last.isoformat(), "name": name}
        raise Refused(Refusal("step_early", details))


def _make_up(
    command: c.Enforce, desk: Desk, scope: Scope[Decimal], names: list[str]
) -> list[Event]:
    last, _ = scope.deadline("make_up_deadline")
    records = [(name, remaining(scope.record(name))) for name in names]
    return [m.Enforced(command.year, command.step, tuple(records), last.isoformat())]


def _deduct(command: c.Enforce, desk: Desk, scope: Scope[Decimal], names: list[str]) -> list[Event]:
    """Forced deduction: allowances that count for the year, holds and freezes notwithstanding."""
    if "make_up" in desk.plan.steps.value:
        _after(desk, scope, "make_up_deadline", command.step)
    last, over = scope.deadline("deduction_deadline")
    if desk.view.call.at >= over:
        details = {"step": command.step, "deadline": last.isoformat()}
        raise Refused(Refusal("step_late", details))
    sink = desk.view.sink("surrender")
    voidable: Counter[tuple[str, str]] = Counter()
    for hold in desk.view.content.holds.values():
        if hold.reason in desk.pack.controls.void_order.value:
            voidable[hold.account, hold.kind] += hold.amount
    events: list[Event] = []
    rows: list[tuple[str, int]] = []
    taken: list[tuple[str, str, int, bool]] = []
    for name in names:
        entity, left = scope.entity(name), remaining(scope.record(name))
        every = 0
        for kind in _deductible(desk, scope, entity):
            found, got = _by_force(
                desk, scope.year, entity.account, sink, kind, left - every, voidable
            )
            events += found
            every += got
            if got:
                taken.append((name, kind, got, True))
        rows.append((name, every))
    if taken:
        events.append(m.Surrendered(command.year, tuple(taken)))
    return [*events, m.Enforced(command.year, command.step, tuple(rows), last.isoformat())]


def _by_force(
    desk: Desk,
    year: int,
    account: str,
    sink: str,
    kind: str,
    most: int,
    voidable: Mapping[tuple[str, str], int],
) -> tuple[list[Event], int]:
    """Take at most so many units of a kind: first those that only this year's surrender may use,
    then free ones and those whose holds the pack lets be voided."""
    view = desk.view
    balance = view.balance(account, kind)
    marked = [block for block in balance.blocks if block[2] == year and not block[3]]
    ranges = serials.choose(marked, most, year)
    got = serials.amount_of(ranges)
    events: list[Event] = []
    if ranges:
        events.append(Posted(tuple(("surrender", kind, account, sink, *pair) for pair in ranges)))
    amount = min(most - got, balance.free + voidable[account, kind])
    if amount > 0:
        reason = f"shortfall {year}"
        events += deduct(units.Deduct(account, sink, kind, amount, reason), view)
        got += amount
    return events, got


def _deductible(desk: Desk, scope: Scope[Decimal], entity: m.Entity) -> list[str]:
    """Allowance kinds up to the year's, oldest first."""
    kinds = [
        kind
        for kind in desk.pack.kinds.values()
        if kind.surrender
        and kind.id not in desk.plan.credits.value
        and (kind.id == scope.kind or (kind.vintage or 0) <= scope.year)
    ]
    return [kind.id for kind in sorted(kinds, key=lambda kind: kind.vintage or 0)]


def _next_year(
    command: c.Enforce, desk: Desk, scope: Scope[Decimal], names: list[str]
) -> list[Event]:
    """What is still missing is taken from later allocations."""
    if "make_up" in desk.plan.steps.value:
        _after(desk, scope, "make_up_deadline", command.step)
    rows = tuple(
        (name, whole(figures.next_year(scope, name, scope.record(name).outcomes[-1])))
        for name in names
    )
    return [m.Enforced(command.year, command.step, rows)]


def _fine(command: c.Enforce, desk: Desk, scope: Scope[Decimal], names: list[str]) -> list[Event]:
    """Fines of those who did not make up in time."""
    if desk.plan.fine.value == "none":
        details = {"step": command.step, "pack": desk.pack.id, "clause": desk.plan.fine.clause}
        raise Refused(Refusal("fine_none", details))
    if desk.plan.excess.value == "after_make_up":
        _after(desk, scope, "make_up_deadline", command.step)
    chosen = dict(command.rows)
    for name in sorted(set(chosen) - set(names)):
        desk.fault("not_in_default", entity=name, year=command.year)
    rows = []
    for name in names:
        with desk.row():
            outcome = scope.record(name).outcomes[-1]
            if whole(figures.excess(scope, name, outcome)):
                text = chosen.get(name, "")
                amount = whole(figures.fine(scope, name, outcome, command.series, text))
                if amount > LARGEST:
                    desk.fault("fine_too_large", entity=name, amount=amount)
                rows.append((name, amount))
    desk.done()
    until = ""
    if desk.pack.says("payment_deadline", desk.today, command.year) is not None:
        until = scope.deadline("payment_deadline")[0].isoformat()
    return [
        m.Enforced(
            command.year, command.step, tuple(rows), until, command.series, command.rows
        )
    ]  # fmt: skip


def _publish(
    command: c.Enforce, desk: Desk, scope: Scope[Decimal], names: list[str]
) -> list[Event]:
    return [
        m.Enforced(command.year, command.step, tuple((name, 0) for name in names)),
        # The fullest list that the law has.
        *(
            event
            for name in [n for n in ("enforcement", "defaulters") if n in desk.plan.lists.value][:1]
            for event in publication(desk, scope, name)
        ),
    ]


def _record(command: c.Enforce, desk: Desk, scope: Scope[Decimal], names: list[str]) -> list[Event]:
    """Defaulters enter the credit record."""
    until = ""
    months = desk.pack.says("record_months", desk.today, command.year)
    if months is not None:
        local = desk.pack.hours.local(moment(desk.view.call.at))
        until = months_on(local, int(months.number)).isoformat()
    seq = desk.view.call.seq
    entries: list[Event] = [
        m.RecordEntered(f"R{seq}.{n}", name, "default", f"shortfall {command.year}", "", until)
        for n, name in enumerate(names)
    ]
    done = m.Enforced(command.year, command.step, tuple((name, 1) for name in names), until)
    return [*entries, done]


_Step = Callable[[c.Enforce, Desk, Scope[Decimal], list[str]], list[Event]]
_STEPS: dict[str, _Step] = {
    "make_up": _make_up, "deduct": _deduct, "next_year": _next_year, "fine": _fine,
    "publish": _publish, "record": _record,
}  # fmt: skip


def pay_fine(command: c.PayFine, desk: Desk) -> list[Event]:
    """A payment of at most what is still open."""
    record = desk.known_year(command.year).record(command.entity)
    evidence(command.evidence)
    fined = sum(step.amount for step in record.steps if step.step == "fine")
    still = fined - record.paid_fen
    if not 1 <= command.amount_fen <= still:
        details = {"entity": command.entity, "amount": command.amount_fen, "open": still}
        raise Refused(Refusal("payment_bad", details))
    return [m.FinePaid(command.entity, command.year, command.amount_fen, command.evidence)]


# Publication


def publish_year(command: c.PublishYear, desk: Desk) -> list[Event]:
    """A list of the pack's."""
    scope = desk.known_year(command.year)
    desk.closed_year(command.year)
    rule = desk.plan.lists
    if command.list not in rule.value:
        details = {"list": command.list, "known": ", ".join(rule.value), "clause": rule.clause}
        raise Refused(Refusal("list_unknown", details))
    return list(publication(desk, scope, command.list))


def publication(desk: Desk, scope: Scope[Decimal], name: str) -> list[Event]:
    """The list as it is now: entity, status; with what the public is told of defaulters."""
    records = desk.state.content.years.get(scope.year, {})
    closed = {n: r for n, r in sorted(records.items()) if r.outcomes}
    if name == "status":
        rows = tuple((n, r.outcomes[-1].status) for n, r in closed.items())
        return [m.Published(scope.year, name, ("entity", "status"), rows)]
    short = {n: r for n, r in closed.items() if r.outcomes[-1].shortfall}
    if name == "defaulters":
        table = tuple(
            (n, r.outcomes[-1].status, str(r.outcomes[-1].shortfall)) for n, r in short.items()
        )
        return [m.Published(scope.year, name, ("entity", "status", "shortfall_tco2e"), table)]
    if name == "fines":
        fines = [(n, str(_amount(r, "fine")), str(r.paid_fen)) for n, r in short.items()]
        fined = tuple(row for row in fines if row[1] != "0")
        return [m.Published(scope.year, name, ("entity", "fine_fen", "paid_fen"), fined)]
    heads = ("entity", "shortfall_tco2e", "deducted", "from_next_year", "fine_fen")
    every = [
        (
            n, str(r.outcomes[-1].shortfall), str(_amount(r, "deduct")),
            str(_amount(r, "next_year")), str(_amount(r, "fine")),
        )
        for n, r in short.items()
    ]  # fmt: skip
    return [m.Published(scope.year, name, heads, tuple(every))]


def _amount(record: m.EntityYear, step: str) -> int:
    return sum(done.amount for done in record.steps if done.step == step)
