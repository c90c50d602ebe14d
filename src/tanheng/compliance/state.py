"""The state of compliance: plain records, and ``apply`` for each event."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from tanheng.compliance import model as m
from tanheng.errors import Fault
from tanheng.registry.model import Event


class Corrupt(Fault):
    """An event does not fit the state: the journal or the program is at fault, not a user."""


class Content(msgspec.Struct, omit_defaults=True):
    """All that is kept; what a snapshot holds and the state hash covers.

    Attributes:
        years: year → entity → what is kept of it.
        prices: series → day → price in fen, volume, entry, row.
        notes: series → where it comes from.
        steps: year → steps of enforcement that are done.
        owed: entity → units to be taken from later allocations: ``[year, amount left]``.
        classes: year → class.
        tables: year → versions of its benchmark table: class → value; published: their entries.
        former: entity → what was known of it before.
        moved: year → the last entry that changed it; 0 → the entities.
    """

    entities: dict[str, m.Entity] = msgspec.field(default_factory=dict)
    former: dict[str, list[m.Entity]] = msgspec.field(default_factory=dict)
    years: dict[int, dict[str, m.EntityYear]] = msgspec.field(default_factory=dict)
    evidence: dict[int, str] = msgspec.field(default_factory=dict)
    prices: dict[str, dict[str, tuple[str, int, int, int]]] = msgspec.field(default_factory=dict)
    notes: dict[str, str] = msgspec.field(default_factory=dict)
    closed: list[int] = msgspec.field(default_factory=list)
    steps: dict[int, list[str]] = msgspec.field(default_factory=dict)
    owed: dict[str, list[tuple[int, int]]] = msgspec.field(default_factory=dict)
    classes: dict[int, dict[str, m.Class]] = msgspec.field(default_factory=dict)
    tables: dict[int, list[dict[str, str]]] = msgspec.field(default_factory=dict)
    published: dict[int, list[int]] = msgspec.field(default_factory=dict)
    moved: dict[int, int] = msgspec.field(default_factory=dict)
    permits: dict[str, m.Permit] = msgspec.field(default_factory=dict)
    records: dict[str, m.Record] = msgspec.field(default_factory=dict)
    pins: dict[str, str] = msgspec.field(default_factory=dict)


class Compliance:
    """Compliance at an entry of its journal.

    Attributes:
        content: all that counts.
        by_account: account → entity.
        touched: entity-years whose rows of the tables must be written anew.
    """

    def __init__(self, content: Content | None = None) -> None:
        self.content = Content() if content is None else content
        self.by_account = {e.account: e.id for e in self.content.entities.values()}
        self.touched: set[tuple[int, str]] = set()
        self.entered: set[str] = set()

    def of(self, year: int, entity: str) -> m.EntityYear:
        """What is kept of an entity's year; an empty record when nothing was."""
        return self.content.years.get(year, {}).get(entity) or m.EntityYear()

    def drain(self) -> tuple[set[tuple[int, str]], set[str]]:
        """Take what was touched: entity-years, and entities."""
        found = self.touched, self.entered
        self.touched, self.entered = set(), set()
        return found

    def apply(self, event: Event, seq: int, at: str) -> None:
        """Let an event of entry ``seq`` happen.

        Raises:
            Corrupt: it cannot have happened.
        """
        try:
            _APPLY[type(event)](self, event, seq, at)
            if type(event) is m.EntitiesEntered:
                self.content.moved[0] = seq
            elif type(event) is not m.Published and type(event) is not m.Pinned:
                self.content.moved[getattr(event, "year", 0)] = seq
        except (LookupError, ValueError) as error:
            raise Corrupt(f"entry {seq} ({type(event).__name__}): {error!r}") from error

    def _touch(self, year: int, entity: str) -> m.EntityYear:
        self.touched.add((year, entity))
        return self.content.years.setdefault(year, {}).setdefault(entity, m.EntityYear())

    def over(self, pending: str) -> None:
        """A pending command of the registry is over."""
        self.content.pins.pop(pending, None)

    def undone(self, seq: int, by: int) -> None:
        """The surrender of entry ``seq`` was reversed in the registry, by entry ``by``."""
        for year, entities in self.content.years.items():
            for name, record in entities.items():
                if any(row[4] == seq for row in record.surrendered):
                    record.surrendered = [row for row in record.surrendered if row[4] != seq]
                    record.undone = by
                    self.touched.add((year, name))

    def _pinned(self, event: m.Pinned, seq: int, at: str) -> None:
        self.content.pins[event.pending] = event.digest

    def _entities(self, event: m.EntitiesEntered, seq: int, at: str) -> None:
        for name, account, sector, region, since, closed_on, row in event.rows:
            old = self.content.entities.get(name)
            if old is not None:
                self.by_account.pop(old.account, None)
                self.content.former.setdefault(name, []).append(old)
            self.content.entities[name] = m.Entity(
                name, account, sector, region, since, closed_on, seq, row
            )
            self.by_account[account] = name
            self.entered.add(name)
        self.content.evidence[seq] = event.evidence

    def _suspended(self, event: m.EntitySuspended, seq: int, at: str) -> None:
        self._touch(event.year, event.entity).suspended = "" if event.ends else event.reason

    def _data(self, event: m.DataEntered, seq: int, at: str) -> None:
        for entity, item, quantity, row in event.rows:
            kept = self._touch(event.year, entity).data.setdefault(item, [])
            kept.append((quantity, seq, row, ""))
        self.content.evidence[seq] = event.evidence

    def _emissions(self, event: m.EmissionsEntered, seq: int, at: str) -> None:
        for entity, item, quantity, how, row in event.rows:
            kept = self._touch(event.year, entity).emissions.setdefault(item, [])
            kept.append((quantity, seq, row, how))
        self.content.evidence[seq] = event.evidence

    def _prices(self, event: m.PricesEntered, seq: int, at: str) -> None:
        series = self.content.prices.setdefault(event.series, {})
        for on, price, volume, row in event.rows:
            series[on] = (price, volume, seq, row)
        self.content.notes[event.series] = event.note
        self.content.evidence[seq] = event.evidence

    def _determined(self, event: m.Determined, seq: int, at: str) -> None:
        for entity, amount, moved, owed, taken in event.rows:
            self._touch(event.year, entity).allocations.append(
                m.Allocation(event.stage, amount, moved, owed, taken, seq, at, event.factor)
            )
            if taken:
                self._pay_owed(entity, taken, event.year)
            if owed:
                self.content.owed.setdefault(entity, []).append((event.year, owed))

    def _pay_owed(self, entity: str, amount: int, before: int) -> None:
        """An allocation paid what earlier years are owed, less what they have to give back."""
        rows = self.content.owed.get(entity, [])
        amount -= sum(owed for year, owed in rows if year < before and owed < 0)
        left: list[tuple[int, int]] = []
        for year, owed in rows:
            if year >= before:
                left.append((year, owed))
            elif owed > 0:
                paid = min(owed, amount)
                amount -= paid
                if owed > paid:
                    left.append((year, owed - paid))
        if amount:
            raise ValueError(f"{entity} does not owe {amount} more")
        if left:
            self.content.owed[entity] = left
        else:
            del self.content.owed[entity]

    def _surrendered(self, event: m.Surrendered, seq: int, at: str) -> None:
        for entity, kind, amount, force in event.rows:
            self._touch(event.year, entity).surrendered.append((at, kind, amount, force, seq))

    def _closed(self, event: m.Closed, seq: int, at: str) -> None:
        for entity, obligation, surrendered, status, short in event.rows:
            self._touch(event.year, entity).outcomes.append(
                m.Outcome(obligation, surrendered, status, short, seq, at)
            )
        if event.year not in self.content.closed:
            self.content.closed = sorted([*self.content.closed, event.year])

    def _enforced(self, event: m.Enforced, seq: int, at: str) -> None:
        chosen = dict(event.chosen)
        for entity, amount in event.rows:
            self._touch(event.year, entity).steps.append(
                m.StepDone(event.step, amount, seq, at, event.series, chosen.get(entity, ""))
            )
            if event.step == "next_year" and amount:
                self.content.owed.setdefault(entity, []).append((event.year, amount))
        self.content.steps.setdefault(event.year, []).append(event.step)

    def _relieved(self, event: m.Relieved, seq: int, at: str) -> None:
        for entity, units, fen in event.rows:
            record = self._touch(event.year, entity)
            for step, amount in (("next_year", units), ("fine", fen)):
                if amount:
                    record.steps.append(m.StepDone(step, -amount, seq, at))
            if units:
                # Where an allocation paid it already, the next one gives it back.
                self.content.owed.setdefault(entity, []).append((event.year, -units))

    def _paid(self, event: m.FinePaid, seq: int, at: str) -> None:
        self._touch(event.year, event.entity).paid_fen += event.amount_fen

    def _carried(self, event: m.CarriedOver, seq: int, at: str) -> None:
        for entity, amount, _ in event.rows:
            self._touch(event.year, entity).carried = (amount, seq)

    def _nothing(self, event: m.Published, seq: int, at: str) -> None:
        """A list that was published changes nothing."""

    def _class(self, event: m.ClassOpened, seq: int, at: str) -> None:
        classes = self.content.classes.setdefault(event.year, {})
        classes[event.product_class] = m.Class(event.measure, event.association, event.until)

    def _means(self, event: m.MeansEntered, seq: int, at: str) -> None:
        for name, mean, error, makers, spread, _ in event.rows:
            found = self.content.classes[event.year][name]
            found.mean, found.error, found.makers, found.spread = mean, error, makers, spread
        self.content.evidence[seq] = event.evidence

    def _set(self, event: m.BenchmarkSet, seq: int, at: str) -> None:
        found = self.content.classes[event.year][event.product_class]
        found.value, found.reason, found.set_at = event.value, event.reason, at
        found.published = False

    def _commented(self, event: m.BenchmarkCommented, seq: int, at: str) -> None:
        found = self.content.classes[event.year][event.product_class]
        found.comments.append((event.party, event.position, event.evidence))

    def _table(self, event: m.TablePublished, seq: int, at: str) -> None:
        versions = self.content.tables.setdefault(event.year, [])
        versions.append({row[0]: row[1] for row in event.rows})
        self.content.published.setdefault(event.year, []).append(seq)
        for row in event.rows:
            self.content.classes[event.year][row[0]].published = True

    def _reserved(self, event: m.TableReserved, seq: int, at: str) -> None:
        self.content.tables[event.year][-1].update({row[0]: row[1] for row in event.rows})
        for row in event.rows:
            self.content.classes[event.year][row[0]].published = True

    def _settled(self, event: m.BenchmarksSettled, seq: int, at: str) -> None:
        for entity, net, issued, owes in event.rows:
            self._touch(event.year, entity).responsibility = (net, issued, owes, seq)
        self.content.evidence[seq] = event.evidence

    def _permit(self, event: m.PermitStepped, seq: int, at: str) -> None:
        found = self.content.permits.setdefault(event.permit, m.Permit(event.entity, ""))
        found.steps.append((event.step, seq, at))
        found.state = PERMIT_AFTER[event.step]
        if event.terms:
            found.terms = event.terms
        self.content.evidence[seq] = event.evidence

    def _record(self, event: m.RecordEntered, seq: int, at: str) -> None:
        self.content.records[event.entry] = m.Record(
            event.subject, event.list, event.reason, event.until, "in_force", seq
        )

    def _objected(self, event: m.RecordObjected, seq: int, at: str) -> None:
        self.content.records[event.entry].state = "objected"

    def _ended(self, event: m.RecordEnded, seq: int, at: str) -> None:
        self.content.records[event.entry].state = "in_force" if event.upheld else "removed"


PERMIT_AFTER = {
    "apply": "applied", "grant": "granted", "refuse": "refused", "report": "granted",
    "inspect": "granted", "fine": "granted", "revoke": "revoked",
}  # fmt: skip
"""The state of a permit after each step."""

_APPLY: dict[type[Event], Callable[[Compliance, Any, int, str], None]] = {
    m.EntitiesEntered: Compliance._entities,
    m.EntitySuspended: Compliance._suspended,
    m.DataEntered: Compliance._data,
    m.EmissionsEntered: Compliance._emissions,
    m.PricesEntered: Compliance._prices,
    m.Determined: Compliance._determined,
    m.Surrendered: Compliance._surrendered,
    m.Closed: Compliance._closed,
    m.Enforced: Compliance._enforced,
    m.Relieved: Compliance._relieved,
    m.FinePaid: Compliance._paid,
    m.CarriedOver: Compliance._carried,
    m.Published: Compliance._nothing,
    m.ClassOpened: Compliance._class,
    m.MeansEntered: Compliance._means,
    m.BenchmarkSet: Compliance._set,
    m.BenchmarkCommented: Compliance._commented,
    m.TablePublished: Compliance._table,
    m.TableReserved: Compliance._reserved,
    m.BenchmarksSettled: Compliance._settled,
    m.PermitStepped: Compliance._permit,
    m.RecordEntered: Compliance._record,
    m.RecordObjected: Compliance._objected,
    m.RecordEnded: Compliance._ended,
    m.Pinned: Compliance._pinned,
}
