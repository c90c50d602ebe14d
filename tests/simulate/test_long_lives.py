"""Two hundred thousand operations of simulated registries, and of simulated markets, on all stores,
with crashes and races."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from tanheng.simulate.market import simulate_market
from tanheng.simulate.registry import place_of, simulate_registry

OPS = 20_000
LIVES = {
    "registry": (partial(simulate_registry, writers=4), 20),
    # The live state after every third batch: it is larger; entries are checked always.
    "market": (partial(simulate_market, check_every=3), 5),
}
"""How one is simulated, and the least crashes that must have been survived."""


def lived(life: str, seed: int, kind: str, folder: Path, url: str = "") -> None:
    """One run: nothing is violated, and there was something to survive."""
    simulate, crashes = LIVES[life]
    found = simulate(seed, OPS, store=place_of(kind, folder, url), seconds=lambda: 0.0)
    assert not found.violations, found.violations[:5]
    assert found.ops >= OPS
    assert found.crashes >= crashes
    assert found.entries > OPS // 4
    assert found.refusals > OPS // 10


@pytest.mark.parametrize("seed", [101, 102, 103, 104])
@pytest.mark.parametrize("life", LIVES)
def test_in_memory(life: str, seed: int, tmp_path: Path) -> None:
    lived(life, seed, "memory", tmp_path)


@pytest.mark.parametrize("seed", [201, 202, 203])
@pytest.mark.parametrize("life", LIVES)
def test_on_sqlite(life: str, seed: int, tmp_path: Path) -> None:
    lived(life, seed, "sqlite", tmp_path)


@pytest.mark.parametrize("seed", [301, 302, 303])
@pytest.mark.parametrize("life", LIVES)
def test_on_postgresql(life: str, seed: int, tmp_path: Path, postgres: str) -> None:
    lived(life, seed, "postgres", tmp_path, postgres)
