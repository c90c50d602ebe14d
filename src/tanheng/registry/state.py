"""The registry's state: plain objects, and ``apply`` for each event.

Every unit is always in an account: surrender and cancellation accounts are sinks, so that for each
kind the blocks of all accounts partition ``[1, issued]`` and the balances add up to ``issued``.
Applying is total and reads no rules: what an event says, happens.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from tanheng.errors import Fault
from tanheng.registry import blocks as serials
from tanheng.registry import model as m

RECENT_HOURS = 168
"""How far back movements are remembered for alarms, in hours; packs' windows must be shorter."""
VERSION = 1
"""Of the state's form; a snapshot of another version is not used."""


class Corrupt(Fault):
    """An event does not fit the state: the journal or the program is at fault, not a user."""


class Changes:
    """What the events applied since the last drain touched: what the tables must learn."""

    __slots__ = ("accounts", "balances", "blocks", "events", "holds", "moves", "pending", "totals")

    def __init__(self) -> None:
        self.accounts: set[str] = set()
        self.balances: set[tuple[str, str]] = set()
        self.blocks: dict[tuple[str, int], tuple[str, m.Block] | None] = {}
        self.holds: set[str] = set()
        self.pending: set[str] = set()
        self.totals: set[str] = set()
        self.moves: list[tuple[Any, ...]] = []
        self.events: list[tuple[int, int, str, m.Event]] = []


class Content(msgspec.Struct):
    """All that is kept of a registry; what a snapshot holds and the state hash covers."""

    mode: str = "open"
    accounts: dict[str, m.Account] = msgspec.field(default_factory=dict)
    holders: dict[str, tuple[bool, str]] = msgspec.field(default_factory=dict)
    totals: dict[str, m.KindTotals] = msgspec.field(default_factory=dict)
    holds: dict[str, m.Hold] = msgspec.field(default_factory=dict)
    pending: dict[str, m.Pending] = msgspec.field(default_factory=dict)
    external: dict[str, list[tuple[int, int]]] = msgspec.field(default_factory=dict)
    exports: dict[str, m.ExportLocked] = msgspec.field(default_factory=dict)
    imports: set[tuple[str, str]] = msgspec.field(default_factory=set)
    reversed: set[int] = msgspec.field(default_factory=set)


class Registry:
    """A registry at an entry of its journal.

    Attributes:
        content: all that counts.
        changes: what was touched since it was last taken; None: nobody wants to know.
        by_type: ids of accounts by their type, in the order of their opening.
        living: accounts that are not closed, by type and holder; by type alone under holder ``""``.
    """

    def __init__(self, content: Content | None = None, track: bool = False) -> None:
        self.content = Content() if content is None else content
        self.changes: Changes | None = Changes() if track else None
        self._due: list[tuple[str, str]] = []
        self.by_type: dict[str, list[str]] = {}
        self.living: Counter[tuple[str, str]] = Counter()
        for account in self.content.accounts.values():
            self.by_type.setdefault(account.type, []).append(account.id)
            if account.status != "closed":
                self._lives(account, 1)
        for pending in self.content.pending.values():
            self._expect(pending.due or pending.expires, pending.id)
        for hold in self.content.holds.values():
            self._expect(hold.until, hold.id)

    def _lives(self, account: m.Account, count: int) -> None:
        self.living[account.type, ""] += count
        self.living[account.type, account.holder] += count

    def drain(self) -> Changes:
        """Take what was touched."""
        found, self.changes = self.changes or Changes(), Changes()
        return found

    def balance(self, account: str, kind: str) -> m.Balance | None:
        """What the account has of the kind; None if it never had any."""
        return self.content.accounts[account].balances.get(kind)

    # What is due

    def _expect(self, at: str, name: str) -> None:
        if at:
            heapq.heappush(self._due, (at, name))

    def due(self, until: str) -> tuple[str, str] | None:
        """The next hold or pending command whose instant is not after ``until``: instant and id."""
        while self._due and self._due[0][0] <= until:
            at, name = self._due[0]
            pending = self.content.pending.get(name)
            hold = self.content.holds.get(name)
            now = (pending.due or pending.expires) if pending else hold.until if hold else ""
            if now == at:
                return at, name
            heapq.heappop(self._due)
        return None

    # Applying

    def apply(self, event: m.Event, seq: int, n: int, at: str, act: str) -> None:
        """Let the event ``n`` of entry ``seq`` happen.

        Raises:
            Corrupt: it cannot have happened; the state is not to be used any more.
        """
        try:
            if type(event) is m.Posted:
                self._posted(event, seq, n, at, act)
            else:
                _APPLY[type(event)](self, event)
        except (LookupError, ValueError) as error:
            raise Corrupt(f"entry {seq}, event {n} ({type(event).__name__}): {error!r}") from error
        if self.changes is not None and type(event) in _LISTED:
            self.changes.events.append((seq, n, at, event))

    def _posted(self, event: m.Posted, seq: int, n: int, at: str, act: str) -> None:
        for step, posting in enumerate(event.postings):
            op, kind, source, target = posting[:4]
            if len(posting) == 6:
                first, last = posting[4:]
                amount = last - first + 1
            else:
                first = last = None
                amount = posting[4]
            left = (
                self._take(source, kind, first, last, amount, event.restriction, at)
                if source
                else None
            )
            self._put(target, kind, left, (first, last), amount, max(event.restriction, 0), at)
            self._count(op, kind, source, target, amount)
            if self.changes is not None:
                self._note(seq, 100 * n + step, at, act, posting, amount)
        if act == "transfer":
            sent = self.content.accounts[event.postings[0][2]].sent
            _remember(sent, at, 0, 1)

    def _take(
        self,
        account: str,
        kind: str,
        first: int | None,
        last: int | None,
        amount: int,
        mark: int,
        at: str,
    ) -> list[m.Block] | None:
        """Take units out of an account; returns the pieces, as they arrive elsewhere."""
        balance = self.content.accounts[account].balances[kind]
        if balance.total < amount:
            raise Corrupt(f"{account} has {balance.total} of {kind}, not {amount}")
        balance.total -= amount
        _remember(balance.flow, at, 0, amount)
        if first is None or last is None:
            return None
        old, rest, cut = serials.take(balance.blocks, first, last)
        for low, high, restriction, frozen in cut:
            if frozen:
                balance.frozen -= high - low + 1
            elif restriction:
                balance.restricted -= high - low + 1
        if self.changes is not None:
            touched = self.changes.blocks
            for block in old:
                touched[kind, block[0]] = None
            for block in rest:
                touched[kind, block[0]] = (account, block)
        return cut if mark == m.KEEP else [(first, last, mark, 0)]

    def _put(
        self, account: str, kind: str, pieces: list[m.Block] | None,
        whole: tuple[int | None, int | None], amount: int, mark: int, at: str,
    ) -> None:  # fmt: skip
        """Put units into an account."""
        balances = self.content.accounts[account].balances
        balance = balances.get(kind)
        if balance is None:
            balance = balances[kind] = m.Balance()
        balance.total += amount
        _remember(balance.flow, at, amount, 0)
        first, last = whole
        if first is None or last is None:
            return
        for piece in [(first, last, mark, 0)] if pieces is None else pieces:
            if piece[3]:
                balance.frozen += piece[1] - piece[0] + 1
            elif piece[2]:
                balance.restricted += piece[1] - piece[0] + 1
            old, new = serials.put(balance.blocks, piece)
            if self.changes is not None:
                for block in old:
                    self.changes.blocks[kind, block[0]] = None
                self.changes.blocks[kind, new[0]] = (account, new)

    def _count(self, op: str, kind: str, source: str, target: str, amount: int) -> None:
        if op != "move":
            totals = self.content.totals.setdefault(kind, m.KindTotals())
            if op == "issue":
                totals.issued += amount
            elif op == "surrender":
                totals.surrendered += amount
            elif op == "cancel":
                totals.cancelled += amount
            else:
                totals.surrendered -= amount
            if self.changes is not None:
                self.changes.totals.add(kind)
        if self.changes is not None:
            if source:
                self.changes.balances.add((source, kind))
            self.changes.balances.add((target, kind))

    def _note(self, seq: int, n: int, at: str, act: str, posting: m.Posting, amount: int) -> None:
        assert self.changes is not None
        op, kind, source, target = posting[:4]
        first, last = posting[4:] if len(posting) == 6 else (None, None)
        accounts = self.content.accounts
        after = accounts[source].balances[kind].total if source else None
        got = accounts[target].balances[kind].total
        level = None if first is None else (amount - 1).bit_length()
        self.changes.moves.append(
            (seq, n, at, act, op, kind, source, target, first, last, amount, after, got, level)
        )

    def _touch(self, account: str) -> m.Account:
        if self.changes is not None:
            self.changes.accounts.add(account)
        return self.content.accounts[account]

    def _opened(self, event: m.AccountOpened) -> None:
        self.content.accounts[event.account] = m.Account(
            event.account, event.type, event.holder, limit=event.limit
        )
        self.by_type.setdefault(event.type, []).append(event.account)
        self._lives(self.content.accounts[event.account], 1)
        self._touch(event.account)

    def _closed(self, event: m.AccountClosed) -> None:
        account = self._touch(event.account)
        if account.status != "closed":
            self._lives(account, -1)
        account.status = "closed"

    def _frozen(self, event: m.AccountFrozen) -> None:
        self._touch(event.account).status = "frozen" if event.frozen else "open"

    def _checked(self, event: m.HolderChecked) -> None:
        self.content.holders[event.holder] = (event.passed, event.until)

    def _represented(self, event: m.Represented) -> None:
        account = self._touch(event.account)
        account.representatives.pop(event.person, None)
        if event.rights:
            account.representatives[event.person] = sorted(event.rights)

    def _limit(self, event: m.LimitSet) -> None:
        self._touch(event.account).limit = event.limit

    def _trusted(self, event: m.Trusted) -> None:
        account = self._touch(event.account)
        account.trusted.pop(event.target, None)
        if event.effective:
            account.trusted[event.target] = event.effective

    def _imported(self, event: m.Imported) -> None:
        used = self.content.external.setdefault(f"{event.kind}@{event.origin}", [])
        used.append((event.external_first, event.external_last))
        used.sort()

    def _held(self, event: m.HoldPlaced) -> None:
        hold = m.Hold(
            event.hold, event.account, event.kind, event.amount, event.reason, event.until,
            event.beneficiary, event.pending,
        )  # fmt: skip
        self.content.holds[hold.id] = hold
        if hold.pending:
            self.content.pending[hold.pending].holds.append(hold.id)
        self._expect(hold.until, hold.id)
        self._reserve(hold, hold.amount)

    def _reserve(self, hold: m.Hold, more: int) -> None:
        self.content.accounts[hold.account].balances[hold.kind].held += more
        if self.changes is not None:
            self.changes.balances.add((hold.account, hold.kind))
            self.changes.holds.add(hold.id)

    def _unheld(self, event: m.HoldEnded) -> None:
        hold = self.content.holds.pop(event.hold)
        if hold.pending in self.content.pending:
            self.content.pending[hold.pending].holds.remove(hold.id)
        self._reserve(hold, -hold.amount)

    def _reduced(self, event: m.HoldReduced) -> None:
        hold = self.content.holds[event.hold]
        self._reserve(hold, event.amount - hold.amount)
        hold.amount = event.amount

    def _proposed(self, event: m.Proposed) -> None:
        self.content.pending[event.pending] = m.Pending(
            event.pending, event.act, event.account, event.command, event.initiator,
            event.expires, event.due,
        )  # fmt: skip
        self._expect(event.due or event.expires, event.pending)
        if self.changes is not None:
            self.changes.pending.add(event.pending)

    def _scheduled(self, event: m.Scheduled) -> None:
        pending = self.content.pending[event.pending]
        pending.approver, pending.due = event.approver, event.due
        self._expect(event.due, event.pending)
        if self.changes is not None:
            self.changes.pending.add(event.pending)

    def _settled(self, event: m.Settled) -> None:
        del self.content.pending[event.pending]
        if self.changes is not None:
            self.changes.pending.add(event.pending)

    def _blocks_frozen(self, event: m.BlocksFrozen) -> None:
        balance = self.content.accounts[event.account].balances[event.kind]
        for first, last in event.blocks:
            for low, high, restriction, frozen in self._cut(event, balance, first, last):
                size = high - low + 1
                if frozen:
                    balance.frozen -= size
                elif restriction:
                    balance.restricted -= size
                if event.frozen:
                    balance.frozen += size
                elif restriction:
                    balance.restricted += size
                old, new = serials.put(balance.blocks, (low, high, restriction, int(event.frozen)))
                if self.changes is not None:
                    for block in old:
                        self.changes.blocks[event.kind, block[0]] = None
                    self.changes.blocks[event.kind, new[0]] = (event.account, new)
        if self.changes is not None:
            self.changes.balances.add((event.account, event.kind))

    def _cut(
        self, event: m.BlocksFrozen, balance: m.Balance, first: int, last: int
    ) -> list[m.Block]:
        old, rest, cut = serials.take(balance.blocks, first, last)
        if self.changes is not None:
            for block in old:
                self.changes.blocks[event.kind, block[0]] = None
            for block in rest:
                self.changes.blocks[event.kind, block[0]] = (event.account, block)
        return cut

    def _mode(self, event: m.ModeSet) -> None:
        self.content.mode = event.mode

    def _export_locked(self, event: m.ExportLocked) -> None:
        self.content.exports[event.export] = event

    def _export_ended(self, event: m.ExportEnded) -> None:
        del self.content.exports[event.export]

    def _units_imported(self, event: m.UnitsImported) -> None:
        self.content.imports.add((event.programme, event.export))

    def _reversed(self, event: m.Reversed) -> None:
        self.content.reversed.add(event.surrender)

    def _nothing(self, event: m.Alarm) -> None:
        """An alarm changes nothing."""

    # Facts about the whole

    def accounts(self) -> Iterator[m.Account]:
        """All accounts, by id."""
        for name in sorted(self.content.accounts):
            yield self.content.accounts[name]


def _remember(totals: list[Any], at: str, came: int, went: int) -> None:
    """Add to running totals by instant; forget what nobody may ask for, now and then."""
    if totals:
        last_at, in_, out = totals[-1]
        row = (at, in_ + came, out + went)
        if last_at == at:
            totals[-1] = row
            return
        totals.append(row)
        if len(totals) & 63 == 0:
            # The last one before the window stays: it is where the window starts to count.
            del totals[: max(bisect_left(totals, (m.hours_before(at, RECENT_HOURS),)) - 1, 0)]
    else:
        totals.append((at, came, went))


def window(totals: list[tuple[str, int, int]], since: str) -> tuple[int, int]:
    """What came and went at ``since`` or later, by running totals."""
    if not totals:
        return 0, 0
    _, came, went = totals[-1]
    place = bisect_left(totals, (since,))
    if place:
        _, in_, out = totals[place - 1]
        return came - in_, went - out
    return came, went


_APPLY: dict[type[m.Event], Callable[[Registry, Any], None]] = {
    m.AccountOpened: Registry._opened,
    m.AccountClosed: Registry._closed,
    m.AccountFrozen: Registry._frozen,
    m.HolderChecked: Registry._checked,
    m.Represented: Registry._represented,
    m.LimitSet: Registry._limit,
    m.Trusted: Registry._trusted,
    m.Imported: Registry._imported,
    m.HoldPlaced: Registry._held,
    m.HoldEnded: Registry._unheld,
    m.HoldReduced: Registry._reduced,
    m.Proposed: Registry._proposed,
    m.Scheduled: Registry._scheduled,
    m.Settled: Registry._settled,
    m.BlocksFrozen: Registry._blocks_frozen,
    m.ModeSet: Registry._mode,
    m.ExportLocked: Registry._export_locked,
    m.ExportEnded: Registry._export_ended,
    m.UnitsImported: Registry._units_imported,
    m.Reversed: Registry._reversed,
    m.Alarm: Registry._nothing,
}
_LISTED = frozenset({m.Alarm, m.Imported, m.Settled, m.HoldEnded, m.HolderChecked, m.UnitsImported})
