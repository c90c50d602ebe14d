"""The oracle: takes every decision a second time, and keeps the toy registry up to date."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np

from tanheng.programme import people as p
from tanheng.programme.signing import AskedFor
from tanheng.registry import commands as c
from tanheng.rules import Pack
from tanheng.simulate.registry.model import Hold, No, Posting, Toy, Waiting, later
from tanheng.simulate.registry.rules import Ask, Effect, Fact, side
from tanheng.simulate.registry.rules_rest import AccountRules
from tanheng.simulate.registry.rules_units import Cells, UnitRules


class Oracle(UnitRules, AccountRules):
    """All rules together.

    Attributes:
        shelf: packs that may be adopted, by digest.
    """

    def __init__(self, toy: Toy, shelf: dict[str, Pack]) -> None:
        super().__init__(toy)
        self.shelf = shelf

    def _named(self, account: str, kind: str, blocks: tuple[tuple[int, int], ...]) -> Cells:
        return self.named(account, kind, blocks)

    def core(self, command: c.Command, ask: Ask) -> list[Fact]:
        """What the command does once everybody agreed."""
        act = command.act
        found: list[Fact] = getattr(self, "give_back" if act == "return" else act)(command, ask)
        return found

    def decide(self, command: AskedFor, actor: str, at: str) -> Effect:
        """The whole decision.

        Raises:
            No: it is refused.
        """
        if isinstance(command, p.PeopleCommand):
            facts = self.person(command, actor, self.shelf)
            if command.act not in self.pack.controls.four_eyes.value:
                return Effect(command.act, facts)
            expires = later(at, hours=self.pack.controls.approve_within_hours.value)
            return Effect("propose", [("proposed", command.act, "", actor, expires, "")])
        ask = Ask(actor, at)
        if isinstance(command, c.Approve):
            return self._approve(command, actor, at)
        if isinstance(command, c.Reject):
            return Effect("abort", self.reject(command, ask))
        if isinstance(command, c.Abort):
            return Effect("abort", self.abort(command, ask))
        if isinstance(command, c.Release):
            self.goes_on("release")
            return Effect("release", self.release(command, ask))
        self.may_initiate(command, actor)
        self.goes_on(command.act)
        facts = self.core(command, ask)
        shown = _shown(facts)
        controls = self.pack.controls
        if command.act in controls.four_eyes.value:
            expires = later(at, hours=controls.approve_within_hours.value)
            return Effect("propose", self._proposal(command, actor, facts, expires, ""), shown)
        if isinstance(command, c.Transfer):
            due = self._executed(command, at)
            if due:
                return Effect("propose", self._proposal(command, actor, facts, "", due), shown)
        return Effect(command.act, facts, shown)

    def _executed(self, command: c.Transfer, at: str) -> str:
        trusted = self.trusts(self.account(command.source), command.target, at)
        return self.days.executed(at, trusted)

    def _proposal(
        self, command: c.Command, actor: str, facts: list[Fact], expires: str, due: str
    ) -> list[Fact]:
        """A command that waits, and what it reserves: the free units it would take."""
        wants: dict[tuple[str, str], int] = {}
        for fact in facts:
            if fact[0] == "posted":
                for post in fact[1]:
                    if post[0] not in ("issue", "reverse"):
                        key = (post[2], post[1])
                        wants[key] = wants.get(key, 0) + self._unrestricted(post)
            elif fact[0] == "hold_placed" and fact[4] != "freeze":
                key = (fact[1], fact[2])
                wants[key] = wants.get(key, 0) + fact[3]
        proposed = ("proposed", command.act, side(command), actor, expires, due)
        return [proposed] + [
            ("hold_placed", account, kind, amount, "pending", "", "", True)
            for (account, kind), amount in wants.items()
            if 0 < amount <= self.toy.free(account, kind)
        ]

    def _unrestricted(self, post: Posting) -> int:
        if len(post) == 5:
            return int(post[4])
        years = self.toy.units[post[1]].year[post[4] - 1 : post[5]]
        return int(years.size - np.count_nonzero(years))

    def _own(self, name: str) -> dict[tuple[str, str], int]:
        own: dict[tuple[str, str], int] = {}
        for hold in self.toy.holds.values():
            if hold.pending == name:
                key = (hold.account, hold.kind)
                own[key] = own.get(key, 0) + hold.amount
        return own

    def _approve(self, command: c.Approve, actor: str, at: str) -> Effect:
        found = self.waiting(command.pending)
        if found.due:
            raise No("approved already")
        self.may_approve(found.command, found.initiator, actor)
        if isinstance(found.command, p.PeopleCommand):
            facts = self.person(found.command, found.initiator, self.shelf)
            return Effect(found.act, [*self.end_waiting(found.id, "done", actor), *facts])
        self.goes_on(found.act)
        self.may_initiate(found.command, found.initiator)
        facts = self.core(found.command, Ask(actor, at, self._own(found.id), found.id))
        shown = _shown(facts)
        if isinstance(found.command, c.Transfer):
            due = self._executed(found.command, at)
            if due:
                return Effect("approve", [("scheduled", found.id, actor, due)], shown)
        return Effect(found.act, [*self.end_waiting(found.id, "done", actor), *facts], shown)

    def happen(self, name: str, at: str) -> Effect:
        """What becomes of a hold or waiting command when its instant has come."""
        if name in self.toy.holds:
            return Effect("expire", [("hold_ended", name, "expired")])
        found = self.toy.waiting[name]
        if not found.due:
            return Effect("expire", self.end_waiting(name, "expired"))
        try:
            self.goes_on(found.act)
            facts = self.core(found.command, Ask("system", at, self._own(name), name))
        except No:
            return Effect("void", self.end_waiting(name, "voided"))
        return Effect(found.act, [*self.end_waiting(name, "done", found.approver), *facts])

    # What happened

    def apply(
        self, facts: list[Fact], names: list[str], seq: int, at: str, act: str, raw: dict[str, Any]
    ) -> set[tuple[str, str]]:
        """Let the facts of an entry happen to the toy registry.

        Args:
            names: for each fact the id it gives to something new, or ``""``.
            raw: the command that is proposed, as plain data.

        Returns:
            Accounts and kinds that changed.
        """
        touched: set[tuple[str, str]] = set()
        for fact, name in zip(facts, names, strict=True):
            tag = fact[0]
            if tag == "posted":
                self._posted_fact(fact, seq, at, act, touched)
            elif tag in ("hold_placed", "hold_ended", "hold_reduced"):
                touched.add(self._hold_fact(fact, name, facts, names))
            elif tag == "proposed":
                command: AskedFor = msgspec.convert(raw, AskedFor)
                self.toy.waiting[name] = Waiting(
                    name, fact[1], fact[2], command, raw, fact[3], fact[4], fact[5]
                )
            else:
                self._other_fact(fact, name, facts, names, touched)
        return touched

    def _posted_fact(
        self, fact: Fact, seq: int, at: str, act: str, touched: set[tuple[str, str]]
    ) -> None:
        toy = self.toy
        for post in fact[1]:
            toy.post(post, fact[2], at, act)
            touched.add((post[3], post[1]))
            if post[2]:
                touched.add((post[2], post[1]))
        given_up = [post for post in fact[1] if post[0] == "surrender"]
        if given_up:
            toy.past[seq] = (at, given_up)
        if act == "transfer":
            toy.accounts[fact[1][0][2]].sent.append(at)

    def _hold_fact(
        self, fact: Fact, name: str, facts: list[Fact], names: list[str]
    ) -> tuple[str, str]:
        toy = self.toy
        if fact[0] == "hold_placed":
            _, account, kind, amount, reason, until, beneficiary, waits = fact
            pending = ""
            if waits:
                tags = [other[0] for other in facts]
                pending = names[tags.index("proposed")]
            toy.add_hold(Hold(name, account, kind, amount, reason, until, beneficiary, pending))
            return account, kind
        if fact[0] == "hold_ended":
            hold = toy.end_hold(fact[1])
        else:
            hold = toy.holds[fact[1]]
            hold.amount = fact[2]
        return hold.account, hold.kind

    def _other_fact(
        self, fact: Fact, name: str, facts: list[Fact], names: list[str],
        touched: set[tuple[str, str]],
    ) -> None:  # fmt: skip
        toy = self.toy
        match fact:
            case ("scheduled", pending, approver, due):
                toy.waiting[pending].approver, toy.waiting[pending].due = approver, due
            case ("settled", pending, _, _):
                del toy.waiting[pending]
            case ("blocks_frozen", account, kind, blocks, frozen):
                for first, last in blocks:
                    toy.units[kind].frozen[first - 1 : last] = frozen
                touched.add((account, kind))
            case ("mode_set", mode):
                toy.mode = mode
            case ("imported", kind, origin, first, last, _):
                toy.external[kind, origin].append((first, last))
            case ("export_locked", account, kind, amount, _):
                hold = [n for f, n in zip(facts, names, strict=True) if f[0] == "hold_placed"]
                toy.exports[name] = (hold[0], account, kind, amount)
            case ("export_ended", export, _):
                del toy.exports[export]
            case ("units_imported", programme, export, *_):
                toy.imports.add((programme, export))
            case ("reversed", seq):
                toy.reversed.add(seq)
            case _:
                self._account_fact(fact)

    def _account_fact(self, fact: Fact) -> None:
        toy = self.toy
        match fact:
            case ("account_opened", name, kind, holder, limit):
                toy.add_account(name, kind, holder, limit)
            case ("account_closed", name):
                toy.accounts[name].status = "closed"
            case ("account_frozen", name, frozen):
                toy.accounts[name].status = "frozen" if frozen else "open"
            case ("holder_checked", holder, passed, until):
                toy.holders[holder] = (passed, until)
            case ("represented", name, person, rights):
                toy.accounts[name].rights.pop(person, None)
                if rights:
                    toy.accounts[name].rights[person] = rights
            case ("limit_set", name, limit):
                toy.accounts[name].limit = limit
            case ("trusted", name, target, effective):
                toy.accounts[name].trusted.pop(target, None)
                if effective:
                    toy.accounts[name].trusted[target] = effective
            case ("pack_adopted", digest, _):
                toy.pack, toy.rules = self.shelf[digest], digest
            case ("person_enrolled", name, roles, key):
                toy.persons[name] = (roles, key)
            case ("key_set", name, key):
                toy.persons[name] = (toy.persons[name][0], key)
            case ("person_withdrawn", name):
                del toy.persons[name]
                toy.gone.add(name)

    def tidy(self, at: str) -> None:
        """Forget movements that no alarm can ask for any more."""
        since = later(at, days=-8)
        for account in self.toy.accounts.values():
            account.sent = [when for when in account.sent if when >= since]
            for kind, rows in account.flow.items():
                account.flow[kind] = [row for row in rows if row[0] >= since]


def _shown(facts: list[Fact]) -> list[Posting]:
    return [post for fact in facts if fact[0] == "posted" for post in fact[1]]


__all__ = ["Oracle"]
