"""The checker: reads every new entry, has the oracle decide it again, compares the outcomes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tanheng.errors import Refusal
from tanheng.journal import Store
from tanheng.programme.programme import Outcome, Preview, Programme
from tanheng.programme.signing import Request
from tanheng.registry.state import Content
from tanheng.simulate.registry import reading
from tanheng.simulate.registry.model import No
from tanheng.simulate.registry.oracle import Oracle
from tanheng.simulate.registry.reading import Read, Wrong
from tanheng.simulate.registry.rules import Effect

Answer = Outcome | Refusal
_SELECT = f"SELECT {reading.COLUMNS} FROM entries WHERE seq >= ? ORDER BY seq"
MOST = 20
"""Violations after which an episode is given up."""


@dataclass(frozen=True, slots=True)
class Violation:
    """A property that did not hold: after which operation, at which entry, and how."""

    op: int
    seq: int
    property: str
    text: str


class GivenUp(Exception):
    """Too much is wrong to go on."""


class Checker:
    """Follows one journal.

    Attributes:
        op: the operation that is being checked.
        accepted, refused: how often, by act.
        known: accepted commands: (actor, id) to the command and its entry.
        acknowledged: those whose outcome somebody was told.
        pins: what previews showed, by digest.
        signatures: who really signed, by signature and actor.
        before: instant of the last entry that was checked.
    """

    def __init__(self, oracle: Oracle, store: Store, programme: str) -> None:
        self.oracle, self.toy = oracle, oracle.toy
        self.store, self.programme = store, programme
        self.size, self.prev, self.last_at, self.op = 0, "0" * 64, "", 0
        self.before = ""
        self.violations: list[Violation] = []
        self.accepted: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.codes: Counter[str] = Counter()
        self.known: dict[tuple[str, str], tuple[Any, int]] = {}
        self.acknowledged: dict[tuple[str, str], int] = {}
        self.pins: dict[str, tuple[Any, ...]] = {}
        self.signatures: dict[tuple[bytes | None, str], str] = {}
        self.touched: set[tuple[str, str]] = set()

    def wrong(self, prop: str, text: str) -> None:
        """Note that a property does not hold."""
        self.violations.append(Violation(self.op, self.size, prop, text))
        if len(self.violations) >= MOST:
            raise GivenUp

    # New entries

    def fresh(self) -> list[Read]:
        """Read the entries that are new, and check their bytes."""
        found: list[Read] = []
        for row in self.store.query(_SELECT, (self.size,)):
            try:
                entry = self.read(row, self.size + len(found))
            except Wrong as error:
                self.wrong(*error.args)
                raise GivenUp from error
            self.prev, self.last_at = entry.hash, entry.at
            found.append(entry)
        return found

    def read(self, row: tuple[Any, ...], seq: int) -> Read:
        """Read the entry that must have this number."""
        acts = self.toy.pack.controls.public_acts.value
        return reading.read(row, self.prev, self.last_at, seq, self.programme, acts)

    def founded(self, key_of: dict[str, tuple[tuple[str, ...], str]]) -> None:
        """Take in the first entry."""
        for entry in self.fresh():
            self._happened(entry)
        self.touched.clear()
        if self.toy.persons != key_of:
            self.wrong("outcome", "the first persons are others")

    def batch(
        self, requests: Sequence[Request], answers: Sequence[Answer] | None, shown: str
    ) -> None:
        """What a writer did; ``answers`` None: nobody was told.

        Args:
            shown: what the writer's clock said.
        """
        at = max(shown, self.last_at)
        entries = self.fresh()
        if answers is None and not entries:
            return
        place = 0
        while place < len(entries) and entries[place].envelope["actor"] == "system":
            self._by_itself(entries[place], at)
            place += 1
        late = self.toy.due(at)
        if late and (requests or not entries):
            self.wrong("due first", f"{late[0]} is due at {at} and nothing happened")
        for n, request in enumerate(requests):
            self.op += answers is not None
            entry = entries[place] if place < len(entries) else None
            who = (request.actor, request.id)
            mine = entry is not None and who == (entry.envelope["actor"], entry.envelope["id"])
            if answers is None:
                if entry is not None and mine:
                    place += 1
                    self._carried_out(entry, request, at)
                else:
                    self._refused(request, at, "")
                continue
            answer = answers[n]
            if isinstance(answer, Refusal):
                self._refused(request, at, answer.code)
            elif answer.repeated:
                self._repeated(request, answer)
            elif entry is None or not mine or entry.seq != answer.seq:
                self.wrong("acknowledged", f"{who}: entry {answer.seq} is not in the journal")
            else:
                place += 1
                self._carried_out(entry, request, at)
                self.acknowledged[who] = answer.seq
        if place < len(entries):
            self.wrong("acknowledged", f"entry {entries[place].seq} answers nobody's command")
            raise GivenUp

    def _by_itself(self, entry: Read, at: str) -> None:
        """An entry of what was due."""
        due = self.toy.due(at)
        name = entry.envelope["id"].removeprefix("due:")
        if not due or due[0][1] != name:
            self.wrong("due first", f"{name} happens by itself, but due is {due[:2]}")
        elif entry.at != max(due[0][0], self.before):
            self.wrong("due first", f"{name} was due at {due[0][0]}, not {entry.at}")
        try:
            effect = self.oracle.happen(name, entry.at)
        except (No, KeyError) as error:
            self.wrong("due first", f"{name} cannot happen: {error}")
            raise GivenUp from error
        self._compare(entry, effect)
        self._happened(entry)

    def _carried_out(self, entry: Read, request: Request, at: str) -> None:
        """An entry that answers a command."""
        who = (request.actor, request.id)
        if who in self.known:
            self.wrong("once", f"{who} has entries {self.known[who][1]} and {entry.seq}")
        self.known[who] = (request.command, entry.seq)
        self.accepted[request.command.act] += 1
        if entry.at != at:
            self.wrong("instants", f"entry {entry.seq} is of {entry.at}, decided at {at}")
        if not self._genuine(request):
            self.wrong("signature", f"accepted, but signed by another: {request}")
        try:
            effect = self.oracle.decide(request.command, request.actor, at)
        except No as no:
            self.wrong("rules", f"accepted, but {no}: {request}")
        else:
            pin = request.preview
            if pin is not None and self.pins.get(pin) != tuple(effect.shown):
                self.wrong("preview", f"another effect than was shown: {request}")
            self._compare(entry, effect)
        self._happened(entry)

    def _compare(self, entry: Read, effect: Effect) -> None:
        if entry.act != effect.act:
            self.wrong("outcome", f"entry {entry.seq} is {entry.act}, not {effect.act}")
        if entry.facts != effect.facts and sorted(map(repr, entry.facts)) != sorted(
            map(repr, effect.facts)
        ):
            self.wrong("outcome", f"entry {entry.seq}: {entry.facts}, not {effect.facts}")
        if entry.rules != self.toy.rules:
            self.wrong("rules", f"entry {entry.seq} is under the rules {entry.rules[:8]}")

    def _happened(self, entry: Read) -> None:
        self.size, self.before = entry.seq + 1, entry.at
        try:
            self.touched |= self.oracle.apply(
                entry.facts, entry.names, entry.seq, entry.at, entry.act, entry.raw
            )
        except (No, LookupError) as error:
            self.wrong("conservation", f"entry {entry.seq}: {error!r}: {entry.facts}")
            raise GivenUp from error

    def _refused(self, request: Request, at: str, code: str) -> None:
        """A refusal: it must have been one."""
        who, act = (request.actor, request.id), request.command.act
        self.refused[act] += bool(code)
        self.codes[code] += 1
        if not self._genuine(request):
            return
        if who in self.known:
            if code and (self.known[who][0] == request.command) != (code != "command_reused"):
                self.wrong("once", f"{who} again: {code}")
            elif self.known[who][0] == request.command and code:
                self.wrong("once", f"{who} asked again is refused: {code}")
            return
        try:
            effect = self.oracle.decide(request.command, request.actor, at)
        except No:
            return
        if request.preview is None or self.pins.get(request.preview) == tuple(effect.shown):
            self.wrong(
                "rules", f"refused ({code or 'silently'}), but nothing forbids it: {request}"
            )

    def _genuine(self, request: Request) -> bool:
        """Whether the signature, if there is one, is of the person's key."""
        if request.signature is None:
            return True
        by = self.signatures[request.signature, request.actor]
        return request.actor in self.toy.persons and by == self.toy.persons[request.actor][1] != ""

    def _repeated(self, request: Request, answer: Outcome) -> None:
        """An answer given before."""
        found = self.known.get((request.actor, request.id))
        good = self._genuine(request)
        if not good or found is None or found != (request.command, answer.seq):
            self.wrong("once", f"{request.id}: entry {answer.seq} was told, {found} is true")
        else:
            self.acknowledged[request.actor, request.id] = answer.seq

    def previewed(self, request: Request, answer: Preview | Refusal, shown: str) -> None:
        """What a command would do, as it was shown."""
        at = max(shown, self.last_at)
        try:
            effect = self.oracle.decide(request.command, request.actor, at)
        except No as no:
            if not isinstance(answer, Refusal):
                self.wrong("preview", f"shown, but {no}: {request}")
            return
        if isinstance(answer, Refusal):
            self.wrong("preview", f"not shown ({answer.code}), but allowed: {request}")
        elif list(answer.effect) != effect.shown:
            self.wrong("preview", f"shown {answer.effect}, not {effect.shown}")
        else:
            self.pins[answer.digest] = tuple(effect.shown)

    # The live state

    def compare(self, programme: Programme, whole: bool = False) -> None:
        """Compare a writer's state with the toy registry: what was touched, or all of it."""
        content = programme.state.registry.content
        toy = self.toy
        pairs = self.touched
        if whole:
            pairs = {(a, k) for a in toy.accounts for k in toy.pack.kinds}
            self._whole(content)
        for account, kind in pairs:
            self._balance(content, account, kind)
        if not whole:
            for kind in {kind for _, kind in pairs}:
                self._totals(content, kind)
            if content.holds.keys() != toy.holds.keys():
                self.wrong("holds", f"{content.holds.keys() ^ toy.holds.keys()}")
            if content.pending.keys() != toy.waiting.keys():
                self.wrong("pending", f"{content.pending.keys() ^ toy.waiting.keys()}")
        self.touched = set()

    def _balance(self, content: Content, account: str, kind: str) -> None:
        found = content.accounts[account].balances.get(kind)
        mine = self.toy.figures(account, kind)
        if found is None:
            if any(mine):
                self.wrong("balance", f"{account} {kind}: nothing, not {mine}")
            return
        there = (found.total, found.held, found.restricted, found.frozen)
        if there != mine:
            self.wrong("balance", f"{account} {kind}: {there}, not {mine}")
        if found.free < 0:
            self.wrong("free", f"{account} {kind}: {found.free} free")
        if found.blocks != (blocks := self.toy.blocks(account, kind)):
            self.wrong("blocks", f"{account} {kind}: {found.blocks}, not {blocks}")

    def _totals(self, content: Content, kind: str) -> None:
        found = content.totals.get(kind)
        there = (found.issued, found.surrendered, found.cancelled) if found else (0, 0, 0)
        mine = self.toy.sums(kind)
        if there != mine:
            self.wrong("conservation", f"{kind}: {there}, not {mine}")

    def _whole(self, content: Content) -> None:
        toy = self.toy
        for kind, rule in toy.pack.kinds.items():
            self._totals(content, kind)
            there = [a.balances[kind] for a in content.accounts.values() if kind in a.balances]
            if sum(b.total for b in there) != toy.sums(kind)[0]:
                self.wrong("conservation", f"{kind}: balances do not add up to what was issued")
            if rule.serialised:
                blocks = sorted(block for b in there for block in b.blocks)
                ends = [0, *(block[1] for block in blocks)]
                gaps = any(b[0] != end + 1 for b, end in zip(blocks, ends, strict=False))
                if gaps or ends[-1] != toy.sums(kind)[0]:
                    self.wrong("partition", f"{kind}: the blocks are no partition")
        _same(self, "holds", {
            name: (h.account, h.kind, h.amount, h.reason, h.until, h.beneficiary, h.pending)
            for name, h in content.holds.items()
        }, {
            name: (h.account, h.kind, h.amount, h.reason, h.until, h.beneficiary, h.pending)
            for name, h in toy.holds.items()
        })  # fmt: skip
        _same(self, "pending", {
            name: (w.act, w.account, w.initiator, w.approver, w.expires, w.due, sorted(w.holds))
            for name, w in content.pending.items()
        }, {
            name: (
                w.act, w.account, w.initiator, w.approver, w.expires, w.due,
                sorted(h.id for h in toy.holds.values() if h.pending == name),
            )
            for name, w in toy.waiting.items()
        })  # fmt: skip
        _same(self, "accounts", {
            name: (a.type, a.holder, a.status, a.limit, a.trusted,
                   {p: tuple(r) for p, r in a.representatives.items()})
            for name, a in content.accounts.items()
        }, {
            name: (a.type, a.holder, a.status, a.limit, a.trusted, a.rights)
            for name, a in toy.accounts.items()
        })  # fmt: skip
        rest = (content.mode, set(content.exports), set(content.imports), set(content.reversed))
        if rest != (toy.mode, set(toy.exports), toy.imports, toy.reversed):
            self.wrong("outcome", "mode, exports, imports or reversals differ")
        if {k: tuple(v) for k, v in content.holders.items()} != toy.holders:
            self.wrong("outcome", "checks of holders differ")


def _same(checker: Checker, prop: str, there: dict[str, Any], mine: dict[str, Any]) -> None:
    if there != mine:
        names = [n for n in {**there, **mine} if there.get(n) != mine.get(n)]
        name = names[0]
        checker.wrong(prop, f"{name}: {there.get(name)}, not {mine.get(name)} (and {len(names)})")
