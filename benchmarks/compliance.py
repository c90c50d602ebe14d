"""Speed of the compliance year, durable on SQLite (WAL, FULL), with all derived tables.

    python benchmarks/compliance.py [CASE ...] [--runs 3] [--dir DIR]

Cases:

year   5,000 entities × 3 kinds (two vintages and a credit): true-up, surrender and status in one
       programme; aim ≤ 5 s for the three commands together
eutl   16,040 operators × 16 years of --data (compliance.csv.xz of the tests), issued, surrendered
       and closed; aim ≤ 300 s
"""

from __future__ import annotations

import argparse
import csv
import itertools
import json
import lzma
import os
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from statistics import median

from tanheng.compliance import commands as c
from tanheng.journal import Key
from tanheng.journal.sqlite import SQLiteStore
from tanheng.programme import people
from tanheng.programme.packs import Shelf
from tanheng.programme.programme import Outcome, Programme
from tanheng.programme.signing import Request
from tanheng.registry import commands as r
from tanheng.rules import Pack, load_pack

EVIDENCE = "ab" * 32
DATA = Path(__file__).parents[1] / "tests" / "data" / "eutl" / "compliance.csv.xz"


def pack_of(name: str) -> Pack:
    """A built-in pack without second persons, and without checks of holders, which run out."""
    pack = load_pack(name)
    assert isinstance(pack, Pack)
    alone = pack.controls.four_eyes.model_copy(update={"value": ()})
    kyc = pack.controls.kyc
    nobody = kyc.model_copy(update={"value": kyc.value.model_copy(update={"required_for": ()})})
    controls = pack.controls.model_copy(update={"four_eyes": alone, "kyc": nobody})
    return pack.model_copy(update={"controls": controls}).with_files(pack.files)


class World:
    """A programme whose clock is set by hand."""

    def __init__(self, path: Path, pack: Pack, now: str) -> None:
        self.now, self.ids = now, itertools.count()
        self.programme = Programme.create(
            SQLiteStore(path), "bench", pack,
            {"a1": (["authority"], ""), "a2": (["authority"], "")}, key=Key(b"k" * 32),
            clock=lambda: self.now, entropy=os.urandom, library=Shelf(), gate="simulation",
            simulation=True,
        )  # fmt: skip

    def do(self, *commands: object, actor: str = "a1") -> float:
        """Seconds that the commands take in one transaction; all must be accepted."""
        asked = [Request(command, actor, str(next(self.ids))) for command in commands]  # type: ignore[arg-type]
        start = time.perf_counter()
        answers = self.programme.execute_many(asked)
        spent = time.perf_counter() - start
        for answer in answers:
            assert isinstance(answer, Outcome), answer.message()
        return spent

    def accounts(self, names: list[str], type_: str) -> None:
        """Accounts with a holder each."""
        self.do(people.Enrol("x", ("representative",)))
        for start in range(0, len(names), 2000):
            some = names[start : start + 2000]
            self.do(*(r.RegisterHolder(f"h-{name}", True) for name in some))
            self.do(*(r.OpenAccount(name, type_, f"h-{name}") for name in some))


def year(folder: Path, number: int) -> dict[str, float]:
    """One year of 5,000 entities."""
    world = World(
        folder / f"year{number}.db", pack_of("cn-shenzhen-ets"), "2016-03-01T03:00:00.000000Z"
    )
    names = [f"E{n}" for n in range(5000)]
    world.accounts(names, "operator")
    for kind, amount in (("SZA-2015", 10**9), ("SZA-2016", 10**9), ("CCER-SZ", 10**8)):
        world.do(r.Issue(kind, amount, "issuance"))
    world.do(*(r.Allocate("issuance", name, "SZA-2015", 500) for name in names))
    world.do(*(r.Allocate("issuance", name, "CCER-SZ", 300) for name in names))
    rows = tuple((n, n, "manufacturing", "SZ", 2013, "", i) for i, n in enumerate(names))
    world.do(c.EnterEntities(rows, EVIDENCE))
    items = (("output:board", "1234.5"), ("intensity:board", "7.89"))
    world.do(
        c.EnterData(
            2016, tuple((n, k, v, i) for i, n in enumerate(names) for k, v in items), EVIDENCE
        )
    )
    pre = world.do(c.PreAllocate(2016))
    more = (("output:board", "1300"),)
    world.do(
        c.EnterData(
            2016, tuple((n, k, v, i) for i, n in enumerate(names) for k, v in more), EVIDENCE
        )
    )
    world.do(c.EnterEmissions(
        2016, tuple((n, "direct", f"{10_000 + i % 900}.5", "verified", i) for i, n in enumerate(names)), EVIDENCE
    ))  # fmt: skip
    final = world.do(c.TrueUp(2016))
    world.now = "2017-06-01T03:00:00.000000Z"
    surrender = world.do(c.SurrenderYear(2016))
    world.now = "2017-07-04T03:00:00.000000Z"
    close = world.do(c.CloseYear(2016))
    return {
        "pre_allocate_s": pre, "true_up_s": final, "surrender_s": surrender, "status_s": close,
        "three_s": final + surrender + close,
    }  # fmt: skip


def number(text: str) -> int | None:
    """A published figure; None for a word."""
    plain = text.split(" *")[0].replace("\u00a0", "").replace(" ", "").rstrip("*")
    return int(plain) if plain.isdecimal() else None


def eutl(folder: Path) -> dict[str, float]:
    """The published figures of 16 years, played through a programme under ``eu-ets``."""
    world = World(folder / "eutl.db", pack_of("eu-ets"), "2005-01-10T10:00:00.000000Z")
    by: dict[int, list[tuple[str, int, int]]] = defaultdict(list)
    first: dict[str, int] = {}
    with lzma.open(DATA, "rt", encoding="utf-8") as text:
        for row in csv.DictReader(text):
            verified, given = number(row["verified"]), number(row["surrendered"])
            if verified is None:
                continue
            name, when = row["account_id"], int(row["year"])
            first[name] = min(first.get(name, when), when)
            by[when].append((name, verified, given or 0))
    names = list(first)
    pack = world.programme.pack
    kinds = {when: pack.plan.kind_of(when) for when in by} if pack.plan else {}
    start = time.perf_counter()
    world.accounts(names, "operator-holding")
    source = next(
        a.id for a in world.programme.state.registry.accounts()
        if pack.plan is not None and a.type == pack.plan.source
    )  # fmt: skip
    rows = tuple((n, n, "installation", "EU", first[n], "", i) for i, n in enumerate(names))
    world.do(c.EnterEntities(rows, EVIDENCE))
    years: dict[int, float] = {}
    for when in sorted(by):
        began = time.perf_counter()
        world.now = f"{when + 1}-02-01T10:00:00.000000Z"
        kind = kinds[when]
        given = [(n, s) for n, _, s in by[when] if s]
        world.do(r.Issue(kind, sum(s for _, s in given), source))
        world.do(*(r.Allocate(source, n, kind, s) for n, s in given))
        emitted = tuple(
            (n, "direct", str(v), "verified", i) for i, (n, v, _) in enumerate(by[when])
        )
        world.do(c.EnterEmissions(when, emitted, EVIDENCE))
        world.do(c.SurrenderYear(when, tuple((n, kind, s) for n, s in given)))
        world.now = f"{when + 1}-05-15T10:00:00.000000Z"
        world.do(c.CloseYear(when))
        years[when] = round(time.perf_counter() - began, 2)
        print(
            json.dumps({"year": when, "operators": len(by[when]), "seconds": years[when]}),
            flush=True,
        )
    return {"operators": len(names), "years": len(by), "total_s": time.perf_counter() - start}


def main() -> None:
    """Run the chosen cases and print one JSON line for each result."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("case", nargs="*", help="year, eutl")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--dir", type=Path)
    given = parser.parse_args()
    wanted = given.case or ["year", "eutl"]
    with tempfile.TemporaryDirectory(dir=given.dir) as name:
        folder = Path(name)
        if "year" in wanted:
            found = [year(folder, n) for n in range(given.runs)]
            print(
                json.dumps(
                    {
                        "case": "year",
                        **{k: median(f[k] for f in found) for k in found[0]},
                        "aim": "≤ 5 s",
                    }
                )
            )
        if "eutl" in wanted:
            print(json.dumps({"case": "eutl", **eutl(folder), "aim": "≤ 300 s"}))


if __name__ == "__main__":
    main()
