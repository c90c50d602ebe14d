"""A programme's writers: processes with clocks of their own that crash, come back and ask again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from tanheng.journal import Key, StoreFault
from tanheng.programme.packs import Shelf
from tanheng.programme.programme import ClockOff, Programme
from tanheng.programme.signing import AskedFor, Request
from tanheng.registry.commands import Approve
from tanheng.rules import Pack
from tanheng.simulate.registry.check import Checker
from tanheng.simulate.registry.choosing import AUTHORITY, PEOPLE
from tanheng.simulate.registry.dice import Dice, Time
from tanheng.simulate.registry.faults import Crashed, Shaky
from tanheng.simulate.registry.model import Days, Toy
from tanheng.simulate.registry.stores import Place

NAME = "simulation"
KEY = Key(b"simulated registry, no secret..!")
"""The programme's; a simulation has no secrets."""
_HOW = ("before", "after", "before", "after", "fault_before", "fault_after")


class Writers:
    """A programme with several writers, and a checker that follows its journal.

    Attributes:
        ops: operations whose outcome was told, so far.
        crashes: writers that died, commits that failed, clocks that were refused.
    """

    pack: Pack
    time: Time
    toy: Toy
    checker: Checker

    def __init__(
        self, seed: int, number: int, place: Place, writers: int, check_every: int
    ) -> None:
        self.number, self._place, self._every = number, place, max(check_every, 1)
        self.dice = Dice(seed, 2 * number)
        self._salt = Dice(seed, 2 * number + 1)
        self.shelf = Shelf()
        self.crashes = 0
        self.stores: list[Shaky] = []
        self.writers: list[Programme] = []
        self.queues: list[list[Request]] = [[] for _ in range(writers)]
        self._again: list[list[Request]] = [[] for _ in range(writers)]
        self._turn = 0
        self._count = writers

    @property
    def ops(self) -> int:
        """Operations whose outcome was told."""
        return self.checker.op

    def request(self, command: AskedFor, actor: str) -> Request:
        """A request with an id of its own."""
        raise NotImplementedError

    def begin(self) -> None:
        """Found the programme and make the first accounts."""
        raise NotImplementedError

    def turn(self) -> None:
        """Let something happen."""
        raise NotImplementedError

    def finish(self) -> str:
        """Check the whole of the episode; returns the hash of its journal and state."""
        raise NotImplementedError

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

    def found(self, first: Mapping[str, tuple[Sequence[str], str]]) -> None:
        """Found the programme and open it for every writer.

        Args:
            first: the first persons: roles and public key.
        """
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
        self.checker.founded({name: (tuple(roles), key) for name, (roles, key) in first.items()})

    def _in_stages(self, stages: Sequence[Sequence[AskedFor]]) -> None:
        """Commands that rest on those before; what waits for a second person is approved."""
        for stage in stages:
            self.ask(0, [self.request(command, AUTHORITY[0]) for command in stage])
            waits = [self.request(Approve(name), AUTHORITY[1]) for name in self.toy.waiting]
            if waits:
                self.ask(1, waits)

    def _three(self) -> list[str]:
        """Three neighbours."""
        first = self.dice.below(len(PEOPLE) - 3)
        return list(PEOPLE[first : first + 3])

    def _reopen(self, writer: int) -> None:
        """Another process takes the dead one's place; it may die too."""
        while True:
            try:
                self.stores[writer], self.writers[writer] = self._open(writer)
                return
            except Crashed:
                self.crashes += 1

    # Asking

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
