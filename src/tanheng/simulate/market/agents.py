"""Who wants what of a market: traders, and the authority, the bank, and people who ask for nonsense."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tanheng.market import commands as c
from tanheng.programme import people as p
from tanheng.registry import commands as r
from tanheng.simulate.market.floor import Floor
from tanheng.simulate.market.traders import CLASS, REFERENCE, TRADING, Planned, Traders
from tanheng.simulate.market.variants import INSTRUMENTS
from tanheng.simulate.registry.dice import Dice

_WEIGHTS = {
    "compliance": 170, "quote": 220, "speculate": 150, "self_trade": 30, "layer": 20,
    "beyond": 12, "market_order": 45, "cancel": 130, "amend": 90, "listed": 60, "pick": 80,
    "block": 30, "answer": 30, "fixed": 8, "auction": 22, "bid": 90, "call_off": 5,
    "deposit": 24, "withdraw": 20, "admit": 12, "reference": 6, "halt": 8, "annul": 30,
    "freeze": 14, "unfreeze": 16, "deduct": 14, "hold": 10, "release": 16, "approve": 20,
    "take_back": 6, "circle": 16, "close": 1, "adopt": 1, "nonsense": 60,
}  # fmt: skip


class Agents(Traders):
    """Plans commands from what the toy market looks like at the moment.

    They are carried out later, when it may look otherwise.
    """

    def __init__(self, dice: Dice, floor: Floor, packs: list[str]) -> None:
        super().__init__(dice, floor)
        self.packs = packs
        self._table: list[Callable[[], Planned]] = [
            getattr(self, f"_{name}") for name, weight in _WEIGHTS.items() for _ in range(weight)
        ]

    def plan(self, now: str) -> Planned:
        """One command of somebody."""
        self.now = now
        roll = self.dice.roll()
        if self.floor.mode == "closed" and roll < 0.1:
            return r.OpenRegistry("over"), self._boss()
        if self.floor.halted and roll < 0.02:
            return self._halt()
        if roll < 0.03 and any(a.status == "frozen" for a in self.floor.accounts.values()):
            return self._unfreeze()
        if len(self.floor.waiting) > 6 and roll < 0.1:
            return self._approve()
        if len(self.floor.orders) > 160 and roll < 0.4:
            return self._cancel()
        return self._table[self.dice.below(len(self._table))]()

    # The authority and the bank

    def _deposit(self) -> Planned:
        used = [*self.floor.references]
        reference = self.dice.pick(used[-20:]) if used and self.dice.chance(0.05) else self._id("B")
        amount = self.dice.between(1, 300_000)
        return c.Deposit(self.dice.pick(TRADING), amount, reference), self._boss()

    def _withdraw(self) -> Planned:
        account = self.dice.pick(TRADING)
        free = self.floor.spare(account, self.floor.money_kind)
        amount = max(int(free * self.dice.pick((0.1, 0.3, 1.0, 1.01))), 0)
        return c.WithdrawMoney(account, amount, self._id("B")), self._boss()

    def _admit(self) -> Planned:
        out = [name for name in TRADING if name not in self.floor.admitted]
        account = self.dice.pick(out if out and self.dice.chance(0.8) else TRADING)
        usual = CLASS[account[0]]
        now = self.floor.admitted.get(account, "")
        wanted = "" if now == usual and self.dice.chance(0.3) else usual
        if self.dice.chance(0.1):
            wanted = self.dice.pick((*CLASS.values(), "nobody"))
        return c.Admit(account, wanted, self._reason()), self._boss()

    def _reference(self) -> Planned:
        instrument = self._instrument()
        price = int(
            self.floor.closes.get(instrument, REFERENCE) * self.dice.pick((0.93, 0.98, 1.02, 1.08))
        )
        return c.SetReference(instrument, min(max(price, 500), 9000), self._reason()), self._boss()

    def _halt(self) -> Planned:
        if self.floor.halted:
            return c.Halt(self.dice.pick([*self.floor.halted]), False, "over"), self._boss()
        what = self.dice.pick((*INSTRUMENTS, "", "nothing"))
        return c.Halt(what, True, self._reason()), self._boss()

    def _annul(self) -> Planned:
        trades = [*self.floor.trades]
        name = self.dice.pick(trades[-30:]) if trades else f"T{self.dice.below(99)}.0"
        return c.Annul(name, self._reason()), self._boss()

    def _kind(self, account: str) -> str:
        return self.dice.pick((*INSTRUMENTS[:2], self.floor.money_kind))

    def _freeze(self) -> Planned:
        dice, account = self.dice, self.dice.pick(TRADING)
        if dice.chance(0.3):
            return r.Freeze(account, self._reason()), self._boss()
        kind = self._kind(account)
        if dice.chance(0.3) and self.floor.serialised(kind):
            blocks = self.floor.blocks(account, kind)
            if blocks:
                first, last, _, _ = dice.pick(blocks)
                some = ((first, min(last, first + dice.below(40))),)
                return r.Freeze(account, self._reason(), kind, 0, some), self._boss()
        held = self.floor.reserved(account, kind)
        amount = max(self.floor.spare(account, kind) + int(held * dice.roll() * 1.05), 1)
        return r.Freeze(account, self._reason(), kind, amount), self._boss()

    def _unfreeze(self) -> Planned:
        icy = [a.id for a in self.floor.accounts.values() if a.status == "frozen"]
        ice = [h.id for h in self.floor.holds.values() if h.reason == "freeze"]
        if ice and (not icy or self.dice.chance(0.6)):
            return r.Release(self.dice.pick(ice)), self._boss()
        kinds = [k for k, units in self.floor.units.items() if units.frozen.any()]
        if kinds and (not icy or self.dice.chance(0.5)):
            units = self.floor.units[kinds[0]]
            cell = int(units.frozen.nonzero()[0][0])
            owner = self.floor.names[int(units.owner[cell])]
            blocks = tuple(b[:2] for b in self.floor.blocks(owner, kinds[0]) if b[3])
            return r.Unfreeze(owner, "over", kinds[0], blocks), self._boss()
        return r.Unfreeze(self.dice.pick(icy or [*TRADING]), self._reason()), self._boss()

    def _deduct(self) -> Planned:
        dice, account = self.dice, self.dice.pick(TRADING)
        kind = self._kind(account)
        held = self.floor.reserved(account, kind)
        amount = max(self.floor.spare(account, kind) + int(held * dice.roll() * 1.02), 1)
        if dice.chance(0.5):
            amount = dice.between(1, 20)
        return r.Deduct(account, "issuance", kind, amount, self._reason()), self._boss()

    def _hold(self) -> Planned:
        account = self.dice.pick(TRADING)
        kind = self._kind(account)
        reason = self.dice.pick(("order", "bid", "pledge"))
        command = r.PlaceHold(account, kind, self.dice.between(1, 30), reason)
        return command, self._person(account)

    def _release(self) -> Planned:
        """Somebody takes back a hold, whatever it is for."""
        holds = [*self.floor.holds.values()]
        if not holds:
            return self._hold()
        hold = self.dice.pick(holds)
        return r.Release(hold.id), self._person(hold.account)

    def _approve(self) -> Planned:
        waits = [*self.floor.waiting]
        if not waits:
            return self._speculate()
        return r.Approve(self.dice.pick(waits)), self._boss()

    def _take_back(self) -> Planned:
        waits = [*self.floor.waiting]
        if not waits:
            return self._deposit()
        name = self.dice.pick(waits)
        command = r.Abort(name) if self.dice.chance(0.5) else r.Reject(name, self._reason())
        return command, self._boss()

    def _close(self) -> Planned:
        return r.CloseRegistry(self._reason()), self._boss()

    def _adopt(self) -> Planned:
        """Other rules, from now on."""
        digest = self.dice.pick(self.packs)
        return p.AdoptPack(digest, f"pack:{digest}", "variant"), self._boss()

    def _nonsense(self) -> Planned:
        """Unknown orders, wrong accounts, amounts and prices that are none."""
        dice, account = self.dice, self.dice.pick(TRADING)
        commands: list[Any] = [
            c.PlaceOrder("nowhere", "DMA-2016", "bidding", "buy", 1, 2000),
            c.PlaceOrder(account, "NOTHING", "bidding", "buy", 1, 2000),
            c.PlaceOrder(account, "DMA-2016", "nothing", "buy", 1, 2000),
            c.PlaceOrder(account, "DMA-2016", "auction", "buy", 1, 2000),
            c.PlaceOrder(account, "DMA-2016", "bidding", "both", 10, 2000),
            c.PlaceOrder(account, "DMA-2016", "bidding", "buy", dice.pick((0, -5, 10**9, 3)), 2000),
            c.PlaceOrder(account, "DMA-2016", "bidding", "sell", 10, dice.pick((-1, 10**12, 1, 0))),
            c.PlaceOrder(account, "DMA-2016", "bidding", "sell", 10, 2000, "soon"),
            c.PlaceOrder(account, "DMA-2016", "bidding", "sell", 10, 2000, "", "op-1"),
            c.PlaceOrder(account, "DMA-2016", "bidding", "sell", 10**7, 2000),
            c.Pick(account, f"O{dice.below(9000)}"), c.Amend(account, "O1", dice.between(-1, 5)),
            c.CancelOrder(account, f"A1.B{dice.below(9000)}"), c.Bid(account, "A0", 2000, 10),
            c.Deposit(account, dice.pick((0, -1, 2**53)), self._id("B")),
            c.WithdrawMoney(account, 10**15, self._id("B")), c.Admit("surrender", "obligated"),
            c.SetReference("DMA-2016", 0, "because"), c.Deposit("surrender", 5, self._id("B")),
            c.Deposit(account, 5, "no reference"), r.Release("H0"), r.Approve("P0"),
        ]  # fmt: skip
        command = dice.pick(commands)
        return command, self._person(account) if dice.chance(0.5) else self._boss()
