"""Two processes want the same units: one gets them, the other is told who has them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from helpers.registry import D16, Scheme, plain_pack
from tanheng.errors import Refusal
from tanheng.journal import Store
from tanheng.programme.programme import Outcome
from tanheng.registry import commands as c
from tanheng.registry import tables

Connect = Callable[[], Store]


def race(schemes: list[Scheme], asked: list[Any]) -> list[Outcome | Refusal]:
    """Every programme executes its request at once, in a thread of its own."""
    barrier = threading.Barrier(len(schemes))
    found: list[Any] = [None] * len(schemes)

    def run(n: int) -> None:
        barrier.wait()
        try:
            found[n] = schemes[n].programme.execute(asked[n])
        except BaseException as error:
            found[n] = error

    threads = [threading.Thread(target=run, args=(n,)) for n in range(len(schemes))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for one in found:
        assert isinstance(one, Outcome | Refusal), one
    return found


@pytest.fixture
def two(connect: Connect) -> list[Scheme]:
    first = Scheme(plain_pack(trusted_immediate=True), store=connect())
    first.give("A", D16, 100)
    return [first, first.again(connect())]


@pytest.mark.parametrize("turn", range(3))
def test_a_block_goes_once(two: list[Scheme], turn: int) -> None:
    blocks = ((41, 60),)
    asked = [s.request(c.Cancel("A", D16, 20, "x", blocks), id=f"{n}") for n, s in enumerate(two)]
    size = two[0].programme.journal.size
    found = race(two, asked)
    (won,) = [f for f in found if isinstance(f, Outcome)]
    (lost,) = [f for f in found if isinstance(f, Refusal)]
    assert (won.seq, won.postings) == (size, (("cancel", D16, "A", "cancellation", 41, 60),))
    assert (lost.code, lost.details) == ("block_elsewhere", {
        "kind": D16, "first": 41, "last": 60, "account": "A", "serial": 41, "owner": "cancellation",
    })  # fmt: skip
    for s in two:
        s.programme.catch_up()
    assert two[0].programme.state.hash() == two[1].programme.state.hash()


def test_an_amount_goes_once(two: list[Scheme]) -> None:
    asked = [s.request(c.Surrender("A", 60, 2016), id=f"{n}") for n, s in enumerate(two)]
    found = race(two, asked)
    (lost,) = [f for f in found if isinstance(f, Refusal)]
    assert (lost.code, lost.details) == ("amount_short", {
        "account": "A", "kind": D16, "amount": 60, "free": 40, "total": 40, "held": 0,
        "restricted": 0, "frozen": 0,
    })  # fmt: skip


def test_the_same_command_is_done_once(two: list[Scheme]) -> None:
    asked = [two[0].request(c.Surrender("A", 30, 2016), id="once")] * 2
    size = two[0].programme.journal.size
    one, other = race(two, asked)
    assert isinstance(one, Outcome)
    assert isinstance(other, Outcome)
    assert (one.seq, one.at, one.act, one.events) == (other.seq, other.at, other.act, other.events)
    assert {one.repeated, other.repeated} == {False, True}
    assert one.seq == size


def test_due_once(two: list[Scheme]) -> None:
    two[0].ok(c.Transfer("A", "T", D16, 5))
    n = two[0].programme.journal.size
    two[0].clock.go("2016-03-03 09:00")
    barrier, made = threading.Barrier(2), []

    def tick(s: Scheme) -> None:
        barrier.wait()
        made.append(s.programme.tick())

    threads = [threading.Thread(target=tick, args=(s,)) for s in two]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(made) == [0, 1]
    two[0].programme.catch_up()
    assert two[0].programme.journal.size == n + 1


def test_many_writers_leave_one_chain(connect: Connect) -> None:
    """Four connections and four threads on one object: nothing is lost, nothing twice."""
    first = Scheme(store=connect())
    first.give("A", D16, 1000)
    size = first.programme.journal.size
    schemes = [first, first, first.again(connect()), first.again(connect())]
    found: list[Any] = []

    def write(n: int) -> None:
        for k in range(6):
            found.append(schemes[n].do(c.Cancel("A", D16, 10, "x"), id=f"{n}-{k}"))

    threads = [threading.Thread(target=write, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert sorted(f.seq for f in found) == list(range(size, size + 24))
    taken = sorted(f.postings[0][4:] for f in found)
    assert taken == [(1 + 10 * n, 10 + 10 * n) for n in range(24)]
    last = first.again(connect())
    assert last.numbers("A", D16) == (760, 0, 0, 0)
    for table, expected in tables.current(last.state).items():
        got = {tuple(row) for row in last.store.query(f"SELECT * FROM {table}")}
        assert got == expected, table
