"""Who gets what at an auction, against a definition that hands out one unit after the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tanheng.market.auction import Award, Cleared, Offer, clear


@st.composite
def bids_of(draw: st.DrawFn) -> list[Offer]:
    """Bids with few prices, so that many share one; places are distinct, as entries are."""
    rows = draw(
        st.lists(st.tuples(st.integers(1, 6), st.integers(1, 12)), min_size=0, max_size=9)
    )  # fmt: skip
    places = draw(st.permutations(range(len(rows))))
    return [
        Offer(f"B{place}", price, amount, place)
        for (price, amount), place in zip(rows, places, strict=True)
    ]


auctions = {
    "bids": bids_of(), "amount": st.integers(1, 60), "reserve": st.integers(0, 7),
    "side": st.sampled_from(["sell", "buy"]),
    "pricing": st.sampled_from(["uniform", "pay_as_bid"]),
    "margin": st.sampled_from(["time", "pro_rata"]),
}  # fmt: skip
whole = given(**auctions)


def slow(
    bids: Sequence[Offer], amount: int, reserve: int, side: str, pricing: str, margin: str
) -> Cleared:
    """Unit by unit: the best price that is left, then the earliest; of the marginal price each gets
    its exact share rounded down, and single units by the largest fraction that was lost."""
    sign = 1 if side == "sell" else -1
    good = [bid for bid in bids if not reserve or sign * bid.price_fen >= sign * reserve]
    got: Counter[str] = Counter()
    for _ in range(amount):
        hungry = [bid for bid in good if got[bid.id] < bid.amount]
        if not hungry:
            break
        best = min(hungry, key=lambda bid: (-sign * bid.price_fen, bid.place))
        got[best.id] += 1
    prices = [bid.price_fen for bid in good if got[bid.id]]
    last = (min(prices) if side == "sell" else max(prices)) if prices else 0
    if margin == "pro_rata" and prices:
        level = [bid for bid in good if bid.price_fen == last]
        room = sum(got[bid.id] for bid in level)
        share = Fraction(room, sum(bid.amount for bid in level))
        exact = {bid.id: bid.amount * share for bid in level}
        for bid in level:
            got[bid.id] = int(exact[bid.id])
        single = sorted(level, key=lambda bid: (int(exact[bid.id]) - exact[bid.id], bid.place))
        for bid in single[: room - sum(got[bid.id] for bid in level)]:
            got[bid.id] += 1
    ranked = sorted(good, key=lambda bid: (-sign * bid.price_fen, bid.place))
    return Cleared(
        tuple(
            Award(bid.id, got[bid.id], last if pricing == "uniform" else bid.price_fen)
            for bid in ranked
            if got[bid.id]
        ),
        last,
    )


@whole
def test_it_is_what_the_definition_says(
    bids: list[Offer], amount: int, reserve: int, side: str, pricing: str, margin: str
) -> None:
    found = clear(bids, amount, reserve, side=side, pricing=pricing, margin=margin)
    assert found == slow(bids, amount, reserve, side, pricing, margin)


@given(**auctions, seed=st.integers(0, 10**6))
def test_the_order_of_the_bids_does_not_count(
    bids: list[Offer], amount: int, reserve: int, side: str, pricing: str, margin: str, seed: int
) -> None:
    one = clear(bids, amount, reserve, side=side, pricing=pricing, margin=margin)
    mixed = Random(seed).sample(bids, len(bids))
    assert clear(mixed, amount, reserve, side=side, pricing=pricing, margin=margin) == one


@whole
def test_all_that_can_be_sold_is_sold_and_no_more(
    bids: list[Offer], amount: int, reserve: int, side: str, pricing: str, margin: str
) -> None:
    found = clear(bids, amount, reserve, side=side, pricing=pricing, margin=margin)
    sign = 1 if side == "sell" else -1
    wanted = sum(b.amount for b in bids if not reserve or sign * (b.price_fen - reserve) >= 0)
    assert found.sold == min(amount, wanted)
    by = {bid.id: bid for bid in bids}
    assert len({award.id for award in found.awards}) == len(found.awards)
    for award in found.awards:
        assert 0 < award.amount <= by[award.id].amount
        assert not reserve or sign * (award.price_fen - reserve) >= 0


@whole
def test_nobody_pays_more_than_he_bid_and_a_uniform_price_is_the_last_accepted(
    bids: list[Offer], amount: int, reserve: int, side: str, pricing: str, margin: str
) -> None:
    found = clear(bids, amount, reserve, side=side, pricing=pricing, margin=margin)
    by = {bid.id: bid.price_fen for bid in bids}
    accepted = [by[award.id] for award in found.awards]
    last = (min(accepted) if side == "sell" else max(accepted)) if accepted else 0
    assert found.price_fen == last
    for award in found.awards:
        assert award.price_fen == (last if pricing == "uniform" else by[award.id])
        assert (
            award.price_fen <= by[award.id] if side == "sell" else award.price_fen >= by[award.id]
        )


@whole
def test_nobody_loses_to_a_worse_price_or_a_later_bid(
    bids: list[Offer], amount: int, reserve: int, side: str, pricing: str, margin: str
) -> None:
    found = clear(bids, amount, reserve, side=side, pricing=pricing, margin=margin)
    sign = 1 if side == "sell" else -1
    got = {award.id: award.amount for award in found.awards}
    for bid in bids:
        if reserve and sign * (bid.price_fen - reserve) < 0:
            assert bid.id not in got
            continue
        if got.get(bid.id, 0) < bid.amount:
            for other in bids:
                if sign * (other.price_fen - bid.price_fen) < 0:
                    assert other.id not in got
                if margin == "time" and other.price_fen == bid.price_fen:
                    assert other.place <= bid.place or other.id not in got


@whole
def test_pro_rata_parts_are_within_a_unit_of_the_exact_share(
    bids: list[Offer], amount: int, reserve: int, side: str, pricing: str, margin: str
) -> None:
    found = clear(bids, amount, reserve, side=side, pricing=pricing, margin="pro_rata")
    got = {award.id: award.amount for award in found.awards}
    level = [bid for bid in bids if found.awards and bid.price_fen == found.price_fen]
    room, asked = sum(got.get(b.id, 0) for b in level), sum(b.amount for b in level)
    for bid in level:
        assert abs(got.get(bid.id, 0) - Fraction(bid.amount * room, asked)) < 1
        for other in level:
            if other.amount == bid.amount and other.place < bid.place:
                assert got.get(other.id, 0) >= got.get(bid.id, 0)


@whole
def test_selling_and_buying_mirror_each_other(
    bids: list[Offer], amount: int, reserve: int, side: str, pricing: str, margin: str
) -> None:
    mirrored = [Offer(b.id, 8 - b.price_fen, b.amount, b.place) for b in bids]
    other = "buy" if side == "sell" else "sell"
    one = clear(bids, amount, 0, side=side, pricing=pricing, margin=margin)
    two = clear(mirrored, amount, 0, side=other, pricing=pricing, margin=margin)
    assert [(a.id, a.amount, 8 - a.price_fen) for a in two.awards] == [
        (a.id, a.amount, a.price_fen) for a in one.awards
    ]


@pytest.mark.parametrize(
    "margin, parts",
    [
        ("time", {"a": 5, "b": 10, "c": 5}),
        # 15 are left for 10 + 10 + 10 … of which each gets 5.
        ("pro_rata", {"a": 5, "b": 5, "c": 5, "d": 5}),
    ],
)
def test_by_hand(margin: str, parts: dict[str, int]) -> None:
    bids = [
        Offer("d", 10, 10, 4), Offer("c", 10, 10, 3), Offer("b", 10, 10, 2), Offer("a", 11, 5, 5),
        Offer("low", 9, 100, 1),
    ]  # fmt: skip
    found = clear(bids, 20, 9, margin=margin)
    assert {award.id: award.amount for award in found.awards} == parts
    assert found.price_fen == 10


def test_remainders_by_hand() -> None:
    """10 for 7, 7 and 1: 4⅔, 4⅔ and ⅔; the two single units go to the earlier bids."""
    bids = [Offer("c", 5, 1, 3), Offer("b", 5, 7, 2), Offer("a", 5, 7, 1)]
    found = clear(bids, 10, 0, margin="pro_rata")
    assert found.awards == (Award("a", 5, 5), Award("b", 5, 5))
    found = clear(bids, 11, 0, margin="pro_rata")  # 5.133, 5.133, 0.733
    assert found.awards == (Award("a", 5, 5), Award("b", 5, 5), Award("c", 1, 5))


def test_nobody_bids_or_nobody_meets_the_reserve() -> None:
    assert clear([], 10, 0) == Cleared((), 0)
    assert clear([Offer("a", 9, 5, 1)], 10, 10) == Cleared((), 0)
    assert clear([Offer("a", 9, 5, 1)], 10, 8, side="buy") == Cleared((), 0)
    assert clear([Offer("a", 9, 5, 1)], 10, 9, side="buy").sold == 5


def test_large_numbers_are_shared_exactly() -> None:
    """No floating-point number comes near: shares of 2**53 − 1 units are whole and add up."""
    most = 2**53 - 1
    bids = [Offer(str(n), 1, most - n, n) for n in range(3)]
    found = clear(bids, most, 0, margin="pro_rata")
    assert found.sold == most
    exact = [Fraction((most - n) * most, 3 * most - 3) for n in range(3)]
    assert all(abs(a.amount - e) < 1 for a, e in zip(found.awards, exact, strict=True))


def test_a_step_that_changed_meanwhile_gives_nobody_more_than_he_bid_for() -> None:
    """Bids of 5 under a step that is 10 by now: units are shared singly."""
    bids = [Offer(str(n), 100, 5, n) for n in range(3)]
    found = clear(bids, 10, 0, margin="pro_rata", lot=10)
    assert [award.amount for award in found.awards] == [4, 3, 3]
    whole = clear(
        [Offer(str(n), 100, 500, n) for n in range(3)], 1000, 0, margin="pro_rata", lot=500
    )
    assert [award.amount for award in whole.awards] == [500, 500]
