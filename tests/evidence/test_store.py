"""The evidence store: what goes in comes out, whole, or with a fault that says so."""

from __future__ import annotations

import hashlib
import io
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from threading import Barrier, Thread

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tanheng.errors import Fault, Finding, Refusal, Unreadable
from tanheng.evidence import EvidenceStore, Item, Tampered, Tombstone, disk

SALT = bytes(range(32))
AT = "2031-07-01T08:00:00.000000Z"
MIB = 1 << 20
STEPS = [
    "make_directory", "new_directory", "create", "write", "seal", "sync_directory", "replace",
    "remove", "remove_directory",
]  # fmt: skip


@pytest.fixture
def store(tmp_path: Path) -> EvidenceStore:
    return EvidenceStore(tmp_path / "evidence")


def put(store: EvidenceStore, content: bytes = b"meter 7: 12 kWh", **how: object) -> Item:
    """Add bytes that are accepted."""
    item = store.add(io.BytesIO(content), **how)  # type: ignore[arg-type]
    assert isinstance(item, Item)
    return item


def code(outcome: object) -> str:
    """The code of a refusal, whose text must be complete in both languages."""
    assert isinstance(outcome, Refusal), outcome
    assert outcome.message("en")
    assert outcome.message("zh")
    return outcome.code


def kept(store: EvidenceStore, item: Item, ending: str = "") -> Path:
    """Where a file of an item lies."""
    name = item.digest.replace(":", "-")
    hexes = name.partition("-")[2]
    return store.root / hexes[:2] / hexes[2:4] / name / (name + ending)


def spoil(path: Path, change: Callable[[bytes], bytes]) -> None:
    """Change a read-only file behind the store's back."""
    data = path.read_bytes()
    path.chmod(0o600)
    path.write_bytes(change(data))


def flip(at: int, bit: int = 0) -> Callable[[bytes], bytes]:
    """Turn one bit over."""
    return lambda data: data[:at] + bytes([data[at] ^ (1 << bit)]) + data[at + 1 :]


def streamed(store: EvidenceStore, digest: str, step: int = 70_001) -> bytes:
    """Read through the checking stream to its end."""
    opened = store.open(digest)
    assert not isinstance(opened, Refusal)
    with opened as file:
        return b"".join(iter(lambda: file.read(step), b""))


# -- round trips and digests ---------------------------------------------------------------------


def test_a_file_goes_in_and_comes_out(store: EvidenceStore, tmp_path: Path) -> None:
    source = tmp_path / "report.pdf"
    source.write_bytes(b"%PDF content")
    item = store.add(source, media="application/pdf")
    digest = "sha256:" + hashlib.sha256(b"%PDF content").hexdigest()
    assert item == Item(digest, 12, "application/pdf", False)
    assert store.item(digest) == item
    assert store.read(digest) == streamed(store, digest) == b"%PDF content"
    path = store.path(digest)
    assert isinstance(path, Path)
    assert path.read_bytes() == b"%PDF content"
    assert list(store.digests()) == [digest]
    assert store.check_all() == []


def test_a_salted_digest_is_what_the_document_says(store: EvidenceStore) -> None:
    item = put(store, b"guess me", confidential=True, salt=SALT)
    told = hashlib.sha256(b"tanheng/evidence/1" + b"\0" + SALT + b"guess me").hexdigest()
    assert item == Item(f"salted:{told}", 8, "application/octet-stream", True)
    assert store.read(item.digest) == b"guess me"
    assert put(store, b"guess me", confidential=True, salt=bytes(32)).digest != item.digest
    assert put(store, b"guess me").digest.startswith("sha256:")
    assert store.check_all() == []


@given(st.binary(max_size=300), st.booleans(), st.integers(1, 99))
@settings(max_examples=25)
def test_any_bytes_come_back(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, confidential: bool, step: int
) -> None:
    store = EvidenceStore(tmp_path_factory.mktemp("any"))
    item = put(store, content, confidential=confidential, salt=SALT if confidential else None)
    assert item.size == len(content)
    assert store.read(item.digest) == streamed(store, item.digest, step) == content


@pytest.mark.parametrize("size", [0, 1, MIB - 1, MIB, MIB + 1, 2 * MIB, 2 * MIB + 1])
def test_sizes_around_the_chunk(store: EvidenceStore, size: int) -> None:
    content = bytes(range(256)) * (size // 256 + 1)
    item = put(store, content[:size])
    assert streamed(store, item.digest) == content[:size]
    assert store.read(item.digest) == content[:size]


def test_a_stream_is_read_from_where_it_stands(store: EvidenceStore) -> None:
    stream = io.BytesIO(b"headbody")
    stream.seek(4)
    item = store.add(stream)
    assert isinstance(item, Item)
    assert store.read(item.digest) == b"body"


@pytest.mark.parametrize(
    "how",
    [
        {"confidential": True},
        {"salt": SALT},
        {"confidential": True, "salt": SALT[:31]},
        {"confidential": True, "salt": SALT + b"x"},
        {"media": "pdf"},
        {"media": "a/b\n"},
        {"media": "a/" + "b" * 300},
    ],
)
def test_what_the_caller_must_see_to(store: EvidenceStore, how: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        put(store, **how)
    assert not store.root.exists()


def test_no_such_source(store: EvidenceStore, tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="nowhere"):
        store.add(tmp_path / "nowhere")


# -- twice, and at the same time -----------------------------------------------------------------


def test_adding_twice_is_one_item(store: EvidenceStore) -> None:
    first = put(store, media="text/plain")
    assert put(store, media="text/csv") == first
    assert list(store.digests()) == [first.digest]
    assert not list((store.root / "incoming").iterdir())


def test_adding_again_does_not_hide_an_alteration(store: EvidenceStore) -> None:
    item = put(store)
    spoil(kept(store, item), flip(3))
    with pytest.raises(Tampered, match="altered"):
        put(store)
    assert [f.code for f in store.check_all()] == ["evidence_changed"]


def test_adders_of_the_same_content_all_succeed(store: EvidenceStore) -> None:
    content, start = b"same" * 100_000, Barrier(8)
    found: list[Item] = []

    def add() -> None:
        mine = EvidenceStore(store.root)
        start.wait()
        found.append(put(mine, content))

    threads = [Thread(target=add) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1
    assert store.check_all() == []
    assert not list((store.root / "incoming").iterdir())


# -- limits --------------------------------------------------------------------------------------


def test_the_limit_itself_is_allowed_one_more_is_not(tmp_path: Path) -> None:
    store = EvidenceStore(tmp_path / "e", limit_bytes=MIB + 10)
    put(store, b"x" * (MIB + 10))
    refusal = store.add(io.BytesIO(b"x" * (MIB + 11)))
    assert code(refusal) == "evidence_too_large"
    assert isinstance(refusal, Refusal)
    assert str(MIB + 10) in refusal.message()
    assert len(list(store.digests())) == 1
    assert not list((store.root / "incoming").iterdir())


def test_reading_whole_is_for_small_items(store: EvidenceStore) -> None:
    item = put(store, b"x" * 11)
    assert store.read(item.digest, limit_bytes=11) == b"x" * 11
    assert code(store.read(item.digest, limit_bytes=10)) == "evidence_too_large"


class Endless(io.RawIOBase):
    """A stream of the given length that is never in memory."""

    def __init__(self, size: int) -> None:
        self.left = size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        count = min(self.left, len(buffer))
        buffer[:count] = bytes(count)
        self.left -= count
        return count


def test_memory_stays_small(tmp_path: Path) -> None:
    store = EvidenceStore(tmp_path / "e", limit_bytes=64 * MIB)
    tracemalloc.start()
    try:
        item = store.add(Endless(64 * MIB))  # type: ignore[arg-type]
        assert isinstance(item, Item)
        opened = store.open(item.digest)
        assert not isinstance(opened, Refusal)
        with opened as file:
            assert sum(len(part) for part in iter(lambda: file.read(MIB), b"")) == 64 * MIB
        assert isinstance(store.path(item.digest), Path)
        assert code(store.add(Endless(64 * MIB + 1))) == "evidence_too_large"  # type: ignore[arg-type]
        assert tracemalloc.get_traced_memory()[1] < 8 * MIB
    finally:
        tracemalloc.stop()


# -- digests that are none -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    ["", "sha256:", "sha256:" + "0" * 63, "sha256:" + "A" * 64, "md5:" + "0" * 64,
     "sha256:" + "0" * 64 + "\n", "sha256:../../../etc/passwd", "../" * 20, "sha256-" + "0" * 64,
     "sha256:" + "٠" * 64, None, 7],
)  # fmt: skip
def test_bad_digests(store: EvidenceStore, text: str) -> None:
    put(store)
    for ask in (store.item, store.open, store.read, store.path, store.table):
        assert code(ask(text)) == "evidence_digest"
    assert code(store.erase(text, "why", AT)) == "evidence_digest"


def test_missing(store: EvidenceStore) -> None:
    nobody = "sha256:" + "0" * 64
    for _ in range(2):
        for ask in (store.item, store.open, store.read, store.path, store.table):
            assert code(ask(nobody)) == "evidence_missing"
        assert code(store.erase(nobody, "why", AT)) == "evidence_missing"
        assert store.sweep() == 0
        put(store)


# -- alterations ---------------------------------------------------------------------------------


@pytest.mark.parametrize("confidential", [False, True])
def test_every_flipped_bit_is_found(store: EvidenceStore, confidential: bool) -> None:
    """Of the content and of its record, each byte in turn."""
    item = put(store, b"0123456789", confidential=confidential, salt=SALT if confidential else None)
    for ending in ("", ".json"):
        path = kept(store, item, ending)
        whole = path.read_bytes()
        for at in range(len(whole)):
            spoil(path, flip(at, at % 8))
            for ask in (lambda d: streamed(store, d), store.read, store.path):
                with pytest.raises(Tampered):
                    ask(item.digest)
            wanted = "evidence_record" if ending else "evidence_changed"
            assert [f.code for f in store.check_all()] == [wanted]
            path.write_bytes(whole)
    assert store.check_all() == []


@pytest.mark.parametrize("size", [0, 5, MIB, 3 * MIB + 5])
@pytest.mark.parametrize("step", [1000, MIB, 10 * MIB, -1])
@pytest.mark.parametrize("change", ["first", "last", "shorter", "longer", "empty"])
def test_no_reader_gets_through_an_altered_file(
    store: EvidenceStore, size: int, step: int, change: str
) -> None:
    """The bytes handed out before the fault are fewer than the file's; the fault stays."""
    item = put(store, b"a" * size)
    changes = {
        "first": flip(0), "last": flip(-1), "shorter": lambda d: d[:-1],
        "longer": lambda d: d + b"a", "empty": lambda d: b"",
    }  # fmt: skip
    if not size and change != "longer":
        return
    path = kept(store, item)
    if change == "last":
        spoil(path, lambda d: d[:-1] + b"b")
    else:
        spoil(path, changes[change])
    opened = store.open(item.digest)
    assert not isinstance(opened, Refusal)
    got = 0
    with opened as file:
        with pytest.raises(Tampered):  # noqa: PT012
            while part := file.read(step):
                got += len(part)
        assert got < max(path.stat().st_size, 1)
        with pytest.raises(Tampered):
            file.read(1)


def test_what_is_gone_is_told(store: EvidenceStore) -> None:
    one, two, three = (put(store, text) for text in (b"1", b"2", b"3"))
    kept(store, one).unlink()
    kept(store, two, ".json").unlink()
    kept(store, three).unlink()
    kept(store, three).symlink_to(kept(store, three, ".json"))
    for item in (one, two, three):
        with pytest.raises(Tampered, match="taken out"):
            store.read(item.digest)
    assert [f.code for f in store.check_all()] == ["evidence_lost"] * 3


def test_check_all_tells_everything_at_once(store: EvidenceStore) -> None:
    items = [put(store, bytes([n])) for n in range(6)]
    spoil(kept(store, items[0]), flip(0))
    spoil(kept(store, items[1], ".json"), flip(5))
    kept(store, items[2]).unlink()
    kept(store, items[3]).with_name("note.txt").write_text("mine")
    (store.root / "notes").mkdir()
    (store.root / "ab").mkdir(exist_ok=True)
    (store.root / "ab" / "zz").write_text("mine")
    told: list[tuple[int, int]] = []
    findings = store.check_all(lambda done, count: told.append((done, count)))
    assert told == [(n, 6) for n in range(1, 7)]
    codes = sorted(f.code for f in findings)
    assert codes == [
        "evidence_changed", "evidence_lost", "evidence_record",
        "evidence_stray", "evidence_stray", "evidence_stray",
    ]  # fmt: skip
    assert all(isinstance(f, Finding) and f.message("zh") and f.message("en") for f in findings)


def test_a_disk_that_does_not_read(store: EvidenceStore, monkeypatch: pytest.MonkeyPatch) -> None:
    item = put(store)

    def broken(path: Path) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(disk, "open_kept", broken)
    assert [f.code for f in store.check_all()] == ["evidence_unreadable"]
    with pytest.raises(Fault, match="Input/output"):
        store.read(item.digest)


def test_modes(store: EvidenceStore) -> None:
    public, secret = put(store), put(store, confidential=True, salt=SALT)
    for item, mode in ((public, 0o444), (secret, 0o400)):
        assert kept(store, item).stat().st_mode & 0o777 == mode
        assert kept(store, item, ".json").stat().st_mode & 0o777 == mode
    directories = [store.root, *(p for p in store.root.rglob("*") if p.is_dir())]
    assert {p.stat().st_mode & 0o777 for p in directories} == {0o700}


# -- erasing -------------------------------------------------------------------------------------


def test_erasing(store: EvidenceStore) -> None:
    item = put(store, b"secret", confidential=True, salt=SALT)
    assert store.erase(item.digest, "court order 7", AT) == Tombstone(
        item.digest, "court order 7", AT
    )
    for ask in (store.item, store.open, store.read, store.path, store.table):
        refusal = ask(item.digest)
        assert code(refusal) == "evidence_erased"
        assert isinstance(refusal, Refusal)
        assert "court order 7" in refusal.message()
        assert AT in refusal.message()
    left = [p for p in store.root.rglob("*") if p.is_file() and p.stat().st_size]
    assert left == [kept(store, item, ".erased")]
    assert SALT.hex() not in left[0].read_text()
    assert list(store.digests()) == []
    assert store.check_all() == []
    again = store.erase(item.digest, "another reason", AT)
    assert isinstance(again, Tombstone)
    assert again.reason == "court order 7"


def test_erased_content_comes_back_only_on_purpose(store: EvidenceStore) -> None:
    item = put(store)
    store.erase(item.digest, "mistaken", AT)
    content = b"meter 7: 12 kWh"
    assert code(store.add(io.BytesIO(content))) == "evidence_erased"
    assert code(store.read(item.digest)) == "evidence_erased"
    assert put(store, restore=True) == item
    assert store.read(item.digest) == content
    assert store.check_all() == []
    assert put(store, restore=True) == item


def test_a_spoilt_tombstone_is_told(store: EvidenceStore) -> None:
    item = put(store)
    store.erase(item.digest, "mistaken", AT)
    spoil(kept(store, item, ".erased"), flip(20))
    with pytest.raises(Tampered):
        store.read(item.digest)
    assert [f.code for f in store.check_all()] == ["evidence_record"]


@pytest.mark.parametrize(
    "reason, at", [("", AT), ("  ", AT), ("x" * 2001, AT), ("x", "2031-07-01"),
                   ("x", AT + "\n"), ("x", "2031-02-30T08:00:00.000000Z")]
)  # fmt: skip
def test_erasures_are_well_founded(store: EvidenceStore, reason: str, at: str) -> None:
    item = put(store)
    with pytest.raises(ValueError):
        store.erase(item.digest, reason, at)
    assert isinstance(store.read(item.digest), bytes)


def test_an_item_can_be_erased_although_it_is_altered(store: EvidenceStore) -> None:
    item = put(store)
    spoil(kept(store, item), flip(0))
    assert isinstance(store.erase(item.digest, "damaged", AT), Tombstone)
    assert code(store.read(item.digest)) == "evidence_erased"


# -- power cuts ----------------------------------------------------------------------------------


class Killed(BaseException):
    """The process is gone: nothing after it happens."""


class Disk:
    """Disk steps that stop working, before or halfway through the nth, as a killed process does."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, last: int, error: BaseException) -> None:
        self.done = 0
        for name in STEPS:
            real = getattr(disk, name)

            def step(*args: object, _real: Callable[..., object] = real, **more: object) -> object:
                self.done += 1
                if self.done >= last and (isinstance(error, Killed) or self.done == last):
                    if _real.__name__ == "write" and self.done == last:
                        _real(args[0], bytes(args[1])[: len(bytes(args[1])) // 2])  # type: ignore[call-overload]
                    raise error
                return _real(*args, **more)

            monkeypatch.setattr(disk, name, step)


def stopped_at_every_step(
    monkeypatch: pytest.MonkeyPatch, act: Callable[[], object], look: Callable[[], None],
    reset: Callable[[], None], error: BaseException,
) -> int:  # fmt: skip
    """Run ``act`` with the disk failing at step 1, 2, … until it gets through; look after each."""
    for last in range(1, 200):
        reset()
        with monkeypatch.context() as patch:
            Disk(patch, last, error)
            try:
                act()
            except (Killed, Fault):
                pass
            else:
                return last
        look()
    raise AssertionError("never got through")


ERRORS = [Killed(), OSError(28, "No space left on device")]
CONTENT = b"x" * 100_000


@pytest.mark.parametrize("error", ERRORS, ids=["killed", "full"])
def test_adding_is_whole_or_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    runs = iter(range(999))
    store = EvidenceStore(tmp_path)
    digest = "sha256:" + hashlib.sha256(CONTENT).hexdigest()

    def reset() -> None:
        nonlocal store
        store = EvidenceStore(tmp_path / str(next(runs)))

    def look() -> None:
        seen = list(store.digests())
        assert seen in ([], [digest])
        assert store.read(digest) == CONTENT if seen else code(store.read(digest))
        assert store.check_all() == []
        left = list((store.root / "incoming").glob("*"))
        assert store.sweep() == len(left)
        assert not list((store.root / "incoming").glob("*"))
        assert list(store.digests()) == seen
        assert put(store, CONTENT).digest == digest
        assert store.read(digest) == CONTENT

    assert stopped_at_every_step(monkeypatch, lambda: put(store, CONTENT), look, reset, error) > 12


@pytest.mark.parametrize("error", ERRORS, ids=["killed", "full"])
@pytest.mark.parametrize("restoring", [False, True])
def test_erasing_and_restoring_are_whole_or_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException, restoring: bool
) -> None:
    runs = iter(range(999))
    store = EvidenceStore(tmp_path)
    item = put(EvidenceStore(tmp_path / "other"), CONTENT)

    def reset() -> None:
        nonlocal store
        store = EvidenceStore(tmp_path / str(next(runs)))
        put(store, CONTENT)
        if restoring:
            store.erase(item.digest, "first", AT)

    def act() -> object:
        if restoring:
            return put(store, CONTENT, restore=True)
        return store.erase(item.digest, "first", AT)

    def look() -> None:
        before = store.read(item.digest)
        assert before == CONTENT or code(before) == "evidence_erased"
        assert not [f for f in store.check_all() if f.code != "evidence_stray"]
        store.sweep()
        assert store.check_all() == []
        assert store.read(item.digest) == before
        act()
        after = store.read(item.digest)
        assert after == CONTENT if restoring else code(after) == "evidence_erased"
        assert store.check_all() == []

    assert stopped_at_every_step(monkeypatch, act, look, reset, error) > 8


def test_sweeping_waits_for_nobody_and_disturbs_nobody(store: EvidenceStore) -> None:
    class Sweeping(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            assert store.sweep() == 0
            return super().read(size)

    item = store.add(Sweeping(b"slow"))
    assert isinstance(item, Item)
    assert store.read(item.digest) == b"slow"


def test_a_source_that_fails_leaves_nothing(store: EvidenceStore) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise ConnectionError("cable out")

    with pytest.raises(Fault, match="cable out"):
        store.add(Broken())
    assert list(store.digests()) == []
    assert not list((store.root / "incoming").iterdir())
