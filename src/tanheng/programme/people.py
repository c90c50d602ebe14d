"""Who may act in a programme: pseudonymous persons with roles and keys, and the pack in force.

Names, phones and addresses never enter the journal; they stand in a side table that can be erased
(:mod:`tanheng.programme.names`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import ClassVar

import msgspec

from tanheng.errors import Refusal
from tanheng.registry.commands import Command
from tanheng.registry.model import Event
from tanheng.registry.view import IDENTIFIER

ROLES = ("authority", "auditor", "representative", "verifier")
SYSTEM = "system"
"""Who makes the entries of what is due."""
_HEX = frozenset("0123456789abcdef")


class Enrol(Command, frozen=True, tag="enrol"):
    """Let a person act, in roles, with a public key (64 hexadecimal digits; ``""``: by session
    only)."""

    authority: ClassVar[bool] = True
    person: str
    roles: tuple[str, ...]
    key: str = ""

    @property
    def act(self) -> str:
        """To make somebody a person of the authority is an act of its own."""
        return "enrol_authority" if "authority" in self.roles else "enrol"


class SetKey(Command, frozen=True, tag="set_key"):
    """Give a person another public key, as after a loss."""

    authority: ClassVar[bool] = True
    person: str
    key: str


class Withdraw(Command, frozen=True, tag="withdraw"):
    """A person may no longer act."""

    authority: ClassVar[bool] = True
    person: str
    reason: str


class AdoptPack(Command, frozen=True, tag="adopt_pack"):
    """Put a pack in force, whose files are kept as evidence."""

    authority: ClassVar[bool] = True
    pack: str
    evidence: str
    id: str


ACTS = ("enrol", "enrol_authority", "set_key", "withdraw", "adopt_pack")
PeopleCommand = Enrol | SetKey | Withdraw | AdoptPack


class Founded(Event, frozen=True, tag="founded/1"):
    """The programme begins: its public key, and whether it is only a simulation."""

    key: str
    simulation: bool = False


class PackAdopted(Event, frozen=True, tag="pack_adopted/1"):
    """A pack is in force: digest of its files, evidence that holds them, its id."""

    pack: str
    evidence: str
    id: str


class PersonEnrolled(Event, frozen=True, tag="person_enrolled/1"):
    """A person may act."""

    person: str
    roles: tuple[str, ...]
    key: str


class KeySet(Event, frozen=True, tag="key_set/1"):
    """A person has another key."""

    person: str
    key: str


class PersonWithdrawn(Event, frozen=True, tag="person_withdrawn/1"):
    """A person may no longer act."""

    person: str
    reason: str


PeopleEvent = Founded | PackAdopted | PersonEnrolled | KeySet | PersonWithdrawn
CONFIDENTIAL = (PersonEnrolled, KeySet, PersonWithdrawn)


class Person(msgspec.Struct):
    """A person that may act."""

    roles: list[str]
    key: str


class People(msgspec.Struct):
    """State: who may act, and who no longer may; the pack in force, the programme's own key."""

    key: str = ""
    simulation: bool = False
    pack: str = ""
    evidence: str = ""
    persons: dict[str, Person] = msgspec.field(default_factory=dict)
    withdrawn: set[str] = msgspec.field(default_factory=set)

    def apply(self, event: Event) -> None:
        """Let an event happen."""
        match event:
            case Founded():
                self.key, self.simulation = event.key, event.simulation
            case PackAdopted():
                self.pack, self.evidence = event.pack, event.evidence
            case PersonEnrolled():
                self.persons[event.person] = Person(sorted(event.roles), event.key)
            case KeySet():
                self.persons[event.person].key = event.key
            case PersonWithdrawn():
                del self.persons[event.person]
                self.withdrawn.add(event.person)

    def roles(self) -> dict[str, frozenset[str]]:
        """Roles by person."""
        return {name: frozenset(person.roles) for name, person in self.persons.items()}


def decide(
    command: PeopleCommand, people: People, actor: str, lacks: Mapping[str, Collection[str]]
) -> list[Event] | Refusal:
    """Decide a command about people or the pack.

    Args:
        lacks: for :class:`AdoptPack`, what is in use and not in the new pack, by its digest.
    """
    roles = people.roles()
    if actor not in roles:
        return Refusal("person_unknown", {"person": actor})
    if "authority" not in roles[actor]:
        return Refusal("authority_only", {"person": actor, "act": command.act})
    match command:
        case Enrol():
            return enrol(command, people)
        case SetKey():
            if command.person not in people.persons:
                return Refusal("person_unknown", {"person": command.person})
            return _bad_key(command.key) or [KeySet(command.person, command.key)]
        case Withdraw():
            return _withdraw(command, people, roles)
        case AdoptPack():
            missing = lacks.get(command.pack)
            if missing is None:
                return Refusal("pack_unknown", {"pack": command.pack})
            if missing:
                return Refusal("pack_lacks", {"what": ", ".join(sorted(missing))})
            if command.pack == people.pack:
                return Refusal("pack_same", {"pack": command.id})
            return [PackAdopted(command.pack, command.evidence, command.id)]


def _bad_key(key: str) -> Refusal | None:
    if key and (len(key) != 64 or not set(key) <= _HEX):
        return Refusal("key_bad", {"value": key})
    return None


def enrol(command: Enrol, people: People) -> list[Event] | Refusal:
    """A person who is not there yet."""
    if not IDENTIFIER.fullmatch(command.person) or command.person == SYSTEM:
        return Refusal("identifier_bad", {"value": command.person})
    if command.person in people.persons or command.person in people.withdrawn:
        # An id that was withdrawn would take up the rights it had on accounts.
        return Refusal("person_exists", {"person": command.person})
    if not command.roles or set(command.roles) - set(ROLES):
        return Refusal("roles_bad", {"value": ", ".join(command.roles), "known": ", ".join(ROLES)})
    return _bad_key(command.key) or [PersonEnrolled(command.person, command.roles, command.key)]


def _withdraw(
    command: Withdraw, people: People, roles: Mapping[str, frozenset[str]]
) -> list[Event] | Refusal:
    if command.person not in people.persons:
        return Refusal("person_unknown", {"person": command.person})
    if not command.reason.strip():
        return Refusal("reason_missing", {"act": command.act})
    rest = [name for name, has in roles.items() if "authority" in has and name != command.person]
    if len(rest) < 2 and "authority" in roles[command.person]:
        # Four eyes need two; a programme must not lock itself out.
        return Refusal("authority_too_few", {"count": len(rest)})
    return [PersonWithdrawn(command.person, command.reason)]
