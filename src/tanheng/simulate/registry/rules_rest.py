"""Rules of accounts, holds, freezes and people."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tanheng.programme import people as p
from tanheng.registry import commands as c
from tanheng.rules import Pack
from tanheng.simulate.registry.model import LARGEST, No, Waiting, later
from tanheng.simulate.registry.rules import Ask, Book, Fact, needs

Cells = NDArray[np.int64]
_ROLES = {"authority", "auditor", "representative", "verifier"}
_REASONS = {"order", "bid", "repurchase", "custody", "pledge"}


class AccountRules(Book):
    """One method per command that moves nothing."""

    def open_account(self, cmd: c.OpenAccount, ask: Ask) -> list[Fact]:
        """A new account for a checked holder."""
        self.name(cmd.account)
        self.name(cmd.holder)
        needs(cmd.account not in self.toy.accounts, "there already")
        needs(cmd.type in self.pack.accounts, "no such type")
        kind = self.pack.accounts[cmd.type]
        alive = [
            account.holder for account in self.toy.accounts.values()
            if account.type == cmd.type and account.status != "closed"
        ]  # fmt: skip
        needs(kind.limit is None or len(alive) < kind.limit, "enough of the type")
        needs(not kind.one_per_holder or cmd.holder not in alive, "one per holder")
        needs(cmd.limit is None or 0 <= cmd.limit <= LARGEST, "no limit")
        self.checked(cmd.type, cmd.holder, ask.at)
        return [("account_opened", cmd.account, cmd.type, cmd.holder, cmd.limit)]

    def close_account(self, cmd: c.CloseAccount, ask: Ask) -> list[Fact]:
        """The end of an empty account in which nothing waits."""
        account = self.account(cmd.account)
        self.reason(cmd.reason)
        needs(not self.government(account), "the authority's")
        for kind in self.pack.kinds:
            needs(self.toy.total(account.id, kind) == 0, "not empty")
        for waiting in self.toy.waiting.values():
            other = waiting.id != ask.pending
            needs(not (other and waiting.account == account.id), "something waits")
        return [("account_closed", account.id)]

    def register_holder(self, cmd: c.RegisterHolder, ask: Ask) -> list[Fact]:
        """A check of a customer, good for some time."""
        self.name(cmd.holder)
        self.future(cmd.until, ask.at)
        until, days = cmd.until, self.pack.controls.kyc.value.valid_days
        if days is not None:
            most = later(ask.at, days=days)
            until = min(until or most, most)
        return [("holder_checked", cmd.holder, cmd.passed, until if cmd.passed else "")]

    def represent(self, cmd: c.Represent, ask: Ask) -> list[Fact]:
        """Rights of a person; a verifier never has any."""
        account = self.account(cmd.account)
        rights = tuple(sorted(cmd.rights))
        needs(rights in ((), ("approve",), ("initiate",), ("approve", "initiate")), "no rights")
        if not rights:
            needs(cmd.person in account.rights, "has none")
        else:
            roles = self.roles(cmd.person)
            barred = self.pack.controls.verifier_never_represents.value
            needs(not (barred and "verifier" in roles), "a verifier")
            needs(not self.government(account) or "authority" in roles, "not of the authority")
        return [("represented", account.id, cmd.person, rights)]

    def set_limit(self, cmd: c.SetLimit, ask: Ask) -> list[Fact]:
        """The account's own limit."""
        account = self.acting(cmd.account, "set_limit")
        needs(cmd.limit is None or 0 <= cmd.limit <= LARGEST, "no limit")
        return [("limit_set", account.id, cmd.limit)]

    def trust(self, cmd: c.Trust, ask: Ask) -> list[Fact]:
        """An addition to the trusted list, which works days later."""
        account, target = self.acting(cmd.account, "trust"), self.account(cmd.target)
        needs(account is not target, "the same account")
        self.no_sink(target)
        needs(target.id not in account.trusted, "there already")
        return [("trusted", account.id, target.id, self.days.trusted_from(ask.at))]

    def distrust(self, cmd: c.Distrust, ask: Ask) -> list[Fact]:
        """A removal from the trusted list, at once."""
        account = self.account(cmd.account)
        needs(cmd.target in account.trusted, "not there")
        return [("trusted", account.id, cmd.target, "")]

    def open_registry(self, cmd: c.OpenRegistry, ask: Ask) -> list[Fact]:
        """The end of the closed mode."""
        self.reason(cmd.reason)
        needs(self.toy.mode == "closed", "open already")
        return [("mode_set", "open")]

    def close_registry(self, cmd: c.CloseRegistry, ask: Ask) -> list[Fact]:
        """The closed mode."""
        self.reason(cmd.reason)
        needs(self.toy.mode == "open", "closed already")
        return [("mode_set", "closed")]

    def hold(self, cmd: c.PlaceHold, ask: Ask) -> list[Fact]:
        """A reservation of free units."""
        account = self.acting(cmd.account, "hold")
        self.no_sink(account)
        self.amount(cmd.kind, cmd.amount)
        needs(cmd.reason in _REASONS, "no such reason")
        if cmd.beneficiary:
            self.account(cmd.beneficiary)
        self.future(cmd.until, ask.at)
        needs(cmd.amount <= self.free(account.id, cmd.kind, ask), "short")
        return [(
            "hold_placed", account.id, cmd.kind, cmd.amount, cmd.reason, cmd.until,
            cmd.beneficiary, False,
        )]  # fmt: skip

    def release(self, cmd: c.Release, ask: Ask) -> list[Fact]:
        """The end of a hold, by whom it serves."""
        needs(cmd.hold in self.toy.holds, "no such hold")
        hold = self.toy.holds[cmd.hold]
        needs(hold.reason not in ("pending", "export"), "not by hand")
        if hold.reason == "freeze":
            needs(self.is_authority(ask.actor), "not of the authority")
        else:
            self.concerned(hold.beneficiary or hold.account, ask.actor)
        return [("hold_ended", hold.id, "released")]

    def freeze(self, cmd: c.Freeze, ask: Ask) -> list[Fact]:
        """A freeze of an account, an amount or certain units; holds give way."""
        account = self.account(cmd.account)
        self.no_sink(account)
        self.reason(cmd.reason)
        if not cmd.kind:
            needs(not cmd.amount and not cmd.blocks, "of what kind")
            needs(account.status == "open", "frozen already")
            return [("account_frozen", account.id, True)]
        needs(cmd.kind in self.pack.kinds, "no such kind")
        if not cmd.blocks:
            self.amount(cmd.kind, cmd.amount)
            facts = self.make_room(account.id, cmd.kind, cmd.amount, ask)
            what = (account.id, cmd.kind, cmd.amount)
            return [*facts, ("hold_placed", *what, "freeze", "", "", False)]
        cells = self._named(account.id, cmd.kind, cmd.blocks)
        units = self.toy.units[cmd.kind]
        needs(not units.frozen[cells].any(), "frozen already")
        plain = int((units.year[cells] == 0).sum())
        facts = self.make_room(account.id, cmd.kind, plain, ask) if plain else []
        ranges = tuple(sorted(tuple(pair) for pair in cmd.blocks))
        return [*facts, ("blocks_frozen", account.id, cmd.kind, ranges, True)]

    def unfreeze(self, cmd: c.Unfreeze, ask: Ask) -> list[Fact]:
        """The end of a freeze of an account or of certain units."""
        account = self.account(cmd.account)
        self.reason(cmd.reason)
        if not cmd.kind:
            needs(account.status == "frozen" and not cmd.blocks, "not frozen")
            return [("account_frozen", account.id, False)]
        needs(cmd.kind in self.pack.kinds, "no such kind")
        cells = self._named(account.id, cmd.kind, cmd.blocks)
        needs(self.toy.units[cmd.kind].frozen[cells].all(), "not frozen")
        ranges = tuple(sorted(tuple(pair) for pair in cmd.blocks))
        return [("blocks_frozen", account.id, cmd.kind, ranges, False)]

    def _named(self, account: str, kind: str, blocks: tuple[tuple[int, int], ...]) -> Cells:
        raise NotImplementedError

    # People and packs

    def person(self, cmd: p.PeopleCommand, actor: str, shelf: dict[str, Pack]) -> list[Fact]:
        """What the authority decides about people and the pack."""
        needs("authority" in self.roles(actor), "not of the authority")
        persons = self.toy.persons
        if isinstance(cmd, p.AdoptPack):
            needs(cmd.pack in shelf, "no such pack")
            needs(cmd.pack != self.toy.rules, "in force already")
            pack = shelf[cmd.pack]
            for account in self.toy.accounts.values():
                needs(account.type in pack.accounts, "lacks a type")
                for kind in self.pack.kinds:
                    if kind in account.flow:
                        needs(kind in pack.kinds, "lacks a kind")
            return [("pack_adopted", cmd.pack, cmd.id)]
        key = getattr(cmd, "key", "")
        needs(not key or (len(key) == 64 and set(key) <= set("0123456789abcdef")), "no key")
        if isinstance(cmd, p.Enrol):
            self.name(cmd.person)
            needs(cmd.person != "system" and cmd.person not in persons, "there already")
            needs(cmd.person not in self.toy.gone, "was there before")
            needs(cmd.roles and set(cmd.roles) <= _ROLES, "no roles")
            return [("person_enrolled", cmd.person, tuple(cmd.roles), key)]
        needs(cmd.person in persons, "nobody of that name")
        if isinstance(cmd, p.SetKey):
            return [("key_set", cmd.person, key)]
        self.reason(cmd.reason)
        left = [name for name, (roles, _) in persons.items() if "authority" in roles]
        if cmd.person in left:
            needs(len(left) > 2, "two must stay")
        return [("person_withdrawn", cmd.person)]

    # Taking back

    def waiting(self, name: str) -> Waiting:
        """What waits under the name."""
        needs(name in self.toy.waiting, "nothing waits")
        return self.toy.waiting[name]

    def reject(self, cmd: c.Reject, ask: Ask) -> list[Fact]:
        """A second person's no."""
        found = self.waiting(cmd.pending)
        needs(not found.due, "approved already")
        self.may_approve(found.command, found.initiator, ask.actor)
        self.reason(cmd.reason)
        return self.end_waiting(found.id, "rejected", ask.actor)

    def abort(self, cmd: c.Abort, ask: Ask) -> list[Fact]:
        """What was asked for is taken back, while there is time."""
        found = self.waiting(cmd.pending)
        if found.account and not found.command.authority:
            self.concerned(found.account, ask.actor)
        else:
            needs(self.is_authority(ask.actor), "not of the authority")
        if found.due:
            minutes = self.pack.controls.abort_before_minutes.value
            needs(ask.at <= later(found.due, minutes=-minutes), "too late")
        return self.end_waiting(found.id, "aborted", ask.actor)


__all__ = ["AccountRules", "No"]
