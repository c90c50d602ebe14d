"""A programme: one pack and one journal; :meth:`Programme.execute` is the only way to change it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import msgspec

from tanheng.errors import Refusal
from tanheng.journal import (
    Checkpoint,
    CommandKey,
    Entry,
    Journal,
    Key,
    Part,
    Store,
    encode,
    migrate,
)  # fmt: skip
from tanheng.programme import derived, dispatch, packs, people, signing
from tanheng.programme import state as states
from tanheng.programme.answers import Outcome, Preview, digest_of
from tanheng.programme.body import events_in, events_of, parts_of
from tanheng.programme.dispatch import Inputs
from tanheng.programme.instants import ClockOff, no_earlier
from tanheng.programme.signing import Request
from tanheng.programme.state import State
from tanheng.registry.commands import Reverse
from tanheng.registry.decide import Decision, pending_command
from tanheng.registry.decide_accounts import founding
from tanheng.registry.model import Call, Event, Posted, Posting
from tanheng.registry.state import Registry
from tanheng.rules import Pack

__all__ = ["Clock", "ClockOff", "Entropy", "Gate", "Outcome", "Preview", "Programme"]

Gate = Literal["signed", "session", "simulation"]
Clock = Callable[[], str]
"""Now, as the journal writes instants."""
Entropy = Callable[[int], bytes]
"""So many bytes nobody can guess."""


class Programme:
    """One scheme with its journal. Make one with :meth:`create` or :meth:`open`.

    Any number of processes may have it open; one at a time writes. An object may be used by several
    threads.

    Attributes:
        journal: the entries.
        state: what follows from them, as far as this object has seen.
        pack: the rules in force.
        opened: how the state was found: entries replayed, and why a snapshot was not used.
    """

    def __init__(
        self, store: Store, name: str, clock: Clock, entropy: Entropy, library: packs.Library,
        gate: Gate, key: Key | None,
    ) -> None:  # fmt: skip
        self.store = store
        self.journal = Journal(store, name)
        self.gate: Gate = gate
        self.state = State()
        self.pack: Pack
        self.opened = (0, "")
        self._clock, self._entropy, self._library, self._key = clock, entropy, library, key
        self._rules = ""
        self._stale = True
        self._lock = threading.RLock()
        migrate(store, "snapshots", ((states.SNAPSHOTS,),))

    # Making and opening

    @classmethod
    def create(
        cls, store: Store, name: str, pack: Pack, first: Mapping[str, tuple[Sequence[str], str]],
        *, key: Key, clock: Clock, entropy: Entropy, library: packs.Library,
        gate: Gate = "signed", simulation: bool = False,
    ) -> Programme:  # fmt: skip
        """Begin a programme: the first entry holds the pack, the first persons, the authority's
        accounts.

        Args:
            first: persons, at least two of the authority: roles and public key (or ``""``).

        Raises:
            ValueError: the journal is not empty, or a person does not fit.
        """
        if sum("authority" in roles for roles, _ in first.values()) < 2:
            raise ValueError("a programme begins with two persons of the authority or more")
        made = cls(store, name, clock, entropy, library, gate, key)
        evidence = library.keep(pack)
        events: list[Event] = [
            people.Founded(key.public, simulation),
            people.PackAdopted(pack.digest, evidence, pack.id),
        ]
        for person, (roles, public) in first.items():
            command = people.Enrol(person, tuple(roles), public)
            found = people.enrol(command, people.People())
            if isinstance(found, Refusal):
                raise ValueError(found.message())
            events += found
        events += founding(pack)
        made.journal.begin()
        try:
            if made.journal.size:
                raise ValueError(f"programme {name} is there already")
            made._use(pack)
            made.state.registry = Registry(track=True)
            derived.create(store)
            made._record(clock(), "found", events, {"actor": people.SYSTEM, "id": "found"}, None)
            made._flush()
        except BaseException:
            made._drop()
            raise
        made._stale = False
        return made

    @classmethod
    def open(
        cls, store: Store, name: str, *, public_key: str, clock: Clock, entropy: Entropy,
        library: packs.Library, gate: Gate = "signed", key: Key | None = None,
    ) -> Programme:  # fmt: skip
        """Open a programme from its newest good snapshot, or by replaying its journal.

        Raises:
            ValueError: the journal is empty, or not the one of the public key.
        """
        made = cls(store, name, clock, entropy, library, gate, key)
        made._load(public_key)
        if made.state.people.key != public_key:
            raise ValueError(
                f"the journal's key is {made.state.people.key}, not {public_key}: "
                "this is another programme, or its settings were changed"
            )
        if derived.version(store) != derived.VERSION:
            made.rebuild()
        return made

    def _load(self, public_key: str) -> None:
        """Read the state from the store."""
        self.journal.forget()
        self.journal.covers_checkpoints()
        if not self.journal.size:
            raise ValueError(f"there is no programme {self.journal.programme} in this store")
        self.state, size, why = states.load(self.store, public_key)
        for seq, at, act, bodies in self.journal.bodies(size, self.journal.size):
            self.state.apply(events_in(seq, bodies), seq, at, act)
        self.opened = (self.journal.size - size, why)
        self._drain()
        self._use(self._library.fetch(self.state.people.pack, self.state.people.evidence))
        self._stale = False

    def _use(self, pack: Pack) -> None:
        self.pack, self._rules = pack, pack.digest

    def _use_adopted(self) -> None:
        """Decide by the pack that is in force now."""
        if self.state.people.pack != self._rules:
            self._use(self._library.fetch(self.state.people.pack, self.state.people.evidence))

    def _drop(self) -> None:
        """Forget everything: what was applied may not have been kept."""
        self._stale = True
        self.state = State()
        self.journal.forget()

    # Commands

    def execute(self, request: Request) -> Outcome | Refusal:
        """Decide and record one command. See :meth:`execute_many`."""
        return self.execute_many([request])[0]

    def execute_many(self, requests: Sequence[Request]) -> list[Outcome | Refusal]:
        """Decide and record commands in one transaction, each seeing the one before.

        A refused command leaves nothing and does not stop the others. When this returns, what was
        accepted is durable.

        Raises:
            StoreFault: the outcome is unknown. Ask again with the same ids: nothing happens twice.
            ClockOff: nothing was done.
        """
        with self._lock:
            try:
                return self._session(requests)
            except ClockOff:
                # Nothing was applied yet.
                self.journal.rollback()
                raise
            except BaseException:
                self._drop()
                raise

    def _session(self, requests: Sequence[Request]) -> list[Outcome | Refusal]:
        readable = [request for request in requests if signing.unreadable(request) is None]
        known = self._begin([(request.actor, request.id) for request in readable])
        start = self.journal.size
        at = self._now()
        self._settle_due(at)
        done: dict[CommandKey, tuple[Request, Outcome]] = {}
        answers: list[Outcome | Refusal] = []
        for request in requests:
            who = (request.actor, request.id)
            refusal = signing.unreadable(request) or self._unknown_caller(request)
            if refusal is not None:
                answers.append(refusal)
            elif who in done:
                before, outcome = done[who]
                first = signing.digest(encode(before.command))
                answers.append(self._again(request, first, outcome))
            elif who in known:
                first, seq = known[who]
                answers.append(self._again(request, first, seq))
            else:
                answer = self._one(request, max(at, self.journal.last_at))
                if isinstance(answer, Outcome):
                    done[who] = (request, answer)
                answers.append(answer)
        if self.journal.size > start:
            self._flush()
        else:
            self.journal.rollback()
        return answers

    def _begin(self, keys: Sequence[CommandKey] = ()) -> dict[CommandKey, tuple[bytes, int]]:
        """The writer's lock, with the state caught up."""
        if self._stale:
            self._load(self._public_key())
        fresh, known = self.journal.begin(keys)
        if fresh:
            for entry in fresh:
                self.state.apply(events_of(entry), entry.seq, entry.at, entry.act)
            self._use_adopted()
        # Whoever appended them wrote their rows.
        self._drain()
        return known

    def _drain(self) -> None:
        """Forget which rows of the tables were touched."""
        self.state.registry.drain()
        self.state.compliance.drain()
        self.state.market.drain()

    def _public_key(self) -> str:
        if self._key is not None:
            return self._key.public
        entry = self.journal.entry(0)
        founded = events_of(entry)[0] if entry else None
        return founded.key if isinstance(founded, people.Founded) else ""

    def _now(self) -> str:
        """The instant, under the lock; never before the last entry's."""
        return no_earlier(
            self._clock(), self.journal.last_at, self.pack.controls.clock_skew_seconds
        )

    def _call(self, actor: str, at: str, earlier: Mapping[int, Any] | None = None) -> Call:
        return Call(actor, at, self.journal.size, self.pack, self.state.roles, earlier or {})

    def _settle_due(self, at: str) -> None:
        """Everything due up to now, in the order of (instant, id), as entries of its own."""
        while (found := dispatch.due(self.state, at)) is not None:
            when = max(found.at, self.journal.last_at)
            call = self._call(people.SYSTEM, when, self._earlier(found.name))
            decision = dispatch.settle(found, self.state, call)
            envelope = {"actor": people.SYSTEM, "id": f"due:{found.name}"}
            self._record(when, decision.act, decision.events, envelope, None)

    def _again(self, request: Request, first: bytes, outcome: Outcome | int) -> Outcome | Refusal:
        """The answer to a command whose id was accepted before."""
        seq = outcome if isinstance(outcome, int) else outcome.seq
        if signing.digest(encode(request.command)) != first:
            details = {"actor": request.actor, "id": request.id, "seq": seq}
            return Refusal("command_reused", details)
        if isinstance(outcome, Outcome):
            return Outcome(seq, outcome.at, outcome.act, outcome.events, True)
        entry = self.journal.entry(seq)
        assert entry is not None
        return Outcome(seq, entry.at, entry.act, tuple(events_of(entry)), True)

    def _unknown_caller(self, request: Request) -> Refusal | None:
        """Refuse a caller who cannot show who he is."""
        if request.signature is not None:
            person = self.state.people.persons.get(request.actor)
            if person is None:
                return Refusal("person_unknown", {"person": request.actor})
            if not signing.good(self.journal.programme, request, person.key):
                return Refusal("signature_bad", {"person": request.actor})
            return None
        if self.gate == "session" or (self.gate == "simulation" and self.state.people.simulation):
            return None
        return Refusal("unsigned", {"person": request.actor})

    def _one(self, request: Request, at: str) -> Outcome | Refusal:
        found = self._decide(request, at)
        if isinstance(found, Refusal):
            return found
        if request.preview is not None and request.preview != digest_of(found):
            return Refusal("preview_moved", {"seq": self.journal.size})
        command = request.command
        raw = encode(command)
        envelope: dict[str, Any] = {
            "actor": request.actor, "by": "signature" if request.signature else self.gate,
            "command": msgspec.Raw(raw), "id": request.id,
        }  # fmt: skip
        if request.signature is not None:
            envelope["signature"] = request.signature.hex()
        if request.preview is not None:
            envelope["preview"] = request.preview
        answered = (request.actor, request.id, signing.digest(raw))
        entry, events = self._record(at, found.act, found.events, envelope, answered)
        self._use_adopted()
        return Outcome(entry.seq, at, found.act, tuple(events))

    def _decide(self, request: Request, at: str) -> Decision | Refusal:
        inputs = Inputs(
            lambda earlier: self._call(request.actor, at, earlier), self._lacks, self._earlier
        )
        return dispatch.decide(request.command, self.state, inputs)

    def _lacks(self, command: people.PeopleCommand) -> dict[str, set[str]]:
        """What is in use and not in the pack that is to be adopted."""
        if not isinstance(command, people.AdoptPack):
            return {}
        return self._library.lacks(command.pack, command.evidence, self.state)

    def _earlier(
        self, pending: str, command: Reverse | None = None
    ) -> dict[int, tuple[str, str, tuple[Posting, ...]]]:
        """What a reversal needs to know of the entry it undoes."""
        waiting = self.state.registry.content.pending.get(pending)
        if waiting is not None and waiting.act == "reverse":
            kept = pending_command(waiting)
            command = kept if isinstance(kept, Reverse) else None
        if command is None or not 0 <= command.surrender < self.journal.size:
            return {}
        self.journal.flush()
        entry = self.journal.entry(command.surrender)
        if entry is None:
            return {}
        events = [event for event in events_of(entry) if isinstance(event, Posted)]
        return {entry.seq: (entry.at, entry.act, tuple(p for e in events for p in e.postings))}

    def _record(
        self, at: str, act: str, events: Sequence[Event], envelope: dict[str, Any],
        answered: tuple[str, str, bytes] | None,
    ) -> tuple[Entry, Sequence[Event]]:  # fmt: skip
        """Append one entry with all events, and with what they do elsewhere, and apply them."""
        events = dispatch.whole(act, events, self.state, lambda: self._call(people.SYSTEM, at))
        about = dispatch.about(act, events, self.state)
        parts: tuple[Part, ...] = parts_of(
            act, events, envelope, self.pack.controls, self._entropy(96)
        )
        entry = self.journal.append(at, self._rules, act, parts, about, answered)
        self.state.apply(events, entry.seq, at, act)
        return entry, events

    def _flush(self) -> None:
        """Entries and rows into the database, in one transaction, and commit."""
        derived.write(self.store, self.state)
        self.journal.commit()

    def preview(self, request: Request) -> Preview | Refusal:
        """What a command would do now; nothing is recorded, no lock is kept."""
        with self._lock:
            self.catch_up()
            refusal = signing.unreadable(request)
            found = refusal or self._decide(request, self.instant())
            if isinstance(found, Refusal):
                return found
            return Preview(self.journal.size, found.effect, digest_of(found), found.would)

    def instant(self) -> str:
        """Now, but never before the last entry."""
        return max(self._clock(), self.journal.last_at)

    def pack_of(self, digest: str, evidence: str) -> Pack:
        """A pack that is or was in force."""
        return self._library.fetch(digest, evidence)

    def catch_up(self) -> None:
        """See what others wrote."""
        with self._lock:
            try:
                self._begin()
                self.journal.rollback()
            except BaseException:
                self._drop()
                raise

    def tick(self) -> int:
        """Carry out what is due by now; returns the number of entries this made."""
        with self._lock:
            try:
                self._begin()
                before = self.journal.size
                self._settle_due(self._now())
                made = self.journal.size - before
                if made:
                    self._flush()
                else:
                    self.journal.rollback()
            except BaseException:
                self._drop()
                raise
            return made

    # Proof and derived tables

    def checkpoint(self) -> Checkpoint:
        """Sign the journal as it is now; the programme's key is needed.

        Raises:
            ValueError: the programme was opened without its key.
        """
        key = self._signing_key()
        with self._lock:
            try:
                self._begin()
                found = self.journal.sign(key, self._now(), self.state.hash())
                self.journal.commit()
            except BaseException:
                self._drop()
                raise
            return found

    def snapshot(self) -> int:
        """Keep a signed snapshot, so that opening is quick; returns the entries it covers."""
        key = self._signing_key()
        with self._lock:
            try:
                self._begin()
                assert self.journal.prev is not None
                states.save(self.store, self.state, self.journal.size, self.journal.prev, key)
                self.journal.commit()
            except BaseException:
                self._drop()
                raise
            return self.journal.size

    def _signing_key(self) -> Key:
        if self._key is None:
            raise ValueError("the programme's key is not here; give its file to sign")
        return self._key

    def rebuild(self) -> int:
        """Make the derived tables anew from the journal; returns the number of entries read."""
        with self._lock:
            try:
                self._begin()
                derived.rebuild(self.store, self.journal)
                self.journal.commit()
            except BaseException:
                self._drop()
                raise
            return self.journal.size

    def check_tables(self) -> list[str]:
        """Compare the live tables with a fresh replay of the journal; says what differs."""
        with self._lock:
            self._begin()
            try:
                return derived.differences(self.store, self.journal, self.state)
            finally:
                self.journal.rollback()
