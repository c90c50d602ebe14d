"""The simulated market: it finds nothing in the program, and everything that is planted in it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from helpers.plants import forget_ids, lose_a_commit
from tanheng.market import (
    book,
    decide,
    decide_auctions,
    decide_day,
    decide_orders,
    desk,
    settle,
    state,
    tables,
    terms,
)
from tanheng.market import commands as c
from tanheng.market import model as m
from tanheng.programme.programme import Programme
from tanheng.registry.model import HoldEnded, Posted
from tanheng.simulate.market import simulate_market
from tanheng.simulate.market.episode import Episode
from tanheng.simulate.registry import Files, Memory, Place, Result, Schemas

OPS = 20_000
DEALS = {"propose_deal", "agree_deal", "end_deal"}
"""Carbon finance has tests of its own."""


def run(seed: int, ops: int, place: Place | None = None, episode: int = OPS) -> Result:
    return simulate_market(seed, ops, store=place or Memory(), seconds=lambda: 0.0, episode=episode)


def test_every_command_is_taken_and_refused() -> None:
    accepted: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    for seed in (1, 2):
        found = run(seed, 6000, episode=3000)
        assert not found.violations, found.violations[:5]
        accepted += found.accepted
        refused += found.refused
    assert set(c.ACTS) - accepted.keys() - DEALS == set()
    assert set(c.ACTS) - refused.keys() - DEALS == set()


def test_files_and_memory_come_to_the_same(tmp_path: Path) -> None:
    one, other = run(7, 900, episode=600), run(7, 900, Files(tmp_path), episode=600)
    assert one == other
    assert not one.violations
    assert list(one.as_dict()) == [
        "ops", "entries", "refusals", "crashes", "violations", "state_hash", "ops_per_s",
    ]  # fmt: skip
    assert not list(tmp_path.iterdir())
    assert run(8, 300).state_hash != one.state_hash


def test_postgres_comes_to_the_same(postgres: str) -> None:
    assert run(9, 500, Schemas(postgres, "traded")) == run(9, 500)


def test_other_processes_come_to_the_same() -> None:
    """Nothing depends on how a process happens to order sets."""
    code = (
        "from tanheng.simulate.market import simulate_market as run\n"
        "from tanheng.simulate.registry import Memory\n"
        "print(run(2, 400, store=Memory(), seconds=lambda: 0.0).as_dict())"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True,
            env={**os.environ, "PYTHONHASHSEED": salt},
        ).stdout
        for salt in ("1", "2")
    }  # fmt: skip
    assert len(said) == 1
    assert "'violations': 0" in said.pop()


Plant = Callable[[pytest.MonkeyPatch], None]


def at_the_takers_price(patch: pytest.MonkeyPatch) -> None:
    real = decide_orders._fill

    def wrong(order: m.Order, other: m.Order, part: int) -> Any:
        found = real(order, other, part)
        return replace(found, price_fen=order.price_fen or found.price_fen)

    patch.setattr(decide_orders, "_fill", wrong)


def last_come_first(patch: pytest.MonkeyPatch) -> None:
    def wrong(self: book.Book, side: str, price_fen: int) -> Any:
        other = self.offers if side == "buy" else self.bids
        for key in reversed(other.prices):
            if price_fen and key < other.sign * price_fen:
                return
            yield from reversed(list(other.levels[key].values()))

    patch.setattr(book.Book, "meeting", wrong)


def worst_price_first(patch: pytest.MonkeyPatch) -> None:
    real = book.Book.meeting
    patch.setattr(book.Book, "meeting", lambda *args: reversed(list(real(*args))))


def hold_without_fee(patch: pytest.MonkeyPatch) -> None:
    def wrong(order: m.Order, left: int) -> int:
        return left if order.side == "sell" else order.price_fen * left

    patch.setattr(decide_orders, "needed", wrong)
    patch.setattr(settle, "needed", wrong)


def fees_rounded_up(patch: pytest.MonkeyPatch) -> None:
    real = terms.fee_of
    patch.setattr(decide_orders, "fee_of", lambda *args: real(*args) + 1)


def units_without_money(patch: pytest.MonkeyPatch) -> None:
    real = settle.delivered

    def wrong(desk: Any, kind: Any, *args: Any, **more: Any) -> Any:
        found = real(desk, kind, *args, **more)
        return [Posted(tuple(p for p in e.postings if p[1] == kind.id), e.restriction)
                for e in found]  # fmt: skip

    patch.setattr(settle, "delivered", wrong)


def nothing_delivered_after_the_close(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(decide_day, "_deliveries", lambda desk, day: [])


def orders_end_but_not_their_holds(patch: pytest.MonkeyPatch) -> None:
    real = decide_orders.ended
    patch.setattr(decide_orders, "ended", lambda *args: real(*args)[1:])


def frozen_accounts_stay_in_the_book(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(decide, "_frozen", lambda *args: [])


def lost_holds_do_not_matter(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(decide, "consequences", lambda *args: [])


def beyond_the_band(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(terms.Terms, "limits", lambda self, reference: (1, 10**9))


def trade_with_oneself(patch: pytest.MonkeyPatch) -> None:
    real = decide_orders._bidding

    def wrong(order: m.Order, account: Any, *args: Any) -> Any:
        other = type(account)(account.id, account.type, "nobody")
        return real(order, other, *args)

    patch.setattr(decide_orders, "_bidding", wrong)


def let_the_book_cross(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(book.Book, "meeting", lambda self, side, price_fen: iter(()))


def keep_the_place(patch: pytest.MonkeyPatch) -> None:
    """An order that asks for more stays where it was in the book."""

    def wrong(self: state.Market, event: m.OrderAmended, seq: int, at: str) -> None:
        real(self, m.OrderAmended(event.order, event.left, event.price_fen, True, event.hold,
                                  event.reason), seq, at)  # fmt: skip

    real = state._APPLY[m.OrderAmended]
    patch.setitem(state._APPLY, m.OrderAmended, wrong)


def favour_a_bidder(patch: pytest.MonkeyPatch) -> None:
    real = decide_auctions.clear

    def wrong(bids: Any, *args: Any, **more: Any) -> Any:
        return real([type(b)(b.id, b.price_fen + 50 * (b == bids[-1]), b.amount, b.place)
                     for b in bids], *args, **more)  # fmt: skip

    patch.setattr(decide_auctions, "clear", wrong)


def sell_below_the_reserve(patch: pytest.MonkeyPatch) -> None:
    real = decide_auctions.clear
    patch.setattr(
        decide_auctions, "clear",
        lambda bids, amount, reserve, **more: real(bids, amount // 2 + 1, reserve, **more),
    )  # fmt: skip


def close_at_the_highest(patch: pytest.MonkeyPatch) -> None:
    def wrong(desk: Any, instrument: str, segments: Any, day: Any) -> int | None:
        found = real(desk, instrument, segments, day)
        return None if found is None else found + 1

    real = decide_day._close_of
    patch.setattr(decide_day, "_close_of", wrong)


def the_same_money_twice(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(decide_day, "_once", lambda reference, desk: None)


def trade_at_night(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(desk.Desk, "in_session", lambda *args: None)


def anybody_trades(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(desk.Desk, "trader", lambda self, name, *args: self.view.account(name))


def refuse_for_nothing(patch: pytest.MonkeyPatch) -> None:
    real = decide._CORE[c.PlaceOrder]

    def wrong(command: c.PlaceOrder, desk: desk.Desk) -> Any:
        if command.amount == 20:
            raise desk.view.short(command.account, "CNY", 1)
        return real(command, desk)

    patch.setitem(decide._CORE, c.PlaceOrder, wrong)


def forget_rows(patch: pytest.MonkeyPatch) -> None:
    real = tables.write

    def wrong(store: Any, market: state.Market) -> None:
        market._rows.pop("trades", None)
        real(store, market)

    patch.setattr(tables, "write", wrong)


def late_with_what_is_due(patch: pytest.MonkeyPatch) -> None:
    real = Programme._settle_due

    def wrong(self: Programme, at: str) -> None:
        if self.journal.size % 4 == 0:
            real(self, at)

    patch.setattr(Programme, "_settle_due", wrong)


def tell_bids_to_everybody(patch: pytest.MonkeyPatch) -> None:
    real = m.audience
    patch.setattr(
        m, "audience", lambda event: "public" if isinstance(event, m.BidPlaced) else real(event)
    )


PLANTS: list[tuple[Plant, str]] = [
    (at_the_takers_price, "priority"), (last_come_first, "priority"),
    (worst_price_first, "priority"), (hold_without_fee, "holds"), (fees_rounded_up, "fees"),
    (units_without_money, "delivery"), (nothing_delivered_after_the_close, "delivery"),
    (orders_end_but_not_their_holds, "holds"), (frozen_accounts_stay_in_the_book, "frozen"),
    (lost_holds_do_not_matter, "holds"), (beyond_the_band, "rules"),
    (trade_with_oneself, "priority"), (let_the_book_cross, "crossed"),
    (keep_the_place, "priority"), (favour_a_bidder, "auctions"),
    (sell_below_the_reserve, "auctions"), (close_at_the_highest, "quotes"),
    (the_same_money_twice, "once"), (trade_at_night, "rules"), (anybody_trades, "rules"),
    (refuse_for_nothing, "rules"), (forget_rows, "tables"), (late_with_what_is_due, "due first"),
    (lose_a_commit, "acknowledged"), (forget_ids, "once"), (tell_bids_to_everybody, "audience"),
]  # fmt: skip


@pytest.mark.parametrize("plant,prop", PLANTS, ids=lambda value: getattr(value, "__name__", ""))
def test_what_is_planted_is_found(plant: Plant, prop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)
    seen: set[str] = set()
    for seed in (1, 2, 3, 4, 5, 6, 7, 8):
        seen |= {violation.property for violation in run(seed, 1000).violations}
        if prop in seen:
            return
    pytest.fail(f"{prop} is not among {seen}")


def spoil(what: str, programme: Programme) -> None:
    """Change a writer's state behind its back."""
    content = programme.state.market.content
    order = next(iter(content.orders.values()))
    if what == "orders":
        order.left += 1
    elif what == "priority":
        programme.state.market.book(order.instrument, order.segment).side(order.side).levels.clear()
        programme.state.market.book(order.instrument, order.segment).side(order.side).prices.clear()
    elif what == "market":
        content.closes["DMA-2016"] += 1
    elif what == "balance":
        balance = programme.state.registry.content.accounts[order.account].balances["CNY"]
        balance.held += 1
    elif what == "holds":
        programme.state.registry.apply(HoldEnded(order.hold, "used"), 0, 0, "", "")


def test_what_is_found_is_found_again(monkeypatch: pytest.MonkeyPatch) -> None:
    at_the_takers_price(monkeypatch)
    one, other = run(3, 800), run(3, 800)
    assert one.violations
    assert one == other


@pytest.mark.parametrize("what", ["orders", "priority", "market", "balance", "holds"])
def test_a_spoilt_state_is_found(what: str) -> None:
    episode = Episode(1, 0, Memory(), 2, 1)
    episode.begin()
    while not episode.floor.orders or episode.ops < 400:
        episode.turn()
    assert not episode.checker.violations
    programme = episode.writers[1]
    programme.catch_up()
    spoil(what, programme)
    episode.checker.compare(programme, whole=True)
    assert what in {violation.property for violation in episode.checker.violations}
    episode.close()
