"""Rules of units: what moves, one unit after the other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tanheng.registry import commands as c
from tanheng.simulate.registry.model import KEEP, LARGEST, Account, Posting
from tanheng.simulate.registry.rules import Ask, Book, Fact, later, needs

Cells = NDArray[np.int64]


def runs(cells: Cells) -> list[tuple[int, int]]:
    """Neighbouring cells as ranges of serials, in the order given (up or down)."""
    if not cells.size:
        return []
    cuts = np.flatnonzero(np.abs(cells[1:] - cells[:-1]) != 1)
    starts = cells[np.concatenate(([0], cuts + 1))].tolist()
    ends = cells[np.concatenate((cuts, [cells.size - 1]))].tolist()
    return [(min(a, b) + 1, max(a, b) + 1) for a, b in zip(starts, ends, strict=True)]


def cells_of(blocks: tuple[tuple[int, int], ...]) -> Cells:
    """Cells of ranges."""
    return np.concatenate([np.arange(a - 1, b, dtype=np.int64) for a, b in blocks])


class UnitRules(Book):
    """One method per command that moves units."""

    def _posted(self, posts: list[Posting], mark: int = KEEP) -> Fact:
        return ("posted", tuple(posts), mark)

    def _government(self, name: str) -> Account:
        found = self.account(name)
        self.no_sink(found)
        needs(self.government(found), "not the authority's")
        return found

    def _kind(self, kind: str) -> None:
        needs(kind in self.pack.kinds, "no such kind")

    def _sink(self, role: str) -> str:
        for account in self.toy.accounts.values():
            if self.role(account) == role and account.status != "closed":
                return account.id
        needs(False, "no such sink")
        return ""

    def _new(self, kind: str, amount: int, account: str) -> Posting:
        """New units; their serials follow the last one."""
        self.amount(kind, amount)
        issued = self.toy.issued(kind)
        needs(issued + amount <= LARGEST, "too many units")
        if not self.toy.serialised(kind):
            return ("issue", kind, "", account, amount)
        return ("issue", kind, "", account, issued + 1, issued + amount)

    def _ordered(self, cells: Cells, purpose: str) -> Cells:
        return cells[::-1] if "highest_serial" in self.pack.controls.blocks_for(purpose) else cells

    def named(self, account: str, kind: str, blocks: tuple[tuple[int, int], ...]) -> Cells:
        """Cells of ranges that must all be the account's own."""
        needs(self.toy.serialised(kind), "kind without serials")
        needs(all(1 <= a <= b <= LARGEST for a, b in blocks), "no ranges")
        units = self.toy.units.get(kind)
        needs(units is not None and blocks and max(b for _, b in blocks) <= units.issued, "nowhere")
        cells = cells_of(blocks)
        needs(np.unique(cells).size == cells.size, "ranges overlap")
        assert units is not None
        place = self.toy.accounts[account].place
        needs((units.owner[cells] == place).all(), "not in this account")
        return cells

    def _take(
        self, op: str, source: str, target: str, kind: str, amount: int, ask: Ask,
        blocks: tuple[tuple[int, int], ...] = (), purpose: str = "transfer",
    ) -> list[Posting]:  # fmt: skip
        """Postings of free units."""
        self.amount(kind, amount)
        ranges: list[tuple[int, int]] = []
        if blocks:
            cells = self.named(source, kind, blocks)
            needs(cells.size == amount, "ranges of another amount")
            units = self.toy.units[kind]
            needs(not units.frozen[cells].any() and not units.year[cells].any(), "not free")
            ranges = list(blocks)
        needs(amount <= self.free(source, kind, ask), "short")
        if not self.toy.serialised(kind):
            return [(op, kind, source, target, amount)]
        if not ranges:
            ranges = runs(self._ordered(self.toy.plain(source, kind), purpose)[:amount])
        return [(op, kind, source, target, a, b) for a, b in ranges]

    # Commands

    def issue(self, cmd: c.Issue, ask: Ask) -> list[Fact]:
        """New units for an account of the authority."""
        self._kind(cmd.kind)
        self.fits(self._government(cmd.account), cmd.kind)
        return [self._posted([self._new(cmd.kind, cmd.amount, cmd.account)])]

    def allocate(self, cmd: c.Allocate, ask: Ask) -> list[Fact]:
        """Units for a checked holder, perhaps for one year only."""
        self._kind(cmd.kind)
        source, target = self._government(cmd.source), self.account(cmd.account)
        self.no_sink(target)
        self.fits(target, cmd.kind)
        self.checked(target.type, target.holder, ask.at)
        year = cmd.restriction
        needs(not year or (self.toy.serialised(cmd.kind) and 1900 <= year <= 2999), "no year")
        needs(source is not target, "the same account")
        posts = self._take("move", source.id, target.id, cmd.kind, cmd.amount, ask, (), "allocate")
        return [self._posted(posts, year or KEEP)]

    def transfer(self, cmd: c.Transfer, ask: Ask) -> list[Fact]:
        """Units for another account, within the limit."""
        self._kind(cmd.kind)
        source, target = self.acting(cmd.source, "transfer"), self.account(cmd.target)
        needs(source is not target, "the same account")
        self.no_sink(source)
        self.no_sink(target)
        self.fits(target, cmd.kind)
        for account in (source, target):
            self.checked(account.type, account.holder, ask.at)
        posts = self._take("move", source.id, target.id, cmd.kind, cmd.amount, ask, cmd.blocks)
        rule = self.pack.controls.amount_limit.value
        if "transfer" not in rule.exempt and not self.trusts(source, target.id, ask.at):
            for limit in (rule.central, rule.national, source.limit):
                needs(limit is None or cmd.amount <= limit, "over the limit")
        return [self._posted(posts), *self._alarms(source, cmd.kind, cmd.amount, ask.at)]

    def trusts(self, source: Account, target: str, at: str) -> bool:
        """Whether the target is on the trusted list, and that works already."""
        return target in source.trusted and source.trusted[target] <= at

    def _alarms(self, source: Account, kind: str, amount: int, at: str) -> list[Fact]:
        found: list[Fact] = []
        velocity = self.pack.controls.velocity_alarm.value
        since = later(at, hours=-velocity.within_hours)
        count = 1 + sum(when >= since for when in source.sent)
        if count >= velocity.count:
            found.append(("alarm", "velocity", source.id, kind, amount, count))
        transit = self.pack.controls.transit_alarm.value
        since = later(at, hours=-transit.within_hours)
        recent = [row for row in source.flow.get(kind, ()) if row[0] >= since]
        came = sum(row[1] for row in recent)
        went = sum(row[2] for row in recent) + amount
        if came and 100 * went >= transit.share_percent * came:
            found.append(("alarm", "transit", source.id, kind, amount, 0))
        return found

    def surrender(self, cmd: c.Surrender, ask: Ask) -> list[Fact]:
        """Units for a year: free ones, and those restricted to just this year."""
        account = self.acting(cmd.account, "surrender")
        self.no_sink(account)
        order = self.pack.controls.blocks_for("surrender")
        if cmd.kind:
            self._kind(cmd.kind)
            kinds = [self.pack.kinds[cmd.kind]]
            needs(kinds[0].surrender, "not for surrender")
        else:
            kinds = [kind for kind in self.pack.kinds.values() if kind.surrender]
            if "oldest_vintage" in order:
                kinds.sort(key=lambda kind: kind.vintage or 0)
            elif "newest_vintage" in order:
                kinds.sort(key=lambda kind: -(kind.vintage or 0))
        needs(cmd.amount > 0, "no amount")
        sink, left = self._sink("surrender"), cmd.amount
        posts: list[Posting] = []
        for kind in kinds:
            free = self.free(account.id, kind.id, ask)
            if not kind.serialised:
                most = min(free, left) // kind.smallest * kind.smallest
                if most > 0:
                    posts.append(("surrender", kind.id, account.id, sink, most))
                    left -= most
                continue
            groups = [
                self._ordered(self.toy.marked(account.id, kind.id, cmd.year), "surrender"),
                self._ordered(self.toy.plain(account.id, kind.id), "surrender")[: max(free, 0)],
            ]
            for cells in reversed(groups) if "unrestricted_first" in order else groups:
                used = cells[:left]
                posts += [("surrender", kind.id, account.id, sink, a, b) for a, b in runs(used)]
                left -= used.size
        needs(left == 0, "short")
        return [self._posted(posts)]

    def cancel(self, cmd: c.Cancel, ask: Ask) -> list[Fact]:
        """Units out of circulation."""
        account = self.acting(cmd.account, "cancel")
        self.no_sink(account)
        self.reason(cmd.reason)
        posts = self._take(
            "cancel", account.id, self._sink("cancellation"), cmd.kind, cmd.amount, ask,
            cmd.blocks, "cancel",
        )  # fmt: skip
        return [self._posted(posts)]

    def convert(self, cmd: c.Convert, ask: Ask) -> list[Fact]:
        """Units of one kind for another's."""
        account = self.acting(cmd.account, "convert")
        self._kind(cmd.kind)
        self._kind(cmd.target_kind)
        ratio = self.pack.kinds[cmd.kind].convertible_to.get(cmd.target_kind)
        needs(ratio, "not convertible")
        assert ratio is not None
        needs(cmd.amount * ratio[0] % ratio[1] == 0, "a remainder")
        got = cmd.amount * ratio[0] // ratio[1]
        return self._exchange(account, cmd.kind, cmd.amount, cmd.target_kind, got, "convert", ask)

    def carry_over(self, cmd: c.CarryOver, ask: Ask) -> list[Fact]:
        """Units of one period for the next one's."""
        account = self.acting(cmd.account, "carry_over")
        self._kind(cmd.kind)
        wanted = self.pack.kinds[cmd.kind].bankable_to
        needs(wanted, "not bankable")
        assert wanted is not None
        return self._exchange(account, cmd.kind, cmd.amount, wanted, cmd.amount, "carry_over", ask)

    def _exchange(
        self, account: Account, kind: str, amount: int, wanted: str, got: int, act: str, ask: Ask
    ) -> list[Fact]:
        self.no_sink(account)
        self.fits(account, wanted)
        sink = self._sink("cancellation")
        posts = self._take("cancel", account.id, sink, kind, amount, ask, (), act)
        return [self._posted([*posts, self._new(wanted, got, account.id)])]

    def give_back(self, cmd: c.Return, ask: Ask) -> list[Fact]:
        """Units back to the authority."""
        self._kind(cmd.kind)
        source, target = self.acting(cmd.account, "return"), self._government(cmd.target)
        self.no_sink(source)
        needs(source is not target, "the same account")
        self.fits(target, cmd.kind)
        return [self._posted(self._take(
            "move", source.id, target.id, cmd.kind, cmd.amount, ask, (), "return"
        ))]  # fmt: skip

    def deduct(self, cmd: c.Deduct, ask: Ask) -> list[Fact]:
        """Units by force: holds give way, freezes and restrictions do not."""
        account, target = self.account(cmd.account), self.account(cmd.target)
        self.no_sink(account)
        self.reason(cmd.reason)
        self.amount(cmd.kind, cmd.amount)
        kind, role = self.pack.kinds[cmd.kind], self.role(target)
        needs(self.government(target) and role != "cancellation", "not to there")
        needs(account is not target, "the same account")
        needs(role != "surrender" or kind.surrender, "not for surrender")
        self.fits(target, cmd.kind)
        more = cmd.amount - ask.own.get((account.id, kind.id), 0)
        facts = self.make_room(account.id, kind.id, more, ask) if more > 0 else []
        op = "surrender" if role == "surrender" else "move"
        posts: list[Posting] = [(op, kind.id, account.id, target.id, cmd.amount)]
        if kind.serialised:
            cells = self._ordered(self.toy.plain(account.id, kind.id), "deduct")[: cmd.amount]
            posts = [(op, kind.id, account.id, target.id, a, b) for a, b in runs(cells)]
        return [*facts, self._posted(posts)]

    def reverse(self, cmd: c.Reverse, ask: Ask) -> list[Fact]:
        """A surrender undone, once and in time."""
        self.reason(cmd.reason)
        needs(cmd.surrender in self.toy.past, "no surrender")
        needs(cmd.surrender not in self.toy.reversed, "done already")
        at, posts = self.toy.past[cmd.surrender]
        days = self.pack.controls.reverse_within_days.value
        needs(days is None or ask.at <= later(at, days=days), "too late")
        for post in posts:
            self.account(post[2])
        back = [("reverse", post[1], post[3], post[2], *post[4:]) for post in posts]
        return [self._posted(back), ("reversed", cmd.surrender)]

    def import_credits(self, cmd: c.ImportCredits, ask: Ask) -> list[Fact]:
        """Units for outside serials that were never used before."""
        self._kind(cmd.kind)
        account = self.account(cmd.account)
        self.no_sink(account)
        self.fits(account, cmd.kind)
        self.name(cmd.origin)
        needs(self.pack.kinds[cmd.kind].credit, "no credit")
        needs(1 <= cmd.first <= cmd.last <= LARGEST, "no range")
        for first, last in self.toy.external[cmd.kind, cmd.origin]:
            needs(last < cmd.first or cmd.last < first, "used already")
        post = self._new(cmd.kind, cmd.last - cmd.first + 1, account.id)
        start = post[4] if len(post) == 6 else None
        return [
            self._posted([post]),
            ("imported", cmd.kind, cmd.origin, cmd.first, cmd.last, start),
        ]

    def export_units(self, cmd: c.ExportUnits, ask: Ask) -> list[Fact]:
        """Units locked for another programme."""
        account = self.acting(cmd.account, "export_units")
        self.no_sink(account)
        self.amount(cmd.kind, cmd.amount)
        self.name(cmd.programme)
        needs(cmd.amount <= self.free(account.id, cmd.kind, ask), "short")
        what = (account.id, cmd.kind, cmd.amount)
        return [
            ("hold_placed", *what, "export", "", cmd.programme, False),
            ("export_locked", *what, cmd.programme),
        ]

    def confirm_export(self, cmd: c.ConfirmExport, ask: Ask) -> list[Fact]:
        """Units that are elsewhere by now."""
        needs(cmd.export in self.toy.exports, "no such export")
        self.reason(cmd.receipt)
        hold, account, kind, amount = self.toy.exports[cmd.export]
        posts = self._take(
            "cancel", account, self._sink("cancellation"), kind, amount,
            Ask(ask.actor, ask.at, {(account, kind): amount}), (), "export_units",
        )  # fmt: skip
        return [
            ("hold_ended", hold, "used"),
            self._posted(posts),
            ("export_ended", cmd.export, "confirmed"),
        ]

    def abort_export(self, cmd: c.AbortExport, ask: Ask) -> list[Fact]:
        """Units that were not taken elsewhere."""
        needs(cmd.export in self.toy.exports, "no such export")
        self.reason(cmd.reason)
        hold = self.toy.exports[cmd.export][0]
        return [("hold_ended", hold, "released"), ("export_ended", cmd.export, "aborted")]

    def import_units(self, cmd: c.ImportUnits, ask: Ask) -> list[Fact]:
        """Another programme's export, once."""
        self._kind(cmd.kind)
        account = self.account(cmd.account)
        self.no_sink(account)
        self.fits(account, cmd.kind)
        self.name(cmd.programme)
        self.name(cmd.export)
        needs((cmd.programme, cmd.export) not in self.toy.imports, "done already")
        return [
            self._posted([self._new(cmd.kind, cmd.amount, account.id)]),
            ("units_imported", cmd.programme, cmd.export, account.id, cmd.kind, cmd.amount),
        ]
