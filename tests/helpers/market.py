"""A market for tests: a programme in memory under the demo pack, accounts with units and money."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from helpers.compliance import Scheme, pack_with
from tanheng.errors import Refusal
from tanheng.journal import Store
from tanheng.market import commands as c
from tanheng.market import model as m
from tanheng.programme.programme import Outcome
from tanheng.registry import commands as r
from tanheng.rules import Pack

KIND = "DMA-2016"
UNITS, MONEY = 100_000, 100_000_000_00
REFERENCE = 2000
_CLASS = {"operator": "obligated", "trader": "institution", "person": "individual"}


def market_pack(*overlays: str, name: str = "demo-ets", **controls: Any) -> Pack:
    """The demo pack, or one with drafts laid over it."""
    return pack_with(name, *overlays, **controls)


def rule(name: str, value: str) -> str:
    """An overlay with another choice of the market."""
    return (
        f'market:\n  {name}: {{value: {value}, clause: "Test, Art. 1", status: assumed}}\n'
    )  # fmt: skip


class Floor(Scheme):
    """Operators A, B, C, D (holders hA …), a trader T, a person P, an auction account, a clearing
    account; each of the first five has units and money, all are admitted."""

    def __init__(
        self, pack: Pack | None = None, now: str = "2016-06-01 10:00", store: Store | None = None,
        traders: Sequence[tuple[str, str]] = (), kind: str = KIND, money: int = MONEY,
    ) -> None:  # fmt: skip
        super().__init__(pack or market_pack(), entities=0, now=now, store=store)
        self.do(r.OpenAccount("auct", "auction", "gov"), r.OpenAccount("clear", "clearing", "ex"))
        self.do(r.Represent("auct", "gov1", ("initiate", "approve")))
        self.do(r.Issue(kind, 20 * UNITS, "issuance"))
        accounts = traders or [
            *((name, "operator") for name in "ABCD"), ("T", "trader"), ("P", "person"),
        ]  # fmt: skip
        for name, type_ in accounts:
            self.do(
                r.RegisterHolder(f"h{name}", True), r.OpenAccount(name, type_, f"h{name}"),
                r.Represent(name, "ann", ("initiate", "approve")),
                r.Represent(name, "bob", ("initiate", "approve")),
                c.Admit(name, _CLASS[type_]), c.Deposit(name, money, f"D-{name}"),
                r.Allocate("issuance", name, kind, UNITS),
            )  # fmt: skip
        self.do(c.SetReference(kind, REFERENCE, "listed"))
        self.kind = kind

    def order(self, account: str, side: str, price: int, amount: int, segment: str = "bidding",
              **more: Any) -> str:  # fmt: skip
        """Place an order that must be accepted; its id."""
        found = self.do(
            c.PlaceOrder(account, self.kind, segment, side, amount, price, **more), actor="ann"
        )
        return next(e.order for e in found.events if isinstance(e, m.OrderPlaced))

    def pick(self, account: str, order: str, amount: int = 0) -> Outcome:
        """Take an order."""
        return self.do(c.Pick(account, order, amount), actor="ann")

    def refused(self, command: Any, actor: str = "ann") -> Refusal:
        """A refusal, with nothing changed but what is due by now."""
        self.programme.tick()
        return self.no(command, actor)

    def bidding(self, account: str, side: str, price: int, amount: int, segment: str = "bidding",
                **more: Any) -> c.PlaceOrder:  # fmt: skip
        """The command of an order."""
        return c.PlaceOrder(account, self.kind, segment, side, amount, price, **more)

    def money(self, account: str) -> int:
        """Free money in fen."""
        return self.free(account, "CNY")

    def units(self, account: str) -> int:
        """Free units."""
        return self.free(account, self.kind)

    @property
    def market(self) -> Any:
        """The market's content."""
        return self.programme.state.market.content

    def open_orders(self) -> dict[str, int]:
        """Orders that wait, with what is left."""
        return {name: order.left for name, order in self.market.orders.items()}

    def trades(self, outcome: Outcome) -> list[tuple[int, int]]:
        """Prices and amounts traded in an outcome."""
        return [
            (row[3], row[4]) for e in outcome.events if isinstance(e, m.Traded) for row in e.rows
        ]

    def tick(self, text: str) -> None:
        """Move the clock and carry out what is due."""
        self.at(text).programme.tick()

    def sound(self) -> None:
        """Tables, replay and conservation hold."""
        assert self.programme.check_tables() == []
        content = self.programme.state.registry.content
        for kind, totals in content.totals.items():
            every = sum(
                a.balances[kind].total for a in content.accounts.values() if kind in a.balances
            )
            assert every == totals.issued
        for account in content.accounts.values():
            for balance in account.balances.values():
                assert balance.free >= 0
