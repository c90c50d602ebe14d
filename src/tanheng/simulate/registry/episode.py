"""One episode: a new programme, several writers, and everything that can happen to them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tanheng.journal import Key, StoreFault
from tanheng.programme.packs import Shelf
from tanheng.programme.programme import ClockOff, Preview, Programme
from tanheng.programme.signing import AskedFor, Request, signed
from tanheng.registry import commands as c
from tanheng.simulate.registry import choosing as who
from tanheng.simulate.registry.actors import Actors
from tanheng.simulate.registry.check import Checker
from tanheng.simulate.registry.dice import Dice, Time
from tanheng.simulate.registry.faults import Crashed, Shaky
from tanheng.simulate.registry.model import Days, Toy
from tanheng.simulate.registry.oracle import Oracle
from tanheng.simulate.registry.stores import Place
from tanheng.simulate.registry.variants import variants

NAME = "simulation"
KEY = Key(b"simulated registry, no secret..!")
"""The programme's; a simulation has no secrets."""
KEYS = {key.public: key for key in (Key(bytes([n]) * 32) for n in range(1, 9))}
"""Keys of people."""
_SIZES = (1, 1, 2, 3, 5, 8, 13, 20, 35, 50)
_HOW = ("before", "after", "before", "after", "fault_before", "fault_after")


class Episode:
    """A programme with its writers.

    Attributes:
        ops: operations whose outcome was told, so far.
        crashes: writers that died, commits that failed, clocks that were refused.
    """

    def __init__(
        self, seed: int, number: int, place: Place, writers: int, check_every: int
    ) -> None:
        self.number, self._place, self._every = number, place, max(check_every, 1)
        self.dice = Dice(seed, 2 * number)
        self._salt = Dice(seed, 2 * number + 1)
        packs = variants()
        self.shelf = Shelf()
        for pack in packs:
            self.shelf.keep(pack)
        self.pack = self.dice.pick(packs[:4])
        self.time = Time(self.dice, writers, self.pack.controls.clock_skew_seconds.value)
        self.toy = Toy(self.pack)
        self.checker = Checker(
            Oracle(self.toy, {pack.digest: pack for pack in packs}), place.open(number, writers),
            NAME,
        )  # fmt: skip
        self.actors = Actors(self.dice, self.toy, {k.digest: k.id for k in packs})
        self.actors.keys = [*KEYS]
        self.crashes = 0
        self.stores: list[Shaky] = []
        self.writers: list[Programme] = []
        self.queues: list[list[Request]] = [[] for _ in range(writers)]
        self._again: list[list[Request]] = [[] for _ in range(writers)]
        self._old: list[Request] = []
        self._ids = self._turn = 0
        self._count = writers

    @property
    def ops(self) -> int:
        """Operations whose outcome was told."""
        return self.checker.op

    # Writers

    def _store(self, writer: int) -> Shaky:
        inner = self._place.open(self.number, writer)
        return Shaky(inner, inner is self.checker.store)

    def _clock(self, writer: int) -> Callable[[], str]:
        return lambda: self.time.read(writer)

    def _open(self, writer: int) -> tuple[Shaky, Programme]:
        store = self._store(writer)
        return store, Programme.open(
            store, NAME, public_key=KEY.public, clock=self._clock(writer),
            entropy=self._salt.entropy, library=self.shelf, gate="simulation", key=KEY,
        )  # fmt: skip

    def begin(self) -> None:
        """Found the programme, open it for every writer, make the first accounts."""
        first = {
            **dict.fromkeys(who.AUTHORITY, (("authority",), "")),
            **dict.fromkeys(who.PEOPLE, (("representative",), "")),
            **dict.fromkeys(who.VERIFIERS, (("verifier",), "")),
        }
        store = self._store(0)
        made = Programme.create(
            store, NAME, self.pack, first, key=KEY, clock=self._clock(0),
            entropy=self._salt.entropy, library=self.shelf, gate="simulation", simulation=True,
        )  # fmt: skip
        self.stores, self.writers = [store], [made]
        for writer in range(1, self._count):
            opened = self._open(writer)
            self.stores.append(opened[0])
            self.writers.append(opened[1])
        self.checker.founded({name: (roles, key) for name, (roles, key) in first.items()})
        self._populate()

    def _reopen(self, writer: int) -> None:
        """Another process takes the dead one's place; it may die too."""
        while True:
            try:
                self.stores[writer], self.writers[writer] = self._open(writer)
                return
            except Crashed:
                self.crashes += 1

    # Asking

    def request(self, command: AskedFor, actor: str, preview: str | None = None) -> Request:
        """A request with an id of its own."""
        self._ids += 1
        return self._signed(Request(command, actor, f"c{self._ids}", None, preview))

    def _signed(self, request: Request) -> Request:
        """Now and then signed, mostly with the person's own key."""
        if not self.dice.chance(0.02):
            return request
        own = self.toy.persons.get(request.actor, ((), ""))[1]
        if own not in KEYS or self.dice.chance(0.1):
            own = self.dice.pick([*KEYS])
        found = signed(NAME, request, KEYS[own])
        if self.dice.chance(0.05):
            found = Request(found.command, "boss-1", found.id, found.signature, found.preview)
            own = own if request.actor == "boss-1" else ""
        self.checker.signatures[found.signature, found.actor] = own
        return found

    def ask(self, writer: int, requests: list[Request]) -> None:
        """Have a writer carry out requests, whatever happens to it, and check what came of it."""
        programme, store = self.writers[writer], self.stores[writer]
        checker, last = self.checker, self.checker.last_at
        try:
            answers = programme.execute_many(requests)
        except Crashed:
            self._crashed(writer, requests)
            self._reopen(writer)
            return
        except StoreFault as error:
            self._simulated(store, error)
            self._crashed(writer, requests)
            return
        except ClockOff:
            self.crashes += 1
            self._clock_off(writer, last)
            self._again[writer] = requests
            return
        finally:
            store.disarm()
        if self._behind(writer, last):
            checker.wrong("clock", f"{self.time.shown[writer]} was taken after {last}")
        checker.batch(requests, answers, self.time.shown[writer])
        self._turn += 1
        if self._turn % self._every == 0:
            checker.compare(programme)

    def _simulated(self, store: Shaky, error: StoreFault) -> None:
        """A fault of the store that nobody planned is one of the program."""
        if not store.faults:
            raise error
        store.faults = 0

    def _crashed(self, writer: int, requests: list[Request]) -> None:
        self.crashes += 1
        self.checker.batch(requests, None, self.time.shown[writer])
        self._again[writer] = requests

    def _behind(self, writer: int, last: str) -> bool:
        shown, allowed = self.time.shown[writer], self.toy.pack.controls.clock_skew_seconds.value
        return bool(last) and (Days.local(last) - Days.local(shown)).total_seconds() > allowed

    def _clock_off(self, writer: int, last: str) -> None:
        if not self._behind(writer, last):
            self.checker.wrong("clock", f"{self.time.shown[writer]} was refused after {last}")
        if self.checker.fresh():
            self.checker.wrong("clock", "something was recorded by a clock that is off")

    # The first accounts

    def _populate(self) -> None:
        """Enough of a registry for things to happen in it."""
        dice, boss = self.dice, who.AUTHORITY
        accounts = [
            (f"first-{n}", dice.pick(who.FREE_TYPES[:4]), f"holder-{n}") for n in range(1, 15)
        ]
        accounts.append(("clear", "clearing", "holder-30"))
        names = [*who.SOURCES, *(name for name, _, _ in accounts)]
        stages: list[list[Any]] = [
            [c.RegisterHolder(f"holder-{n}", True) for n in range(1, 31)],
            [c.OpenAccount(*account) for account in accounts],
            [
                c.Represent(name, person, ("initiate", "approve"))
                for n, name in enumerate(names)
                for person in (boss[:2] if n < 3 else self._three())
            ],
            [c.Issue(kind, 400, "issuance") for kind in self.pack.kinds],
            [
                c.Allocate(
                    "issuance", account, kind, 5 * dice.between(1, 5),
                    2015 if rule.serialised and dice.chance(0.2) else 0,
                )
                for account, type_, _ in accounts
                for kind, rule in self.pack.kinds.items() if type_ in rule.held_by
            ],
        ]  # fmt: skip
        for stage in stages:
            self.ask(0, [self.request(command, boss[0]) for command in stage])
            waits = list(self.toy.waiting)
            self.ask(1, [self.request(c.Approve(name), boss[1]) for name in waits])

    def _three(self) -> list[str]:
        first = self.dice.below(len(who.PEOPLE) - 3)
        return list(who.PEOPLE[first : first + 3])

    # Turns

    def turn(self) -> None:
        """Time passes, somebody plans something, a writer carries something out."""
        dice = self.dice
        self.time.pass_on()
        writer = dice.below(len(self.writers))
        self._plan(dice.pick(_SIZES))
        roll = dice.roll()
        if roll < 0.02:
            self._tick(writer)
        elif roll < 0.05:
            self._preview(writer)
        elif roll < 0.0515:
            self._whole(writer)
        elif roll < 0.075:
            self._keep(writer)
        self._carry_out(writer)

    def _plan(self, count: int) -> None:
        dice = self.dice
        self.actors.look(self.time.read(0))
        queue = self.queues[dice.below(len(self.queues))]
        for _ in range(count):
            if self._old and dice.chance(0.03):
                queue.append(self._old_one())
                continue
            command, actor = self.actors.plan()
            pin = "ab" * 32 if dice.chance(0.003) else None
            found = self.request(command, actor, pin)
            queue.append(found)
            if dice.chance(0.2):
                self._old.append(found)
                del self._old[:-100]

    def _old_one(self) -> Request:
        """A request once more, sometimes with another command under its id."""
        old = self.dice.pick(self._old)
        if self.dice.chance(0.6):
            return old
        command, _ = self.actors.plan()
        return Request(command, old.actor, old.id)

    def _carry_out(self, writer: int) -> None:
        dice = self.dice
        requests, self._again[writer] = self._again[writer], []
        queue = self.queues[writer]
        count = max(50 - len(requests), 0)
        requests = [*requests, *queue[:count]]
        del queue[:count]
        if not requests:
            return
        if dice.chance(0.03):
            self.stores[writer].arm(dice.between(1, 14), dice.pick(_HOW))
        jolt = dice.pick((0, 61, 600, 7200)) if dice.chance(0.003) else 0
        self.time.skew[writer] -= jolt
        try:
            self.ask(writer, requests)
        finally:
            self.time.skew[writer] += jolt

    def _tick(self, writer: int) -> None:
        """Carry out what is due; the writer may crash."""
        if self.dice.chance(0.1):
            self.stores[writer].arm(self.dice.between(1, 9), self.dice.pick(_HOW))
        last = self.checker.last_at
        try:
            self.writers[writer].tick()
        except (Crashed, StoreFault) as error:
            self.crashes += 1
            if isinstance(error, StoreFault):
                self._simulated(self.stores[writer], error)
            self.checker.batch([], None, self.time.shown[writer])
            if isinstance(error, Crashed):
                self._reopen(writer)
            return
        except ClockOff:
            self._clock_off(writer, last)
            return
        finally:
            self.stores[writer].disarm()
        self.checker.batch([], [], self.time.shown[writer])
        self.checker.compare(self.writers[writer])

    def _preview(self, writer: int) -> None:
        """See what a command would do, and ask for just that, later."""
        command, actor = self.actors.plan()
        self._ids += 1
        request = Request(command, actor, f"c{self._ids}")
        found = self.writers[writer].preview(request)
        self.checker.previewed(request, found, self.time.shown[writer])
        if isinstance(found, Preview):
            pinned = Request(command, actor, request.id, None, found.digest)
            self.queues[writer].append(self._signed(pinned))

    def _whole(self, writer: int) -> None:
        self.writers[writer].catch_up()
        self.checker.compare(self.writers[writer], whole=True)
        self.checker.oracle.tidy(self.time.read(0))

    def _keep(self, writer: int) -> None:
        """A snapshot; the writer may crash at it."""
        if self.dice.chance(0.2):
            self.stores[writer].arm(self.dice.between(1, 3), self.dice.pick(_HOW))
        try:
            self.writers[writer].snapshot()
        except Crashed:
            self.crashes += 1
            self._reopen(writer)
        except StoreFault as error:
            self._simulated(self.stores[writer], error)
            self.crashes += 1
        finally:
            self.stores[writer].disarm()

    # The end

    def rest(self) -> None:
        """Send again what nobody got an answer to."""
        for writer in range(len(self.writers)):
            if self._again[writer]:
                self.time.now += 7200
                requests, self._again[writer] = self._again[writer], []
                self.ask(writer, requests)

    def close(self) -> None:
        """Release all connections and remove the database."""
        for store in self.stores:
            store.close()
        if not self.stores or self.checker.store is not self.stores[0].inner:
            self.checker.store.close()
        self._place.drop(self.number)
