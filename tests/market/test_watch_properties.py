"""What holds for any rows: order does not matter, alerts can be checked, brute force agrees."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from itertools import combinations, permutations

from hypothesis import given, settings
from hypothesis import strategies as st

from tanheng.market.watch import DayRow, Limits, MoveRow, OrderRow, TradeRow, watch
from tanheng.market.watch.rows import Alert
from tanheng.market.watch.seen import decimal, merged, reaches

DAYS = ("2024-03-04", "2024-03-05", "2024-03-06", "2024-03-07")
PARTIES = ("A", "B", "C", "D")
AMOUNTS = (100, 104, 110, 200)

LOW = Limits(
    **{
        name: Decimal(value)
        for name, value in {
            "self_trade_amount": 1, "circle_length": 4, "circle_hours": 30,
            "circle_amount_tolerance": "0.05", "circle_price_tolerance": "0.05",
            "circle_amount": 100, "pair_days": 2, "pair_trades": 2, "pair_share": "0.3",
            "pair_amount": 1, "close_minutes": 120, "close_move": "0.01", "close_share": "0.2",
            "close_amount": 1, "concentration_days": 2, "concentration_volume": 1,
            "concentration_holders": 2, "concentration_hhi": "0.4", "concentration_share": "0.5",
            "band_distance": 10, "band_share": "0.1", "band_count": 1,
            "band_holder_share": "0.1", "band_holder_orders": 1, "transit_hours": 24,
            "transit_share": "0.5", "transit_amount": 100, "burst_days": 2,
            "burst_multiple": "1.1", "burst_amount": 1, "spoof_minutes": 240,
            "spoof_amount": 1, "spoof_orders": 1, "spoof_ratio": "0.5",
        }.items()
    }
)  # fmt: skip
"""So low that little data gives every kind of alert."""

instants = st.builds(
    lambda day, hour, minute: f"{day}T{hour:02}:{minute:02}:00.000000Z",
    st.sampled_from(DAYS), st.integers(1, 7), st.sampled_from((0, 20, 59)),
)  # fmt: skip
parties, amounts = st.sampled_from(PARTIES), st.sampled_from(AMOUNTS)
prices = st.sampled_from((900, 1000, 1010, 1060, 1100))


@st.composite
def rows(draw):
    """Trades, orders, moves and days with entry numbers of their own."""
    trades = [
        TradeRow(
            n, draw(instants), f"T{n}", "X", draw(st.sampled_from("pq")), draw(prices),
            draw(amounts), (buyer := draw(parties)) + draw(st.sampled_from("12")),
            (seller := draw(parties)) + "1", buyer, seller, f"O{draw(st.integers(0, 20))}",
        )
        for n in range(1, draw(st.integers(0, 14)) + 1)
    ]  # fmt: skip
    orders = [
        OrderRow(
            100 + n, draw(instants), f"O{n}", "X", draw(st.sampled_from("pq")),
            (holder := draw(parties)) + "1", holder, draw(st.sampled_from(("buy", "sell"))),
            draw(prices), draw(amounts), 900, 1100, draw(st.sampled_from(("", "cancelled"))),
            draw(instants), 200 + n,
        )
        for n in range(draw(st.integers(0, 10)))
    ]  # fmt: skip
    moves = [
        MoveRow(300 + n, draw(instants), draw(parties), "X", *draw(
            st.sampled_from(((100, 0), (0, 100), (0, 60), (40, 20)))
        ))
        for n in range(draw(st.integers(0, 8)))
    ]  # fmt: skip
    days = [
        DayRow(day, "X", segment, draw(st.integers(0, 500)), 0, 1000, 1000, f"{day}T07:00:00.000000Z")
        for day in DAYS for segment in "pq"
    ]  # fmt: skip
    return trades, orders, moves, days


@settings(max_examples=50)
@given(rows(), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(found, random):
    first = watch(*found, LOW)
    for part in found:
        random.shuffle(part)
    assert watch(*found, LOW) == first


@settings(max_examples=50)
@given(rows())
def test_every_alert_can_be_checked(found):
    trades, orders, moves, _ = found
    known = {row.seq for row in (*trades, *orders, *moves)} | {row.ended_seq for row in orders}
    for alert in watch(*found, LOW).alerts:
        assert alert.measure >= alert.limit
        assert set(alert.entries) <= known
        assert list(alert.entries) == sorted(set(alert.entries))
        assert alert.entries or alert.kind == "burst"  # a day's volume may come without its trades
        assert list(alert.accounts) == sorted(set(alert.accounts))


@settings(max_examples=50)
@given(rows())
def test_alerts_stand_alone(found):
    """Whether other alerts run changes none."""
    every = watch(*found, LOW).alerts
    alone = Limits(
        circle_length=LOW.circle_length, circle_hours=LOW.circle_hours,
        circle_amount_tolerance=LOW.circle_amount_tolerance,
        circle_price_tolerance=LOW.circle_price_tolerance, circle_amount=LOW.circle_amount,
    )  # fmt: skip
    assert watch(*found, alone).alerts == tuple(a for a in every if a.kind == "circle")


def hours(row: TradeRow) -> float:
    return DAYS.index(row.at[:10]) * 24 + int(row.at[11:13]) + int(row.at[14:16]) / 60


def is_ring(chain: tuple[TradeRow, ...], last: TradeRow) -> bool:
    parties = [row.seller_holder for row in chain]
    return (
        len(set(parties)) == len(chain)
        and all(
            one.buyer_holder == two.seller_holder
            for one, two in zip(chain, chain[1:] + chain[:1], strict=True)
        )
        and all(
            20 * max(row.amount, last.amount) <= 21 * min(row.amount, last.amount)
            and 20 * max(row.price_fen, last.price_fen) <= 21 * min(row.price_fen, last.price_fen)
            and hours(last) - hours(row) <= 30
            for row in chain
        )
    )


@settings(max_examples=50)
@given(rows())
def test_a_trade_closes_a_ring_exactly_when_brute_force_says_so(found):
    trades = sorted(found[0], key=lambda row: (row.at, row.seq))
    closing = set()
    rings = set()
    for place, last in enumerate(trades):
        for length in (1, 2, 3):
            for before in combinations(trades[:place], length):
                for chain in permutations(before):
                    if is_ring((last, *chain), last):
                        closing.add(last.seq)
                        rings.add(frozenset(row.seller_holder for row in (last, *chain)))
    alerts = [a for a in watch(*found, LOW).alerts if a.kind == "circle"]
    assert {frozenset(a.holders) for a in alerts} <= rings
    assert closing <= {entry for a in alerts for entry in a.entries}
    assert bool(alerts) == bool(closing)


@settings(max_examples=50)
@given(rows())
def test_concentration_is_the_sum_of_squared_shares(found):
    trades, _, _, days = found
    expected = set()
    for segment in "pq":
        for number in range(len(DAYS)):
            window = DAYS[max(0, number - 1) : number + 1]
            # Trades after the close of a day belong to the next one.
            inside = [
                row for row in trades if row.segment == segment and of_day(row, days) in window
            ]
            for side in ("buyer_holder", "seller_holder"):
                shares = {}
                for row in inside:
                    party = getattr(row, side)
                    shares[party] = shares.get(party, 0) + row.amount
                total = sum(shares.values())
                if len(shares) >= 2:
                    hhi = sum(Fraction(amount, total) ** 2 for amount in shares.values())
                    if hhi >= Fraction(2, 5):
                        expected.update(row.seq for row in inside)
    alerts = [a for a in watch(*found, LOW).alerts if a.kind == "concentration"]
    assert {entry for a in alerts for entry in a.entries} == expected


def of_day(row: TradeRow, days: list[DayRow]) -> str:
    return min((day.day for day in days if day.closes_at >= row.at), default=row.at[:10])


@settings(max_examples=50)
@given(rows())
def test_transit_by_walking_unit_by_unit(found):
    """Every unit that came is a token with its instant; what goes out takes the oldest young one."""
    moves = sorted(found[2], key=lambda m: (m.at, m.seq))
    expected = set()
    for account in PARTIES:
        tokens: list[list] = []  # instant, whether it went
        for move in (m for m in moves if m.account == account):
            now = hours_of(move.at)
            tokens = [token for token in tokens if now - token[0] <= 24]
            tokens += [[now, False] for _ in range(move.came)]
            here = [token for token in tokens if not token[1]][: move.went]
            for token in here:
                token[1] = True
            if here and len(tokens) >= 100 and 2 * sum(t[1] for t in tokens) >= len(tokens):
                expected.add((account, move.seq))
    alerts = [a for a in watch(*found, LOW).alerts if a.kind == "transit"]
    assert {a.accounts[0] for a in alerts} == {account for account, _ in expected}
    behind = {(a.accounts[0], entry) for a in alerts for entry in a.entries}
    assert expected <= behind


def hours_of(at: str) -> float:
    return DAYS.index(at[:10]) * 24 + int(at[11:13]) + int(at[14:16]) / 60


@given(st.integers(0, 10**12), st.integers(1, 10**12), st.decimals(0, 1, places=12))
def test_rounding_never_hides_the_order_to_a_limit(part, whole, limit):
    if reaches(part, whole, limit):
        assert decimal(Fraction(part, whole)) >= limit


def one(measure: int, *entries: int) -> Alert:
    return Alert("pair", DAYS[0], "X", ("A",), (), Decimal(measure), Decimal(1), entries)


@given(st.lists(st.frozensets(st.integers(1, 12), min_size=1, max_size=3), max_size=8))
def test_merging_joins_exactly_what_is_linked(sets):
    alerts = [one(n + 1, *sorted(entries)) for n, entries in enumerate(sets)]
    joined = merged(("key", alert) for alert in alerts)
    groups: list[set[int]] = []
    for entries in sets:
        linked = [group for group in groups if group & entries]
        groups = [group for group in groups if not group & entries]
        groups.append(set(entries).union(*linked))
    assert sorted(map(sorted, groups)) == sorted(list(alert.entries) for alert in joined)
    for alert in joined:
        inside = [a for a in alerts if set(a.entries) <= set(alert.entries)]
        assert alert.measure == max(a.measure for a in inside)


def test_merging_keeps_keys_apart():
    assert len(merged([("one", one(1, 1, 2)), ("two", one(1, 2, 3))])) == 2
