"""The Merkle tree against RFC 9162's own definitions, and roots known from Certificate Transparency."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tanheng.journal import merkle
from tanheng.journal.merkle import Frontier

TOP = 70
# Inputs and roots of the reference implementation of RFC 6962 (google/certificate-transparency,
# merkletree/merkle_tree_test.cc); RFC 9162 keeps the tree.
INPUTS = [bytes.fromhex(x) for x in (
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
)]  # fmt: skip
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def sha(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def half(size: int) -> int:
    """The largest power of two smaller than ``size``."""
    k = 1
    while k * 2 < size:
        k *= 2
    return k


def mth(leaves: Sequence[bytes]) -> bytes:
    """Merkle tree hash, section 2.1.1."""
    if not leaves:
        return sha(b"")
    if len(leaves) == 1:
        return sha(b"\0" + leaves[0])
    k = half(len(leaves))
    return sha(b"\1" + mth(leaves[:k]) + mth(leaves[k:]))


def path(m: int, leaves: Sequence[bytes]) -> list[bytes]:
    """Audit path, section 2.1.3.1."""
    if len(leaves) == 1:
        return []
    k = half(len(leaves))
    if m < k:
        return [*path(m, leaves[:k]), mth(leaves[k:])]
    return [*path(m - k, leaves[k:]), mth(leaves[:k])]


def subproof(m: int, leaves: Sequence[bytes], whole: bool) -> list[bytes]:
    """Consistency proof, section 2.1.4.1."""
    n = len(leaves)
    if m == n:
        return [] if whole else [mth(leaves)]
    k = half(n)
    if m <= k:
        return [*subproof(m, leaves[:k], whole), mth(leaves[k:])]
    return [*subproof(m - k, leaves[k:], False), mth(leaves[:k])]


LEAVES = [sha(b"%d" % n) for n in range(TOP)]
NODES = {(0, n): merkle.leaf(data) for n, data in enumerate(LEAVES)}
_tree = Frontier()
for _data in LEAVES:
    for _level, _index, _hash in _tree.append(_data):
        NODES[_level, _index] = _hash
PLAIN_ROOTS = [mth(LEAVES[:n]) for n in range(TOP + 1)]


def node(level: int, index: int) -> bytes:
    return NODES[level, index]


@pytest.mark.parametrize("size", range(9))
def test_known_roots(size: int) -> None:
    tree = Frontier()
    for data in INPUTS[:size]:
        tree.append(data)
    assert tree.root.hex() == ROOTS[size]
    assert mth(INPUTS[:size]).hex() == ROOTS[size]
    assert (tree.size, len(tree.peaks)) == (size, size.bit_count())


def test_leaf_and_parent() -> None:
    assert merkle.leaf(b"x") == sha(b"\0x")
    assert merkle.parent(b"l", b"r") == sha(b"\1lr")
    assert sha(b"") == merkle.EMPTY


def test_all_roots_and_nodes() -> None:
    tree, made = Frontier(), {}
    for n, data in enumerate(LEAVES):
        assert tree.root == PLAIN_ROOTS[n]
        for level, index, found in tree.append(data):
            assert level > 0
            assert (level, index) not in made
            made[level, index] = found
            assert found == mth(LEAVES[index << level : (index + 1) << level])
    assert tree.root == PLAIN_ROOTS[TOP]
    assert set(made) == {
        (level, index) for level in range(1, 7) for index in range(TOP >> level)
    }  # fmt: skip
    for size in range(TOP + 1):
        assert merkle.range_root(0, size, node) == PLAIN_ROOTS[size]
        resumed = Frontier(size, [node(*peak) for peak in merkle.peaks(0, size)])
        assert resumed.root == PLAIN_ROOTS[size]


def test_peaks() -> None:
    assert list(merkle.peaks(0, 0)) == []
    assert list(merkle.peaks(0, 7)) == [(2, 0), (1, 2), (0, 6)]
    assert list(merkle.peaks(0, 8)) == [(3, 0)]
    assert list(merkle.peaks(4, 7)) == [(1, 2), (0, 6)]
    assert list(merkle.peaks(6, 16)) == [(1, 3), (3, 1)]
    for start in range(20):
        for end in range(start, 40):
            covered = [
                n
                for level, i in merkle.peaks(start, end)
                for n in range(i << level, (i + 1) << level)
            ]
            assert covered == list(range(start, end))


def test_a_frontier_that_does_not_fit() -> None:
    with pytest.raises(ValueError, match=r"^a tree of 3 leaves has 2 peaks$"):
        Frontier(3, [b""])


def test_a_copy_is_its_own() -> None:
    tree = Frontier()
    tree.append(b"a")
    other = tree.copy()
    other.append(b"b")
    assert (tree.size, tree.root) == (1, mth([b"a"]))
    assert (other.size, other.root) == (2, mth([b"a", b"b"]))


def test_inclusion_of_every_leaf_in_every_tree() -> None:
    for size in range(1, TOP + 1):
        for index in range(size):
            proof = merkle.inclusion(index, size, node)
            if size < 20 or index % 7 == 0:
                assert proof == path(index, LEAVES[:size])
            assert merkle.included(LEAVES[index], index, size, proof, PLAIN_ROOTS[size])


def test_consistency_of_every_two_trees() -> None:
    for new in range(1, TOP + 1):
        for old in range(1, new + 1):
            proof = merkle.consistency(old, new, node)
            if new < 20 or old % 7 == 0:
                assert proof == subproof(old, LEAVES[:new], True)
            assert merkle.consistent(old, new, proof, PLAIN_ROOTS[old], PLAIN_ROOTS[new])


@pytest.mark.parametrize("index, size", [(-1, 5), (5, 5), (0, 0), (6, 5), (1, 1)])
def test_no_such_leaf(index: int, size: int) -> None:
    with pytest.raises(ValueError, match=f"^no leaf {index} in a tree of {size}$"):
        merkle.inclusion(index, size, node)
    assert not merkle.included(LEAVES[0], index, size, [], PLAIN_ROOTS[size])


@pytest.mark.parametrize("old, new", [(0, 5), (6, 5), (-1, 5), (0, 0)])
def test_no_such_trees(old: int, new: int) -> None:
    with pytest.raises(ValueError, match=f"^no consistency proof from {old} to {new} leaves$"):
        merkle.consistency(old, new, node)
    assert not merkle.consistent(old, new, [], PLAIN_ROOTS[0], PLAIN_ROOTS[5])


sizes = st.integers(1, TOP)


@given(sizes, st.data())
def test_wrong_inclusion_proofs(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    proof, root = merkle.inclusion(index, size, node), PLAIN_ROOTS[size]
    check = merkle.included
    assert not check(sha(b"other"), index, size, proof, root)
    assert not check(LEAVES[index], index, size, [*proof, sha(b"")], root)
    assert not check(LEAVES[index], index, size, proof, sha(b""))
    if proof:
        at = data.draw(st.integers(0, len(proof) - 1))
        assert not check(LEAVES[index], index, size, proof[:at] + proof[at + 1 :], root)
        assert not check(
            LEAVES[index], index, size, [*proof[:at], sha(b"x"), *proof[at + 1 :]], root
        )
    other = data.draw(st.integers(0, size - 1))
    if other != index:
        assert not check(LEAVES[index], other, size, proof, root)


@given(sizes, st.data())
def test_wrong_consistency_proofs(new: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, new))
    proof = merkle.consistency(old, new, node)
    first, second = PLAIN_ROOTS[old], PLAIN_ROOTS[new]
    check = merkle.consistent
    assert not check(old, new, proof, sha(b"x"), second)
    assert not check(old, new, proof, first, sha(b"x"))
    assert not check(old, new, [*proof, sha(b"")], first, second)
    if proof:
        at = data.draw(st.integers(0, len(proof) - 1))
        assert not check(old, new, proof[:at] + proof[at + 1 :], first, second)
        assert not check(old, new, [*proof[:at], sha(b"x"), *proof[at + 1 :]], first, second)
        assert not check(old, new, [], first, second)
    else:
        assert old == new
