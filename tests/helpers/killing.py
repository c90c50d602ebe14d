"""A writer that is killed with SIGKILL over and over while it writes, and what must hold after it.

    python killing.py STORE KILLS SEED          STORE: a file's path, or a postgresql:// address

Each round forks a process that opens the programme and sends transfers, one by one and in batches,
telling over a pipe which it is about to send and which were acknowledged. The parent kills it after
a while that the seed draws, opens the programme again and looks: every acknowledged command is in
the journal once; every other one once or not at all; sent again, each is there exactly once. Prints
one line of JSON.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import select
import signal
import sys
import time
from pathlib import Path

from tanheng.errors import Refusal
from tanheng.journal import Key, Store
from tanheng.journal.postgres import PostgresStore
from tanheng.journal.sqlite import SQLiteStore
from tanheng.programme import people
from tanheng.programme.packs import Shelf
from tanheng.programme.programme import Outcome, Programme
from tanheng.programme.signing import Request
from tanheng.registry import commands as c
from tanheng.rules import Pack, load_pack

KEY, KIND, NOW = Key(b"killed" + bytes(26)), "DMA-2016", "2016-06-20T02:30:00.000000Z"
SHELF = Shelf()


def store_at(place: str) -> Store:
    """A new connection to the database."""
    if place.startswith("postgresql"):
        return PostgresStore(place, "killed")
    return SQLiteStore(Path(place))


def opened(place: str) -> Programme:
    """The programme, as a process that starts opens it."""
    return Programme.open(
        store_at(place), "killed", public_key=KEY.public, clock=lambda: NOW, entropy=os.urandom,
        library=SHELF, gate="simulation", key=KEY,
    )  # fmt: skip


def founded(place: str) -> None:
    """A programme with two accounts that trust each other."""
    pack = load_pack("demo-ets")
    assert isinstance(pack, Pack)
    alone = pack.controls.four_eyes.model_copy(update={"value": ()})
    pack = pack.model_copy(
        update={"controls": pack.controls.model_copy(update={"four_eyes": alone})}
    )
    pack = pack.with_files(load_pack("demo-ets").files)
    now = ["2016-06-01T02:00:00.000000Z"]
    programme = Programme.create(
        store_at(place), "killed", pack, {"a1": (["authority"], ""), "a2": (["authority"], "")},
        key=KEY, clock=lambda: now[0], entropy=os.urandom, library=SHELF, gate="simulation",
        simulation=True,
    )  # fmt: skip
    ids = itertools.count()

    def do(actor: str, *commands) -> None:
        for answer in programme.execute_many(
            [Request(command, actor, f"set-up-{next(ids)}") for command in commands]
        ):
            assert isinstance(answer, Outcome), answer

    do("a1", people.Enrol("r", ("representative",)), people.Enrol("s", ("representative",)))
    do("a1", c.RegisterHolder("h", True), c.Issue(KIND, 2_000_000, "issuance"))
    for name in "AB":
        do("a1", c.OpenAccount(name, "trader", "h"), c.Represent(name, "r", ("initiate",)),
           c.Represent(name, "s", ("initiate",)), c.Allocate("issuance", name, KIND, 1_000_000))  # fmt: skip
    do("r", c.Trust("A", "B"), c.Trust("B", "A"))
    now[0] = NOW
    programme.tick()
    programme.store.close()


def request(name: str) -> Request:
    """The transfer that an id stands for: the same whenever it is sent."""
    chance = random.Random(name)
    source, target = chance.choice((("A", "B"), ("B", "A")))
    return Request(c.Transfer(source, target, KIND, chance.randint(1, 9)), "r", name)


def write(place: str, pipe: int, seed: int, start: int) -> None:
    """Send transfers for ever; tell before (S) and after (A)."""
    chance = random.Random(seed)
    programme = opened(place)
    number = start
    while True:
        count = chance.choice((1, 1, 1, 5, 40))
        names = [f"c{number + n}" for n in range(count)]
        number += count
        os.write(pipe, f"S {' '.join(names)}\n".encode())
        for answer in programme.execute_many([request(name) for name in names]):
            assert isinstance(answer, Outcome), answer
        os.write(pipe, f"A {' '.join(names)}\n".encode())


def round_(
    place: str, seed: int, start: int, answers: int, patience: float
) -> tuple[list[str], list[str]]:
    """One process, killed ``patience`` seconds after so many answers; the ids it was about to send,
    and those acknowledged."""
    read, pipe = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        try:
            write(place, pipe, seed, start)
        finally:
            os._exit(9)
    os.close(pipe)
    text, until = b"", None
    while until is None or (left := until - time.monotonic()) > 0:
        ready, _, _ = select.select([read], [], [], 30 if until is None else left)
        if ready:
            piece = os.read(read, 1 << 16)
            if not piece:
                break
            text += piece
            if until is None and text.count(b"\nA ") >= answers:
                until = time.monotonic() + patience
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), f"the writer ended by itself: {status}"
    while piece := os.read(read, 1 << 16):
        text += piece
    os.close(read)
    sent: list[str] = []
    acknowledged: list[str] = []
    for line in text.decode().splitlines(keepends=True):
        # A torn last line was not told whole: what it says is not counted as acknowledged.
        words = line.split()
        if words[:1] == ["S"]:
            sent += words[1:]
        elif line.endswith("\n"):
            acknowledged += words[1:]
    return sent, acknowledged


def main(place: str, kills: int, seed: int) -> dict[str, object]:
    """The rounds, and what was found."""
    founded(place)
    chance = random.Random(seed)
    total = lost = doubled = unknown = 0
    faults: list[str] = []
    start = 0
    known: set[str] = set()
    for turn in range(kills):
        answers, patience = chance.randrange(4), chance.expovariate(1 / 0.004)
        sent, acknowledged = round_(place, seed * 100_003 + turn, start, answers, patience)
        start += len(sent)
        programme = opened(place)
        # Waits for the lock: what a killed client had sent whole may still be at work.
        programme.catch_up()
        rows = programme.store.query("SELECT id, COUNT(*), MIN(seq) FROM commands GROUP BY id")
        there = {str(name): int(str(count)) for name, count, _ in rows if str(name)[0] == "c"}
        lost += len((known | set(acknowledged)) - set(there))
        doubled += sum(count != 1 for count in there.values())
        unknown += len(set(there) - known - set(sent))
        again = programme.execute_many([request(name) for name in sent])
        for name, answer in zip(sent, again, strict=True):
            if isinstance(answer, Refusal) or answer.repeated != (name in there):
                faults.append(f"{name}: {answer}")
        known |= set(sent)
        total += len(acknowledged)
        if turn % 50 == 49 or turn == kills - 1:
            faults += programme.check_tables()
            size = programme.snapshot()
            assert programme.journal.root(size) == programme.journal.tree.root
        programme.store.close()
    return {
        "kills": kills, "acknowledged": total, "commands": len(known), "lost": lost,
        "doubled": doubled, "unknown": unknown, "faults": faults[:5],
    }  # fmt: skip


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))))
