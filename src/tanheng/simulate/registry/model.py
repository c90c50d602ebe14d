"""The toy registry: what a registry holds, kept in the stupidest way that is fast enough.

Every unit of a serialised kind is one cell of an array that says whose it is. There are no blocks,
no sums and no indexes that could go wrong; what an account has is counted when somebody asks.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tanheng.rules import Pack

LARGEST = 2**53 - 1
KEEP = -1
Posting = tuple[Any, ...]
_FORM = "%Y-%m-%dT%H:%M:%S.%fZ"


class No(Exception):
    """The rules refuse it; the text says why."""


class Calendarless(No):
    """The calendar does not reach that far."""


@dataclass(slots=True)
class Account:
    """An account. ``flow``: per kind what came and went, with instants; ``sent``: its transfers."""

    id: str
    place: int
    type: str
    holder: str
    limit: int | None
    status: str = "open"
    rights: dict[str, tuple[str, ...]] = field(default_factory=dict)
    trusted: dict[str, str] = field(default_factory=dict)
    flow: dict[str, list[tuple[str, int, int]]] = field(default_factory=dict)
    sent: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Hold:
    """A reservation."""

    id: str
    account: str
    kind: str
    amount: int
    reason: str
    until: str = ""
    beneficiary: str = ""
    pending: str = ""


@dataclass(slots=True)
class Waiting:
    """A command that waits for a second person or for its instant."""

    id: str
    act: str
    account: str
    command: Any
    raw: dict[str, Any]
    initiator: str
    expires: str
    due: str
    approver: str = ""

    @property
    def instant(self) -> str:
        """When something happens to it by itself."""
        return self.due or self.expires


class Units:
    """The units of one serialised kind: cell *n* is serial *n* + 1."""

    def __init__(self) -> None:
        self.issued = 0
        self._owner: NDArray[np.int16] = np.full(1024, -1, np.int16)
        self._year: NDArray[np.int16] = np.zeros(1024, np.int16)
        self._frozen: NDArray[np.bool_] = np.zeros(1024, np.bool_)

    @property
    def owner(self) -> NDArray[np.int16]:
        """The account each unit is in."""
        return self._owner[: self.issued]

    @property
    def year(self) -> NDArray[np.int16]:
        """The year for whose surrender alone it may be used (0: any use)."""
        return self._year[: self.issued]

    @property
    def frozen(self) -> NDArray[np.bool_]:
        """Whether it is frozen."""
        return self._frozen[: self.issued]

    def issue(self, amount: int, owner: int) -> None:
        """Make new units."""
        first, self.issued = self.issued, self.issued + amount
        while self.issued > self._owner.size:
            self._owner = np.concatenate([self._owner, np.full_like(self._owner, -1)])
            self._year = np.concatenate([self._year, np.zeros_like(self._year)])
            self._frozen = np.concatenate([self._frozen, np.zeros_like(self._frozen)])
        self._owner[first : self.issued] = owner


class Toy:
    """The whole registry, and who may act in it.

    Attributes:
        money: kinds without serials: what each account has, by (account place, kind).
        counts: kinds without serials: issued, surrendered, cancelled.
        rules: digest of the pack in force.
        past: entries with surrenders: instant and postings, by number.
    """

    def __init__(self, pack: Pack) -> None:
        self.pack = pack
        self.rules = ""
        self.persons: dict[str, tuple[tuple[str, ...], str]] = {}
        self.gone: set[str] = set()
        self.accounts: dict[str, Account] = {}
        self.names: list[str] = []
        self.units: dict[str, Units] = {}
        self.money: defaultdict[tuple[str, str], int] = defaultdict(int)
        self.counts: dict[str, list[int]] = {}
        self.holds: dict[str, Hold] = {}
        self.held: defaultdict[tuple[str, str], dict[str, Hold]] = defaultdict(dict)
        self.waiting: dict[str, Waiting] = {}
        self.holders: dict[str, tuple[bool, str]] = {}
        self.mode = "open"
        self.external: defaultdict[tuple[str, str], list[tuple[int, int]]] = defaultdict(list)
        self.exports: dict[str, tuple[str, str, str, int]] = {}
        self.imports: set[tuple[str, str]] = set()
        self.reversed: set[int] = set()
        self.past: dict[int, tuple[str, list[Posting]]] = {}

    # What an account has, counted

    def _mine(self, account: str, kind: str) -> NDArray[np.bool_]:
        units = self.units.get(kind)
        if units is None:
            return np.zeros(0, np.bool_)
        mine: NDArray[np.bool_] = units.owner == self.accounts[account].place
        return mine

    def serialised(self, kind: str) -> bool:
        """Whether the kind has serials."""
        return self.pack.kinds[kind].serialised

    def total(self, account: str, kind: str) -> int:
        """All units."""
        if not self.serialised(kind):
            return self.money.get((account, kind), 0)
        return int(np.count_nonzero(self._mine(account, kind)))

    def plain(self, account: str, kind: str) -> NDArray[np.int64]:
        """Cells of units that are neither frozen nor restricted."""
        mine = self._mine(account, kind)
        if not mine.size:
            return np.zeros(0, np.int64)
        units = self.units[kind]
        mine &= units.year == 0
        mine &= ~units.frozen
        return mine.nonzero()[0]

    def marked(self, account: str, kind: str, year: int) -> NDArray[np.int64]:
        """Cells of units for the year's surrender that are not frozen."""
        mine = self._mine(account, kind)
        if not mine.size or not year:
            return np.zeros(0, np.int64)
        units = self.units[kind]
        mine &= units.year == year
        mine &= ~units.frozen
        return mine.nonzero()[0]

    def reserved(self, account: str, kind: str) -> int:
        """Units held."""
        return sum(hold.amount for hold in self.held.get((account, kind), {}).values())

    def free(self, account: str, kind: str) -> int:
        """Units that may be moved or held."""
        if not self.serialised(kind):
            return self.money.get((account, kind), 0) - self.reserved(account, kind)
        mine = self._mine(account, kind)
        if not mine.size:
            return -self.reserved(account, kind)
        units = self.units[kind]
        mine &= units.year == 0
        mine &= ~units.frozen
        return int(np.count_nonzero(mine)) - self.reserved(account, kind)

    def figures(self, account: str, kind: str) -> tuple[int, int, int, int]:
        """Total, held, restricted (and not frozen), frozen."""
        held = self.reserved(account, kind)
        if not self.serialised(kind):
            return self.money.get((account, kind), 0), held, 0, 0
        mine = self._mine(account, kind).nonzero()[0]
        if not mine.size:
            return 0, held, 0, 0
        units = self.units[kind]
        frozen = units.frozen[mine]
        count = int(np.count_nonzero(frozen))
        restricted = int(np.count_nonzero(units.year[mine][~frozen])) if count else int(
            np.count_nonzero(units.year[mine])
        )  # fmt: skip
        return mine.size, held, restricted, count

    def blocks(self, account: str, kind: str) -> list[tuple[int, int, int, int]]:
        """Runs of like units: first serial, last serial, year, frozen."""
        mine = self._mine(account, kind).nonzero()[0]
        if not mine.size:
            return []
        units = self.units[kind]
        look = units.year[mine] * np.int16(2) + units.frozen[mine]
        cuts = np.flatnonzero((mine[1:] != mine[:-1] + 1) | (look[1:] != look[:-1]))
        starts = mine[np.concatenate(([0], cuts + 1))]
        ends = mine[np.concatenate((cuts, [mine.size - 1]))]
        years, frozen = units.year[starts].tolist(), units.frozen[starts].tolist()
        return [
            (first + 1, last + 1, year, int(ice))
            for first, last, year, ice in zip(
                starts.tolist(), ends.tolist(), years, frozen, strict=True
            )
        ]

    def issued(self, kind: str) -> int:
        """Units made so far."""
        if not self.serialised(kind):
            return self.counts.get(kind, [0])[0]
        return self.units[kind].issued if kind in self.units else 0

    def sums(self, kind: str) -> tuple[int, int, int]:
        """Issued, surrendered and cancelled units of the kind."""
        if not self.serialised(kind):
            found = self.counts.get(kind, [0, 0, 0])
            return found[0], found[1], found[2]
        units = self.units.get(kind)
        if units is None:
            return 0, 0, 0
        sinks = [
            sum(
                int(np.count_nonzero(units.owner == account.place))
                for account in self.accounts.values()
                if self.pack.accounts[account.type].role == role
            )
            for role in ("surrender", "cancellation")
        ]
        return units.issued, sinks[0], sinks[1]

    def due(self, until: str) -> list[tuple[str, str]]:
        """What is due, in order."""
        found = [(h.until, h.id) for h in self.holds.values() if h.until and h.until <= until]
        found += [(w.instant, w.id) for w in self.waiting.values() if w.instant <= until]
        return sorted(found)

    # Changes

    def add_account(self, name: str, kind: str, holder: str, limit: int | None) -> None:
        """A new account."""
        self.accounts[name] = Account(name, len(self.names), kind, holder, limit)
        self.names.append(name)

    def add_hold(self, hold: Hold) -> None:
        """A new hold."""
        self.holds[hold.id] = hold
        self.held[hold.account, hold.kind][hold.id] = hold

    def end_hold(self, name: str) -> Hold:
        """The end of a hold."""
        hold = self.holds.pop(name)
        del self.held[hold.account, hold.kind][name]
        return hold

    def post(self, posting: Posting, mark: int, at: str, act: str) -> None:
        """Move units one by one, as far as that can be told from outside.

        Raises:
            No: a unit is not where it should be.
        """
        op, kind, source, target, *tail = posting
        amount = tail[0] if len(tail) == 1 else tail[1] - tail[0] + 1
        if source:
            self.accounts[source].flow.setdefault(kind, []).append((at, 0, amount))
        self.accounts[target].flow.setdefault(kind, []).append((at, amount, 0))
        if len(tail) == 1:
            counts = self.counts.setdefault(kind, [0, 0, 0])
            if source:
                if self.money[source, kind] < amount:
                    raise No(f"{source} has no {amount} of {kind}")
                self.money[source, kind] -= amount
            self.money[target, kind] += amount
            place = {"issue": 0, "surrender": 1, "reverse": 1, "cancel": 2}.get(op)
            if place is not None:
                counts[place] += -amount if op == "reverse" else amount
            return
        first, last = tail
        units = self.units.setdefault(kind, Units())
        owner = self.accounts[target].place
        if op == "issue":
            if first != units.issued + 1:
                raise No(f"{kind}: serial {first} is issued after {units.issued}")
            units.issue(amount, owner)
            return
        cells = slice(first - 1, last)
        if last > units.issued or (units.owner[cells] != self.accounts[source].place).any():
            raise No(f"{kind} {first}..{last} is not in {source}")
        if units.frozen[cells].any():
            raise No(f"{kind} {first}..{last} is frozen and moves")
        units.owner[cells] = owner
        if mark != KEEP:
            units.year[cells] = mark


class Days:
    """The working days of a pack, day after day; the pack's zone is taken as UTC+8 all year."""

    def __init__(self, pack: Pack) -> None:
        self._pack = pack
        self._known: dict[date, bool] = {}

    def works(self, day: date) -> bool:
        """Whether people work."""
        found = self._known.get(day)
        if found is None:
            calendar = self._pack.calendar
            if day.year not in calendar.years:
                raise Calendarless(str(day.year))
            found = day in calendar.worked or (day.weekday() < 5 and day not in calendar.holidays)
            self._known[day] = found
        return found

    @staticmethod
    def local(at: str) -> datetime:
        """The clock on the wall."""
        return datetime.fromisoformat(at[:-1]) + timedelta(hours=8)

    @staticmethod
    def said(wall: datetime) -> str:
        """The instant of a clock on the wall."""
        return (wall - timedelta(hours=8)).strftime(_FORM)

    def after(self, day: date, count: int) -> date:
        """The *count*-th working day after a day."""
        self.works(day)
        while count:
            day += timedelta(days=1)
            count -= self.works(day)
        return day

    def trusted_from(self, at: str) -> str:
        """When an addition to a trusted list works."""
        rule = self._pack.controls.trusted_list_delay.value
        day = self.after(self.local(at).date(), rule.days)
        return self.said(datetime.combine(day, rule.at))

    def executed(self, at: str, trusted: bool) -> str:
        """When a transfer that is complete now is executed; ``""``: at once."""
        controls = self._pack.controls
        wall = self.local(at)
        if trusted and controls.trusted_immediate.value:
            hours = controls.opening_hours.value
            works = self.works(wall.date())
            if works and hours.start <= wall.time() < hours.end:
                return ""
            early = works and wall.time() < hours.start
            day = wall.date() if early else self.after(wall.date(), 1)
            return self.said(datetime.combine(day, hours.start))
        rule = controls.untrusted_delay.value
        day, late = wall.date(), wall.time() >= rule.cutoff
        if not self.works(day):
            late = False
            while not self.works(day):
                day += timedelta(days=1)
        day = self.after(day, rule.after_days if late else rule.before_days)
        return self.said(datetime.combine(day, rule.execute))


def later(at: str, **span: int) -> str:
    """The instant so much later."""
    return (datetime.fromisoformat(at[:-1]) + timedelta(**span)).replace(tzinfo=UTC).strftime(_FORM)
