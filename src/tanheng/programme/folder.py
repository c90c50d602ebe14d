"""A programme in a folder, or in a database that a folder points to.

programme.toml   id, public key, where the journal is
journal.db       the journal and its tables (SQLite), unless ``store`` names a database
evidence/        what was handed in
keys/            secret keys: the programme's own, and those of persons who work on this machine
"""

from __future__ import annotations

import contextlib
import shutil
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tanheng.errors import Fault, Unreadable
from tanheng.evidence import EvidenceStore
from tanheng.journal import PROGRAMME, Key, Store
from tanheng.journal.postgres import PostgresStore
from tanheng.journal.sqlite import SQLiteStore
from tanheng.programme.packs import EvidenceLibrary
from tanheng.programme.programme import Clock, Entropy, Gate, Programme
from tanheng.rules import Pack

SETTINGS = "programme.toml"
PROGRAMME_KEY = "programme"


@dataclass(frozen=True, slots=True)
class Folder:
    """Where a programme is.

    Attributes:
        path: the folder.
        id: of the programme.
        public_key: 64 hexadecimal digits.
        store: ``sqlite`` for the file here, else a ``postgresql://`` address.
    """

    path: Path
    id: str
    public_key: str
    store: str

    @classmethod
    def read(cls, path: Path) -> Folder:
        """The folder's settings.

        Raises:
            Unreadable: it is no programme's folder.
        """
        try:
            raw = tomllib.loads((path / SETTINGS).read_text(encoding="utf-8"))
            return cls(path, str(raw["id"]), str(raw["public_key"]), str(raw["store"]))
        except (OSError, KeyError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise Unreadable(
                f"{path} is not a programme's folder ({SETTINGS}: {error}); "
                "make one with: tanheng programme new DIR --pack demo-ets"
            ) from error

    def write(self) -> None:
        """Write the settings."""
        text = f'id = "{self.id}"\npublic_key = "{self.public_key}"\nstore = "{self.store}"\n'
        path = self.path / SETTINGS
        # An address may hold a password.
        path.touch(mode=0o600)
        path.write_text(text, encoding="utf-8")

    def connect(self) -> Store:
        """A new connection to the journal's database."""
        if self.store == "sqlite":
            return SQLiteStore(self.path / "journal.db")
        return PostgresStore(self.store, self.id)

    @property
    def evidence(self) -> EvidenceStore:
        """The evidence."""
        return EvidenceStore(self.path / "evidence")

    def open(
        self, clock: Clock, entropy: Entropy, gate: Gate = "signed", with_key: bool = True
    ) -> Programme:
        """Open the programme; ``with_key``: take its signing key from here when it is here."""
        key = self.key(PROGRAMME_KEY) if with_key and self.has_key(PROGRAMME_KEY) else None
        if self.store == "sqlite" and not (self.path / "journal.db").exists():
            raise Unreadable(f"{self.path}: journal.db is missing; restore it from a backup")
        return Programme.open(
            self.connect(), self.id, public_key=self.public_key, clock=clock, entropy=entropy,
            library=EvidenceLibrary(self.evidence), gate=gate, key=key,
        )  # fmt: skip

    def has_key(self, name: str) -> bool:
        """Whether a secret key is kept here."""
        return self._key_path(name).exists()

    def _key_path(self, name: str) -> Path:
        return self.path / "keys" / f"{name}.key"

    def key(self, name: str) -> Key:
        """A secret key kept here.

        Raises:
            Unreadable: there is none, or it is none.
        """
        return read_key(self._key_path(name))

    def keep_key(self, name: str, secret: bytes) -> Key:
        """Keep a new secret key, readable by its owner alone.

        Raises:
            Fault: there is one already.
        """
        path = self._key_path(name)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if path.exists():
            raise Fault(f"{path} is there already; a key is never overwritten")
        path.touch(mode=0o600)
        path.write_text(secret.hex() + "\n", encoding="ascii")
        return Key(secret)


def read_key(path: Path) -> Key:
    """A secret key from a file of 64 hexadecimal digits."""
    try:
        return Key(bytes.fromhex(path.read_text(encoding="ascii").strip()))
    except (OSError, ValueError) as error:
        raise Unreadable(f"{path} is not a secret key of 64 hexadecimal digits: {error}") from error


def create(
    path: Path, name: str, pack: Pack, people: Mapping[str, Sequence[str]], *, clock: Clock,
    entropy: Entropy, store: str = "sqlite", simulation: bool = False,
) -> Programme:  # fmt: skip
    """Begin a programme in an empty or new folder, with a key for it and for each person.

    On a fault nothing of it remains.

    Raises:
        Fault: the folder has something in it, or the id does not fit.
    """
    if not PROGRAMME.fullmatch(name):
        raise Fault(f"programme id {name!r}: write 3 to 63 of a-z, 0-9 and -")
    made_here = not path.exists()
    path.mkdir(parents=True, exist_ok=True)
    if any(path.iterdir()):
        raise Fault(f"{path} is not empty; give a new folder")
    try:
        folder = Folder(path, name, "", store)
        key = folder.keep_key(PROGRAMME_KEY, entropy(32))
        folder = Folder(path, name, key.public, store)
        first = {
            person: (roles, folder.keep_key(person, entropy(32)).public)
            for person, roles in people.items()
        }
        folder.write()
        return Programme.create(
            folder.connect(), name, pack, first, key=key, clock=clock, entropy=entropy,
            library=EvidenceLibrary(folder.evidence), simulation=simulation,
        )  # fmt: skip
    except BaseException:
        for inner in list(path.iterdir()):
            shutil.rmtree(inner) if inner.is_dir() else inner.unlink()
        if made_here:
            with contextlib.suppress(OSError):
                path.rmdir()
        raise


def backup(folder: Folder, target: Path, with_keys: bool) -> None:
    """A whole, consistent copy of a programme in a new folder, while others may write.

    The journal is copied first: evidence that comes later does no harm, evidence that is missing
    would. ``with_keys``: secret keys too.

    Raises:
        Fault: the target is there, or the journal is in a database that has its own backup.
    """
    if target.exists():
        raise Fault(f"{target} is there already; give a new folder")
    if folder.store != "sqlite":
        raise Fault(
            "this journal is in PostgreSQL: back it up with pg_dump "
            f"(schema {folder.id}), and copy {folder.path}"
        )
    part = target.with_name(target.name + ".part")
    if part.exists():
        shutil.rmtree(part)
    part.mkdir(parents=True)
    try:
        store = SQLiteStore(folder.path / "journal.db")
        try:
            store.copy_to(part / "journal.db")
        finally:
            store.close()
        for name in ("evidence", "keys") if with_keys else ("evidence",):
            if (folder.path / name).exists():
                shutil.copytree(folder.path / name, part / name)
        Folder(part, folder.id, folder.public_key, folder.store).write()
        part.rename(target)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise


def restore(source: Path, target: Path) -> Folder:
    """A programme from a backup, in a new folder; the caller opens it, which checks that it fits.

    Raises:
        Fault: the target is there, or the source is no backup.
    """
    folder = Folder.read(source)
    backup(folder, target, with_keys=True)
    return Folder.read(target)
