"""Solving x = b + B x: the proved bound bounds the true error, and is not claimed without proof.

The truth is the exact rational solution of the same floating-point matrix. Both ways of solving
(dense and iterative) are held to it, in measures that differ by eighteen orders of magnitude.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from oracle.linear import solve as solve_exactly
from tanheng.accounting import Product, solve
from tanheng.accounting.solve import Terms

WAYS = pytest.mark.parametrize("dense", [True, False], ids=["dense", "iterative"])


@pytest.fixture
def way(monkeypatch: pytest.MonkeyPatch):
    """Chooses how systems are solved, whatever their size."""
    import sys

    module = sys.modules["tanheng.accounting.solve"]
    return lambda dense: monkeypatch.setattr(module, "DENSE_LIMIT", 10**6 if dense else 0)


def exact(matrix: Product, b: np.ndarray) -> list[Fraction]:
    """x of the very numbers that are stored, as fractions."""
    left = [[Fraction(v) for v in row] for row in matrix.left.toarray().tolist()]
    whole = left
    if matrix.right is not None:
        right = [[Fraction(v) for v in row] for row in matrix.right.toarray().tolist()]
        columns = list(zip(*right, strict=True))
        whole = [
            [sum((a * b for a, b in zip(row, column, strict=True) if a and b), Fraction(0))
             for column in columns]
            for row in left
        ]  # fmt: skip
    size = len(whole)
    system = [[Fraction(int(i == j)) - whole[i][j] for j in range(size)] for i in range(size)]
    return solve_exactly(system, [Fraction(v) for v in b.tolist()])


def draw_system(
    seed: int, size: int, gain: float, *, negative: bool, spread: int
) -> tuple[Product, np.ndarray]:
    """A random B in two factors with ρ(|B|) near ``gain``, in measures 10^-spread … 10^spread."""
    random = np.random.default_rng(seed)
    inner = size + int(random.integers(0, 3))
    left = random.random((size, inner)) * (random.random((size, inner)) < 0.6)
    right = random.random((inner, size)) * (random.random((inner, size)) < 0.6)
    if negative:
        right *= np.where(random.random(right.shape) < 0.3, -1.0, 1.0)
    radius = float(np.abs(np.linalg.eigvals(np.abs(left) @ np.abs(right))).max())
    left *= gain / max(radius, 0.1)
    scale = 10.0 ** random.integers(-spread, spread + 1, size)
    left, right = left * scale[:, None], right / scale[None, :]
    b = random.random(size) * scale * (random.random(size) < 0.7)
    return Product(sp.csr_array(left), sp.csr_array(right)), b


SYSTEMS = st.tuples(st.integers(0, 2**32), st.integers(1, 9))


@pytest.mark.parametrize("negative", [False, True])
@pytest.mark.parametrize("spread", [0, 9])
@WAYS
def test_the_bound_bounds(dense: bool, spread: int, negative: bool, way) -> None:
    way(dense)

    @settings(max_examples=25)
    @given(SYSTEMS, st.sampled_from([0.1, 0.6, 0.95, 0.999]))
    def check(system: tuple[int, int], gain: float) -> None:
        matrix, b = draw_system(*system, gain, negative=negative, spread=spread)
        found, truth = solve(matrix, b), exact(matrix, b)
        assert found.proved
        for x, bound, true in zip(found.x.tolist(), found.bound.tolist(), truth, strict=True):
            assert abs(Fraction(x) - true) <= Fraction(bound)
        size = np.abs(np.array([float(true) for true in truth]))
        assert (found.bound <= 1e-3 * np.maximum(size, size.max() * 1e-9 + 1e-300)).all()

    check()


@WAYS
def test_the_bound_is_sharp_enough_to_publish(dense: bool, way) -> None:
    """A usual system: twelve digits of every benchmark are proved."""
    way(dense)
    for seed in range(20):
        matrix, b = draw_system(seed, 8, 0.6, negative=False, spread=3)
        found = solve(matrix, b + 1e-3 * np.abs(b).max())
        assert (found.bound <= 1e-12 * found.x).all()


@pytest.mark.parametrize("gain", [1.0, 1.0000001, 1.5, 4.0])
@WAYS
def test_no_proof_where_there_is_none(gain: float, dense: bool, way) -> None:
    """A block that needs as much as it makes, or more, has no bound."""
    way(dense)
    ring = np.roll(np.eye(5), 1, axis=1) * gain
    found = solve(Product(sp.csr_array(ring)), np.ones(5))
    assert not found.proved
    assert np.isinf(found.bound).all()


def test_a_singular_block_beside_a_sound_one(way) -> None:
    way(True)
    matrix = np.zeros((4, 4))
    matrix[0, 1] = 0.5
    matrix[2, 3] = matrix[3, 2] = 1.0
    assert not solve(Product(sp.csr_array(matrix)), np.ones(4)).proved


@pytest.mark.parametrize("size", [1, 3])
@WAYS
def test_credits_that_cancel(size: int, dense: bool, way) -> None:
    """|B| is singular though B is not: the solution is right, but there is no proof."""
    way(dense)
    found = solve(Product(sp.csr_array(-np.eye(size))), np.full(size, 3.0))
    assert found.x.tolist() == pytest.approx([1.5] * size)
    assert not found.proved


def test_edges() -> None:
    empty = Product(sp.csr_array((0, 0)))
    assert solve(empty, np.zeros(0)).proved
    half = Product(sp.csr_array(np.array([[0.5]])))
    nothing = solve(half, np.zeros(1))
    assert nothing.x.tolist() == [0]
    assert nothing.proved
    assert solve(half, np.ones(1)).x.tolist() == [2]
    unproved = solve(half, np.ones(1), prove=False)
    assert unproved.x.tolist() == [2]
    assert np.isnan(unproved.bound).all()
    assert not unproved.proved


def test_summands_widen_the_bound() -> None:
    """What stands in the matrix was itself added up, and each addition rounds."""
    matrix, b = draw_system(1, 6, 0.5, negative=False, spread=0)
    narrow, wide = solve(matrix, b), solve(matrix, b, terms=Terms(rows=1_000_000))
    assert (wide.bound > 1e3 * narrow.bound).all()
    assert wide.proved


def test_both_ways_agree(way) -> None:
    matrix, b = draw_system(7, 120, 0.9, negative=True, spread=6)
    way(True)
    dense = solve(matrix, b)
    way(False)
    iterative = solve(matrix, b)
    assert iterative.iterations > 5
    assert (np.abs(dense.x - iterative.x) <= dense.bound + iterative.bound).all()


def test_a_system_beyond_the_dense_limit() -> None:
    random = np.random.default_rng(3)
    size = 900
    inner = sp.random_array((size, size), density=0.01, rng=random, format="csr")
    matrix = Product(sp.csr_array(inner * 0.15), sp.eye_array(size, format="csr"))
    b = random.random(size)
    found = solve(matrix, b)
    truth = np.linalg.solve(np.eye(size) - matrix.dense(), b)
    assert found.proved
    assert (np.abs(found.x - truth) <= found.bound + 1e-13 * truth).all()
    assert (found.bound < 1e-9 * truth).all()


def test_product() -> None:
    left = sp.csr_array(np.array([[1.0, -2.0, 0.0], [0.0, 3.0, 1.0]]))
    right = sp.csr_array(np.array([[1.0, 0.0], [0.0, 1.0], [2.0, 2.0]]))
    both = Product(left, right)
    x = np.array([1.0, 10.0])
    assert both.size == 2
    assert both.apply(x).tolist() == (left.toarray() @ right.toarray() @ x).tolist()
    assert both.dense().tolist() == (left @ right).toarray().tolist()
    assert both.magnitude().apply(x).tolist() == [21.0, 52.0]
    assert both.terms() >= 4
    assert Product(right[:2]).magnitude().left is not None
    positive = Product(sp.csr_array(np.eye(2)))
    assert positive.magnitude() is positive


@WAYS
def test_spectral_radius(dense: bool, way) -> None:
    """Against the eigenvalues, also of a ring, whose other eigenvalues are as large."""
    from tanheng.accounting.checks import spectral_radius

    way(dense)
    random = np.random.default_rng(5)
    ring = np.roll(np.eye(6), 1, axis=1) * np.arange(1, 7)[:, None]
    for block in (random.random((7, 7)), ring, np.array([[2.5]])):
        gain, right, left = spectral_radius(sp.csr_array(block))
        assert gain == pytest.approx(float(np.abs(np.linalg.eigvals(block)).max()), rel=1e-6)
        np.testing.assert_allclose(block @ right, gain * right, rtol=1e-5)
        np.testing.assert_allclose(block.T @ left, gain * left, rtol=1e-5)
