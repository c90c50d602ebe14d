"""Settings that all tests share: Hypothesis draws the same examples every time, fewer in CI."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from helpers.rows import Tables, clean
from helpers.writing import write_csv
from tanheng.engines import DuckStore, open_records

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
