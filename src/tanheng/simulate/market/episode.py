"""One episode: a programme with a market, its writers, trading days, and everything in between."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

from tanheng.journal import Row
from tanheng.market import commands as c
from tanheng.market.tables import TABLES
from tanheng.programme.programme import Programme
from tanheng.programme.signing import AskedFor, Request
from tanheng.registry import commands as r
from tanheng.simulate.market.agents import Agents
from tanheng.simulate.market.floor import Floor
from tanheng.simulate.market.judge import Judge
from tanheng.simulate.market.laws_rest import AllLaws
from tanheng.simulate.market.traders import CLASS, REFERENCE, TRADING, holder
from tanheng.simulate.market.variants import INSTRUMENTS, variants
from tanheng.simulate.registry.choosing import AUTHORITY, PEOPLE
from tanheng.simulate.registry.dice import START, Dice, Time
from tanheng.simulate.registry.ending import acknowledged, proven, replays
from tanheng.simulate.registry.model import Days
from tanheng.simulate.registry.stores import Place
from tanheng.simulate.registry.writers import NAME, Writers

_TYPES = {"o": "operator", "t": "trader", "p": "person"}
_SIZES = (1, 2, 3, 5, 8, 13, 20, 35, 50)
UNITS, MONEY = 2_500, 40_000_000


class TradingTime(Time):
    """Time that passes slowly while people trade, and quickly while they do not."""

    def __init__(self, dice: Dice, writers: int, allowed: int, days: Days) -> None:
        super().__init__(dice, writers, allowed)
        self._days = days
        first = datetime(2016, 1, 4) + timedelta(days=dice.below(900))
        self.now = self._seconds(first + timedelta(hours=9, minutes=20))

    @staticmethod
    def _seconds(wall: datetime) -> int:
        return int((wall - timedelta(hours=8) - START.replace(tzinfo=None)).total_seconds())

    def _wall(self) -> datetime:
        return START.replace(tzinfo=None) + timedelta(seconds=self.now, hours=8)

    def pass_on(self) -> None:
        """Minutes in a session; else mostly on to the next one."""
        dice, roll, wall = self._dice, self._dice.roll(), self._wall()
        clock = (wall.hour, wall.minute)
        works = self._days.works(wall.date())
        trading = works and ((9, 29) <= clock < (11, 30) or (13, 0) <= clock < (15, 0))
        if roll < 0.3:
            return
        if trading:
            step = dice.below(300) if roll < 0.9 else dice.below(2400)
        elif roll < 0.5:
            step = dice.below(900)
        elif works and clock < (13, 0):
            start = (9, 30) if clock < (9, 30) else (13, 0)
            wall = wall.replace(hour=start[0], minute=start[1], second=dice.below(60))
            step = max(self._seconds(wall) - self.now, 0)
        else:
            wall = (wall + timedelta(days=1)).replace(hour=9, minute=25, second=dice.below(60))
            step = self._seconds(wall) - self.now
        self.now += step


class Episode(Writers):
    """A market with its people."""

    checker: Judge

    def __init__(
        self, seed: int, number: int, place: Place, writers: int, check_every: int
    ) -> None:
        super().__init__(seed, number, place, writers, check_every)
        self._seed = seed
        packs = variants()
        for pack in packs:
            self.shelf.keep(pack)
        self.pack = packs[(seed + number) % len(packs)]
        skew = self.pack.controls.clock_skew_seconds.value
        self.time = TradingTime(self.dice, writers, skew, Days(self.pack))
        self.floor = Floor(self.pack)
        self.toy = self.floor
        laws = AllLaws(self.floor, {pack.digest: pack for pack in packs})
        self.checker = Judge(laws, place.open(number, writers), NAME)
        self.agents = Agents(self.dice, self.floor, [pack.digest for pack in packs])
        self._old: list[Request] = []
        self._ids = 0

    def request(self, command: AskedFor, actor: str) -> Request:
        """A request with an id of its own."""
        self._ids += 1
        return Request(command, actor, f"c{self._ids}")

    # The first day

    def begin(self) -> None:
        """Found the programme; accounts with units and money, admitted to the market."""
        self.found({
            **dict.fromkeys(AUTHORITY, (("authority",), "")),
            **dict.fromkeys(PEOPLE, (("representative",), "")),
        })  # fmt: skip
        held = [
            (account, kind) for kind in INSTRUMENTS for account in TRADING
            if _TYPES[account[0]] in self.pack.kinds[kind].held_by
        ]  # fmt: skip
        some = INSTRUMENTS[:2]
        stages: list[list[Any]] = [
            [r.RegisterHolder(name, True) for name in sorted({*map(holder, TRADING), "h-clear"})],
            [r.OpenAccount("auct", "auction", "gov"), r.OpenAccount("clear", "clearing", "h-clear"),
             *(r.OpenAccount(name, _TYPES[name[0]], holder(name)) for name in TRADING)],
            [r.Represent(name, person, ("initiate", "approve"))
             for name in ("clear", *TRADING) for person in self._three()]
            + [r.Represent("auct", person, ("initiate", "approve")) for person in AUTHORITY],
            [r.Issue(kind, 20 * UNITS, "issuance") for kind in INSTRUMENTS],
            [r.Allocate("issuance", account, kind, UNITS if kind in some else UNITS // 2)
             for account, kind in held],
            [r.Allocate("issuance", "auct", kind, UNITS) for kind in some],
            [c.Deposit(name, MONEY, f"first-{name}") for name in TRADING],
            [c.Admit(name, CLASS[name[0]]) for name in TRADING],
            [c.SetReference(kind, REFERENCE, "listed") for kind in INSTRUMENTS],
        ]  # fmt: skip
        self._in_stages(stages)

    # Turns

    def turn(self) -> None:
        """Time passes, people want something, a writer carries something out."""
        dice = self.dice
        self.time.pass_on()
        writer = dice.below(len(self.writers))
        self._plan(dice.pick(_SIZES))
        roll = dice.roll()
        if roll < 0.02:
            self._tick(writer)
        elif roll < 0.023:
            self._whole(writer)
        elif roll < 0.06:
            self._keep(writer)
        elif roll < 0.08:
            self._refusal(writer)
        self._carry_out(writer)

    def _plan(self, count: int) -> None:
        dice, now = self.dice, self.time.read(0)
        queue = self.queues[dice.below(len(self.queues))]
        for _ in range(count):
            if self._old and dice.chance(0.05):
                queue.append(self._old_one())
                continue
            found = self.request(*self.agents.plan(now))
            queue.append(found)
            if dice.chance(0.2):
                self._old.append(found)
                del self._old[:-100]

    def _old_one(self) -> Request:
        """A request once more, sometimes with another command under its id."""
        old = self.dice.pick(self._old)
        if self.dice.chance(0.7):
            return old
        return Request(self.agents.plan(self.time.read(0))[0], old.actor, old.id)

    def _whole(self, writer: int) -> None:
        self.writers[writer].catch_up()
        self.checker.compare(self.writers[writer], whole=True)
        self.checker.oracle.tidy(self.time.read(0))

    def _refusal(self, writer: int) -> None:
        """What is refused leaves the state as it was, to the last bit."""
        programme = self.writers[writer]
        programme.catch_up()
        before, size = programme.state.hash(), self.checker.size
        self.ask(writer, [self.request(c.Bid("op-1", "A0", 5, 5), "rep-1"),
                          self.request(c.Pick("op-1", "O0"), AUTHORITY[0])])  # fmt: skip
        programme = self.writers[writer]
        programme.catch_up()
        if self.checker.size == size and programme.state.hash() != before:
            self.checker.wrong("refusals", "a refusal changed the state")

    # The end

    def finish(self) -> str:
        """Check the whole of the episode."""
        self.rest()
        checker = self.checker
        for programme in self.writers:
            programme.catch_up()
            checker.compare(programme, whole=True)
        last = self.writers[0]
        hashes = [programme.state.hash().hex() for programme in self.writers]
        replays(self, last, hashes)
        acknowledged(checker, last)
        for text in last.check_tables():
            checker.wrong("tables", text)
        before = _rows(last)
        last.rebuild()
        if _rows(last) != before:
            checker.wrong("tables", "rebuilt they are others")
        proven(self, last, (self._seed + self.number) % 4 == 0)
        return hashlib.sha256(f"{hashes[0]}:{checker.prev}".encode()).hexdigest()


def _rows(programme: Programme) -> dict[str, set[Row]]:
    found = {}
    for table in TABLES:
        rows = programme.store.query(f"SELECT {', '.join(table.names)} FROM {table.name}")
        found[table.name] = set(rows)
    return found
