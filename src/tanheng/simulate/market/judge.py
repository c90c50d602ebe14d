"""The judge: reads every new entry, follows it with the toy market, compares the writers' states."""

from __future__ import annotations

from typing import Any

from tanheng.journal import Store
from tanheng.programme.programme import Programme
from tanheng.programme.signing import Request
from tanheng.registry.commands import Approve
from tanheng.registry.state import Content
from tanheng.simulate.market.entry import Entry, entry_of
from tanheng.simulate.market.follow import Follower
from tanheng.simulate.market.laws_rest import AllLaws
from tanheng.simulate.registry.check import Checker, GivenUp
from tanheng.simulate.registry.model import No
from tanheng.simulate.registry.reading import Read


class Judge(Checker):
    """Follows one journal with registry and market.

    Attributes:
        floor: the toy market.
    """

    def __init__(self, laws: AllLaws, store: Store, programme: str) -> None:
        super().__init__(laws, store, programme)
        self.laws, self.floor = laws, laws.floor
        self.follower = Follower(laws, self.wrong)

    def read(self, row: tuple[Any, ...], seq: int) -> Read:
        """Read an entry with the market's events."""
        acts = self.toy.pack.controls.public_acts.value
        return entry_of(row, self.prev, self.last_at, seq, self.programme, acts)

    def _by_itself(self, entry: Read, at: str) -> None:
        """An entry of what was due."""
        due = self.toy.due(at)
        name = entry.envelope["id"].removeprefix("due:")
        if not due or due[0][1] != name:
            self.wrong("due first", f"{name} happens by itself, but due is {due[:2]}")
        elif entry.at != max(due[0][0], self.before):
            self.wrong("due first", f"{name} was due at {due[0][0]}, not {entry.at}")
        self._happened(entry)

    def _carried_out(self, entry: Read, request: Request, at: str) -> None:
        """An entry that answers a command."""
        who, command = (request.actor, request.id), request.command
        if who in self.known:
            self.wrong("once", f"{who} has entries {self.known[who][1]} and {entry.seq}")
        self.known[who] = (command, entry.seq)
        self.accepted[command.act] += 1
        if entry.at != at:
            self.wrong("instants", f"entry {entry.seq} is of {entry.at}, decided at {at}")
        try:
            self.laws.allow(command, request.actor, at)
        except No as no:
            self.wrong("rules", f"accepted, but {no}: {request}")
        done: object = command
        if isinstance(command, Approve) and command.pending in self.toy.waiting:
            done = self.toy.waiting[command.pending].command
        self._happened(entry, None if entry.act == "propose" else done)

    def _happened(self, entry: Read, command: object = None) -> None:
        assert isinstance(entry, Entry)
        self.size, self.before = entry.seq + 1, entry.at
        if entry.rules != self.toy.rules and entry.seq:
            self.wrong("rules", f"entry {entry.seq} is under the rules {entry.rules[:8]}")
        try:
            self.follower.before(entry, command)
            touched = self.oracle.apply(
                entry.facts, entry.names, entry.seq, entry.at, entry.act, entry.raw
            )
            for fact in entry.facts:
                if fact[0] == "blocks_frozen":
                    self.floor.recount(fact[1], fact[2])
            self.follower.apply(entry)
            self.follower.after(entry, touched)
        except (No, LookupError, ValueError) as error:
            self.wrong("conservation", f"entry {entry.seq}: {error!r}: {entry.market}")
            raise GivenUp from error
        self.touched |= touched

    def _refused(self, request: Request, at: str, code: str) -> None:
        """A refusal: it must have been one."""
        who = (request.actor, request.id)
        self.refused[request.command.act] += bool(code)
        self.codes[code] += 1
        if who in self.known:
            if code and (self.known[who][0] == request.command) != (code != "command_reused"):
                self.wrong("once", f"{who} again: {code}")
            elif self.known[who][0] == request.command and code:
                self.wrong("once", f"{who} asked again is refused: {code}")
            return
        try:
            self.laws.allow(request.command, request.actor, at)
        except No:
            return
        self.wrong("rules", f"refused ({code or 'silently'}), but nothing forbids it: {request}")

    # The live state

    def compare(self, programme: Programme, whole: bool = False) -> None:
        """Compare a writer's state with the toy's."""
        content = programme.state.registry.content
        if whole:
            for account, kind in self.floor.loose:
                if self.floor.serialised(kind):
                    counted = self.floor.plain(account, kind).size
                    assert counted == self.floor.loose[account, kind], (account, kind)
            super().compare(programme, whole=True)
            for order in self.floor.orders.values():
                self.follower.fits(order)
        else:
            self._quickly(content)
        self.touched = set()
        self._market(programme, whole)

    def _quickly(self, content: Content) -> None:
        floor = self.floor
        for account, kind in self.touched:
            found = content.accounts[account].balances.get(kind)
            there = (0, 0, 0) if found is None else (
                found.total, found.held, found.total - found.restricted - found.frozen
            )  # fmt: skip
            pair = (account, kind)
            plain = floor.loose[pair]
            mine = (floor.had[pair], floor.reserved(account, kind), plain)
            if there != mine:
                self.wrong("balance", f"{account} {kind}: {there}, not {mine}")
            if found is not None and found.free < 0:
                self.wrong("free", f"{account} {kind}: {found.free} free")
        for kind in {kind for _, kind in self.touched}:
            every = sum(
                a.balances[kind].total for a in content.accounts.values() if kind in a.balances
            )
            totals = content.totals[kind]
            if not every == totals.issued == floor.issued(kind):
                self.wrong("conservation", f"{kind}: {every} of {totals.issued} issued")
        if content.holds.keys() != floor.holds.keys():
            self.wrong("holds", f"{content.holds.keys() ^ floor.holds.keys()}")
        if content.pending.keys() != floor.waiting.keys():
            self.wrong("pending", f"{content.pending.keys() ^ floor.waiting.keys()}")

    def _market(self, programme: Programme, whole: bool) -> None:
        market, floor = programme.state.market, self.floor
        there = {
            o.id: (o.account, o.side, o.price_fen, o.amount, o.left, o.hold, o.until, o.ends, o.to)
            for o in market.content.orders.values()
        }
        mine = {
            o.id: (o.account, o.side, o.price, o.amount, o.left, o.hold, o.until, o.ends, o.to)
            for o in floor.orders.values()
        }
        if there != mine:
            names = [n for n in {**there, **mine} if there.get(n) != mine.get(n)]
            self.wrong("orders", f"{names[0]}: {there.get(names[0])}, not {mine.get(names[0])}")
        for instrument, segment in floor.books:
            book = market.book(instrument, segment)
            for side in ("buy", "sell"):
                queue = [order.id for order in book.side(side).orders()]
                if queue != floor.queue(instrument, segment, side):
                    self.wrong("priority", f"{instrument} {segment} {side}: {queue}")
        content = market.content
        day = (content.day.day, content.day.closes) if content.day else None
        trades = {t.id for t in floor.trades.values() if t.status != "annulled"}
        rest = (content.admitted, content.closes, content.halted, content.references, day)
        same = rest == (floor.admitted, floor.closes, floor.halted, floor.references, floor.day)
        if not same or (set(content.day.trades) if content.day else set()) != trades:
            self.wrong("market", f"admissions, closes, halts, references, day or trades: {rest}")
        bids = {name: set(auction.bids) for name, auction in content.auctions.items()}
        if bids != {name: set(auction.bids) for name, auction in floor.auctions.items()}:
            self.wrong("auctions", f"{bids}")
