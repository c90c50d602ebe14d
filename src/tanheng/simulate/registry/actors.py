"""Who asks for what: people who mostly know what they do, and often enough do not."""

from __future__ import annotations

from collections.abc import Callable

from tanheng.programme import people as p
from tanheng.registry import commands as c
from tanheng.simulate.registry.choosing import (
    AUTHORITY,
    EVERYBODY,
    FREE_TYPES,
    HUGE,
    MOST,
    PEOPLE,
    SOURCES,
    VERIFIERS,
    Chooser,
    Planned,
)  # fmt: skip
from tanheng.simulate.registry.dice import Dice
from tanheng.simulate.registry.model import Toy, Waiting

_WEIGHTS = {
    "approve": 240, "transfer": 200, "hold": 55, "surrender": 50, "allocate": 60, "release": 40,
    "issue": 30, "cancel": 25, "freeze": 42, "unfreeze": 24, "give_back": 20, "deduct": 18,
    "reverse": 22, "carry_over": 20, "convert": 20, "import_credits": 18, "export_units": 18,
    "confirm_export": 10, "abort_export": 7, "import_units": 12, "reject": 16, "abort": 26,
    "trust": 22, "distrust": 6, "set_limit": 9, "represent": 26, "register_holder": 18,
    "open_account": 16, "close_account": 14, "close_registry": 5, "open_registry": 4, "enrol": 12,
    "set_key": 5, "withdraw": 6, "adopt_pack": 2,
}  # fmt: skip


class Actors(Chooser):
    """Plans commands from what the toy registry looks like at the moment.

    They are carried out later, when it may look otherwise.
    """

    def __init__(self, dice: Dice, toy: Toy, packs: dict[str, str]) -> None:
        super().__init__(dice, toy, packs)
        self._table: list[Callable[[], Planned]] = [
            getattr(self, f"_{name}") for name, weight in _WEIGHTS.items() for _ in range(weight)
        ]

    def plan(self) -> Planned:
        """One command of somebody."""
        if self.toy.mode == "closed" and self.dice.chance(0.15):
            return self._open_registry()
        return self._table[self.dice.below(len(self._table))]()

    # Accounts

    def _open_account(self) -> Planned:
        dice = self.dice
        fresh = self._id("acc-") if len(self.alive) < 34 or dice.chance(0.1) else dice.pick(
            self.toy.names
        )  # fmt: skip
        if dice.chance(0.03):
            fresh = dice.pick(("", "a b", "-x"))
        kind = dice.pick((*FREE_TYPES, *FREE_TYPES, "issuance", "reserve", "nothing"))
        limit = dice.pick((None, None, None, None, 30, 0, -1, HUGE[-1]))
        return c.OpenAccount(fresh, kind, f"holder-{dice.between(1, 30)}", limit), self._boss()

    def _close_account(self) -> Planned:
        account = self._any()
        for _ in range(6):
            if not account.flow:
                break
            account = self._other()
        return c.CloseAccount(self._name(account), self._reason()), self._boss()

    def _register_holder(self) -> Planned:
        dice = self.dice
        until = ""
        if dice.chance(0.4):
            until = self._until(days=dice.between(-1, 60))
        command = c.RegisterHolder(f"holder-{dice.between(1, 30)}", dice.chance(0.93), until)
        return command, self._boss()

    def _represent(self) -> Planned:
        dice, account = self.dice, self._any()
        if dice.chance(0.5):
            poor = [a for a in self.alive if len(a.rights) < 3]
            account = dice.pick(poor) if poor else account
        group = AUTHORITY if self.toy.pack.accounts[account.type].government else PEOPLE
        person = dice.pick(EVERYBODY) if dice.chance(0.1) else dice.pick(group)
        both = ("initiate", "approve")
        rights: tuple[str, ...] = dice.pick((both, both, both, ("initiate",), ("approve",), ()))
        if dice.chance(0.03):
            rights = dice.pick((("rule",), ("approve", "approve")))
        if rights == () and account.rights:
            person = dice.pick(list(account.rights))
        return c.Represent(self._name(account), person, rights), self._boss()

    def _set_limit(self) -> Planned:
        account = self._other()
        limit = self.dice.pick((None, 25, 60, 0, -3, *HUGE[-1:]))
        return c.SetLimit(self._name(account), limit), self._person(account)

    def _trust(self) -> Planned:
        account = self._other()
        return c.Trust(self._name(account), self._name(self._any())), self._person(account)

    def _distrust(self) -> Planned:
        account = self._other()
        listed = list(account.trusted)
        target = self.dice.pick(listed) if listed else "nowhere"
        return c.Distrust(self._name(account), target), self._person(account)

    def _open_registry(self) -> Planned:
        return c.OpenRegistry(self._reason()), self._boss()

    def _close_registry(self) -> Planned:
        return c.CloseRegistry(self._reason()), self._boss()

    # Units

    def _issue(self) -> Planned:
        dice = self.dice
        kind = dice.pick([*self.toy.pack.kinds])
        units = self.toy.units.get(kind)
        amount = self._amount(0, 1)
        if amount == 1:
            amount = 5 * dice.between(1, 40)
        if units is not None and units.issued > MOST and amount > 0:
            amount = HUGE[0]
        account = dice.pick(SOURCES) if dice.chance(0.95) else self._any().id
        return c.Issue(kind, amount, account), self._boss()

    def _allocate(self) -> Planned:
        dice = self.dice
        givers = [a for a in self.alive if a.type in SOURCES]
        source, kind, free = self._rich(givers)
        year = (
            dice.pick((0, 0, 0, 2015, 2015, 2016, 2017))
            if dice.chance(0.98)
            else dice.pick((-5, 3000))
        )
        amount = self._amount(free, 80)
        target = self._name(self._fitting(kind))
        return c.Allocate(self._name(source), target, kind, amount, year), self._boss()

    def _transfer(self) -> Planned:
        dice = self.dice
        source, kind, free = self._rich(self.alive if dice.chance(0.1) else self.others)
        trusted = list(source.trusted)
        target = self._name(self._fitting(kind))
        if trusted and dice.chance(0.5):
            target = dice.pick(trusted)
        blocks: tuple[tuple[int, int], ...] = ()
        amount = self._amount(free)
        if dice.chance(0.25):
            blocks = self._blocks(source, kind)
            amount = sum(b - a + 1 for a, b in blocks)
        command = c.Transfer(self._name(source), target, kind, amount, blocks)
        return command, self._person(source)

    def _hold(self) -> Planned:
        dice = self.dice
        account, kind, free = self._rich(self.others)
        reason = dice.pick(("order", "bid", "repurchase", "custody", "pledge"))
        if dice.chance(0.02):
            reason = "pending"
        until = ""
        if dice.chance(0.6):
            until = self._until(minutes=dice.between(-20, 4000))
        beneficiary = self._name(self._other()) if dice.chance(0.3) else ""
        command = c.PlaceHold(
            self._name(account), kind, self._amount(free, 25), reason, until, beneficiary
        )
        return command, self._person(account)

    def _release(self) -> Planned:
        dice = self.dice
        holds = list(self.toy.holds.values())
        if not holds or dice.chance(0.03):
            return c.Release("H0"), self._boss()
        hold = dice.pick(holds)
        if hold.reason == "pending" and not dice.chance(0.05):
            hold = dice.pick(holds)
        if hold.reason == "freeze":
            return c.Release(hold.id), self._boss()
        side = hold.beneficiary if hold.beneficiary in self.toy.accounts else hold.account
        return c.Release(hold.id, "done"), self._person(self.toy.accounts[side])

    def _surrender(self) -> Planned:
        dice = self.dice
        account, kind, free = self._rich(self.others)
        if dice.chance(0.35):
            kind = ""
        year = dice.pick((2015, 2015, 2016, 2017, 0))
        command = c.Surrender(self._name(account), self._amount(max(free, 6), 16), year, kind)
        return command, self._person(account)

    def _cancel(self) -> Planned:
        account, kind, free = self._rich(self.others)
        blocks: tuple[tuple[int, int], ...] = ()
        amount = self._amount(free, 8)
        if self.dice.chance(0.2):
            blocks = self._blocks(account, kind)
            amount = sum(b - a + 1 for a, b in blocks)
        command = c.Cancel(self._name(account), kind, amount, self._reason(), blocks)
        return command, self._person(account)

    def _import_credits(self) -> Planned:
        dice = self.dice
        kind = "CCER" if dice.chance(0.93) else dice.pick([*self.toy.pack.kinds])
        units = self.toy.units.get(kind)
        first = dice.between(1, 100_000)
        last = first + dice.below(30) - dice.chance(0.03) * 20
        if dice.chance(0.02) or (units is not None and units.issued > MOST):
            first += dice.pick((0, HUGE[-1]))
            last = max(first, HUGE[0]) + 2
        origin = dice.pick(("ncs", "vcs", "vcs", "a b" if dice.chance(0.1) else "gs"))
        known = self.toy.external.get((kind, origin))
        if known and dice.chance(0.2):
            first = dice.pick(known)[1] + dice.below(2)
            last = first + 3
        command = c.ImportCredits(self._name(self._other()), kind, origin, first, last)
        return command, self._boss()

    def _convert(self) -> Planned:
        dice, kinds = self.dice, self.toy.pack.kinds
        ways = [(k.id, wanted) for k in kinds.values() for wanted in k.convertible_to]
        if not ways or dice.chance(0.05):
            ways = [("CNY", "CCER"), ("NOTHING", "CNY"), ("DMA-2015", "DMA-2016")]
        kind, wanted = dice.pick(ways)
        accounts = [a for a in self.others if kind in a.flow] or self.others
        account = dice.pick(accounts)
        free = self.toy.free(account.id, kind) if kind in kinds else 3
        amount = self._amount(free, 12)
        units = self.toy.units.get(wanted)
        if units is not None and units.issued > MOST and amount > 0:
            amount = HUGE[0]
        return c.Convert(self._name(account), kind, wanted, amount), self._person(account)

    def _carry_over(self) -> Planned:
        account, kind, free = self._rich(self.others)
        amount = self._amount(free, 10)
        return c.CarryOver(self._name(account), kind, amount), self._person(account)

    def _give_back(self) -> Planned:
        account, kind, free = self._rich(self.others)
        target = self.dice.pick(SOURCES) if self.dice.chance(0.95) else self._any().id
        command = c.Return(self._name(account), target, kind, self._amount(free, 20))
        return command, self._person(account)

    def _deduct(self) -> Planned:
        dice = self.dice
        account, kind, free = self._rich(self.others)
        target = dice.pick((*SOURCES, "surrender")) if dice.chance(0.93) else self._any().id
        more = self.toy.reserved(account.id, kind) if kind in self.toy.pack.kinds else 0
        amount = self._amount(free + dice.below(more + 1), 60)
        return c.Deduct(self._name(account), target, kind, amount, self._reason()), self._boss()

    def _reverse(self) -> Planned:
        past = list(self.toy.past)[-60:]
        seq = self.dice.pick(past) if past and not self.dice.chance(0.05) else self.dice.below(50)
        if self.dice.chance(0.02):
            seq = self.dice.pick((-1, 10**9, *HUGE))
        return c.Reverse(seq, self._reason()), self._boss()

    def _freeze(self) -> Planned:
        dice = self.dice
        account, kind, free = self._rich(self.alive if dice.chance(0.05) else self.others)
        roll, name = dice.roll(), self._name(account)
        if roll < 0.2:
            return c.Freeze(name, self._reason()), self._boss()
        if roll < 0.5 and kind in self.toy.pack.kinds:
            more = self.toy.reserved(account.id, kind)
            amount = self._amount(free + dice.below(more + 1), 30)
            return c.Freeze(name, self._reason(), kind, amount), self._boss()
        blocks = self._blocks(account, kind)
        return c.Freeze(name, self._reason(), kind, 0, blocks), self._boss()

    def _unfreeze(self) -> Planned:
        dice = self.dice
        icy = [a for a in self.alive if a.status == "frozen"]
        if icy and dice.chance(0.5):
            return c.Unfreeze(self._name(dice.pick(icy)), self._reason()), self._boss()
        kinds = [kind for kind, units in self.toy.units.items() if units.frozen.any()]
        if not kinds:
            return c.Unfreeze(self._name(self._any()), self._reason()), self._boss()
        kind = dice.pick(kinds)
        units = self.toy.units[kind]
        owner = self.toy.accounts[self.toy.names[dice.pick(units.owner[units.frozen].tolist())]]
        blocks = self._blocks(owner, kind, 1)
        return c.Unfreeze(self._name(owner), self._reason(), kind, blocks), self._boss()

    def _export_units(self) -> Planned:
        account, kind, free = self._rich(self.others)
        programme = "elsewhere" if self.dice.chance(0.97) else ""
        command = c.ExportUnits(self._name(account), kind, self._amount(free, 6), programme)
        return command, self._person(account)

    def _export(self) -> str:
        known = list(self.toy.exports)
        return self.dice.pick(known) if known and not self.dice.chance(0.05) else "X0"

    def _confirm_export(self) -> Planned:
        return c.ConfirmExport(self._export(), self._reason()), self._boss()

    def _abort_export(self) -> Planned:
        return c.AbortExport(self._export(), self._reason()), self._boss()

    def _import_units(self) -> Planned:
        dice = self.dice
        account = self._other()
        kind = self._kind(account)
        units = self.toy.units.get(kind)
        amount = self._amount(20, 20)
        if units is not None and units.issued > MOST and amount > 0:
            amount = HUGE[0]
        export = f"X{dice.between(1, 2000)}"
        command = c.ImportUnits(self._name(account), kind, amount, "elsewhere", export)
        return command, self._boss()

    # What waits

    def _waiting(self, fresh: bool) -> tuple[str, Waiting | None]:
        waits, dice = self.toy.waiting, self.dice
        if not waits or dice.chance(0.02):
            return "P0", None
        names = list(waits)
        for _ in range(8):
            name = names[-1 - dice.below(min(len(names), 60))]
            if not (fresh and waits[name].due):
                return name, waits[name]
        return names[0], waits[names[0]]

    def _second(self, found: Waiting | None) -> str:
        dice = self.dice
        if found is None:
            return self._boss()
        if dice.chance(0.05):
            return found.initiator
        if found.command.authority:
            able = [person for person in AUTHORITY if person != found.initiator]
            return dice.pick(able) if not dice.chance(0.03) else dice.pick(EVERYBODY)
        account = self.toy.accounts[found.account]
        for _ in range(4):
            person = self._person(account, "approve")
            if person != found.initiator:
                break
        return person

    def _approve(self) -> Planned:
        name, found = self._waiting(True)
        return c.Approve(name), self._second(found)

    def _reject(self) -> Planned:
        name, found = self._waiting(True)
        return c.Reject(name, self._reason()), self._second(found)

    def _abort(self) -> Planned:
        name, found = self._waiting(self.dice.chance(0.3))
        person = self._boss() if found is None else found.initiator
        if self.dice.chance(0.1):
            person = self.dice.pick((*EVERYBODY, "stranger"))
        return c.Abort(name, "never mind"), person

    # People

    def _enrol(self) -> Planned:
        dice = self.dice
        person = f"extra-{dice.between(1, 400)}"
        if dice.chance(0.15):
            person = dice.pick(EVERYBODY)
        roles: tuple[str, ...] = ("representative",)
        if person in AUTHORITY:
            roles = ("authority",)
        if person in VERIFIERS or dice.chance(0.08):
            roles = ("verifier",)
        if dice.chance(0.04):
            roles = dice.pick(((), ("king",)))
        if dice.chance(0.04):
            person = dice.pick(("", "system", *EVERYBODY))
        return p.Enrol(person, roles, self._key()), self._boss()

    def _set_key(self) -> Planned:
        person = self.dice.pick((*VERIFIERS, *EVERYBODY, "stranger"))
        return p.SetKey(person, self._key()), self._boss()

    def _key(self) -> str:
        return self.dice.pick(("CD" * 32, "xyz", "", *self.keys, *self.keys))

    def _withdraw(self) -> Planned:
        dice = self.dice
        # Who is withdrawn never comes back: of the people who make things happen, few may go.
        extras = [name for name in self.toy.persons if name.startswith("extra-")]
        person = dice.pick((*extras, *extras, PEOPLE[-1], VERIFIERS[-1], AUTHORITY[-1], "stranger"))
        return p.Withdraw(person, self._reason()), self._boss()

    def _adopt_pack(self) -> Planned:
        digest = self.dice.pick([*self.packs, "00" * 32])
        return p.AdoptPack(digest, f"pack:{digest}", "variant"), self._boss()
