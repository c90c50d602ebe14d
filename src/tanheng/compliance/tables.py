"""Compliance as plain tables: entities, and a row per entity and year."""

from __future__ import annotations

from tanheng.compliance import model as m
from tanheng.compliance.state import Compliance
from tanheng.journal import Row, Store, Table

ENTITIES = Table(
    "entities",
    (("entity", "text"), ("account", "text"), ("sector", "text"), ("region", "text"),
     ("since", "int"), ("closed_on", "text")),
    ("entity",),
)  # fmt: skip
OUTCOMES = Table(
    "outcomes",
    (("year", "int"), ("entity", "text"), ("preallocated", "int"), ("allocated", "int"),
     ("obligation", "int"), ("surrendered", "int"), ("status", "text"), ("shortfall", "int"),
     ("deducted", "int"), ("from_next_year", "int"), ("fine_fen", "int"), ("paid_fen", "int"),
     ("carried_over", "int")),
    ("year", "entity"), (("entity",),),
)  # fmt: skip
TABLES = (ENTITIES, OUTCOMES)


def write(store: Store, state: Compliance) -> None:
    """Bring the tables up to the state, in the open transaction."""
    years, entities = state.drain()
    if entities:
        store.upsert(ENTITIES, [_entity(state.content.entities[name]) for name in sorted(entities)])
    if years:
        rows = [(year, name, state.content.years[year][name]) for year, name in sorted(years)]
        store.upsert(OUTCOMES, [outcome(*row) for row in rows])


def current(state: Compliance) -> dict[str, set[Row]]:
    """The rows that follow from the state, by table."""
    return {
        "entities": {_entity(entity) for entity in state.content.entities.values()},
        "outcomes": {
            outcome(year, name, record)
            for year, records in state.content.years.items()
            for name, record in records.items()
        },
    }


def _entity(entity: m.Entity) -> Row:
    return (
        entity.id, entity.account, entity.sector, entity.region, entity.since, entity.closed_on,
    )  # fmt: skip


def outcome(year: int, name: str, record: m.EntityYear) -> Row:
    """The row of an entity's year; None where nothing was determined yet."""
    pre = next((a.amount for a in record.allocations if a.stage == "pre"), None)
    final = next((a.amount for a in reversed(record.allocations) if a.stage == "final"), None)
    last = record.outcomes[-1] if record.outcomes else None
    steps: dict[str, int] = {}
    for step in record.steps:
        steps[step.step] = steps.get(step.step, 0) + step.amount
    return (
        year, name, pre, final,
        None if last is None or last.obligation < 0 else last.obligation,
        sum(row[2] for row in record.surrendered), last.status if last else "",
        last.shortfall if last else None, steps.get("deduct"), steps.get("next_year"),
        steps.get("fine"), record.paid_fen, record.carried[0] if record.carried else None,
    )  # fmt: skip
