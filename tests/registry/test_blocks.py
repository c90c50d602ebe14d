"""Serial numbers against a model: a mapping of every serial to what it carries."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tanheng.registry.blocks import amount_of, choose, find, missing, put, take
from tanheng.registry.model import Block

TOP = 40


def blocks_of(model: dict[int, tuple[int, int]]) -> list[Block]:
    """The blocks that a mapping serial → (restriction, frozen) stands for."""
    found: list[Block] = []
    for serial in sorted(model):
        marks = model[serial]
        if found and found[-1][1] == serial - 1 and found[-1][2:] == marks:
            found[-1] = (found[-1][0], serial, *marks)
        else:
            found.append((serial, serial, *marks))
    return found


def model_of(blocks: list[Block]) -> dict[int, tuple[int, int]]:
    return {
        serial: (restriction, frozen)
        for first, last, restriction, frozen in blocks
        for serial in range(first, last + 1)
    }


marks = st.tuples(st.sampled_from([0, 0, 2015, 2016]), st.sampled_from([0, 0, 0, 1]))
models = st.dictionaries(st.integers(1, TOP), marks, max_size=TOP)
ranges = st.tuples(st.integers(1, TOP), st.integers(1, TOP)).map(lambda p: (min(p), max(p)))


def test_a_split_is_exact() -> None:
    """1..100 split at 25 is 1..25 and 26..100."""
    held: list[Block] = [(1, 100, 0, 0)]
    old, rest, cut = take(held, 1, 25)
    assert (old, rest, cut) == ([(1, 100, 0, 0)], [(26, 100, 0, 0)], [(1, 25, 0, 0)])
    assert held == [(26, 100, 0, 0)]
    assert amount_of(cut) == 25
    assert amount_of(held) == 75
    assert put(held, (1, 25, 0, 0)) == ([(26, 100, 0, 0)], (1, 100, 0, 0))
    assert held == [(1, 100, 0, 0)]


def test_a_cut_out_of_the_middle() -> None:
    held: list[Block] = [(1, 100, 0, 0)]
    assert take(held, 25, 25) == (
        [(1, 100, 0, 0)], [(1, 24, 0, 0), (26, 100, 0, 0)], [(25, 25, 0, 0)],
    )  # fmt: skip
    assert put(held, (25, 25, 0, 0)) == ([(1, 24, 0, 0), (26, 100, 0, 0)], (1, 100, 0, 0))


def test_unlike_neighbours_stay_apart() -> None:
    held: list[Block] = [(1, 10, 0, 0), (21, 30, 0, 0)]
    assert put(held, (11, 20, 2016, 0)) == ([], (11, 20, 2016, 0))
    assert held == [(1, 10, 0, 0), (11, 20, 2016, 0), (21, 30, 0, 0)]
    frozen: list[Block] = [(1, 10, 0, 0), (21, 30, 0, 0)]
    assert put(frozen, (11, 20, 0, 1)) == ([], (11, 20, 0, 1))
    assert frozen == [(1, 10, 0, 0), (11, 20, 0, 1), (21, 30, 0, 0)]
    one_side: list[Block] = [(1, 10, 0, 1), (21, 30, 2015, 0)]
    assert put(one_side, (11, 20, 2015, 0)) == ([(21, 30, 2015, 0)], (11, 30, 2015, 0))
    gap: list[Block] = [(1, 9, 0, 0), (22, 30, 0, 0)]
    assert put(gap, (11, 20, 0, 0)) == ([], (11, 20, 0, 0))


@given(models, ranges)
def test_find_and_take(model: dict[int, tuple[int, int]], asked: tuple[int, int]) -> None:
    held, (first, last) = blocks_of(model), asked
    wanted = set(range(first, last + 1))
    before = list(held)
    place = find(held, first, last)
    if not wanted <= set(model):
        assert place is None
        with pytest.raises(LookupError, match=f"^{first}..{last} is not there$"):
            take(held, first, last)
        assert held == before
        assert missing(held, first, last) == min(wanted - set(model))
        return
    assert place is not None
    touched = [b for b in held if b[0] <= last and b[1] >= first]
    assert held[place[0] : place[1]] == touched
    old, rest, cut = take(held, first, last)
    assert old == touched
    assert model_of(cut) == {s: model[s] for s in wanted}
    assert model_of(held) == {s: m for s, m in model.items() if s not in wanted}
    assert model_of(rest) == {s: m for s, m in model_of(old).items() if s not in wanted}
    assert amount_of(cut) == last - first + 1
    assert all(block in held for block in rest)
    assert held == sorted(held)


@given(models, ranges, marks)
def test_put(
    model: dict[int, tuple[int, int]], where: tuple[int, int], carried: tuple[int, int]
) -> None:
    first, last = where
    model = {s: m for s, m in model.items() if not first <= s <= last}
    held = blocks_of(model)
    before = list(held)
    old, new = put(held, (first, last, *carried))
    model |= dict.fromkeys(range(first, last + 1), carried)
    assert held == blocks_of(model)
    assert new in held
    assert new[0] <= first
    assert last <= new[1]
    assert old == [b for b in before if b not in held]


@given(
    models, st.integers(-1, TOP + 5), st.sampled_from([0, 2015, 2016]),
    st.sampled_from([(), ("restricted_first",), ("unrestricted_first",)]),
    st.sampled_from(["lowest_serial", "highest_serial"]),
)  # fmt: skip
def test_choose(
    model: dict[int, tuple[int, int]], amount: int, year: int, first: tuple[str, ...], last: str
) -> None:
    held = blocks_of(model)
    found = choose(held, amount, year, (*first, "oldest_vintage", last))
    usable = [
        s for s, (restriction, frozen) in model.items() if not frozen and restriction in (0, year)
    ]
    sign = -1 if last == "highest_serial" else 1
    mixed = {"restricted_first": -1, "unrestricted_first": 1}.get(
        first[0] if first and year else "", 0
    )
    usable.sort(key=lambda s: (mixed * bool(model[s][0]), sign * s))
    picked = [s for low, high in found for s in range(low, high + 1)]
    assert sorted(picked) == sorted(usable[: max(amount, 0)])
    assert all(low <= high for low, high in found)
    in_order = [
        s
        for low, high in found
        for s in (range(high, low - 1, -1) if sign < 0 else range(low, high + 1))
    ]
    assert in_order == usable[: max(amount, 0)]
    assert held == blocks_of(model)


def test_choose_says_ranges() -> None:
    held: list[Block] = [(1, 10, 0, 0), (11, 20, 2016, 0), (21, 30, 0, 1), (31, 40, 0, 0)]
    assert choose(held, 15) == [(1, 10), (31, 35)]
    assert choose(held, 15, order=("highest_serial",)) == [(31, 40), (6, 10)]
    assert choose(held, 15, 2016, ("restricted_first", "lowest_serial")) == [(11, 20), (1, 5)]
    assert choose(held, 25, 2016, ("unrestricted_first", "lowest_serial")) == [
        (1, 10), (31, 40), (11, 15),
    ]  # fmt: skip
    assert choose(held, 100) == [(1, 10), (31, 40)]
    assert choose(held, 0) == []
    assert choose([], 1) == []


def test_missing() -> None:
    held: list[Block] = [(1, 10, 0, 0), (21, 30, 0, 0)]
    assert missing(held, 5, 25) == 11
    assert missing(held, 11, 12) == 11
    assert missing(held, 25, 35) == 31
    assert missing(held, 40, 50) == 40
    assert missing([], 3, 4) == 3
    assert missing([(5, 9, 0, 0)], 3, 9) == 3
