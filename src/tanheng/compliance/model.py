"""What happens in a compliance year (events) and what is kept of it (records).

Amounts are whole units (tCO2e) or fen. Rows of events are tuples: one event may hold thousands.
"""

from __future__ import annotations

import msgspec

from tanheng.registry.model import Event

EntityEntered = tuple[str, str, str, str, int, str, int]
DAY_END = "9999-12-31"


class EntitiesEntered(Event, frozen=True, tag="entities_entered/1"):
    """Entities are obligated, or known otherwise."""

    rows: tuple[EntityEntered, ...]
    evidence: str


class EntitySuspended(Event, frozen=True, tag="entity_suspended/1"):
    """An entity is suspended for a year, or (``ends``) no longer."""

    entity: str
    year: int
    reason: str
    ends: bool = False


class DataEntered(Event, frozen=True, tag="data_entered/1"):
    """Activity data of a year."""

    year: int
    rows: tuple[tuple[str, str, str, int], ...]
    evidence: str


class EmissionsEntered(Event, frozen=True, tag="emissions_entered/1"):
    """Emissions of a year. ``corrects``: the year was closed before."""

    year: int
    rows: tuple[tuple[str, str, str, str, int], ...]
    evidence: str
    corrects: bool = False


class PricesEntered(Event, frozen=True, tag="prices_entered/1"):
    """Daily prices of a series."""

    series: str
    rows: tuple[tuple[str, str, int, int], ...]
    evidence: str
    note: str


class Determined(Event, frozen=True, tag="determined/1"):
    """Allocations of a year. Rows: ``(entity, amount, moved, owed, taken for earlier years)``;
    ``moved`` is signed. ``factor``: the cap's, ``""`` when it did not bind."""

    year: int
    stage: str
    rows: tuple[tuple[str, int, int, int, int], ...]
    factor: str = ""


class Surrendered(Event, frozen=True, tag="surrendered/1"):
    """Units given up for a year. Rows: ``(entity, kind, amount, by force)``."""

    year: int
    rows: tuple[tuple[str, str, int, bool], ...]


class Closed(Event, frozen=True, tag="closed/1"):
    """Outcome of a year. Rows: ``(entity, obligation or -1, surrendered in time, status,
    shortfall)``."""

    year: int
    rows: tuple[tuple[str, int, int, str, int], ...]


class Enforced(Event, frozen=True, tag="enforced/1"):
    """A step of enforcement. Rows: ``(entity, amount)``: the shortfall to make up, units deducted,
    units to be taken from next year, or fen. ``until``: the day by which it is to be done."""

    year: int
    step: str
    rows: tuple[tuple[str, int], ...]
    until: str = ""
    series: str = ""
    chosen: tuple[tuple[str, str], ...] = ()


class Relieved(Event, frozen=True, tag="relieved/1"):
    """A correction took back what was claimed of later allocations, or fined. Rows: ``(entity,
    units, fen)``."""

    year: int
    rows: tuple[tuple[str, int, int], ...]


class FinePaid(Event, frozen=True, tag="fine_paid/1"):
    """A fine, or part of it, was paid."""

    entity: str
    year: int
    amount_fen: int
    evidence: str


class CarriedOver(Event, frozen=True, tag="carried_over/1"):
    """Units of a year went on into the next. Rows: ``(entity, amount, net sales)``."""

    year: int
    rows: tuple[tuple[str, int, int], ...]


class Published(Event, frozen=True, tag="published/1"):
    """A list for everybody: headings and rows of texts."""

    year: int
    list: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class ClassOpened(Event, frozen=True, tag="class_opened/1"):
    """An association takes up a class."""

    product_class: str
    year: int
    measure: str
    association: str
    until: str


class MeansEntered(Event, frozen=True, tag="means_entered/1"):
    """Computed means of classes."""

    year: int
    rows: tuple[tuple[str, str, str, int, tuple[str, ...], int], ...]
    evidence: str


class BenchmarkSet(Event, frozen=True, tag="benchmark_set/1"):
    """A value is proposed for a class; ``small``: of a class that the public does not see."""

    product_class: str
    year: int
    value: str
    reason: str
    small: bool = False


class BenchmarkCommented(Event, frozen=True, tag="benchmark_commented/1"):
    """Somebody commented on it."""

    product_class: str
    year: int
    party: str
    evidence: str
    position: str


class TablePublished(Event, frozen=True, tag="table_published/1"):
    """A version of a year's table for the public. Rows: ``(class, value, measure, mean, difference,
    standard error, makers, distribution)``."""

    year: int
    version: int
    rows: tuple[tuple[str, str, str, str, str, str, int, tuple[str, ...]], ...]
    reason: str


class TableReserved(Event, frozen=True, tag="table_reserved/1"):
    """The small classes of that version, for those who account with it. Rows: ``(class, value,
    measure, mean, makers)``."""

    year: int
    version: int
    rows: tuple[tuple[str, str, str, str, int], ...]


class BenchmarksSettled(Event, frozen=True, tag="benchmarks_settled/1"):
    """Responsibilities became units and obligations. Rows: ``(entity, R, issued, obligation)``."""

    year: int
    version: int
    rows: tuple[tuple[str, int, int, int], ...]
    evidence: str


class PermitStepped(Event, frozen=True, tag="permit_stepped/1"):
    """A step of a permit."""

    permit: str
    step: str
    entity: str
    evidence: str
    terms: tuple[tuple[str, str, str], ...] = ()
    amount_fen: int = 0
    reason: str = ""


class RecordEntered(Event, frozen=True, tag="record_entered/1"):
    """An entry of the credit record; ``until``: last day it stays, ``""`` for ever."""

    entry: str
    subject: str
    list: str
    reason: str
    evidence: str
    until: str


class RecordObjected(Event, frozen=True, tag="record_objected/1"):
    """Somebody objects to it."""

    entry: str
    evidence: str


class RecordEnded(Event, frozen=True, tag="record_ended/1"):
    """An objection was decided, or the entry removed."""

    entry: str
    upheld: bool
    reason: str


class Pinned(Event, frozen=True, tag="pinned/1"):
    """What a pending command would have done when it was proposed: another effect is not approved."""

    pending: str
    digest: str


ComplianceEvent = (
    EntitiesEntered | EntitySuspended | DataEntered | EmissionsEntered | PricesEntered | Determined
    | Surrendered | Closed | Enforced | Relieved | FinePaid | CarriedOver | Published | ClassOpened
    | MeansEntered | BenchmarkSet | BenchmarkCommented | TablePublished | TableReserved
    | BenchmarksSettled | PermitStepped | RecordEntered | RecordObjected | RecordEnded
    | Pinned
)  # fmt: skip
"""Every event of a compliance year."""
PUBLIC = (Published, TablePublished, PricesEntered, ClassOpened)
CONFIDENTIAL = (DataEntered, EmissionsEntered, MeansEntered, EntitySuspended, PermitStepped)


def audience(event: Event) -> str:
    """Who may read the event."""
    if isinstance(event, CONFIDENTIAL):
        return "confidential"
    if isinstance(event, PUBLIC) or (isinstance(event, BenchmarkSet) and not event.small):
        return "public"
    return "parties"


Given = tuple[str, int, int, str]
"""A quantity as entered: decimal text, entry, row, and ``reported`` or ``verified`` (emissions)."""


class Entity(msgspec.Struct):
    """An obligated entity. ``closed_on``: its last day of operation, ``""``."""

    id: str
    account: str
    sector: str
    region: str
    since: int
    closed_on: str
    seq: int
    row: int


class Allocation(msgspec.Struct):
    """A determination: ``pre`` or ``final``, at an instant."""

    stage: str
    amount: int
    moved: int
    owed: int
    taken: int
    seq: int
    at: str
    factor: str


class Outcome(msgspec.Struct):
    """What a closing found. ``obligation`` −1: nothing was reported."""

    obligation: int
    surrendered: int
    status: str
    shortfall: int
    seq: int
    at: str


class StepDone(msgspec.Struct):
    """A step of enforcement against an entity."""

    step: str
    amount: int
    seq: int
    at: str
    series: str = ""
    chosen: str = ""


class EntityYear(msgspec.Struct):
    """All that is kept of an entity's year.

    Attributes:
        data, emissions: by item, every version as entered, oldest first.
        allocations: determinations, oldest first.
        surrendered: ``[instant, kind, amount, by force, entry]``.
        outcomes: closings, oldest first; a correction adds one.
        responsibility: R, and the entry, of a benchmark programme.
        paid_fen: of its fine.
        undone: the last entry that reversed a surrender of it.
    """

    data: dict[str, list[Given]] = msgspec.field(default_factory=dict)
    emissions: dict[str, list[Given]] = msgspec.field(default_factory=dict)
    allocations: list[Allocation] = msgspec.field(default_factory=list)
    surrendered: list[tuple[str, str, int, bool, int]] = msgspec.field(default_factory=list)
    outcomes: list[Outcome] = msgspec.field(default_factory=list)
    steps: list[StepDone] = msgspec.field(default_factory=list)
    suspended: str = ""
    responsibility: tuple[int, int, int, int] | None = None
    paid_fen: int = 0
    carried: tuple[int, int] | None = None
    undone: int = 0


class Class(msgspec.Struct):
    """A product class of a year on its way into a table."""

    measure: str
    association: str
    until: str
    mean: str = ""
    error: str = ""
    makers: int = 0
    spread: tuple[str, ...] = ()
    value: str = ""
    reason: str = ""
    set_at: str = ""
    comments: list[tuple[str, str, str]] = msgspec.field(default_factory=list)
    published: bool = False


class Permit(msgspec.Struct):
    """A discharge permit: its state and steps ``[step, entry, instant]``."""

    entity: str
    state: str
    terms: tuple[tuple[str, str, str], ...] = ()
    steps: list[tuple[str, int, str]] = msgspec.field(default_factory=list)


class Record(msgspec.Struct):
    """An entry of the credit record; ``state``: ``in_force``, ``objected`` or ``removed``."""

    subject: str
    list: str
    reason: str
    until: str
    state: str
    seq: int
