"""Two hundred thousand operations of simulated registries, on all stores, with crashes and races."""

from __future__ import annotations

from pathlib import Path

import pytest

from tanheng.simulate.registry import place_of, simulate_registry

OPS = 20_000


def lived(seed: int, kind: str, folder: Path, url: str = "") -> None:
    """One run: nothing is violated, and there was something to survive."""
    found = simulate_registry(
        seed, OPS, store=place_of(kind, folder, url), seconds=lambda: 0.0, writers=4
    )
    assert not found.violations, found.violations[:5]
    assert found.ops >= OPS
    assert found.crashes >= 20
    assert found.entries > OPS // 4
    assert found.refusals > OPS // 10


@pytest.mark.parametrize("seed", [101, 102, 103, 104])
def test_in_memory(seed: int, tmp_path: Path) -> None:
    lived(seed, "memory", tmp_path)


@pytest.mark.parametrize("seed", [201, 202, 203])
def test_on_sqlite(seed: int, tmp_path: Path) -> None:
    lived(seed, "sqlite", tmp_path)


@pytest.mark.parametrize("seed", [301, 302, 303])
def test_on_postgresql(seed: int, tmp_path: Path, postgres: str) -> None:
    lived(seed, "postgres", tmp_path, postgres)
