"""Speed of the market against its peers, in turn in one process, so that ratios can be trusted.

    python benchmarks/market.py [CASE ...] [--runs 5] [--dir DIR] [--profile]

Cases (prints one table in Markdown; medians over runs):

book      the order book alone: limit orders, about half of which meet somebody, and cancelling;
          peers: pyorderbook and lightmatchingengine on the very same operations
batch     orders 1,000 to a transaction, durable on SQLite (WAL, FULL), matched, settled, with all
          derived tables; peers: the very rows that ours wrote, and one row for each order, bare
latency   single durable orders, 200 a second for --seconds, each counted from when it was due
day       10,000 trades among 5,800 accounts, half of them delivered after the close, and the close

``--profile`` prints where the time of ``batch`` goes instead.
"""

from __future__ import annotations

import argparse
import cProfile
import itertools
import os
import pstats
import random
import sqlite3
import tempfile
import time
from pathlib import Path
from statistics import median

from ledger import Recorder, timed

from tanheng.journal import Key, Store
from tanheng.journal.sqlite import SQLiteStore
from tanheng.market import commands as c
from tanheng.market.book import Book
from tanheng.market.model import Order
from tanheng.programme import people
from tanheng.programme.packs import Shelf
from tanheng.programme.programme import Outcome, Programme
from tanheng.programme.signing import Request
from tanheng.registry import commands as r
from tanheng.rules import Pack, load_pack

KIND = "DMA-2016"
KEY = Key(b"benchmark key of thirty-two byte")
OPENING, CLOSING = "2016-06-01T01:40:00.000000Z", "2016-06-01T09:30:00.000000Z"
BATCH = 1000
Place = tuple[str, int, int]
"""Side, price, amount; or ``("cancel", number of the order, 0)``."""


# The book alone


def operations(count: int, seed: int = 7) -> list[Place]:
    """Limit orders around a price that moves, and cancelling of orders that wait then."""
    chance = random.Random(seed)
    book, living, found = Book(), {}, []
    middle = 4000.0
    while len(found) < count:
        middle += chance.gauss(0, 0.3)
        if living and (chance.random() < 0.3 or len(living) > 2000):
            name = chance.choice(list(living)) if len(living) < 50 else next(
                itertools.islice(living, chance.randrange(len(living)), None)
            )  # fmt: skip
            book.remove(living.pop(name))
            found.append(("cancel", name, 0))
            continue
        side, amount = chance.choice(("buy", "sell")), chance.randint(1, 100)
        price = round(middle + chance.gauss(3 if side == "sell" else -3, 8))
        number = len(found)
        order = Order(str(number), "I", "S", "A", side, price, amount, amount, number, "")
        for other, part in book.fills(side, price, amount):
            book.take(other, part)
            order.left -= part
            if not other.left:
                del living[other.seq]
        if order.left:
            book.add(order)
            living[number] = order
        found.append((side, price, amount))
    return found


def ours(todo: list[Place]) -> int:
    """Our book; returns the units traded."""
    book, orders, traded = Book(), {}, 0
    for number, (side, price, amount) in enumerate(todo):
        if side == "cancel":
            book.remove(orders.pop(price))
            continue
        left = amount
        for other, part in book.fills(side, price, amount):
            book.take(other, part)
            left -= part
            traded += part
        if left:
            order = orders[number] = Order(
                str(number), "I", "S", "A", side, price, amount, left, number, ""
            )
            book.add(order)
    return traded


def pyorderbook_peer(todo: list[Place]) -> int:
    """The same with pyorderbook."""
    import pyorderbook

    book, orders, traded = pyorderbook.Book(), {}, 0
    make = {"buy": pyorderbook.bid, "sell": pyorderbook.ask}
    for number, (side, price, amount) in enumerate(todo):
        if side == "cancel":
            book.cancel(orders.pop(price))
            continue
        order = orders[number] = make[side]("I", price, amount)
        for trade in book.match(order).trades:
            traded += trade.fill_quantity
    return traded


def lightmatchingengine_peer(todo: list[Place]) -> int:
    """The same with lightmatchingengine."""
    from lightmatchingengine.lightmatchingengine import LightMatchingEngine, Side

    engine, orders, traded = LightMatchingEngine(), {}, 0
    sides = {"buy": Side.BUY, "sell": Side.SELL}
    for number, (side, price, amount) in enumerate(todo):
        if side == "cancel":
            engine.cancel_order(orders.pop(price), "I")
            continue
        order, _ = engine.add_order("I", price, amount, sides[side])
        orders[number] = order.order_id
        traded += order.cum_qty
    return traded


def book_alone(runs: int) -> list[str]:
    """Operations per second of three books."""
    todo = operations(100_000)
    peers = {
        "pyorderbook 0.4": pyorderbook_peer,
        "lightmatchingengine 2019.1": lightmatchingengine_peer,
    }
    assert len({work(todo) for work in (ours, *peers.values())}) == 1
    rates: dict[str, list[float]] = {name: [] for name in ("ours", *peers)}
    for _ in range(runs):
        for name, work in (("ours", ours), *peers.items()):
            rates[name].append(len(todo) / timed(lambda work=work: work(todo)))
    aim = 200_000
    met = "met" if median(rates["ours"]) >= aim else "**missed**"
    return [
        row("order book alone, 100,000 operations", f"{name}: {median(rates[name]):,.0f}/s",
            f"{median(rates['ours']):,.0f}/s", ratio(rates["ours"], rates[name]),
            f"≥ {aim:,}/s: {met}")
        for name in peers
    ]  # fmt: skip


# A programme with a market


def rules() -> Pack:
    """The demonstration pack without second persons and without limits of the individual."""
    pack = load_pack("demo-ets")
    assert isinstance(pack, Pack)
    alone = pack.controls.four_eyes.model_copy(update={"value": ()})
    kyc = pack.controls.kyc
    nobody = kyc.model_copy(update={"value": kyc.value.model_copy(update={"required_for": ()})})
    controls = pack.controls.model_copy(update={"four_eyes": alone, "kyc": nobody})
    return pack.model_copy(update={"controls": controls}).with_files(pack.files)


class World:
    """A programme with traders who hold units and money, at the opening of a day."""

    def __init__(self, store: Store, accounts: int) -> None:
        self.now = "2016-05-31T02:00:00.000000Z"
        self.ids = itertools.count()
        self.chance = random.Random(11)
        self.names = [f"A{n}" for n in range(accounts)]
        self.programme = Programme.create(
            store, "bench", rules(), {"a1": (["authority"], ""), "a2": (["authority"], "")},
            key=KEY, clock=lambda: self.now, entropy=os.urandom, library=Shelf(),
            gate="simulation", simulation=True,
        )  # fmt: skip
        self.do([people.Enrol(name, ("representative",)) for name in "rs"])
        self.do([r.Issue(KIND, accounts * 10_000, "issuance"), r.OpenAccount("c", "clearing", "x")])
        for start in range(0, accounts, 500):
            for name in self.names[start : start + 500]:
                self.do([
                    r.OpenAccount(name, "trader", f"h{name}"),
                    r.Represent(name, "r", ("initiate",)), r.Represent(name, "s", ("initiate",)),
                    c.Admit(name, "institution"), c.Deposit(name, 10**9, f"D-{name}"),
                    r.Allocate("issuance", name, KIND, 10_000),
                ])  # fmt: skip
        self.do([c.SetReference(KIND, 4000, "listed")])
        self.now = OPENING

    def do(self, commands: list) -> None:
        """Execute; every command must be accepted."""
        asked = [Request(command, "a1", str(next(self.ids))) for command in commands]
        accepted(self.programme, asked)

    def orders(self, count: int, segment: str = "bidding") -> list[Request]:
        """Orders of both sides around the middle, about half of which meet somebody."""
        found = []
        for _ in range(count):
            side = self.chance.choice(("buy", "sell"))
            price = round(4000 + self.chance.gauss(2 if side == "sell" else -2, 6))
            command = c.PlaceOrder(
                self.chance.choice(self.names), KIND, segment, side, self.chance.randint(1, 20),
                price,
            )  # fmt: skip
            found.append(Request(command, "r", str(next(self.ids))))
        return found

    def pairs(self, count: int, segment: str) -> list[Request]:
        """So many offers and bids that meet one another, one after the other."""
        found = []
        for n in range(count):
            one, other = self.chance.sample(self.names, 2)
            price, amount = 3990 + n % 20, self.chance.randint(1, 20)
            for name, side in ((one, "sell"), (other, "buy")):
                command = c.PlaceOrder(name, KIND, segment, side, amount, price)
                found.append(Request(command, "r", str(next(self.ids))))
        return found


def accepted(programme: Programme, requests: list[Request]) -> None:
    """Execute; nothing may be refused."""
    for answer in programme.execute_many(requests):
        assert isinstance(answer, Outcome), answer.message()


def batch(folder: Path, runs: int) -> list[str]:
    """Orders in batches."""
    recorder = Recorder(SQLiteStore(folder / "batch.db"))
    world = World(recorder, 200)
    same = SQLiteStore(folder / "same.db")
    plain = sqlite3.connect(folder / "plain.db", isolation_level=None)
    for pragma in ("journal_mode = WAL", "synchronous = FULL"):
        plain.execute(f"PRAGMA {pragma}")
    plain.execute("CREATE TABLE plain (id INTEGER PRIMARY KEY, data BLOB)")
    known: set[str] = set()
    speed: dict[str, list[float]] = {
        "ours": [],
        "the same rows, bare": [],
        "one row each, bare": [],
    }
    for turn in range(runs + 1):
        requests = world.orders(BATCH)
        recorder.notes.clear()
        taken = timed(lambda r=requests: accepted(world.programme, r))
        notes = [(what, table, rows) for what, table, rows in recorder.notes]
        same.begin()
        for _, table, _ in notes:
            if table.name not in known:
                known.add(table.name)
                same.create(table)
        same.commit()
        entries = next(rows for _, table, rows in notes if table.name == "entries")
        blobs = [(b"".join(x for x in line if isinstance(x, bytes)),) for line in entries]
        if turn:
            speed["ours"].append(BATCH / taken)
            speed["the same rows, bare"].append(BATCH / timed(lambda n=notes: again(same, n)))
            speed["one row each, bare"].append(BATCH / timed(lambda b=blobs: insert(plain, b)))
        else:
            again(same, notes)
    aim = 2000
    met = "met" if median(speed["ours"]) >= aim else "**missed**"
    return [
        row("orders 1,000 to a batch, SQLite FULL", f"{name}: {median(rates):,.0f}/s",
            f"{median(speed['ours']):,.0f}/s", ratio(speed["ours"], rates), f"≥ {aim:,}/s: {met}")
        for name, rates in speed.items() if name != "ours"
    ]  # fmt: skip


def again(store: SQLiteStore, notes: list) -> None:
    """Write the rows that were noted."""
    store.begin()
    for what, table, rows in notes:
        getattr(store, what)(table, rows)
    store.commit()


def insert(db: sqlite3.Connection, blobs: list) -> None:
    """One statement for each row, one transaction."""
    db.execute("BEGIN IMMEDIATE")
    for blob in blobs:
        db.execute("INSERT INTO plain (data) VALUES (?)", blob)
    db.execute("COMMIT")


def profile(folder: Path) -> None:
    """Where the time of a batch goes."""
    world = World(SQLiteStore(folder / "profile.db"), 200)
    accepted(world.programme, world.orders(BATCH))
    requests = [world.orders(BATCH) for _ in range(5)]
    watch = cProfile.Profile(time.process_time)
    watch.enable()
    for some in requests:
        accepted(world.programme, some)
    watch.disable()
    for key in ("cumulative", "tottime"):
        pstats.Stats(watch).sort_stats(key).print_stats(60)


def latency(folder: Path, seconds: int) -> list[str]:
    """Single orders at 200 a second, each counted from the instant at which it was due."""
    world = World(SQLiteStore(folder / "latency.db"), 200)
    accepted(world.programme, world.orders(BATCH))
    requests = world.orders(200 * seconds)
    taken, own = [], []
    start = time.perf_counter() + 0.1
    for n, request in enumerate(requests):
        due = start + n / 200
        while (now := time.perf_counter()) < due:
            time.sleep(due - now)
        begun = time.perf_counter()
        accepted(world.programme, [request])
        done = time.perf_counter()
        taken.append(1000 * (done - due))
        own.append(1000 * (done - begun))
    (half, last), (own_half, own_last) = (
        (sorted(some)[len(some) // 2], sorted(some)[len(some) * 99 // 100]) for some in (taken, own)
    )
    met = "met" if last < 25 else "**missed**"
    found = f"p50 {half:.2f} ms, p99 {last:.2f} ms; without waiting for the order before: "
    found += f"p50 {own_half:.2f} ms, p99 {own_last:.2f} ms"
    return [row(f"single orders at 200/s for {seconds} s, SQLite FULL", "", found, "",
                f"p99 < 25 ms: {met}")]  # fmt: skip


def day(folder: Path, runs: int) -> list[str]:
    """A day of 10,000 trades, with its close."""
    whole, close = [], []
    for n in range(runs):
        world = World(SQLiteStore(folder / f"day{n}.db"), 5_800)
        requests = [*world.pairs(5_000, "bidding"), *world.pairs(5_000, "evening")]
        pieces = [requests[at : at + BATCH] for at in range(0, len(requests), BATCH)]
        took = timed(lambda w=world, p=pieces: [accepted(w.programme, some) for some in p])
        found = world.programme.state.market.content.day
        assert found is not None
        assert len(found.trades) == 10_000
        world.now = CLOSING
        closed = timed(world.programme.tick)
        assert world.programme.state.market.content.day is None
        whole.append(took + closed)
        close.append(closed)
        world.programme.store.close()
    met = "met" if median(whole) <= 20 else "**missed**"
    return [row("a day of 10,000 trades, 20,000 orders, 5,800 accounts, with its close", "",
                f"{median(whole):.1f} s, of which the close {median(close):.1f} s", "",
                f"≤ 20 s: {met}")]  # fmt: skip


def ratio(mine: list[float], theirs: list[float]) -> str:
    """The median ratio of neighbouring runs."""
    return f"{median(a / b for a, b in zip(mine, theirs, strict=True)):.3g}"


def row(*cells: str) -> str:
    """A row of the table."""
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Run the chosen cases and print the table."""
    known = ("book", "batch", "latency", "day")
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("case", nargs="*", help=", ".join(known))
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--dir", type=Path, help="where the databases go; else a temporary one")
    parser.add_argument("--profile", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.dir) as name:
        folder = Path(name)
        if given.profile:
            profile(folder)
            return
        cases = {
            "book": lambda: book_alone(given.runs),
            "batch": lambda: batch(folder, given.runs),
            "latency": lambda: latency(folder, given.seconds),
            "day": lambda: day(folder, max(given.runs // 2, 1)),
        }
        print("| case | peer | ours | ratio | aim |\n| --- | --- | --- | --- | --- |")
        for case in given.case or known:
            print("\n".join(cases[case]()), flush=True)


if __name__ == "__main__":
    main()
