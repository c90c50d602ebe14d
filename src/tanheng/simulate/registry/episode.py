"""One episode: a new programme, several writers, and everything that can happen to them."""

from __future__ import annotations

from typing import Any

from tanheng.journal import Key
from tanheng.programme.programme import Preview
from tanheng.programme.signing import AskedFor, Request, signed
from tanheng.registry import commands as c
from tanheng.simulate.registry import choosing as who
from tanheng.simulate.registry.actors import Actors
from tanheng.simulate.registry.check import Checker
from tanheng.simulate.registry.dice import Time
from tanheng.simulate.registry.ending import finish
from tanheng.simulate.registry.model import Toy
from tanheng.simulate.registry.oracle import Oracle
from tanheng.simulate.registry.stores import Place
from tanheng.simulate.registry.variants import variants
from tanheng.simulate.registry.writers import KEY, NAME, Writers

__all__ = ["KEY", "NAME", "Episode"]

KEYS = {key.public: key for key in (Key(bytes([n]) * 32) for n in range(1, 9))}
"""Keys of people."""
_SIZES = (1, 1, 2, 3, 5, 8, 13, 20, 35, 50)


class Episode(Writers):
    """A registry with its people."""

    def __init__(
        self, seed: int, number: int, place: Place, writers: int, check_every: int
    ) -> None:
        super().__init__(seed, number, place, writers, check_every)
        packs = variants()
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
        self._old: list[Request] = []
        self._ids = 0

    def begin(self) -> None:
        """Found the programme, open it for every writer, make the first accounts."""
        first = {
            **dict.fromkeys(who.AUTHORITY, (("authority",), "")),
            **dict.fromkeys(who.PEOPLE, (("representative",), "")),
            **dict.fromkeys(who.VERIFIERS, (("verifier",), "")),
        }
        self.found(first)
        self._populate()

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
        self._in_stages(stages)

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

    def finish(self) -> str:
        """Check the whole of the episode."""
        return finish(self)
