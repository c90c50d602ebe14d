"""Small registries for tests: one that only decides and applies, and a whole programme in memory."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from tanheng.errors import Refusal, catalogue
from tanheng.journal import Key, Store
from tanheng.journal.sqlite import SQLiteStore
from tanheng.programme.packs import Shelf
from tanheng.programme.programme import Gate, Outcome, Programme
from tanheng.programme.signing import Request, signed
from tanheng.registry import blocks as serials
from tanheng.registry import commands as c
from tanheng.registry import model as m
from tanheng.registry.decide import Decision, decide, settle_due
from tanheng.registry.decide_accounts import founding
from tanheng.registry.state import Registry
from tanheng.rules import Pack, load_pack

SHANGHAI = ZoneInfo("Asia/Shanghai")
OPEN = "2016-03-01 11:00"
"""A Tuesday in the registry's hours, before the cut-off; no holiday is near."""
D15, D16, D17, D18, CREDIT, MONEY = "DMA-2015", "DMA-2016", "DMA-2017", "DMA-2018", "CCER", "CNY"

ROLES: Mapping[str, frozenset[str]] = {
    "gov1": frozenset({"authority"}),
    "gov2": frozenset({"authority"}),
    "ann": frozenset({"representative"}),
    "bob": frozenset({"representative"}),
    "cid": frozenset({"representative"}),
    "vera": frozenset({"verifier"}),
    "aude": frozenset({"auditor"}),
}


def local(text: str) -> str:
    """The journal's text of an instant on Shanghai's clocks."""
    return m.instant(datetime.fromisoformat(text).replace(tzinfo=SHANGHAI))


def later(at: str, **units: float) -> str:
    """An instant so much later."""
    return m.instant(datetime.fromisoformat(at).astimezone(UTC) + timedelta(**units))


@cache
def demo() -> Pack:
    """The built-in pack ``demo-ets``."""
    found = load_pack("demo-ets")
    assert isinstance(found, Pack)
    return found


def varied(pack: Pack, accounts: Mapping[str, dict[str, Any]] | None = None,
           kinds: Mapping[str, dict[str, Any]] | None = None, **values: Any) -> Pack:  # fmt: skip
    """The pack with other values of controls (a dict changes fields of a value), of account types
    and of kinds. The digest stays."""
    rules: dict[str, Any] = {}
    for name, value in values.items():
        rule = getattr(pack.controls, name)
        if isinstance(value, dict) and not isinstance(rule.value, Mapping):
            value = rule.value.model_copy(update=value)
        rules[name] = rule.model_copy(update={"value": value})
    update: dict[str, Any] = {"controls": pack.controls.model_copy(update=rules)}
    for part, changes in (("accounts", accounts), ("kinds", kinds)):
        update[part] = {
            name: found.model_copy(update=(changes or {}).get(name, {}))
            for name, found in getattr(pack, part).items()
        }
    other = pack.model_copy(update=update)
    other.__dict__.pop("hours", None)  # a copy would keep the hours of the old controls
    return other.with_files(pack.files)


def plain_pack(**values: Any) -> Pack:
    """The demo pack with nothing that needs a second person and nobody to be checked, but for
    what the test asks."""
    return varied(demo(), **{"four_eyes": (), "kyc": {"required_for": ()}, **values})


def clause(number: int) -> str:
    """The clause of an article of the demo pack."""
    return f"Shifan Registry Rules (invented), Art. {number}"


def sound(state: Registry) -> None:
    """Refuse a state in which units are not conserved or blocks do not partition."""
    content = state.content
    kinds = {kind for account in content.accounts.values() for kind in account.balances}
    for kind in kinds:
        totals = content.totals[kind]
        balances = [
            (account, account.balances[kind])
            for account in content.accounts.values()
            if kind in account.balances
        ]
        assert sum(balance.total for _, balance in balances) == totals.issued
        held: list[m.Block] = []
        for account, balance in balances:
            assert balance.free >= 0, (account.id, balance)
            assert min(balance.held, balance.restricted, balance.frozen) >= 0
            assert balance.held == sum(
                hold.amount for hold in content.holds.values()
                if (hold.account, hold.kind) == (account.id, kind)
            )  # fmt: skip
            if balance.blocks:
                assert serials.amount_of(balance.blocks) == balance.total
                assert balance.frozen == serials.amount_of(b for b in balance.blocks if b[3])
                assert balance.restricted == serials.amount_of(
                    b for b in balance.blocks if b[2] and not b[3]
                )
            held += balance.blocks
        if held:
            after = 1
            for first, last, _, _ in sorted(held):
                assert first == after
                after = last + 1
            assert after == totals.issued + 1
    for pending in content.pending.values():
        assert all(content.holds[name].pending == pending.id for name in pending.holds)


class World:
    """A registry that decides and applies; no journal, no store.

    Operators ``A`` and ``B``, the trader ``T``: each represented by ann and bob, who may do all.
    """

    def __init__(self, pack: Pack | None = None, at: str = OPEN, people: bool = True) -> None:
        self.pack = plain_pack() if pack is None else pack
        self.at = local(at)
        self.roles = dict(ROLES)
        self.state = Registry(track=True)
        self.seq = 0
        self.past: dict[int, tuple[str, str, tuple[m.Posting, ...]]] = {}
        self.record("found", founding(self.pack))
        for name, kind in (("A", "operator"), ("B", "operator"), ("T", "trader")):
            self.record("open_account", [m.AccountOpened(name, kind, f"H{name}")])
            if people:
                for person in ("ann", "bob"):
                    rights = ("approve", "initiate")
                    self.record("represent", [m.Represented(name, person, rights)])

    def record(self, act: str, events: Sequence[m.Event]) -> int:
        """Let events happen as an entry; returns its number."""
        seq = self.seq
        for n, event in enumerate(events):
            self.state.apply(event, seq, n, self.at, act)
        self.past[seq] = (self.at, act, tuple(
            p for event in events if isinstance(event, m.Posted) for p in event.postings
        ))  # fmt: skip
        self.seq += 1
        sound(self.state)
        return seq

    def call(self, actor: str) -> m.Call:
        """The call of a decision now."""
        return m.Call(actor, self.at, self.seq, self.pack, self.roles, self.past)

    def decide(self, command: c.AnyCommand, actor: str = "ann") -> Decision | Refusal:
        """Decide; nothing happens."""
        return decide(command, self.state, self.call(actor))

    def ok(self, command: c.AnyCommand, actor: str = "ann") -> Decision:
        """Decide, expecting no refusal, and let it happen as the next entry."""
        found = self.decide(command, actor)
        assert isinstance(found, Decision), found
        self.record(found.act, found.events)
        return found

    def refused(self, code: str, command: c.AnyCommand, actor: str = "ann", **details: Any) -> None:
        """Expect the refusal with exactly these details; nothing happens."""
        before = self.hash()
        found = self.decide(command, actor)
        same(found, code, **details)
        assert self.hash() == before

    def hash(self) -> bytes:
        """The state as bytes."""
        return msgspec.msgpack.encode(self.state.content)

    def go(self, at: str) -> None:
        """Let it be this instant of Shanghai; nothing due happens by itself."""
        self.at = local(at)

    def wait(self, **units: float) -> None:
        """Let time pass."""
        self.at = later(self.at, **units)

    def settle(self) -> list[Decision]:
        """Carry out what is due by now, as a programme does."""
        made, now = [], self.at
        while (found := self.state.due(now)) is not None:
            self.at = found[0]
            decision = settle_due(found[1], self.state, self.call("system"))
            self.record(decision.act, decision.events)
            made.append(decision)
        self.at = now
        return made

    def give(self, account: str, kind: str, amount: int, restriction: int = 0) -> None:
        """New units straight into an account."""
        if self.pack.kinds[kind].serialised:
            totals = self.state.content.totals.get(kind)
            start = (totals.issued if totals else 0) + 1
            tail: tuple[int, ...] = (start, start + amount - 1)
        else:
            tail = (amount,)
        self.record("issue", [m.Posted((("issue", kind, "", account, *tail),), restriction)])

    def open(self, account: str, kind: str, holder: str = "", people: bool = True) -> None:
        """Another account, with ann and bob."""
        self.record("open_account", [m.AccountOpened(account, kind, holder or f"H{account}")])
        for person in ("ann", "bob") if people else ():
            self.record("represent", [m.Represented(account, person, ("approve", "initiate"))])

    def trust(self, account: str, target: str, effective: str = "2000-01-01 00:00") -> None:
        """An entry of a trusted list."""
        self.record("trust", [m.Trusted(account, target, local(effective))])

    def balance(self, account: str, kind: str) -> m.Balance:
        """What an account has of a kind."""
        found = self.state.balance(account, kind)
        return m.Balance() if found is None else found

    def blocks(self, account: str, kind: str) -> list[m.Block]:
        """The blocks of a kind in an account."""
        return list(self.balance(account, kind).blocks)

    def numbers(self, account: str, kind: str) -> tuple[int, int, int, int]:
        """Total, held, restricted, frozen."""
        found = self.balance(account, kind)
        return found.total, found.held, found.restricted, found.frozen


# A whole programme


class Clock:
    """A clock that stands until it is set."""

    def __init__(self, at: str = OPEN) -> None:
        self.at = local(at)

    def __call__(self) -> str:
        return self.at

    def go(self, at: str) -> None:
        """Set it to an instant of Shanghai."""
        self.at = local(at)

    def wait(self, **units: float) -> None:
        """Let time pass."""
        self.at = later(self.at, **units)


def entropy() -> Callable[[int], bytes]:
    """Bytes that are the same in every run, and never twice the same."""
    number = itertools.count()

    def draw(size: int) -> bytes:
        return b"".join(b"%032d" % next(number) for _ in range(size // 32 + 1))[:size]

    return draw


KEY = Key(b"k" * 32)
NAME = "test-scheme"
FIRST: Mapping[str, tuple[Sequence[str], str]] = {
    name: (tuple(sorted(roles)), "") for name, roles in ROLES.items()
}


class Scheme:
    """A programme with what it needs; by default in memory, callers vouched for by a session."""

    def __init__(
        self, pack: Pack | None = None, store: Store | None = None, *, gate: Gate = "session",
        simulation: bool = False, first: Mapping[str, tuple[Sequence[str], str]] = FIRST,
        clock: Clock | None = None, shelf: Any = None, create: bool = True, name: str = NAME,
        key: Key | None = KEY, accounts: bool = True,
    ) -> None:  # fmt: skip
        self.clock = clock or Clock()
        self.shelf = shelf or Shelf()
        self.store = SQLiteStore(None) if store is None else store
        self.entropy = entropy()
        self._ids = itertools.count()
        if create:
            self.programme = Programme.create(
                self.store, name, plain_pack() if pack is None else pack, first, key=key or KEY,
                clock=self.clock, entropy=self.entropy, library=self.shelf, gate=gate,
                simulation=simulation,
            )  # fmt: skip
            if accounts:
                self.accounts()
        else:
            self.programme = Programme.open(
                self.store, name, public_key=KEY.public, clock=self.clock, entropy=self.entropy,
                library=self.shelf, gate=gate, key=key,
            )  # fmt: skip

    def again(
        self, store: Store | None = None, gate: Gate = "session", key: Key | None = KEY
    ) -> Scheme:
        """The same programme opened once more, over another connection when one is given."""
        return Scheme(
            store=self.store if store is None else store, gate=gate, clock=self.clock,
            shelf=self.shelf, create=False, name=self.programme.journal.programme, key=key,
        )  # fmt: skip

    def accounts(self) -> None:
        """Operators A and B and the trader T, represented by ann and bob."""
        for name, kind in (("A", "operator"), ("B", "operator"), ("T", "trader")):
            self.ok(c.OpenAccount(name, kind, f"H{name}"), "gov1")
            for person in ("ann", "bob"):
                self.ok(c.Represent(name, person, ("initiate", "approve")), "gov1")

    def give(self, account: str, kind: str, amount: int) -> None:
        """Issue and allocate."""
        self.ok(c.Issue(kind, amount, "issuance"), "gov1")
        self.ok(c.Allocate("issuance", account, kind, amount), "gov1")

    def request(
        self, command: Any, actor: str = "ann", id: str = "", key: Key | None = None,
        preview: str | None = None,
    ) -> Request:  # fmt: skip
        """A request with a fresh id, signed when a key is given."""
        found = Request(command, actor, id or f"{actor}-{next(self._ids)}", preview=preview)
        return found if key is None else signed(self.programme.journal.programme, found, key)

    def do(self, command: Any, actor: str = "ann", **more: Any) -> Outcome | Refusal:
        """Execute."""
        return self.programme.execute(self.request(command, actor, **more))

    def ok(self, command: Any, actor: str = "ann", **more: Any) -> Outcome:
        """Execute, expecting no refusal."""
        found = self.do(command, actor, **more)
        assert isinstance(found, Outcome), found
        return found

    def refused(self, code: str, command: Any, actor: str = "ann", **details: Any) -> None:
        """Expect the refusal with exactly these details, and no entry."""
        size = self.programme.journal.size
        found = self.do(command, actor)
        same(found, code, **details)
        assert self.programme.journal.size == size

    @property
    def state(self) -> Registry:
        """The registry's state."""
        return self.programme.state.registry

    def numbers(self, account: str, kind: str) -> tuple[int, int, int, int]:
        """Total, held, restricted, frozen."""
        found = self.state.balance(account, kind) or m.Balance()
        return found.total, found.held, found.restricted, found.frozen


def same(found: object, code: str, **details: Any) -> None:
    """Refuse anything but the refusal with these details."""
    assert isinstance(found, Refusal), found
    assert (found.code, dict(found.details)) == (code, details)
    if code in catalogue():
        assert "{" not in found.message("en") + found.message("zh")
