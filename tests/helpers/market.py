"""A market for tests: a programme in memory under the demo pack, accounts with units and money."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from helpers.compliance import KEY, Scheme, pack_with
from helpers.registry import local
from tanheng.errors import Refusal
from tanheng.journal import Store
from tanheng.market import commands as c
from tanheng.market import model as m
from tanheng.programme import people
from tanheng.programme.programme import Outcome, Programme
from tanheng.programme.signing import Request
from tanheng.registry import commands as r
from tanheng.registry.model import Balance
from tanheng.rules import Pack

KIND = "DMA-2016"
UNITS, MONEY = 100_000, 100_000_000_00
REFERENCE = 2000
_CLASS = {"operator": "obligated", "trader": "institution", "person": "individual"}
_packs: dict[tuple[str, tuple[str, ...], str], Pack] = {}


def market_pack(*overlays: str, name: str = "demo-ets", **controls: Any) -> Pack:
    """The demo pack, or one with drafts laid over it; made once."""
    key = (name, overlays, repr(sorted(controls.items())))
    if key not in _packs:
        _packs[key] = pack_with(name, *overlays, **controls)
    return _packs[key]


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
        commands: list[Any] = [
            r.OpenAccount("auct", "auction", "gov"), r.OpenAccount("clear", "clearing", "ex"),
            r.Represent("auct", "gov1", ("initiate", "approve")),
            r.Issue(kind, 20 * UNITS, "issuance"),
        ]  # fmt: skip
        accounts = traders or [
            *((name, "operator") for name in "ABCD"), ("T", "trader"), ("P", "person"),
        ]  # fmt: skip
        for name, type_ in accounts:
            commands += [
                r.RegisterHolder(f"h{name}", True), r.OpenAccount(name, type_, f"h{name}"),
                r.Represent(name, "ann", ("initiate", "approve")),
                r.Represent(name, "bob", ("initiate", "approve")),
                c.Admit(name, _CLASS[type_]), c.Deposit(name, money, f"D-{name}"),
                r.Allocate("issuance", name, kind, UNITS),
            ]  # fmt: skip
        commands.append(c.SetReference(kind, REFERENCE, "listed"))
        for found in self.batch(*commands):
            assert isinstance(found, Outcome), found.message()
        self.kind = kind

    def batch(self, *commands: Any, actor: str = "gov1") -> list[Outcome | Refusal]:
        """Execute commands in one transaction."""
        asked = [Request(command, actor, str(next(self.ids))) for command in commands]
        return self.programme.execute_many(asked)

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

    def refuses(self, code: str, command: Any, actor: str = "ann", **details: Any) -> Refusal:
        """A refusal with the code and these details, in whole sentences; nothing changed."""
        found = self.refused(command, actor)
        assert found.code == code, found.message()
        assert {key: found.details[key] for key in details} == details
        assert "{" not in found.message("en") + found.message("zh")
        return found

    def adopt(self, pack: Pack) -> Outcome | Refusal:
        """Ask for another pack to be put in force."""
        return self.ask(people.AdoptPack(pack.digest, self.shelf.keep(pack), pack.id))

    def reopened(self) -> None:
        """Go on with the programme opened anew, which must be in the same state."""
        before = self.programme.state.hash()
        self.programme = Programme.open(
            self.programme.store, "scheme", public_key=KEY.public, clock=lambda: self.now,
            entropy=os.urandom, library=self.shelf, gate="simulation", key=KEY,
        )  # fmt: skip
        assert self.programme.state.hash() == before

    def auction(self, account: str, amount: int, opens: str, closes: str, segment: str = "auction",
                **more: Any) -> str:  # fmt: skip
        """Announce an auction that must be accepted; its id."""
        command = c.OpenAuction(
            account, self.kind, segment, amount, local(opens), local(closes), "Notice 1", **more
        )
        found = self.do(command, actor="gov1" if account == "auct" else "ann")
        return next(e.auction for e in found.events if isinstance(e, m.AuctionOpened))

    def bid(self, account: str, auction: str, price: int, amount: int) -> str:
        """Bid; the bid's id."""
        found = self.do(c.Bid(account, auction, price, amount), actor="ann")
        return next(e.bid for e in found.events if isinstance(e, m.BidPlaced))

    def balance(self, account: str, kind: str = "") -> Balance:
        """What an account has of a kind, or of the instrument's."""
        return self.programme.state.registry.balance(account, kind or self.kind) or Balance()

    def held(self, account: str, kind: str = "CNY") -> int:
        """What is held of a kind."""
        return self.balance(account, kind).held

    def row(self, table: str, key: str, value: str, *columns: str) -> tuple[Any, ...]:
        """Some columns of a row of the market's tables."""
        query = f"SELECT {', '.join(columns)} FROM {table} WHERE {key} = '{value}'"
        (found,) = self.programme.store.query(query)
        return tuple(found)

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
