"""Decisions about allocation: pre-allocation, true-up, carry-over."""

from __future__ import annotations

from decimal import Decimal

from tanheng.compliance import commands as c
from tanheng.compliance import figures, formulas
from tanheng.compliance import model as m
from tanheng.compliance.desk import Desk
from tanheng.compliance.scope import Scope
from tanheng.errors import Refusal
from tanheng.registry import commands as units
from tanheng.registry.controls import known_customer
from tanheng.registry.handing import handed_out
from tanheng.registry.model import Event, Posted, Posting
from tanheng.registry.view import LARGEST, Refused
from tanheng.traced import rounded, whole

Row = tuple[str, int, int, int, int]


def pre_allocate(command: c.PreAllocate, desk: Desk) -> list[Event]:
    """What entities get before the year is known."""
    scope = desk.known_year(command.year)
    desk.open_year(command.year)
    entities = desk.entities(command.entities, command.year)
    fresh = []
    for entity in entities:
        if not scope.record(entity.id).allocations:
            fresh.append(entity)
        elif command.entities:
            desk.fault("allocation_there", entity=entity.id, year=command.year)
    if not fresh:
        desk.done()
        raise Refused(Refusal("allocation_nothing", {"year": command.year}))
    amounts = _amounts(desk, scope, fresh, "pre", None)
    _within_cap(desk, scope, fresh, amounts)
    return _determined(desk, scope, "pre", fresh, amounts, None)


def true_up(command: c.TrueUp, desk: Desk) -> list[Event]:
    """Final allocations under the cap; what is too much is taken back as far as it is there."""
    scope = desk.known_year(command.year)
    desk.open_year(command.year)
    entities = desk.entities(command.entities, command.year)
    if not entities:
        desk.done()
        raise Refused(Refusal("allocation_nothing", {"year": command.year}))
    factor = _cap_factor(desk, scope)
    amounts = _amounts(desk, scope, entities, "final", factor)
    _within_cap(desk, scope, entities, amounts)
    return _determined(desk, scope, "final", entities, amounts, factor)


def _within_cap(
    desk: Desk, scope: Scope[Decimal], entities: list[m.Entity], amounts: dict[str, int]
) -> None:
    """Refuse more than the cap, with what the others have."""
    desk.done()
    if desk.plan.cap.value != "none":
        cap = desk.pack.find("cap", desk.today, scope.year)
        every = sum(amounts.values()) + _others(desk, scope, entities)
        if every > cap.number:
            details = {"total": every, "cap": f"{cap.number:,f}", "year": scope.year}
            raise Refused(Refusal("cap_exceeded", {**details, "clause": desk.plan.cap.clause}))


def _others(desk: Desk, scope: Scope[Decimal], entities: list[m.Entity]) -> int:
    """What entities that are not determined now have of the year."""
    now = {entity.id for entity in entities}
    records = desk.state.content.years.get(scope.year, {})
    return sum(
        r.allocations[-1].amount for n, r in records.items() if r.allocations and n not in now
    )


def _amounts(
    desk: Desk, scope: Scope[Decimal], entities: list[m.Entity], stage: str, factor: Decimal | None
) -> dict[str, int]:
    """Amount by entity; what cannot be computed is a fault."""
    found: dict[str, int] = {}
    for entity in entities:
        with desk.row():
            if scope.record(entity.id).responsibility is not None:
                desk.fault("benchmark_twice", entity=entity.id, year=scope.year)
                continue
            amount = whole(figures.allocation(scope, entity, stage, factor))
            if amount < 0:
                desk.fault("allocation_negative", entity=entity.id, amount=amount)
            if amount > LARGEST:
                desk.fault("amount_too_large", entity=entity.id, amount=amount)
            found[entity.id] = amount
    return found


def _cap_factor(desk: Desk, scope: Scope[Decimal]) -> Decimal | None:
    """The even factor that keeps the allocations of all entities of the year under the cap, whoever
    is determined now; None where it does not bind."""
    if desk.plan.cap.value != "scale":
        return None
    cap = scope.find("cap")
    asked = Decimal(0)
    for entity in desk.entities((), scope.year):
        with desk.row():
            asked += figures.full_allocation(scope, entity)
    desk.done()
    if asked <= cap or not asked:
        return None
    # So many digits that the factor that is written down is the one that was used.
    return rounded(formulas.scale_factor(cap, asked, Decimal(1)), "down", 12)


def _determined(
    desk: Desk, scope: Scope[Decimal], stage: str, entities: list[m.Entity],
    amounts: dict[str, int], factor: Decimal | None,
) -> list[Event]:  # fmt: skip
    """The determination, and the units that move by it."""
    desk.done()
    kind = desk.kind(scope.kind)
    gives: dict[str, list[tuple[str, int]]] = {}
    back: list[Posting] = []
    rows: list[Row] = []
    for entity in entities:
        with desk.row():
            before = figures.last_allocation(scope, entity.id)
            change = amounts[entity.id] - (before.amount if before else 0)
            entrant = entity.since == scope.year and desk.plan.entrants is not None
            type_ = desk.plan.entrants if entrant and desk.plan.entrants else desk.plan.source
            source = desk.account_of_type(type_).id
            account = desk.view.account(entity.account)
            desk.view.may_hold(account, kind)
            known_customer(desk.view, account)
            moved = owed = taken = 0
            if change > 0:
                # Less than nothing: a correction gives back what was taken.
                taken = min(change, _owed(desk, entity.id, scope.year))
                moved = change - taken
                gives.setdefault(source, []).append((account.id, moved))
            elif change < 0:
                there = desk.view.free(account.id, kind.id)
                moved = -min(there, -change)
                owed = -change + moved
                if moved:
                    back += desk.view.units("move", account.id, source, kind, -moved, (), "return")
            rows.append((entity.id, amounts[entity.id], moved, owed, taken))
    desk.done()
    postings = [*back]
    for source, some in gives.items():
        postings += handed_out(desk.view, kind, source, some, "allocate", back)
    text = "" if factor is None else str(factor)
    determined = m.Determined(scope.year, stage, tuple(rows), text)
    return [Posted(tuple(postings)), determined] if postings else [determined]


def _owed(desk: Desk, entity: str, year: int) -> int:
    """Units that earlier years still take from the entity's allocation."""
    return sum(left for of, left in desk.state.content.owed.get(entity, []) if of < year)


# Carry-over


def own_carry_over(command: units.CarryOver, desk: Desk) -> list[Event]:
    """An entity's own carry-over is the year's business: its limits hold for everybody."""
    rule = desk.plan.carry_over
    details = {"account": command.account, "kind": command.kind, "clause": rule.clause}
    raise Refused(Refusal("carry_over_by_year", details))


def carry_over_year(command: c.CarryOverYear, desk: Desk) -> list[Event]:
    """Units of a closed year go on into the next one, as far as the pack lets them."""
    scope = desk.known_year(command.year)
    desk.closed_year(command.year)
    rule = desk.plan.carry_over
    kind = desk.kind(scope.kind)
    if rule.value == "none" or kind.bankable_to is None:
        raise Refused(Refusal("kind_not_bankable", {"kind": kind.id}))
    wanted = desk.kind(kind.bankable_to)
    sink = desk.view.sink("cancellation")
    issued = desk.view.content.totals.get(wanted.id)
    first = (issued.issued if issued else 0) + 1
    postings: list[Posting] = []
    rows: list[tuple[str, int, int]] = []
    asked = command.rows or tuple(
        (entity.id, 0, 0) for entity in desk.state.content.entities.values()
    )
    seen: set[str] = set()
    for name, amount, sales in asked:
        with desk.row():
            entity = scope.entity(name)
            record = scope.record(name)
            if record.carried is not None or name in seen:
                if command.rows:
                    desk.fault("carried_there", entity=name, year=command.year)
                continue
            seen.add(name)
            if record.outcomes and record.outcomes[-1].obligation < 0:
                if command.rows:
                    desk.fault("obligation_unknown", entity=name, year=command.year)
                continue
            if record.outcomes and record.outcomes[-1].shortfall > _made_up(record):
                if command.rows:
                    desk.fault("carry_over_short", entity=name, year=command.year)
                continue
            there = desk.view.free(entity.account, kind.id)
            most = _most(desk, scope, there, sales)
            if amount > most:
                details = {"entity": name, "amount": amount, "most": most, "clause": rule.clause}
                desk.fault("carry_over_most", **details)
                continue
            amount = amount or most
            if amount:
                out = desk.view.units(
                    "cancel", entity.account, sink, kind, amount, (), "carry_over"
                )
                tail = (first, first + amount - 1) if wanted.serialised else (amount,)
                postings += [*out, ("issue", wanted.id, "", entity.account, *tail)]
                first += amount
                rows.append((name, amount, sales))
    desk.done()
    if not rows:
        raise Refused(Refusal("carry_over_nothing", {"year": command.year}))
    return [Posted(tuple(postings)), m.CarriedOver(command.year, tuple(rows))]


def _made_up(record: m.EntityYear) -> int:
    """What was surrendered, deducted or put on next year after the closing."""
    last = record.outcomes[-1]
    after = sum(row[2] for row in record.surrendered) - last.surrendered
    return after + sum(step.amount for step in record.steps if step.step == "next_year")


def _most(desk: Desk, scope: Scope[Decimal], there: int, sales: int) -> int:
    """How many units of a holding may be carried over."""
    holding = Decimal(there)
    match desk.plan.carry_over.value:
        case "share":
            return whole(formulas.carry_over_share(holding, scope.find("carry_over_share")))
        case "base_and_sales":
            base = scope.find("carry_over_base")
            multiple = scope.find("carry_over_sales_multiple")
            found = formulas.carry_over_sales(holding, base, Decimal(sales), multiple, Decimal(0))
            return whole(found)
        case _:
            return there
