"""A small compliance year for tests: a programme in memory under a pack, on a clock of its own."""

from __future__ import annotations

import itertools
import os
from collections.abc import Mapping, Sequence
from typing import Any

from helpers.registry import local
from tanheng.compliance import commands as c
from tanheng.compliance import model as m
from tanheng.compliance.explain import why
from tanheng.errors import Finding, Refusal
from tanheng.journal import Key, Store
from tanheng.journal.sqlite import SQLiteStore
from tanheng.programme import people
from tanheng.programme.packs import Shelf
from tanheng.programme.programme import Outcome, Programme
from tanheng.programme.signing import Request
from tanheng.registry import commands as r
from tanheng.rules import Pack, load_pack, load_pack_files
from tanheng.why import Why

EVIDENCE = "ab" * 32
KEY = Key(b"k" * 32)


def pack_with(name: str = "cn-shenzhen-ets", *overlays: str, four_eyes: Sequence[str] = (),
              **controls: Any) -> Pack:  # fmt: skip
    """A built-in pack, with drafts (YAML texts) laid over it, and nothing that needs a second
    person but the acts named."""
    pack = load_pack(name)
    assert isinstance(pack, Pack), [f.message() for f in pack]
    found: Pack | list[Finding] = pack
    if overlays:
        files = {f"parameters/draft{n}.yaml": text.encode() for n, text in enumerate(overlays)}
        found = load_pack_files(pack.files, files)
        assert isinstance(found, Pack), [(f.place(), f.message()) for f in found]
    rules = {"four_eyes": tuple(four_eyes), **controls}
    update = {
        key: getattr(found.controls, key).model_copy(update={"value": value})
        for key, value in rules.items()
    }
    changed = found.model_copy(update={"controls": found.controls.model_copy(update=update)})
    note = repr(sorted((key, str(value)) for key, value in rules.items()))
    return changed.with_files({**found.files, "parameters/test.yaml": f"# {note}\n".encode()})


class Scheme:
    """A programme with entities E0, E1, … that have the accounts acc0, acc1, …

    ``do`` executes as gov1 and expects success; ``no`` expects a refusal and returns it.
    """

    def __init__(self, pack: Pack, entities: int = 3, sector: str = "manufacturing",
                 now: str = "2016-03-01 11:00", issue: Mapping[str, int] | None = None,
                 store: Store | None = None, since: int = 2013) -> None:  # fmt: skip
        self.pack, self.now = pack, local(now)
        self.ids = itertools.count()
        self.shelf = Shelf()
        self.programme = Programme.create(
            store or SQLiteStore(None), "scheme", pack,
            {"gov1": (["authority"], ""), "gov2": (["authority"], "")}, key=KEY,
            clock=lambda: self.now, entropy=os.urandom, library=self.shelf, gate="simulation",
            simulation=True,
        )  # fmt: skip
        for person in ("ann", "bob"):
            self.do(people.Enrol(person, ("representative",)))
        for n in range(entities):
            self.account(f"acc{n}", f"h{n}")
        for kind, amount in (issue or {}).items():
            self.do(r.Issue(kind, amount, "issuance"))
        rows = tuple((f"E{n}", f"acc{n}", sector, "R1", since, "", n + 2) for n in range(entities))
        if rows:
            self.do(c.EnterEntities(rows, EVIDENCE))

    def account(self, name: str, holder: str) -> None:
        """An operator's account whose representatives are ann and bob."""
        self.do(
            r.RegisterHolder(holder, True), r.OpenAccount(name, "operator", holder),
            r.Represent(name, "ann", ("initiate", "approve")),
            r.Represent(name, "bob", ("initiate", "approve")),
        )  # fmt: skip

    def at(self, text: str) -> Scheme:
        """Move the clock to a local time, ``2017-06-30 23:59:59``."""
        self.now = local(text)
        return self

    def ask(
        self, command: Any, actor: str = "gov1", preview: str | None = None
    ) -> Outcome | Refusal:
        """Execute one command."""
        return self.programme.execute(Request(command, actor, str(next(self.ids)), preview=preview))

    def do(self, *commands: Any, actor: str = "gov1") -> Outcome:
        """Execute commands that must be accepted; the last one's outcome."""
        for command in commands:
            found = self.ask(command, actor)
            assert isinstance(found, Outcome), found.message()
        return found

    def no(self, command: Any, actor: str = "gov1") -> Refusal:
        """Execute a command that must be refused, and change nothing."""
        before = self.programme.state.hash()
        found = self.ask(command, actor)
        assert isinstance(found, Refusal), found
        assert self.programme.state.hash() == before
        return found

    def data(self, year: int, rows: Mapping[str, Mapping[str, str]]) -> Outcome:
        """Enter activity data: entity → item → quantity."""
        every = [(e, item, q) for e, items in rows.items() for item, q in items.items()]
        return self.do(
            c.EnterData(year, tuple((*row, n + 2) for n, row in enumerate(every)), EVIDENCE)
        )

    def emissions(self, year: int, rows: Mapping[str, str], how: str = "verified",
                  item: str = "direct") -> Outcome:  # fmt: skip
        """Enter emissions: entity → tCO2e."""
        every = tuple((e, item, q, how, n + 2) for n, (e, q) in enumerate(rows.items()))
        return self.do(c.EnterEmissions(year, every, EVIDENCE))

    def record(self, entity: str, year: int) -> m.EntityYear:
        """What is kept of an entity's year."""
        return self.programme.state.compliance.of(year, entity)

    def free(self, account: str, kind: str) -> int:
        """Units of an account that may be moved."""
        balance = self.programme.state.registry.balance(account, kind)
        return balance.free if balance else 0

    def why(self, question: str) -> Why | Refusal:
        """Ask."""
        return why(question, self.programme.state.compliance, lambda seq: self.pack, self.now)
