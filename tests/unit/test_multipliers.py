"""Multipliers of a whole input–output table, from memory and from a file."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from oracle.linear import solve as solve_exactly
from tanheng.accounting import multipliers
from tanheng.errors import Fault

Table = tuple[np.ndarray, np.ndarray, np.ndarray]


def table(size: int, *, negative: bool = False, spread: int = 0, seed: int = 0) -> Table:
    """Z, x, d of a productive economy: intermediate inputs are 60 % of each output."""
    random = np.random.default_rng(seed)
    flows = random.random((size, size)) ** 4 * (random.random((size, size)) < 0.5)
    flows /= np.maximum(flows.sum(axis=0), 1e-3)
    if negative:
        flows *= np.where(random.random(flows.shape) < 0.05, -0.2, 1.0)
    price = 10.0 ** random.integers(-spread, spread + 1, size)
    output = random.random(size) + 0.5
    worth = 0.6 * flows * output
    return worth * price[:, None], output * price, random.random(size) * (random.random(size) < 0.8)


def saved(flows: np.ndarray, tmp_path: Path) -> Path:
    """The table as a file."""
    np.save(tmp_path / "flows.npy", flows)
    return tmp_path / "flows.npy"


GIVEN: dict[str, Callable[[np.ndarray, Path], object]] = {
    "array": lambda flows, _: flows,
    "array of Fortran": lambda flows, _: np.asfortranarray(flows),
    "path": saved,
    "text of a path": lambda flows, path: str(saved(flows, path)),
}


@pytest.mark.parametrize("given", GIVEN)
@pytest.mark.parametrize("negative", [False, True])
def test_against_a_dense_solution(given: str, negative: bool, tmp_path: Path) -> None:
    """More sectors than a block has rows, and not a multiple of it."""
    flows, output, direct = table(700, negative=negative)
    found = multipliers(GIVEN[given](flows, tmp_path), output, direct)  # type: ignore[arg-type]
    truth = np.linalg.solve((np.eye(700) - flows / output).T, direct / output)
    np.testing.assert_allclose(found.x, truth, rtol=1e-12, atol=1e-14)
    assert found.proved
    assert (np.abs(found.x - truth) <= found.bound + 1e-13 * np.abs(truth)).all()
    assert (found.bound <= 1e-9 * np.abs(truth).max()).all()


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("negative", [False, True])
def test_the_bound_bounds(seed: int, negative: bool) -> None:
    """Against the exact solution of the same numbers, in measures that differ widely."""
    flows, output, direct = table(9, negative=negative, spread=4 * (seed % 2), seed=seed)
    direct += 0.01
    found = multipliers(flows, output, direct)
    rows = [
        [Fraction(int(i == j)) * Fraction(output[j]) - Fraction(flows[i, j]) for i in range(9)]
        for j in range(9)
    ]
    truth = solve_exactly(rows, [Fraction(d) for d in direct.tolist()])
    assert found.proved
    for c, bound, true in zip(found.x.tolist(), found.bound.tolist(), truth, strict=True):
        assert abs(Fraction(c) - true) <= Fraction(bound)


def test_what_is_embodied_adds_up() -> None:
    """Σ c · final demand = Σ d."""
    flows, output, direct = table(300, spread=3)
    c = multipliers(flows, output, direct).x
    assert c @ (output - flows.sum(axis=1)) == pytest.approx(direct.sum(), rel=1e-12)


def test_nobody_emits() -> None:
    flows, output, _ = table(20)
    found = multipliers(flows, output, np.zeros(20))
    assert not found.x.any()


def test_a_table_that_takes_more_than_it_makes_has_no_proof() -> None:
    found = multipliers(np.array([[0.0, 3.0], [3.0, 0.0]]), np.array([2.0, 2.0]), np.ones(2))
    assert not found.proved


def test_a_solution_without_a_proof_is_still_the_solution() -> None:
    """Credits that cancel: c = d − c, and no |A| proves it."""
    found = multipliers(-np.eye(3), np.ones(3), np.full(3, 3.0))
    assert not found.proved
    assert found.x.tolist() == pytest.approx([1.5] * 3)


def test_a_hole_in_the_table_has_no_proof() -> None:
    flows, output, direct = table(6)
    flows[2, 3] = np.nan
    with np.errstate(invalid="ignore"):
        assert not multipliers(flows, output, direct).proved


def test_bad_tables(tmp_path: Path) -> None:
    flows, output, direct = table(4)
    ones = np.ones(4)
    with pytest.raises(Fault, match="square"):
        multipliers(flows[:3], output, direct)
    with pytest.raises(Fault, match="square"):
        multipliers(ones, output, direct)
    with pytest.raises(Fault, match="square"):
        multipliers(saved(flows[:, :3].copy(), tmp_path), output, direct)
    for wrong in (flows.astype(np.float32), np.asfortranarray(flows), (flows * 9).astype(int)):
        with pytest.raises(Fault, match="float64 in C order"):
            multipliers(saved(wrong, tmp_path), output, direct)


@pytest.mark.parametrize("output", [[1, 1, 0, 1], [1, 1, -1, 1], [1, 1, np.nan, 1]])
def test_outputs_must_be_positive(output: list[float]) -> None:
    flows, _, direct = table(4)
    with pytest.raises(Fault, match="positive output"):
        multipliers(flows, np.array(output, dtype=float), direct)


@pytest.mark.parametrize(("outputs", "directs"), [(3, 4), (4, 5), (1, 4), (4, 1)])
def test_vectors_must_fit_the_table(outputs: int, directs: int) -> None:
    with pytest.raises(Fault):
        multipliers(table(4)[0], np.full(outputs, 9.0), np.ones(directs))


def test_a_file_that_is_no_table(tmp_path: Path) -> None:
    (tmp_path / "flows.npy").write_bytes(b"not an array")
    with pytest.raises(Fault):
        multipliers(tmp_path / "flows.npy", np.ones(2), np.ones(2))


def test_a_file_that_is_cut_short(tmp_path: Path) -> None:
    flows, output, direct = table(50)
    path = saved(flows, tmp_path)
    path.write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(Fault):
        multipliers(path, output, direct)
