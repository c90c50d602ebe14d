"""A programme: making, opening, executing, signing, repeating, what is due, packs, snapshots."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from helpers.registry import (
    D15,
    D16,
    FIRST,
    KEY,
    MONEY,
    NAME,
    Clock,
    Scheme,
    clause,
    entropy,
    later,
    local,
    plain_pack,
    same,
    varied,
)
from tanheng.errors import Refusal
from tanheng.journal import Broken, Key, Store, StoreFault
from tanheng.journal.sqlite import SQLiteStore
from tanheng.programme import derived, people
from tanheng.programme import state as states
from tanheng.programme.body import envelope_of, events_of
from tanheng.programme.names import Names
from tanheng.programme.packs import PackLost, Shelf, missing
from tanheng.programme.programme import ClockOff, Outcome, Preview, Programme
from tanheng.programme.signing import Request, payload, read, signed
from tanheng.registry import commands as c
from tanheng.registry import model as m
from tanheng.registry import tables
from tanheng.registry.decide_accounts import founding
from tanheng.rules import Pack


@pytest.fixture
def s() -> Scheme:
    made = Scheme()
    made.give("A", D16, 100)
    return made


def other_pack(pack: Pack, note: str = "other") -> Pack:
    """The pack under another digest."""
    return pack.with_files({**pack.files, "parameters/note.yaml": note.encode()})


# Making and opening


def test_create() -> None:
    s = Scheme(accounts=False)
    pack = plain_pack()
    p = s.programme
    entry = p.journal.entry(0)
    assert entry is not None
    assert (p.journal.size, p.opened, p.gate) == (1, (0, ""), "session")
    assert (entry.at, entry.act) == (s.clock(), "found")
    assert f'"rules":"{pack.digest}"'.encode() in entry.header
    assert events_of(entry) == [
        people.Founded(KEY.public), people.PackAdopted(pack.digest, f"pack:{pack.digest}", "demo-ets"),
        *(people.PersonEnrolled(name, tuple(roles), key) for name, (roles, key) in FIRST.items()),
        *founding(pack),
    ]  # fmt: skip
    assert envelope_of(entry) == {
        "actor": "system", "id": "found",
        "events": msgspec.json.decode(entry.parts[-1].body)["events"],
    }  # fmt: skip
    assert [part.audience for part in entry.parts] == ["public", "confidential"]
    assert p.state.people.persons["gov1"] == people.Person(["authority"], "")
    assert not p.state.people.simulation
    assert [row[0] for row in s.store.query("SELECT account FROM accounts ORDER BY 1")] == sorted(
        e.account for e in founding(pack)
    )


def test_create_twice(s: Scheme) -> None:
    size = s.programme.journal.size
    with pytest.raises(ValueError, match=r"^programme test-scheme is there already$"):
        Scheme(store=s.store)
    s.programme.catch_up()
    assert s.programme.journal.size == size
    s.ok(c.SetLimit("A", 5))


@pytest.mark.parametrize(
    "more", [{"g 1": (("authority",), "")}, {"gov3": (("king",), "")}, {"gov3": (("authority",), "zz")},
             {"system": (("authority",), "")}],
)  # fmt: skip
def test_create_with_a_person_that_does_not_fit(more: Any) -> None:
    store = SQLiteStore(None)
    two = {"gov1": (("authority",), ""), "gov2": (("authority",), "")}
    with pytest.raises(ValueError, match=r"id|role|key"):
        Scheme(store=store, first={**two, **more})
    assert store.query("SELECT COUNT(*) FROM entries") == [(0,)]


@pytest.mark.parametrize("first", [{}, {"gov1": (("authority",), "")},
                                   {"gov1": (("authority",), ""), "ann": (("auditor",), "")}])  # fmt: skip
def test_create_needs_two_of_the_authority(first: Any) -> None:
    store = SQLiteStore(None)
    with pytest.raises(ValueError, match="two persons of the authority"):
        Scheme(store=store, first=first)
    assert store.query("SELECT name FROM sqlite_master") == []


def test_open_replays(s: Scheme) -> None:
    size = s.programme.journal.size
    again = s.again()
    assert again.programme.opened == (size, "")
    assert again.programme.state.hash() == s.programme.state.hash()
    assert again.programme.pack.digest == s.programme.pack.digest
    again.ok(c.SetLimit("A", 5))
    assert s.programme.state.hash() != again.programme.state.hash()
    s.programme.catch_up()
    assert s.programme.state.hash() == again.programme.state.hash()


def test_open_what_is_not_there() -> None:
    with pytest.raises(ValueError, match=r"^there is no programme test-scheme in this store$"):
        Scheme(create=False)


def test_open_with_another_key(s: Scheme) -> None:
    with pytest.raises(ValueError, match=f"^the journal's key is {KEY.public}, not 00: "):
        Programme.open(
            s.store, NAME, public_key="00", clock=s.clock, entropy=entropy(), library=s.shelf
        )


def test_open_without_the_pack(s: Scheme) -> None:
    with pytest.raises(PackLost, match=f"^pack {s.programme.pack.digest} is not here$"):
        Scheme(store=s.store, shelf=Shelf(), create=False)


# Snapshots


def test_open_from_a_snapshot(s: Scheme) -> None:
    size = s.programme.snapshot()
    assert size == s.programme.journal.size
    assert s.again().programme.opened == (0, "")
    s.ok(c.SetLimit("A", 5))
    s.ok(c.SetLimit("A", 6))
    again = s.again()
    assert again.programme.opened == (2, "")
    assert again.programme.state.hash() == s.programme.state.hash()


def test_two_snapshots_are_kept(s: Scheme) -> None:
    sizes = []
    for limit in range(4):
        s.ok(c.SetLimit("A", limit))
        sizes.append(s.programme.snapshot())
    assert [row[0] for row in s.store.query("SELECT size FROM snapshots ORDER BY size")] == sizes[
        -2:
    ]


def _change(s: Scheme, sql: str) -> None:
    s.store.begin()
    s.store.run(sql)
    s.store.commit()


@pytest.mark.parametrize(
    "sql, why",
    [
        ("UPDATE snapshots SET data = zeroblob(9)", "snapshot at {n} is not signed by the programme's key"),
        ("UPDATE snapshots SET signature = zeroblob(64)", "snapshot at {n} is not signed by the programme's key"),
        ("UPDATE snapshots SET version = 99", "snapshot at {n} is of version 99, this program's is {v}"),
        ("UPDATE snapshots SET hash = zeroblob(32)", "snapshot at {n} does not fit the journal's entry {m}"),
        ("UPDATE snapshots SET size = size + 100", "snapshot at {k} does not fit the journal's entry {j}"),
        ("UPDATE snapshots SET size = size - 1", "snapshot at {m} does not fit the journal's entry {i}"),
    ],
)  # fmt: skip
def test_a_snapshot_that_does_not_fit_is_not_used(s: Scheme, sql: str, why: str) -> None:
    n = s.programme.snapshot()
    _change(s, sql)
    again = s.again()
    expected = why.format(n=n, m=n - 1, k=n + 100, j=n + 99, i=n - 2, v=states.VERSION)
    assert again.programme.opened == (s.programme.journal.size, expected)
    assert again.programme.state.hash() == s.programme.state.hash()


def test_a_snapshot_moved_to_another_entry(s: Scheme) -> None:
    """Bound to size and hash: giving it another entry's hash breaks the signature."""
    n = s.programme.snapshot()
    _change(
        s,
        f"UPDATE snapshots SET size = {n - 1}, hash = (SELECT hash FROM entries WHERE seq = {n - 2})",
    )
    assert (
        s.again().programme.opened[1] == f"snapshot at {n - 1} is not signed by the programme's key"
    )


def test_the_older_snapshot_is_used_when_the_newer_does_not_fit(s: Scheme) -> None:
    s.programme.snapshot()
    s.ok(c.SetLimit("A", 5))
    n = s.programme.snapshot()
    _change(s, f"UPDATE snapshots SET version = 99 WHERE size = {n}")
    opened = s.again().programme.opened
    assert opened == (1, f"snapshot at {n} is of version 99, this program's is {states.VERSION}")


def test_signing_needs_the_key(s: Scheme) -> None:
    again = s.again(key=None).programme
    for act in (again.checkpoint, again.snapshot):
        with pytest.raises(
            ValueError, match=r"^the programme's key is not here; give its file to sign$"
        ):
            act()
    again.execute(s.request(c.SetLimit("A", 5)))


def test_checkpoint(s: Scheme) -> None:
    found = s.programme.checkpoint()
    journal = s.programme.journal
    assert found.good(KEY.public)
    assert found.fields == {
        "at": s.clock(), "format": 1, "programme": NAME, "root": journal.tree.root.hex(),
        "size": journal.size, "state": s.programme.state.hash().hex(),
    }  # fmt: skip
    assert journal.checkpoints() == [found]


# Executing


def test_outcome_and_entry(s: Scheme) -> None:
    n = s.programme.journal.size
    done = s.ok(c.Surrender("A", 7, 2016), id="mine")
    posting = ("surrender", D16, "A", "surrender", 1, 7)
    assert done == Outcome(n, s.clock(), "surrender", (m.Posted((posting,)),))
    assert done.postings == (posting,)
    assert not done.repeated
    entry = s.programme.journal.entry(n)
    assert entry is not None
    assert (entry.at, entry.act) == (done.at, "surrender")
    assert events_of(entry) == list(done.events)
    assert envelope_of(entry) == {
        "actor": "ann", "by": "session", "id": "mine",
        "command": {"command": "surrender", "account": "A", "amount": 7, "year": 2016},
    }  # fmt: skip
    public, confidential = entry.parts
    assert msgspec.json.decode(public.body) == {
        "act": "surrender", "events": [[0, {"event": "posted/1", "postings": [list(posting)]}]],
    }  # fmt: skip
    assert b"events" not in confidential.body
    assert len({part.salt for e in s.programme.journal.entries() for part in e.parts}) == sum(
        len(e.parts) for e in s.programme.journal.entries()
    )


def test_events_go_to_the_narrowest_circle(s: Scheme) -> None:
    s.ok(c.Transfer("A", "B", D16, 7))
    n = s.programme.journal.size - 1
    entry = s.programme.journal.entry(n)
    assert entry is not None
    bodies = {part.audience: msgspec.json.decode(part.body) for part in entry.parts}
    assert bodies["public"] == {"act": "propose", "events": []}
    assert [(place, e["event"]) for place, e in bodies["parties"]["events"]] == [
        (0, "proposed/1"), (1, "hold_placed/1"),
    ]  # fmt: skip
    assert "events" not in bodies["confidential"]


def test_histories(s: Scheme) -> None:
    s.ok(c.Surrender("A", 7, 2016))
    n = s.programme.journal.size - 1
    for subject in ("account:A", "account:surrender", f"kind:{D16}", "entity:HA", "act:surrender"):
        assert [e.seq for e in s.programme.journal.history(subject)][-1] == n, subject
    assert n not in [e.seq for e in s.programme.journal.history("account:B")]


def test_many_see_each_other_and_refusals_stop_nobody(s: Scheme) -> None:
    size = s.programme.journal.size
    asked = [
        s.request(c.Cancel("A", D16, 60, "x")), s.request(c.Cancel("A", D16, 60, "x")),
        s.request(c.Cancel("A", D16, 40, "x")), s.request(c.SetLimit("A", 1), "cid"),
        s.request(c.SetLimit("A", 1)),
    ]  # fmt: skip
    found = s.programme.execute_many(asked)
    assert [getattr(f, "seq", None) or f.code for f in found] == [
        size, "amount_short", size + 1, "not_representative", size + 2,
    ]  # fmt: skip
    assert s.programme.journal.size == size + 3
    assert s.programme.execute_many([]) == []


def test_a_command_twice(s: Scheme) -> None:
    asked = s.request(c.Cancel("A", D16, 60, "x"), id="once")
    first = s.programme.execute(asked)
    assert isinstance(first, Outcome)
    size = s.programme.journal.size
    again = s.programme.execute(asked)
    assert again == Outcome(first.seq, first.at, first.act, first.events, True)
    assert s.again().programme.execute(asked) == again
    other = s.request(c.Cancel("A", D16, 40, "x"), id="once")
    same(s.programme.execute(other), "command_reused", actor="ann", id="once", seq=first.seq)
    assert s.programme.journal.size == size
    # Of another person the same id is another command.
    assert s.ok(c.Cancel("A", D16, 40, "x"), "bob", id="once").seq == size


def test_a_command_twice_in_one_batch(s: Scheme) -> None:
    asked = s.request(c.Cancel("A", D16, 60, "x"), id="once")
    other = s.request(c.Cancel("A", D16, 61, "x"), id="once")
    first, again, reused = s.programme.execute_many([asked, asked, other])
    assert isinstance(first, Outcome)
    assert again == Outcome(first.seq, first.at, first.act, first.events, True)
    same(reused, "command_reused", actor="ann", id="once", seq=first.seq)


def test_a_refused_command_may_be_asked_again(s: Scheme) -> None:
    asked = s.request(c.Cancel("A", D16, 160, "x"), id="once")
    refused, refused_again = s.programme.execute_many([asked, asked])
    assert isinstance(refused, Refusal)
    assert isinstance(refused_again, Refusal)
    s.give("A", D16, 100)
    assert isinstance(s.programme.execute(asked), Outcome)


def test_preview(s: Scheme) -> None:
    asked = s.request(c.Surrender("A", 7, 2016))
    size, state = s.programme.journal.size, s.programme.state.hash()
    shown = s.programme.preview(asked)
    assert isinstance(shown, Preview)
    assert (shown.seq, shown.effect) == (size, (("surrender", D16, "A", "surrender", 1, 7),))
    assert (s.programme.journal.size, s.programme.state.hash()) == (size, state)
    refused = s.programme.preview(s.request(c.Surrender("A", 700, 2016)))
    assert isinstance(refused, Refusal)
    # What moved meanwhile does not matter while the effect is the same.
    s.ok(c.SetLimit("A", 1))
    done = s.ok(c.Surrender("A", 7, 2016), preview=shown.digest)
    entry = s.programme.journal.entry(done.seq)
    assert entry is not None
    assert envelope_of(entry)["preview"] == shown.digest
    found = s.do(c.Surrender("A", 7, 2016), preview=shown.digest)
    same(found, "preview_moved", seq=done.seq + 1)


def test_an_approval_is_pinned_to_what_was_shown() -> None:
    s = Scheme(plain_pack(four_eyes=("surrender",)))
    s.give("A", D16, 100)
    s.ok(c.Surrender("A", 7, 2016))
    waiting = f"P{s.programme.journal.size - 1}"
    shown = s.programme.preview(s.request(c.Approve(waiting), "bob"))
    assert isinstance(shown, Preview)
    s.ok(c.Cancel("A", D16, 3, "x"))  # now other serials would go
    same(
        s.do(c.Approve(waiting), "bob", preview=shown.digest),
        "preview_moved",
        seq=s.programme.journal.size,
    )
    shown = s.programme.preview(s.request(c.Approve(waiting), "bob"))
    assert isinstance(shown, Preview)
    assert s.ok(c.Approve(waiting), "bob", preview=shown.digest).postings == shown.effect


# Who asks

ANN, BOB = Key(b"a" * 32), Key(b"b" * 32)
KEYED = {
    **FIRST,
    "ann": (("representative",), ANN.public),
    "bob": (("representative",), BOB.public),
}


def keyed(gate: Any = "session", **more: Any) -> Scheme:
    return Scheme(gate=gate, first=KEYED, **more)


def test_gates() -> None:
    signed_only = keyed("signed", accounts=False)
    same(signed_only.do(c.SetLimit("A", 1)), "unsigned", person="ann")
    real = keyed("simulation", accounts=False)
    same(real.do(c.SetLimit("A", 1)), "unsigned", person="ann")
    pretended = keyed("simulation", simulation=True)
    assert pretended.programme.state.people.simulation
    entry = pretended.programme.journal.entry(pretended.ok(c.SetLimit("A", 1)).seq)
    assert entry is not None
    assert envelope_of(entry)["by"] == "simulation"


def test_signatures() -> None:
    s = keyed()
    s.programme.gate = "signed"
    good = s.request(c.SetLimit("A", 1), key=ANN)
    entry_of = s.programme.journal.entry
    done = s.programme.execute(good)
    assert isinstance(done, Outcome)
    entry = entry_of(done.seq)
    assert entry is not None
    assert good.signature is not None
    assert envelope_of(entry)["by"] == "signature"
    assert envelope_of(entry)["signature"] == good.signature.hex()
    assert good.signature == ANN.sign(payload(NAME, good))
    bad = {
        "another command": Request(
            c.SetLimit("A", 2), "ann", "x", s.request(c.SetLimit("A", 1), id="x", key=ANN).signature
        ),
        "another id": Request(
            c.SetLimit("A", 1), "ann", "y", s.request(c.SetLimit("A", 1), id="x", key=ANN).signature
        ),
        "another preview": Request(
            c.SetLimit("A", 1),
            "ann",
            "x",
            s.request(c.SetLimit("A", 1), id="x", key=ANN).signature,
            "00",
        ),
        "another programme": signed("other-scheme", s.request(c.SetLimit("A", 1)), ANN),
        "another person's key": s.request(c.SetLimit("A", 1), key=BOB),
        "no signature at all": Request(c.SetLimit("A", 1), "ann", "x", b""),
        "a person without a key": s.request(c.SetLimit("A", 1), "cid", key=ANN),
    }
    size = s.programme.journal.size
    for what, request in bad.items():
        found = s.programme.execute(request)
        assert isinstance(found, Refusal), what
        assert (found.code, found.details) == ("signature_bad", {"person": request.actor}), what
    same(
        s.programme.execute(s.request(c.SetLimit("A", 1), "nobody", key=ANN)),
        "person_unknown",
        person="nobody",
    )
    # A repetition says nothing to whoever cannot show who he is.
    same(s.programme.execute(Request(good.command, "ann", good.id)), "unsigned", person="ann")
    assert s.programme.journal.size == size


def test_people(s: Scheme) -> None:
    done = s.ok(people.Enrol("dan", ("representative", "auditor"), ANN.public), "gov1")
    assert done.events == (people.PersonEnrolled("dan", ("representative", "auditor"), ANN.public),)
    assert s.programme.state.people.persons["dan"] == people.Person(
        ["auditor", "representative"], ANN.public
    )
    assert s.programme.state.roles["dan"] == {"auditor", "representative"}
    roles = ", ".join(people.ROLES)
    s.refused("person_exists", people.Enrol("dan", ("auditor",)), "gov1", person="dan")
    s.refused("identifier_bad", people.Enrol("d an", ("auditor",)), "gov1", value="d an")
    s.refused("identifier_bad", people.Enrol("system", ("auditor",)), "gov1", value="system")
    s.refused("roles_bad", people.Enrol("eve", ()), "gov1", value="", known=roles)
    s.refused(
        "roles_bad",
        people.Enrol("eve", ("king", "auditor")),
        "gov1",
        value="king, auditor",
        known=roles,
    )
    for key in ("00", "zz" * 32, "A" * 64, "0" * 63):
        s.refused("key_bad", people.Enrol("eve", ("auditor",), key), "gov1", value=key)
        s.refused("key_bad", people.SetKey("dan", key), "gov1", value=key)
    s.refused("person_unknown", people.SetKey("eve", ""), "gov1", person="eve")
    assert s.ok(people.SetKey("dan", BOB.public), "gov1").events == (
        people.KeySet("dan", BOB.public),
    )
    assert s.programme.state.people.persons["dan"].key == BOB.public
    for command in (people.Enrol("eve", ("auditor",)), people.SetKey("dan", ""), people.Withdraw("dan", "x"),
                    people.AdoptPack("x", "y", "z")):  # fmt: skip
        s.refused("authority_only", command, "ann", person="ann", act=command.act)
        s.refused("person_unknown", command, "nobody", person="nobody")


def test_withdraw(s: Scheme) -> None:
    s.refused("person_unknown", people.Withdraw("eve", "x"), "gov1", person="eve")
    s.refused("reason_missing", people.Withdraw("cid", " "), "gov1", act="withdraw")
    s.refused("authority_too_few", people.Withdraw("gov2", "x"), "gov1", count=1)
    assert s.ok(people.Withdraw("ann", "left"), "gov1").events == (
        people.PersonWithdrawn("ann", "left"),
    )
    s.refused("person_unknown", c.SetLimit("A", 1), "ann", person="ann")
    s.ok(people.Enrol("gov3", ("authority",)), "gov1")
    s.ok(people.Withdraw("gov2", "left"), "gov1")
    s.refused("person_unknown", c.CloseRegistry("x"), "gov2", person="gov2")


def test_a_withdrawn_key_opens_nothing() -> None:
    s = keyed()
    s.ok(people.Withdraw("ann", "left"), "gov1")
    request = s.request(c.SetLimit("A", 1), key=ANN)
    same(s.programme.execute(request), "person_unknown", person="ann")


def test_a_new_key_replaces_the_old_one() -> None:
    s = keyed()
    s.ok(people.SetKey("ann", BOB.public), "gov1")
    same(s.programme.execute(s.request(c.SetLimit("A", 1), key=ANN)), "signature_bad", person="ann")
    assert isinstance(s.programme.execute(s.request(c.SetLimit("A", 1), key=BOB)), Outcome)


def test_reading_a_command() -> None:
    assert read({"command": "set_limit", "account": "A", "limit": None}) == c.SetLimit("A", None)
    assert read({"command": "enrol", "person": "e", "roles": ["auditor"]}) == people.Enrol(
        "e", ("auditor",)
    )
    assert (
        read(
            {"command": "cancel", "account": "A", "kind": D16, "amount": 1, "reason": "e\u0301"}
        ).reason
        == "é"
    )
    for raw in ({"command": "nix"}, {"command": "set_limit"}, {"command": "set_limit", "account": "A", "limit": 1.5},
                {"command": "approve", "pending": "P1", "more": 1}, {"command": "approve", "pending": 1}):  # fmt: skip
        with pytest.raises(ValueError):
            read(raw)


@pytest.mark.parametrize("reason", ["e\u0301", "\ud800", "a\0b"])
def test_a_text_that_has_no_one_form(s: Scheme, reason: str) -> None:
    s.refused("text_bad", c.Cancel("A", D16, 1, reason), act="cancel")


def test_texts_that_are_in_order(s: Scheme) -> None:
    s.ok(c.Cancel("A", D16, 1, "注销 é\t\n\x01"))


@pytest.mark.parametrize("name", ["", "a\ud800", "a\0"])
def test_ids_that_are_not_plain(s: Scheme, name: str) -> None:
    same(
        s.programme.execute(Request(c.SetLimit("A", 1), "ann", name)),
        "identifier_bad",
        value=ascii(name),
    )
    same(
        s.programme.execute(Request(c.SetLimit("A", 1), name, "x")),
        "identifier_bad",
        value=ascii(name),
    )


# Time


def test_a_clock_that_goes_back(s: Scheme) -> None:
    at = s.ok(c.SetLimit("A", 1)).at
    s.clock.wait(seconds=-60)
    assert s.ok(c.SetLimit("A", 2)).at == at  # exactly as much as the pack allows
    size, state = s.programme.journal.size, s.programme.state.hash()
    s.clock.wait(microseconds=-1)
    with pytest.raises(ClockOff) as error:
        s.do(c.SetLimit("A", 3))
    assert str(error.value) == (
        f"the clock says {s.clock()}, the journal's last entry is of {at}: more than 60 s behind "
        f"({clause(22)}). Set this machine's clock; nothing was recorded"
    )
    s.clock.wait(microseconds=1)
    s.programme.catch_up()
    assert (s.programme.journal.size, s.programme.state.hash()) == (size, state)
    assert s.ok(c.SetLimit("A", 3)).seq == size


def test_what_is_due_comes_first_and_at_its_instant(s: Scheme) -> None:
    s.ok(c.Transfer("A", "T", D16, 5))  # due at noon tomorrow
    s.ok(c.PlaceHold("A", D16, 95, "order", later(local("2016-03-02 12:00"), microseconds=1)))
    n = s.programme.journal.size
    s.clock.go("2016-03-05 09:00")
    done = s.ok(c.Cancel("A", D16, 95, "x"))
    assert done.seq == n + 2
    first, second = s.programme.journal.entry(n), s.programme.journal.entry(n + 1)
    assert first is not None
    assert second is not None
    assert (first.act, first.at) == ("transfer", local("2016-03-02 12:00"))
    assert (second.act, second.at) == ("expire", later(local("2016-03-02 12:00"), microseconds=1))
    assert envelope_of(first) == {"actor": "system", "id": f"due:P{n - 2}"}
    assert s.numbers("T", D16) == (5, 0, 0, 0)
    assert s.programme.tick() == 0


def test_what_is_due_is_kept_when_the_command_is_refused(s: Scheme) -> None:
    s.ok(c.Transfer("A", "T", D16, 5))
    size = s.programme.journal.size
    s.clock.go("2016-03-05 09:00")
    assert isinstance(s.do(c.Cancel("A", D16, 96, "x")), Refusal)
    assert s.programme.journal.size == size + 1
    assert s.again().numbers("T", D16) == (5, 0, 0, 0)


def test_tick(s: Scheme) -> None:
    s.ok(c.Transfer("A", "T", D16, 5))
    assert s.programme.tick() == 0
    s.clock.at = later(local("2016-03-02 12:00"), microseconds=-1)
    assert s.programme.tick() == 0
    s.clock.go("2016-03-02 12:00")
    assert s.programme.tick() == 1
    assert s.numbers("T", D16) == (5, 0, 0, 0)


def test_due_results_do_not_depend_on_ticking() -> None:
    hashes = set()
    for ticks in ((), ("2016-03-02 12:00",), ("2016-03-02 13:00", "2016-03-03 09:00")):
        s = Scheme()
        s.give("A", D16, 100)
        s.ok(c.Transfer("A", "T", D16, 5))
        s.ok(c.PlaceHold("A", D16, 5, "order", local("2016-03-02 18:00")))
        for at in ticks:
            s.clock.go(at)
            s.programme.tick()
        s.clock.go("2016-03-04 09:00")
        s.ok(c.SetLimit("A", 9))
        entry = s.programme.journal.prev
        hashes.add((entry, s.programme.state.hash()))
    assert len({state for _, state in hashes}) == 1


def test_voided_when_the_account_was_frozen_meanwhile(s: Scheme) -> None:
    s.ok(c.Transfer("A", "T", D16, 5))
    n = s.programme.journal.size
    s.ok(c.Freeze("A", "inquiry"), "gov1")
    s.clock.go("2016-03-02 12:00")
    assert s.programme.tick() == 1
    entry = s.programme.journal.entry(n + 1)
    assert entry is not None
    assert entry.act == "void"
    assert events_of(entry) == [
        m.HoldEnded(f"H{n - 1}.0", "voided", "account_frozen"),
        m.Settled(f"P{n - 1}", "voided", "account_frozen"),
    ]
    assert s.numbers("A", D16) == (100, 0, 0, 0)


# Reversals need an entry of the past


def test_reverse(s: Scheme) -> None:
    n = s.ok(c.Surrender("A", 7, 2016)).seq
    assert s.ok(c.Reverse(n, "counted twice"), "gov1").postings == (
        ("reverse", D16, "surrender", "A", 1, 7),
    )
    s.refused("reverse_done", c.Reverse(n, "again"), "gov1", seq=n)
    s.refused("reverse_no_surrender", c.Reverse(0, "x"), "gov1", seq=0)
    s.refused("reverse_no_surrender", c.Reverse(9999, "x"), "gov1", seq=9999)


def test_reverse_in_the_batch_that_surrenders(s: Scheme) -> None:
    n = s.programme.journal.size
    found = s.programme.execute_many([
        s.request(c.Surrender("A", 7, 2016)), s.request(c.Reverse(n, "at once"), "gov1"),
    ])  # fmt: skip
    assert [type(f) for f in found] == [Outcome, Outcome]
    assert s.numbers("A", D16) == (100, 0, 0, 0)


def test_an_approved_reversal() -> None:
    s = Scheme(plain_pack(four_eyes=("reverse",)))
    s.give("A", D16, 100)
    n = s.ok(c.Surrender("A", 7, 2016)).seq
    s.ok(c.Reverse(n, "counted twice"), "gov1")
    assert s.ok(c.Approve(f"P{n + 1}"), "gov2").act == "reverse"
    assert s.numbers("A", D16) == (100, 0, 0, 0)


# Packs


def test_adopt_a_pack(s: Scheme) -> None:
    old, new = s.programme.pack, other_pack(plain_pack(four_eyes=("set_limit",)))
    evidence = s.shelf.keep(new)
    n = s.programme.journal.size
    s.refused("pack_unknown", people.AdoptPack("00", evidence, "demo-ets"), "gov1", pack="00")
    s.refused("pack_same", people.AdoptPack(old.digest, "x", "demo-ets"), "gov1", pack="demo-ets")
    done = s.ok(people.AdoptPack(new.digest, evidence, "demo-ets"), "gov1")
    assert done.events == (people.PackAdopted(new.digest, evidence, "demo-ets"),)
    assert s.programme.pack is new
    assert s.ok(c.SetLimit("A", 1)).act == "propose"
    for seq, digest in ((n - 1, old.digest), (n, old.digest), (n + 1, new.digest)):
        entry = s.programme.journal.entry(seq)
        assert entry is not None
        assert f'"rules":"{digest}"'.encode() in entry.header
    assert s.again().programme.pack.digest == new.digest


def test_another_process_adopts_a_pack(connect: Any) -> None:
    s = Scheme(store=connect())
    other = s.again(connect())
    new = other_pack(plain_pack(four_eyes=("set_limit",)))
    other.ok(people.AdoptPack(new.digest, s.shelf.keep(new), "demo-ets"), "gov1", id="from-other")
    assert s.ok(c.SetLimit("A", 1)).act == "propose"
    assert s.programme.pack.digest == new.digest


def test_a_pack_that_lacks_what_is_in_use(s: Scheme) -> None:
    s.give("A", MONEY, 5)
    pack = plain_pack()
    bare = pack.model_copy(update={
        "accounts": {k: v for k, v in pack.accounts.items() if k != "trader"},
        "kinds": {k: v for k, v in pack.kinds.items() if k not in (D15, D16)},
    })  # fmt: skip
    new = other_pack(bare.with_files(pack.files))
    s.refused(
        "pack_lacks", people.AdoptPack(new.digest, s.shelf.keep(new), "demo-ets"), "gov1",
        what=f"account type trader, kind {D16}",
    )  # fmt: skip
    turned = other_pack(
        varied(pack, kinds={D16: {"serialised": False}, MONEY: {"serialised": True}}), "turned"
    )
    assert missing(turned, s.programme.state) == {
        f"kind {D16} as it is held",
        f"kind {MONEY} as it is held",
    }
    assert missing(pack, s.programme.state) == set()


# Derived tables


def rows(store: Store) -> dict[str, list[tuple[object, ...]]]:
    return {
        table.name: sorted(map(tuple, store.query(f"SELECT * FROM {table.name}")), key=repr)
        for table in tables.TABLES
    }


def busy(s: Scheme) -> None:
    """Something of everything."""
    s.give("A", D16, 100)
    s.give("B", D15, 100)
    s.give("A", MONEY, 100)
    s.ok(c.Trust("A", "B"))
    s.ok(c.Transfer("A", "T", D16, 5))
    s.ok(c.Transfer("A", "T", MONEY, 5))
    s.ok(c.PlaceHold("A", D16, 5, "order"))
    s.ok(c.Release(f"H{s.programme.journal.size - 1}"))
    s.ok(c.PlaceHold("A", D16, 5, "order", local("2016-03-01 12:00")))
    s.ok(c.Freeze("A", "x", D16, 0, ((50, 60),)), "gov1")
    s.ok(c.ImportCredits("A", "CCER", "ndrc", 1, 50), "gov1")
    s.ok(c.ImportUnits("A", D16, 5, "other", "X1"), "gov1")
    s.ok(c.CarryOver("B", D15, 50))
    s.ok(c.ExportUnits("A", D16, 5, "other"))
    n = s.ok(c.Surrender("A", 60, 2016)).seq
    s.ok(c.Reverse(n, "x"), "gov1")
    s.ok(c.RegisterHolder("HA", True), "gov1")
    s.ok(c.Represent("A", "cid", ("approve",)), "gov1")
    s.ok(c.Represent("A", "cid", ()), "gov1")
    s.ok(c.Distrust("A", "B"))
    s.ok(c.Trust("B", "A"))
    s.clock.go("2016-03-02 13:00")
    s.ok(c.Transfer("B", "A", D16, 1))
    s.ok(c.Abort(f"P{s.programme.journal.size - 1}"))
    s.ok(c.Transfer("B", "A", D16, 2))


def test_rows_follow_from_the_state_and_can_be_rebuilt(connect: Any) -> None:
    s = Scheme(store=connect())
    busy(s)
    live = rows(s.store)
    assert all(live.values())
    for table, expected in tables.current(s.state).items():
        assert set(live[table]) == expected, table
    assert s.programme.rebuild() == s.programme.journal.size
    assert rows(s.store) == live
    s.ok(c.SetLimit("A", 5))
    assert ("A", "operator", "HA", "open", 5) in rows(s.store)["accounts"]
    assert s.again(connect()).programme.state.hash() == s.programme.state.hash()


def test_both_stores_give_the_same_journal(postgres: str) -> None:
    from tanheng.journal.postgres import PostgresStore

    found = []
    for store in (SQLiteStore(None), PostgresStore(postgres, "alike")):
        s = Scheme(store=store)
        busy(s)
        found.append((list(s.programme.journal.entries()), s.programme.state.hash(), rows(store)))
        store.close()
    assert found[0] == found[1]


def test_another_layout_of_the_tables_is_built_anew(
    s: Scheme, monkeypatch: pytest.MonkeyPatch
) -> None:
    _change(s, "DELETE FROM holdings")
    monkeypatch.setattr(derived, "VERSION", derived.VERSION + 1)
    s.again()
    assert ("A", D16, 100, 0, 0, 0) in rows(s.store)["holdings"]
    assert s.store.query("SELECT version FROM layout WHERE component = 'registry'") == [
        (derived.VERSION,)
    ]


# Names


def test_names_are_erased_without_touching_the_journal(store: Store) -> None:
    s = Scheme(store=store)
    before = list(s.programme.journal.entries())
    names = Names(store)
    names.put("ann", "Wang An", "139")
    names.put("bob", "Li Bo")
    names.put("ann", "Wang Ann", "138")
    assert Names(store).all() == {"ann": ("Wang Ann", "138"), "bob": ("Li Bo", "")}
    assert names.erase("ann") is True
    assert names.erase("ann") is False
    assert names.all() == {"bob": ("Li Bo", "")}
    assert list(s.again().programme.journal.entries()) == before
    s.ok(c.SetLimit("A", 1))


# What was tampered with


@pytest.mark.parametrize(
    "body",
    ['{"act":"x","events":[[1,{"event":"mode_set/1","mode":"open","reason":"x"}]]}',
     '{"act":"x","events":[[0,{"event":"nix/1"}]]}', '{"act":"x","events":[[0,', '{"act":"x","events":[7]}',
     '{"act":"x","events":[[0,{"event":"mode_set/1","mode":5,"reason":"x"}]]}'],
)  # fmt: skip
def test_a_body_that_cannot_be(s: Scheme, body: str) -> None:
    n = s.ok(c.CloseRegistry("x"), "gov1").seq
    hexed = body.encode().hex()
    _change(s, f"UPDATE entries SET public_body = x'{hexed}' WHERE seq = {n}")
    entry = s.programme.journal.entry(n)
    assert entry is not None
    with pytest.raises(Broken, match=f"entry {n}"):
        events_of(entry)
    with pytest.raises(Broken):
        s.again()


def test_a_broken_tail_is_not_skipped(connect: Any) -> None:
    """Who met it once meets it again; nothing is decided on a state that lacks an entry."""
    s = Scheme(store=connect())
    other = s.again(connect())
    n = other.ok(c.Represent("A", "cid", ("approve",)), "gov1", id="other-1").seq
    broken = connect()
    broken.begin()
    broken.run(f"UPDATE entries SET public_body = confidential_body WHERE seq = {n}")
    broken.commit()
    for act in (s.programme.catch_up, lambda: s.do(c.SetLimit("A", 1)), s.programme.catch_up,
                lambda: s.programme.preview(s.request(c.SetLimit("A", 1)))):  # fmt: skip
        with pytest.raises(Broken, match=f"^entry {n}: its events are not numbered 0, 1, 2, …$"):
            act()
    # The lock is not kept.
    broken.begin()
    broken.rollback()


# Commits whose outcome is unknown


class Unsure:
    """A store whose commit fails, before or after it was done."""

    def __init__(self, inner: Store) -> None:
        self.inner, self.fail = inner, ""

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def commit(self) -> None:
        fail, self.fail = self.fail, ""
        if fail == "before":
            raise StoreFault("lost before")
        self.inner.commit()
        if fail == "after":
            raise StoreFault("lost after")


@pytest.mark.parametrize("when", ["before", "after"])
def test_an_unknown_outcome_is_cleared_by_asking_again(store: Store, when: str) -> None:
    unsure = Unsure(store)
    s = Scheme(store=unsure)  # type: ignore[arg-type]
    s.give("A", D16, 100)
    n = s.programme.journal.size
    asked = [s.request(c.Cancel("A", D16, 60, "x")), s.request(c.SetLimit("A", 3))]
    unsure.fail = when
    with pytest.raises(StoreFault, match=f"lost {when}"):
        s.programme.execute_many(asked)
    found = s.programme.execute_many(asked)
    assert all(isinstance(f, Outcome) and f.repeated is (when == "after") for f in found)
    assert s.programme.journal.size == n + 2
    assert s.numbers("A", D16) == (40, 0, 0, 0)
    live = rows(store)
    for table, expected in tables.current(s.state).items():
        assert set(live[table]) == expected, table
    assert s.again().programme.state.hash() == s.programme.state.hash()


@pytest.mark.parametrize("act", ["tick", "checkpoint", "snapshot", "rebuild"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_other_commits_that_fail(act: str, when: str) -> None:
    unsure = Unsure(SQLiteStore(None))
    s = Scheme(store=unsure)  # type: ignore[arg-type]
    s.give("A", D16, 100)
    s.ok(c.Transfer("A", "T", D16, 5))
    s.clock.go("2016-03-03 09:00")
    if act != "tick":
        s.programme.tick()
    n = s.programme.journal.size
    unsure.fail = when
    with pytest.raises(StoreFault):
        getattr(s.programme, act)()
    getattr(s.programme, act)()
    assert s.programme.journal.size == n + (act == "tick")
    assert s.numbers("T", D16) == (5, 0, 0, 0)
    assert s.ok(c.SetLimit("A", 5)).seq == s.programme.journal.size - 1
    for table, expected in tables.current(s.state).items():
        assert set(rows(s.store)[table]) == expected


def test_a_clock_is_read_under_the_lock() -> None:
    """An instant is never before the last entry's, whoever wrote that."""
    clock = Clock()
    s = Scheme(clock=clock)
    at = s.ok(c.SetLimit("A", 1)).at
    again = s.again()
    again.clock.wait(seconds=-5)
    assert again.ok(c.SetLimit("A", 2), id="again-1").at == at
