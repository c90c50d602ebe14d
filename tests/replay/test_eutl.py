"""Real bursts of transfers (European Union Transaction Log) through the registry.

Serial numbers are not published, so the test deals its own: a plain queue of ranges for each account
and kind, first in, first out. What the registry then holds must be what the queues hold, to the unit.
"""

from __future__ import annotations

import csv
import itertools
import lzma
from collections import Counter, defaultdict, deque
from datetime import date, time, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from helpers.registry import varied
from tanheng.errors import Refusal
from tanheng.journal import Key
from tanheng.journal.sqlite import SQLiteStore
from tanheng.programme import people
from tanheng.programme.packs import Shelf
from tanheng.programme.programme import Outcome, Programme
from tanheng.programme.signing import Request
from tanheng.registry import commands as c
from tanheng.registry import export, questions
from tanheng.rules import Pack, load_pack

DATA = Path(__file__).parents[1] / "data" / "eutl" / "transactions.csv.xz"
KINDS = {"EUA2005": "EUA-2005", "EUA_2008": "EUA-2008", "CER": "CER", "ERU": "ERU", "AAU": "AAU"}
BEFORE, TRUSTED = "2005-05-02T09:00:00.000000Z", "2005-06-01T09:00:00.000000Z"


class Burst(NamedTuple):
    """Rows of one transaction between two accounts: one transfer of several blocks."""

    transaction: str
    at: str
    source: str
    target: str
    kind: str
    amounts: tuple[int, ...]


def bursts() -> list[Burst]:
    """The transfers, in the order of their instants."""
    with lzma.open(DATA, "rt", encoding="utf-8", newline="") as file:
        rows = sorted(csv.DictReader(file), key=lambda row: (row["date"], int(row["id"])))
    grouped: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for row in rows:
        key = (row["transactionID"], row["date"], row["transferringAccount_id"],
               row["acquiringAccount_id"], KINDS[row["unitType_id"]])  # fmt: skip
        grouped[key].append(int(row["amount"]))
    return [
        Burst(name, f"{at.replace(' ', 'T')}000Z", source, target, kind, tuple(amounts))
        for (name, at, source, target, kind), amounts in grouped.items()
    ]


def opening(transfers: list[Burst]) -> Counter[tuple[str, str]]:
    """The least each account must have had of a kind, so that nothing it gave away was missing."""
    least: Counter[tuple[str, str]] = Counter()
    now: Counter[tuple[str, str]] = Counter()
    for burst in transfers:
        if burst.source != burst.target:
            now[burst.source, burst.kind] -= sum(burst.amounts)
            short = -now[burst.source, burst.kind]
            least[burst.source, burst.kind] = max(least[burst.source, burst.kind], short)
            now[burst.target, burst.kind] += sum(burst.amounts)
    return least


def any_time() -> Pack:
    """The European pack as it was before its delays: registries were open day and night."""
    pack = load_pack("eu-ets")
    assert isinstance(pack, Pack)
    days = tuple(date(2005, 1, 1) + timedelta(days=n) for n in range(366 * 8))
    pack = pack.model_copy(
        update={"calendar": pack.calendar.model_copy(update={"holidays": (), "worked": days})}
    )
    return varied(
        pack, four_eyes=(), kyc={"required_for": ()},
        opening_hours={"start": time(0), "end": time(23, 59, 59, 999_999)},
        velocity_alarm={"count": 10**6},
    )  # fmt: skip


class Replay:
    """The programme in which the transfers happen again."""

    def __init__(self, transfers: list[Burst]) -> None:
        self.now = BEFORE
        self.ids = itertools.count()
        self.queues: dict[tuple[str, str], deque[tuple[int, int]]] = defaultdict(deque)
        self.programme = Programme.create(
            SQLiteStore(None), "replay", any_time(),
            {"a1": (["authority"], ""), "a2": (["authority"], "")},
            key=Key(b"k" * 32), clock=lambda: self.now, entropy=lambda n: bytes(n),
            library=Shelf(), gate="simulation", simulation=True,
        )  # fmt: skip
        self.do(
            "a1", [people.Enrol("r", ("representative",)), people.Enrol("s", ("representative",))]
        )
        accounts = sorted({name for b in transfers for name in (b.source, b.target)})
        for name in accounts:
            self.do("a1", [
                c.OpenAccount(name, "person-holding", f"holder-of-{name}"),
                c.Represent(name, "r", ("initiate",)), c.Represent(name, "s", ("initiate",)),
            ])  # fmt: skip
        for (account, kind), amount in sorted((+opening(transfers)).items()):
            home = "total-quantity" if kind.startswith("EUA") else "national-holding"
            (issued,) = self.do("a1", [c.Issue(kind, amount, home)])
            first, last = issued.postings[0][4:]
            self.do("a1", [c.Allocate(home, account, kind, amount)])
            self.queues[account, kind].append((first, last))
        pairs = sorted({(b.source, b.target) for b in transfers if b.source != b.target})
        self.do("r", [c.Trust(source, target) for source, target in pairs])
        self.now = TRUSTED

    def do(self, actor: str, commands: list) -> list[Outcome]:
        """Execute; all must be accepted."""
        asked = [Request(command, actor, str(next(self.ids))) for command in commands]
        found = self.programme.execute_many(asked)
        assert all(isinstance(answer, Outcome) for answer in found), found[:3]
        return found

    def deal(self, burst: Burst) -> list[list[tuple[int, int]]]:
        """Ranges for each row of a transfer, from the queue, onto the other queue."""
        queue, dealt = self.queues[burst.source, burst.kind], []
        for amount in burst.amounts:
            ranges, left = [], amount
            while left:
                first, last = queue.popleft()
                cut = min(last, first + left - 1)
                if cut < last:
                    queue.appendleft((cut + 1, last))
                ranges.append((first, cut))
                left -= cut - first + 1
            dealt.append(ranges)
            self.queues[burst.target, burst.kind].extend(ranges)
        return dealt

    def play(self, transfers: list[Burst]) -> list[Outcome | Refusal]:
        """All transfers, those of one instant in one transaction of the store."""
        answers: list[Outcome | Refusal] = []
        for at, group in itertools.groupby(transfers, key=lambda burst: burst.at):
            self.now, asked = at, []
            for burst in group:
                own = burst.source == burst.target
                dealt = [] if own else self.deal(burst)
                blocks = tuple(pair for ranges in dealt for pair in ranges)
                command = c.Transfer(
                    burst.source, burst.target, burst.kind, sum(burst.amounts), blocks
                )
                asked.append(Request(command, "r", str(next(self.ids))))
            answers += self.programme.execute_many(asked)
        return answers


@pytest.fixture(scope="module")
def played() -> tuple[list[Burst], Replay, list[Outcome | Refusal]]:
    transfers = bursts()
    replay = Replay(transfers)
    return transfers, replay, replay.play(transfers)


def test_every_transfer_is_carried_out(played) -> None:
    """All but those from an account to itself, at the instant of the log, in its order."""
    transfers, _, answers = played
    assert len(transfers) > 4_000
    assert sum(len(burst.amounts) for burst in transfers) == 16_418
    for burst, answer in zip(transfers, answers, strict=True):
        if burst.source == burst.target:
            assert isinstance(answer, Refusal)
            assert answer.code == "account_same"
        else:
            assert isinstance(answer, Outcome), (burst, answer)
            assert (answer.at, answer.act) == (burst.at, "transfer")
    seqs = [answer.seq for answer in answers if isinstance(answer, Outcome)]
    assert seqs == list(range(seqs[0], seqs[0] + len(seqs)))


def test_totals_by_kind_and_rows(played) -> None:
    """What moved, by kind, is what the log says, and each row's amount is made of whole blocks."""
    transfers, replay, answers = played
    log: Counter[str] = Counter()
    moved: Counter[str] = Counter()
    for burst, answer in zip(transfers, answers, strict=True):
        if isinstance(answer, Refusal):
            continue
        log[burst.kind] += sum(burst.amounts)
        sizes = [last - first + 1 for *_, first, last in answer.postings]
        moved[burst.kind] += sum(sizes)
        ends = set(itertools.accumulate(sizes))
        assert set(itertools.accumulate(burst.amounts)) <= ends
    assert moved == log
    assert len(log) == 5
    table = export.transactions(replay.programme.store, "replay", since=TRUSTED)
    found: Counter[str] = Counter()
    for kind, amount in zip(
        table["unitType_id"].to_pylist(), table["amount"].to_pylist(), strict=True
    ):
        found[kind] += amount
    assert found == log


def test_bursts_of_one_instant_survive(played) -> None:
    """The largest burst: thousands of rows of one instant, in one order, all there."""
    transfers, replay, _ = played
    at, rows = Counter(
        {at: sum(len(b.amounts) for b in group if b.source != b.target)
         for at, group in itertools.groupby(transfers, key=lambda burst: burst.at)}
    ).most_common(1)[0]  # fmt: skip
    assert rows > 2_000
    entries = list(replay.programme.journal.history("act:transfer", at, f"{at[:-1]}~"))
    assert len(entries) == sum(b.at == at and b.source != b.target for b in transfers)
    assert {entry.at for entry in entries} == {at}


def test_accounts_hold_what_the_queues_hold(played) -> None:
    """Every unit is where the plain queues say, in the state, the tables and the past."""
    _, replay, _ = played
    wanted: Counter[tuple[str, str]] = Counter()
    for (account, kind), queue in replay.queues.items():
        ranges = sorted(queue)
        wanted[account, kind] = sum(last - first + 1 for first, last in ranges)
        balance = replay.programme.state.registry.balance(account, kind)
        blocks = balance.blocks if balance else []
        joined = [(ranges[0][0], ranges[0][1])] if ranges else []
        for first, last in ranges[1:]:
            if first == joined[-1][1] + 1:
                joined[-1] = (joined[-1][0], last)
            else:
                joined.append((first, last))
        assert [(first, last) for first, last, *_ in blocks] == joined
    store = replay.programme.store
    held = {(a, k): n for a, _, _, k, n in questions.holdings(store) if "." in a}
    assert held == {key: n for key, n in wanted.items() if n}
    past = {(a, k): n for a, _, _, k, n in questions.holdings(store, TRUSTED) if "." in a}
    assert past == {key: n for key, n in opening(bursts()).items() if n}
    assert replay.programme.check_tables() == []
