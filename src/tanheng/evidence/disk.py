"""The steps on disk, each small enough to be the last one before a power cut.

The only module of this room that imports ``os``: to flush (``fsync``), to open without following links and to lock. Every function raises `OSError` when
the system does; the store turns that into a `Fault`.
"""

from __future__ import annotations

import fcntl
import os
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import BinaryIO

PRIVATE = 0o700
"""Mode of directories: only the owner of the store enters."""


def make_directory(path: Path) -> None:
    """Make a directory of mode 0700 and those above it; one that stands is left as it is."""
    missing = [path, *path.parents]
    for place in reversed(missing[: next(i for i, p in enumerate(missing) if p.is_dir())]):
        place.mkdir(PRIVATE, exist_ok=True)


def new_directory(above: Path) -> Path:
    """Make a directory of mode 0700 that nobody else uses, and give its path."""
    make_directory(above)
    for number in count():
        path = above / f"{os.getpid()}-{threading.get_ident()}-{number}"
        try:
            path.mkdir(PRIVATE)
        except FileExistsError:
            continue
        return path
    raise AssertionError("unreachable")


def create(path: Path) -> BinaryIO:
    """A new file for writing, of mode 0600.

    Raises:
        FileExistsError: when one stands there.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    return os.fdopen(descriptor, "wb", buffering=0)


def write(file: BinaryIO, data: bytes | memoryview) -> None:
    """Write all of the bytes."""
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) :]


def seal(file: BinaryIO, mode: int) -> None:
    """Set the mode of an open file and wait until its bytes are on the medium."""
    os.fchmod(file.fileno(), mode)
    os.fsync(file.fileno())


def sync_directory(path: Path) -> None:
    """Wait until the names in a directory are on the medium."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def replace(source: Path, target: Path) -> None:
    """Rename a file or directory in one step; a file or an empty directory there is replaced."""
    source.replace(target)


def remove(path: Path) -> None:
    """Remove a file; one that is not there is no fault."""
    path.unlink(missing_ok=True)


def remove_directory(path: Path) -> None:
    """Remove a directory and the files in it; one that is not there is no fault."""
    if path.is_dir():
        for file in path.iterdir():
            remove(file)
        path.rmdir()


def open_kept(path: Path) -> BinaryIO:
    """A file of the store for reading, unbuffered; links are not followed.

    Raises:
        FileNotFoundError: when there is no regular file of that name.
    """
    if not stat.S_ISREG(path.lstat().st_mode):
        raise FileNotFoundError(f"not a regular file: {path}")
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    return os.fdopen(descriptor, "rb", buffering=0)


@contextmanager
def locked(path: Path, *, shared: bool = False, wait: bool = True) -> Iterator[bool]:
    """Hold the lock of that name, between processes and between threads; say whether it is held.

    The system gives it back when the process ends, however it ends. Without ``wait`` a lock that
    others hold is not waited for.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(path, flags, 0o600)
    try:
        kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        try:
            fcntl.flock(descriptor, kind if wait else kind | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)
