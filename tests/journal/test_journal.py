"""The journal on every store: appending, catching up, histories, proofs, layouts, the exported file."""

from __future__ import annotations

import hashlib
import io
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tanheng.journal import (
    Broken,
    Entry,
    Journal,
    Key,
    NewerLayout,
    Part,
    Store,
    StoreFault,
    Table,
    export,
    merkle,
    migrate,
)
from tanheng.journal import store as stores
from tanheng.journal.journal import first_at
from tanheng.journal.sqlite import SQLiteStore

Connect = Callable[[], Store]
RULES = "ab" * 32
KEY = Key(bytes(32))


def at(n: int) -> str:
    return f"2016-03-01T02:{n:02}:00.000000Z"


def parts(n: int) -> tuple[Part, ...]:
    """Parts of an entry: one, two or three."""
    names = (("public",), ("public", "confidential"), ("public", "parties", "confidential"))[n % 3]
    return tuple(
        Part(name, hashlib.sha256(f"{name}{n}".encode()).digest(), f'{{"{name}":{n}}}'.encode())
        for name in names
    )


def put(journal: Journal, count: int = 1, commit: bool = True) -> list[Entry]:
    """Append entries; entry n is about n and about all."""
    journal.begin()
    made = []
    for _ in range(count):
        n = journal.size
        made.append(journal.append(
            at(n), RULES, f"act{n % 2}", parts(n), [f"account:{n % 3}", "kind:K"],
            ("ann", f"id{n}", bytes([n]) * 32),
        ))  # fmt: skip
    if commit:
        journal.commit()
    return made


def test_an_empty_journal(store: Store) -> None:
    journal = Journal(store, "test-scheme")
    assert (journal.size, journal.prev, journal.last_at) == (0, None, "")
    assert journal.tree.root == hashlib.sha256(b"").digest()
    assert list(journal.entries()) == []
    assert journal.entry(0) is None
    assert list(journal.history()) == []
    assert list(journal.history("kind:K")) == []
    assert journal.checkpoints() == []
    assert journal.begin([("ann", "id0")]) == ([], {})
    journal.rollback()


@pytest.mark.parametrize("name", ["ab", "Test", "a_b", "", "x" * 64])
def test_a_bad_name(store: Store, name: str) -> None:
    with pytest.raises(ValueError) as error:
        Journal(store, name)
    assert str(error.value) == f"programme {name!r}: write 3 to 63 of a-z, 0-9 and -"


def test_append_and_read(store: Store) -> None:
    journal = Journal(store, "test-scheme")
    made = put(journal, 3) + put(journal, 4)
    assert list(journal.entries()) == made
    assert [e.seq for e in made] == list(range(7))
    assert [len(e.parts) for e in made] == [1, 2, 3, 1, 2, 3, 1]
    assert list(journal.entries(2, 5)) == made[2:5]
    assert list(journal.entries(5)) == made[5:]
    assert journal.entry(3) == made[3]
    assert journal.entry(7) is None
    assert (journal.size, journal.last_at, journal.prev) == (7, at(6), made[6].hash)
    before = "0" * 64
    for entry in made:
        assert f'"prev":"{before}"'.encode() in entry.header
        assert f'"seq":{entry.seq}}}'.encode() in entry.header
        before = entry.hash.hex()
    again = Journal(store, "test-scheme")
    assert (again.size, again.last_at, again.prev) == (7, at(6), made[6].hash)
    assert (again.tree.peaks, again.tree.root) == (journal.tree.peaks, journal.tree.root)
    (more,) = put(again)
    assert (more.seq, again.size) == (7, 8)


def test_bodies_for_a_replay(store: Store) -> None:
    """By audience, None where an entry has no such part; the end is not included."""
    journal = Journal(store, "test-scheme")
    put(journal, 5)
    expected = [
        (1, at(1), "act1", [b'{"public":1}', None, b'{"confidential":1}']),
        (2, at(2), "act0", [b'{"public":2}', b'{"parties":2}', b'{"confidential":2}']),
        (3, at(3), "act1", [b'{"public":3}', None, None]),
    ]
    assert [(*rest, list(bodies)) for *rest, bodies in journal.bodies(1, 4)] == expected
    assert list(journal.bodies(5, 9)) == []


def test_what_is_not_committed_is_gone(store: Store) -> None:
    journal = Journal(store, "test-scheme")
    put(journal, 2)
    root = journal.tree.root
    put(journal, 3, commit=False)
    assert journal.size == 5
    journal.forget()
    assert (journal.size, journal.tree.root, journal.last_at) == (2, root, at(1))
    put(journal, 3, commit=False)
    journal.flush()
    assert [e.seq for e in journal.entries()] == [0, 1, 2, 3, 4]  # by this connection, until then
    journal.forget()
    assert [e.seq for e in journal.entries()] == [0, 1]
    put(journal, 1)
    assert [e.seq for e in journal.entries()] == [0, 1, 2]
    assert list(journal.history("kind:K")) == list(journal.entries())


def test_flushing_writes_once(store: Store) -> None:
    journal = Journal(store, "test-scheme")
    put(journal, 3, commit=False)
    journal.flush()
    journal.flush()
    put_more = journal.append(at(3), RULES, "act1", parts(3), [], None)
    journal.commit()
    assert journal.entry(3) == put_more
    assert journal.begin([("ann", "id2"), ("ann", "id3")])[1] == {("ann", "id2"): (b"\2" * 32, 2)}
    journal.rollback()


def test_commands_are_known_by_actor_and_id(store: Store) -> None:
    journal = Journal(store, "test-scheme")
    put(journal, 3)
    asked = [("ann", "id1"), ("bob", "id1"), ("ann", "id9"), ("ann", "id2"), ("ann", "id1")]
    fresh, known = journal.begin(asked)
    journal.rollback()
    assert fresh == []
    assert known == {("ann", "id1"): (b"\1" * 32, 1), ("ann", "id2"): (b"\2" * 32, 2)}


def test_many_commands_are_asked_for_at_once(store: Store) -> None:
    journal = Journal(store, "test-scheme")
    put(journal, 5)
    asked = [("ann", f"unknown{n}") for n in range(11_000)]
    for n, place in enumerate((0, 4_999, 5_000, 9_999, 10_999)):
        asked[place] = ("ann", f"id{n}")
    _, known = journal.begin(asked)
    journal.rollback()
    assert known == {("ann", f"id{n}"): (bytes([n]) * 32, n) for n in range(5)}


def test_two_connections_catch_up(connect: Connect) -> None:
    one, two = Journal(connect(), "test-scheme"), Journal(connect(), "test-scheme")
    made = put(one, 3)
    assert two.size == 0
    fresh, _ = two.begin()
    assert fresh == made
    assert (two.size, two.prev, two.last_at) == (3, made[-1].hash, at(2))
    assert two.tree.peaks == one.tree.peaks
    two.append(at(3), RULES, "act1", parts(3), [], None)
    two.commit()
    assert one.begin()[0] == [two.entry(3)]
    one.rollback()
    assert one.begin()[0] == []
    one.rollback()
    assert one.tree.root == two.tree.root


def test_one_writer_at_a_time(connect: Connect) -> None:
    """The second waits for the first, and sees what it wrote."""
    one, two = Journal(connect(), "test-scheme"), Journal(connect(), "test-scheme")
    seen: list[int] = []
    put(one, 2, commit=False)
    started = threading.Event()

    def write() -> None:
        started.set()
        fresh, _ = two.begin()
        seen.append(len(fresh))
        two.rollback()

    thread = threading.Thread(target=write)
    thread.start()
    started.wait()
    thread.join(0.1)
    assert thread.is_alive()
    assert seen == []
    one.commit()
    thread.join(20)
    assert seen == [2]


def test_a_store_that_went_back(connect: Connect) -> None:
    store = connect()
    journal = Journal(store, "test-scheme")
    put(journal, 3)
    other = connect()
    other.begin()
    other.delete(stores.ENTRIES, [(2,)])
    other.commit()
    with pytest.raises(Broken, match="has seen 3 entries, the store has 2 and its last one is not"):
        journal.begin()
    # The lock is free again.
    other.begin()
    other.rollback()
    journal.forget()
    assert journal.size == 2
    other.begin()
    other.delete(stores.ENTRIES, [(0,), (1,)])
    other.commit()
    with pytest.raises(Broken, match="has seen 2 entries, the store has 0"):
        journal.begin()


def test_a_store_with_another_last_entry(connect: Connect) -> None:
    journal = Journal(connect(), "test-scheme")
    put(journal, 3)
    other = connect()
    other.begin()
    other.run("UPDATE entries SET hash = public_salt WHERE seq = 2")
    other.commit()
    with pytest.raises(Broken, match="has seen 3 entries, the store has 3 and its last one is not"):
        journal.begin()


@pytest.mark.parametrize("gone", [(), (2,)])
def test_entries_that_do_not_follow(connect: Connect, gone: tuple[int, ...]) -> None:
    one, two = Journal(connect(), "test-scheme"), Journal(connect(), "test-scheme")
    put(one, 2)
    two.forget()
    put(one, 2)
    store = connect()
    store.begin()
    if gone:
        store.delete(stores.ENTRIES, [gone])
    else:
        store.run("UPDATE entries SET header = public_body WHERE seq = 2")
    store.commit()
    seq = 3 if gone else 2
    with pytest.raises(Broken, match=f"^journal test-scheme: entry {seq} does not follow$"):
        two.begin()


def test_a_missing_node(store: Store) -> None:
    journal = Journal(store, "test-scheme")
    put(journal, 4)
    store.begin()
    store.delete(stores.NODES, [(2, 0)])
    store.commit()
    with pytest.raises(Broken, match=r"^journal test-scheme: node 0 of level 2 is missing$"):
        journal.root(4)
    with pytest.raises(Broken, match=r"^journal test-scheme: node 9 of level 0 is missing$"):
        journal.node(0, 9)
    with pytest.raises(Broken, match="node 0 of level 2"):
        journal.forget()


# Histories


def test_history(store: Store) -> None:
    journal = Journal(store, "test-scheme")
    put(journal, 8)

    def seqs(*args: object, **more: object) -> list[int]:
        return [e.seq for e in journal.history(*args, **more)]  # type: ignore[arg-type]

    assert seqs() == list(range(8))
    assert seqs("kind:K") == list(range(8))
    assert seqs("account:1") == [1, 4, 7]
    assert seqs("account:9") == []
    assert seqs(since=at(3)) == [3, 4, 5, 6, 7]
    assert seqs(until=at(3)) == [0, 1, 2]
    assert seqs("account:1", at(1), at(7)) == [1, 4]
    assert seqs("account:1", at(2), at(8)) == [4, 7]
    assert seqs(None, at(2), at(2)) == []
    assert list(journal.history("account:1"))[1] == journal.entry(4)


def test_first_at(store: Store) -> None:
    journal = Journal(store, "test-scheme")
    assert first_at(store, at(0)) == 0
    journal.begin()
    for n, minute in enumerate((1, 1, 3, 3, 3, 7)):
        journal.append(at(minute), RULES, "x", parts(n), [])
    journal.commit()
    expected = {0: 0, 1: 0, 2: 2, 3: 2, 4: 5, 7: 5, 8: 6}
    assert {minute: first_at(store, at(minute)) for minute in expected} == expected
    assert (first_at(store, ""), first_at(store, "9999")) == (0, 6)


# Proofs


def test_proofs(store: Store) -> None:
    journal = Journal(store, "test-scheme")
    hashes = [e.hash for e in put(journal, 13)]
    roots = [journal.root(size) for size in range(14)]
    assert roots[13] == journal.tree.root
    tree = merkle.Frontier()
    for size, data in enumerate(hashes):
        assert tree.root == roots[size]
        tree.append(data)
    for size in (1, 7, 13):
        for seq in range(size):
            assert merkle.included(
                hashes[seq], seq, size, journal.inclusion(seq, size), roots[size]
            )
        for old in range(1, size + 1):
            proof = journal.consistency(old, size)
            assert merkle.consistent(old, size, proof, roots[old], roots[size])


def test_sign(store: Store) -> None:
    journal = Journal(store, "test-scheme")
    put(journal, 3)
    journal.begin()
    first = journal.sign(KEY, at(3), bytes(32))
    journal.commit()
    put(journal, 2)
    journal.begin()
    second = journal.sign(KEY, at(9), bytes([1]) * 32)
    journal.commit()
    assert journal.checkpoints() == [first, second]
    assert second.good(KEY.public)
    assert second.fields == {
        "at": at(9), "format": 1, "programme": "test-scheme", "root": journal.tree.root.hex(),
        "size": 5, "state": "01" * 32,
    }  # fmt: skip
    journal.begin()
    third = journal.sign(KEY, at(10), bytes(32))
    journal.commit()
    assert journal.checkpoints() == [first, third]


# The exported file


@pytest.mark.parametrize("audience", ["public", "parties", "confidential"])
def test_export(store: Store, audience: str) -> None:
    journal = Journal(store, "test-scheme")
    out = io.BytesIO()
    put(journal, 3)
    with pytest.raises(ValueError, match=r"^the journal has no checkpoint; sign one first$"):
        export.write(journal, out, audience, KEY.public)
    signed = []
    for _ in range(2):
        journal.begin()
        signed.append(journal.sign(KEY, at(9), bytes(32)))
        journal.commit()
        put(journal, 2)
    seen: list[tuple[int, int]] = []
    count = export.write(journal, out, audience, KEY.public, lambda *done: seen.append(done))
    assert count == 5
    assert seen == [(0, 5)]
    shown = ("public", "parties", "confidential")
    shown = shown[: shown.index(audience) + 1]
    lines = [f"tanheng-journal\t1\ttest-scheme\t{audience}\t5\t{KEY.public}"]
    for entry in journal.entries(0, 5):
        lines.append(f"E\t{entry.hash.hex()}\t{entry.header.decode()}")
        for part in entry.parts:
            if part.audience in shown:
                lines.append(f"P\t{part.audience}\t{part.salt.hex()}\t{part.body.decode()}")
            else:
                lines.append(f"W\t{part.audience}\t{part.hash.hex()}")
    lines += [checkpoint.line() for checkpoint in signed]
    assert out.getvalue().decode() == "\n".join(lines) + "\n"
    assert export.write(journal, io.BytesIO(), audience, KEY.public) == 5


def test_export_tells_how_far_it_is() -> None:
    """Now and then, not at every entry; one checkpoint is enough for a file."""
    journal = Journal(SQLiteStore(None), "test-scheme")
    part = (Part("public", bytes(32), b"{}"),)
    journal.begin()
    for _ in range(5_002):
        journal.append(at(0), RULES, "x", part, [])
    journal.flush()
    journal.sign(KEY, at(0), bytes(32))
    journal.commit()
    seen: list[tuple[int, int]] = []
    export.write(journal, io.BytesIO(), "public", KEY.public, lambda *done: seen.append(done))
    assert seen == [(0, 5_002), (5_000, 5_002)]


def test_export_for_nobody(store: Store) -> None:
    with pytest.raises(ValueError):
        export.write(Journal(store, "test-scheme"), io.BytesIO(), "nobody", KEY.public)


# Stores and layouts

THINGS = Table(
    "things", (("name", "text"), ("place", "int"), ("data", "bytes")), ("name",), (("place",),)
)
PAIRS = Table("pairs", (("one", "text"), ("two", "int")), ("one", "two"))


def rows(store: Store, table: str = "things") -> list[tuple[object, ...]]:
    return [tuple(row) for row in store.query(f"SELECT * FROM {table} ORDER BY 1, 2")]


def test_rows(store: Store) -> None:
    assert migrate(store, "things", ((THINGS, PAIRS),)) == 0
    store.begin()
    store.insert(THINGS, [("a", 1, b"x"), ("b", None, None), ("c", 2**53, b"\0\xff")])
    store.insert(THINGS, [("n", None, None)])
    store.insert(PAIRS, [("a", 1), ("a", 2)])
    store.insert(THINGS, [])
    store.commit()
    assert rows(store) == [
        ("a", 1, b"x"),
        ("b", None, None),
        ("c", 2**53, b"\0\xff"),
        ("n", None, None),
    ]
    store.begin()
    store.upsert(THINGS, [("a", 5, None), ("d%?é", 6, b"")])
    store.upsert(PAIRS, [("a", 1), ("b", 1)])
    store.delete(THINGS, [("b",), ("zz",), ("n",)])
    store.delete(PAIRS, [("a", 2)])
    assert rows(store)[0] == ("a", 5, None)
    store.commit()
    assert rows(store) == [("a", 5, None), ("c", 2**53, b"\0\xff"), ("d%?é", 6, b"")]
    assert rows(store, "pairs") == [("a", 1), ("b", 1)]
    assert list(store.stream("SELECT name FROM things WHERE place > ? ORDER BY 1", (5,))) == [
        ("c",),
        ("d%?é",),
    ]
    assert store.query("SELECT name FROM things WHERE name LIKE 'd%' AND place = ?", (6,)) == [
        ("d%?é",)
    ]


def test_texts_sort_by_their_signs(store: Store) -> None:
    migrate(store, "things", ((THINGS,),))
    store.begin()
    store.insert(THINGS, [(name, 0, b"") for name in ("b", "a", "B", "ä", "Z", "_")])
    store.commit()
    assert [row[0] for row in store.query("SELECT name FROM things ORDER BY name")] == [
        "B",
        "Z",
        "_",
        "a",
        "b",
        "ä",
    ]


def test_rollback(store: Store) -> None:
    migrate(store, "things", ((THINGS,),))
    store.begin()
    store.insert(THINGS, [("a", 1, b"")])
    store.rollback()
    store.rollback()
    assert rows(store) == []
    store.begin()
    store.insert(THINGS, [("a", 1, b"")])
    assert rows(store) == [("a", 1, b"")]
    store.rollback()
    assert rows(store) == []


def test_a_failing_statement(store: Store) -> None:
    """The store says so, and goes on after a rollback."""
    migrate(store, "things", ((THINGS,),))
    with pytest.raises(StoreFault):
        store.query("SELECT nothing FROM nowhere")
    store.begin()
    with pytest.raises(StoreFault):  # at once, or when it is sent
        (store.insert(THINGS, [("a", 1, b""), ("a", 2, b"")]), store.commit())
    store.rollback()
    with pytest.raises(StoreFault):
        store.run("NONSENSE")
    store.rollback()
    assert store.begin(("SELECT COUNT(*) FROM things", ()), ("SELECT ?", ("x",)))[0] == [(0,)]
    store.insert(THINGS, [("a", 1, b"")])
    store.commit()
    assert rows(store) == [("a", 1, b"")]


def test_a_migration_steps_up(store: Store) -> None:
    second = (PAIRS, "INSERT INTO pairs SELECT name, place FROM things", "DROP TABLE things")
    assert migrate(store, "things", ((THINGS,),)) == 0
    assert migrate(store, "things", ((THINGS,),)) == 1
    store.begin()
    store.insert(THINGS, [("a", 1, b"")])
    store.commit()
    assert migrate(store, "things", ((THINGS,), second)) == 1
    assert rows(store, "pairs") == [("a", 1)]
    assert migrate(store, "things", ((THINGS,), second)) == 2
    assert rows(store, "pairs") == [("a", 1)]
    with pytest.raises(NewerLayout) as error:
        migrate(store, "things", ((THINGS,),))
    assert str(error.value) == (
        "the store's things has layout 2, this program knows 1; "
        "install the version that wrote it, or a newer one"
    )
    assert rows(store, "layout") == [("things", 2)]
    store.begin()
    store.rollback()


def test_a_failing_migration_leaves_nothing(store: Store) -> None:
    migrate(store, "things", ((THINGS,),))
    with pytest.raises(StoreFault):
        migrate(store, "things", ((THINGS,), (PAIRS, "NONSENSE")))
    assert rows(store, "layout") == [("things", 1)]
    with pytest.raises(StoreFault):
        store.query("SELECT * FROM pairs")
    store.rollback()
    assert migrate(store, "things", ((THINGS,), (PAIRS,))) == 1
    assert rows(store, "pairs") == []


def test_components_have_their_own_versions(store: Store) -> None:
    migrate(store, "things", ((THINGS,), ()))
    assert migrate(store, "pairs", ((PAIRS,),)) == 0
    assert rows(store, "layout") == [("pairs", 1), ("things", 2)]


def test_a_newer_journal_is_not_opened(store: Store) -> None:
    Journal(store, "test-scheme")
    store.begin()
    store.upsert(stores.LAYOUT, [("journal", len(stores.MIGRATIONS) + 1)])
    store.commit()
    with pytest.raises(NewerLayout, match="the store's journal has layout 2, this program knows 1"):
        Journal(store, "test-scheme")


def test_sqlite_survives_as_a_copy(tmp_path: Path) -> None:
    store = SQLiteStore(tmp_path / "a.db")
    journal = Journal(store, "test-scheme")
    made = put(journal, 3)
    other = SQLiteStore(tmp_path / "a.db")
    put(Journal(other, "test-scheme"), 1, commit=False)  # somebody writes meanwhile
    store.copy_to(tmp_path / "b.db")
    other.rollback()
    other.close()
    store.close()
    copy = SQLiteStore(tmp_path / "b.db")
    assert list(Journal(copy, "test-scheme").entries()) == made
    assert copy.query("PRAGMA journal_mode") == [("wal",)]
    assert copy.query("PRAGMA synchronous") == [(2,)]
    copy.close()


def test_sqlite_waits_a_minute_for_another_writer(tmp_path: Path) -> None:
    store = SQLiteStore(tmp_path / "a.db")
    assert store.query("PRAGMA busy_timeout") == [(60_000,)]
    store.close()


def test_sqlite_opens_no_transaction_by_itself() -> None:
    """A statement between transactions is done at once, and the next one can begin."""
    store = SQLiteStore(None)
    migrate(store, "things", ((THINGS,),))
    store.run("INSERT INTO things (name) VALUES ('a')")
    store.rollback()
    assert rows(store) == [("a", None, None)]
    store.begin()
    store.close()


def test_sqlite_keeps_tables_and_indexes_as_they_are_described() -> None:
    """Every index is there, under a name that a later layout can drop."""
    large = Table(
        "large", THINGS.columns, ("name",), (("place",), ("place", "data")), clustered=False
    )
    store = SQLiteStore(None)
    migrate(store, "things", ((THINGS, large),))
    assert store.query(
        "SELECT name, sql LIKE '%WITHOUT ROWID' FROM sqlite_master WHERE type = 'table' ORDER BY name"
    ) == [("large", 0), ("layout", 1), ("things", 1)]
    assert store.query(
        "SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL ORDER BY name"
    ) == [("large_place",), ("large_place_data",), ("things_place",)]
    store.close()


def test_sqlite_says_which_journal_is_at_fault(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    for place, name in ((path, str(path)), (None, "journal in memory")):
        store = SQLiteStore(place)
        migrate(store, "things", ((THINGS,),))
        store.begin()
        with pytest.raises(StoreFault, match=f"^{name}: UNIQUE constraint failed: things.name$"):
            store.insert(THINGS, [("a", 1, b""), ("a", 2, b"")])
        with pytest.raises(StoreFault, match=f"^{name}: no such table: nowhere$"):
            store.query("SELECT 1 FROM nowhere")
        store.rollback()
        store.close()


def test_sqlite_is_not_copied_inside_a_transaction(tmp_path: Path) -> None:
    """The copy would wait for its end for ever."""
    store = SQLiteStore(tmp_path / "a.db")
    store.begin()
    with pytest.raises(
        StoreFault, match=f"^{tmp_path / 'a.db'}: a copy cannot be made inside a transaction$"
    ):
        store.copy_to(tmp_path / "b.db")
    assert not (tmp_path / "b.db").exists()
    store.close()


def test_no_database_there(tmp_path: Path) -> None:
    with pytest.raises(StoreFault, match=f"^{tmp_path} cannot be opened as a journal: "):
        SQLiteStore(tmp_path)
    (tmp_path / "x.db").write_bytes(b"not a database at all" * 100)
    with pytest.raises(StoreFault, match="cannot be opened as a journal"):
        SQLiteStore(tmp_path / "x.db")


def test_postgres_says_what_it_cannot_reach() -> None:
    from tanheng.journal.postgres import PostgresStore

    with pytest.raises(StoreFault, match=r"^the database cannot be opened: "):
        PostgresStore("postgresql://nobody@/none?host=/nowhere", "test")


def test_schemas_are_apart(postgres: str) -> None:
    from tanheng.journal.postgres import PostgresStore

    one, two = PostgresStore(postgres, "apart-1"), PostgresStore(postgres, "apart-2")
    put(Journal(one, "test-scheme"), 2)
    one.begin()
    other = Journal(two, "test-scheme")  # the lock is the schema's own
    assert other.size == 0
    one.rollback()
    one.close()
    two.close()


def test_a_journal_shorter_than_its_checkpoint_is_not_used(store: Store) -> None:
    journal = Journal(store, "short")
    journal.covers_checkpoints()
    part = Part("public", bytes(32), b'{"act":"x","events":[]}')
    for n in range(3):
        journal.begin()
        journal.append(f"2026-01-01T00:00:0{n}.000000Z", "a" * 64, "x", (part,), ["act:x"])
        journal.commit()
    journal.begin()
    journal.sign(Key(bytes(32)), journal.last_at, bytes(32))
    journal.commit()
    journal.covers_checkpoints()
    store.begin()
    store.run("DELETE FROM entries WHERE seq = 2")
    store.commit()
    cut = Journal(store, "short")
    with pytest.raises(
        Broken, match=r"^journal short: its last checkpoint covers 3 entries and there are 2: "
    ):
        cut.covers_checkpoints()
