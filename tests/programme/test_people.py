"""Persons and packs under four eyes: nobody of the authority makes a second person alone."""

from __future__ import annotations

from typing import Any

import pytest

from helpers.registry import Scheme, later, plain_pack
from tanheng.errors import Refusal
from tanheng.programme import people
from tanheng.programme.programme import Outcome
from tanheng.registry import commands as c

ACTS = ("enrol_authority", "set_key", "withdraw", "adopt_pack")
KEY = "ab" * 32


def world(*four_eyes: str) -> Scheme:
    """A programme whose pack wants a second person for these acts."""
    return Scheme(pack=plain_pack(four_eyes=four_eyes))


def waits(s: Scheme, command: Any) -> str:
    """Propose a command; returns what it waits under."""
    before = s.programme.state.people.persons.copy()
    found = s.ok(command, "gov1")
    assert found.act == "propose"
    assert s.programme.state.people.persons == before
    (proposed,) = found.events
    assert (proposed.act, proposed.account, proposed.initiator) == (command.act, "", "gov1")
    assert proposed.expires == later(found.at, hours=72)
    return proposed.pending


def refused(found: Outcome | Refusal, code: str, **details: Any) -> None:
    """Expect a refusal."""
    assert isinstance(found, Refusal), found
    assert found.code == code
    assert details.items() <= dict(found.details).items()


def test_a_person_of_the_authority_is_enrolled_by_two() -> None:
    s = world("enrol_authority", "issue")
    name = waits(s, people.Enrol("ghost", ("authority",), KEY))
    refused(s.do(c.Approve(name), "gov1"), "approver_is_initiator", person="gov1", pending=name)
    refused(s.do(c.Approve(name), "ghost"), "person_unknown", person="ghost")
    refused(s.do(c.Approve(name), "ann"), "authority_only", act="enrol_authority")
    done = s.ok(c.Approve(name), "gov2")
    assert done.act == "enrol_authority"
    assert [type(event).__name__ for event in done.events] == ["Settled", "PersonEnrolled"]
    assert s.programme.state.people.persons["ghost"].roles == ["authority"]
    assert s.programme.state.registry.content.pending == {}
    assert s.again().programme.state.hash() == s.programme.state.hash()


def test_other_persons_are_enrolled_by_one() -> None:
    s = world("enrol_authority")
    assert s.ok(people.Enrol("zoe", ("representative",)), "gov1").act == "enrol"
    assert "zoe" in s.programme.state.people.persons


def test_keys_and_packs_and_withdrawals_wait_too() -> None:
    s = world(*ACTS)
    key = waits(s, people.SetKey("ann", KEY))
    gone = waits(s, people.Withdraw("bob", "left"))
    other = plain_pack(four_eyes=()).with_files({"pack.yaml": b"other"})
    evidence = s.shelf.keep(other)
    pack = waits(s, people.AdoptPack(other.digest, evidence, "other"))
    for name in (key, gone, pack):
        s.ok(c.Approve(name), "gov2")
    persons = s.programme.state.people
    assert persons.persons["ann"].key == KEY
    assert "bob" not in persons.persons
    assert persons.pack == other.digest == s.programme.pack.digest
    # The new pack rules at once: nothing waits any more.
    assert s.ok(people.SetKey("ann", "cd" * 32), "gov1").act == "set_key"


@pytest.mark.parametrize("how", ["reject", "abort", "expire"])
def test_what_waits_ends_without_a_trace(how: str) -> None:
    s = world("set_key")
    before = s.programme.state.people.persons["ann"].key
    name = waits(s, people.SetKey("ann", KEY))
    if how == "reject":
        refused(s.do(c.Reject(name, "no"), "ann"), "authority_only")
        s.ok(c.Reject(name, "no"), "gov2")
    elif how == "abort":
        refused(s.do(c.Abort(name, "no"), "ann"), "authority_only")
        s.ok(c.Abort(name, "no"), "gov1")
    else:
        s.clock.wait(hours=72)
        assert s.programme.tick() == 1
    assert s.programme.state.people.persons["ann"].key == before
    refused(s.do(c.Approve(name), "gov2"), "pending_unknown", pending=name)


def test_it_is_decided_again_when_approved() -> None:
    s = world("set_key")
    name = waits(s, people.SetKey("ann", KEY))
    s.ok(people.Withdraw("ann", "left"), "gov1")
    refused(s.do(c.Approve(name), "gov2"), "person_unknown", person="ann")


def test_who_was_withdrawn_does_not_come_back() -> None:
    s = world()
    s.ok(people.Withdraw("ann", "left"), "gov1")
    refused(s.do(people.Enrol("ann", ("representative",)), "gov1"), "person_exists", person="ann")
    assert s.again().programme.state.people.withdrawn == {"ann"}
