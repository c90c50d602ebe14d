"""The natural balance: what must hold of it, a case by hand, and a naive one beside it."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from tanheng.cli.simulate import app
from tanheng.report.balance import BalancePicture, output_figure, render_balance
from tanheng.simulate.balance import (
    LOAD,
    Balance,
    Makers,
    Market,
    State,
    draw_makers,
    equilibrium,
    simulate_balance,
)

SEEDS = (1, 2, 3)
COARSE = np.arange(61) / 20


def makers_of(rows: Sequence[Sequence[float]]) -> Makers:
    """From rows (capacity, intensity, contribution, fixed)."""
    return Makers(*np.array(rows, dtype=np.float64).T)


def swept(seed: int, entry: bool = False, **market: float) -> Balance:
    drawn = draw_makers(40, seed)
    demand = float(LOAD * drawn.capacity.sum())
    return simulate_balance(drawn, Market(demand=demand, **market), ratios=COARSE, entry=entry)


# Three makers by hand: intensities 1, 2, 3 (mean 2), capacity 10 each, 8 CNY kept per unit and no
# fixed costs. A tonne costs 10 CNY, the product 100. Demand is 27 / (1 + b / 10).
THREE = makers_of([(10, 1, 8, 0), (10, 2, 8, 0), (10, 3, 8, 0)])
HAND = Market(demand=27.0, carbon_price=10.0, elasticity=1.0, product_price=100.0)


@pytest.mark.parametrize(
    "benchmark, staying, output",
    [
        (0.0, "---", 0.0),  # even the best pays 10 > 8
        (1.0, "A--", 10.0),  # B pays 10
        (1.2, "AB-", 20.0),  # B pays exactly 8: not more than its margin
        (2.0, "AB-", 20.0),  # C pays 10; demand is 22.5
        (2.2, "ABC", 27 / 1.22),
        (2.5, "ABC", 21.6),
        (8.0, "ABC", 15.0),
    ],
)  # fmt: skip
def test_three_makers_by_hand(benchmark: float, staying: str, output: float) -> None:
    # Exactly at a threshold rounding could decide; a hair above it the maker stays.
    found = equilibrium(THREE, HAND, benchmark * (1 + 1e-14))
    assert [name != "-" for name in staying] == found.staying.tolist()
    assert found.output == pytest.approx(output, rel=1e-12)


def test_the_band_of_three_makers_by_hand() -> None:
    """Most at b = 2.2, 27/1.22; 95 % of it until 1 + b/10 = 1.22/0.95; below 2.2 only 20 are made."""
    found = simulate_balance(THREE, HAND, ratios=np.array([0, 0.5, 1, 1.1 + 1e-12, 1.5, 4]))
    assert found.band.low == pytest.approx(1.1, abs=1e-9)
    assert found.band.high == pytest.approx(10 * (1.22 / 0.95 - 1) / 2, abs=1e-9)
    assert found.band.peak == pytest.approx(1.1)
    # Nothing puts the mean into the band.
    assert not found.band.holds(1.0)


def test_one_exit_can_save_the_rest() -> None:
    """Fixed costs 4, kept 8: half a load is needed. 14 of 30 is too little, 14 of 20 is enough."""
    same = makers_of([(10, 1, 8, 4)] * 3)
    market = Market(demand=14.0, carbon_price=0.0)
    found = equilibrium(same, market, 1.0)
    assert found.staying.tolist() == [True, True, False]
    assert found.load == pytest.approx(0.7)
    assert found.money_cny == pytest.approx(20 * (0.7 * 8 - 4))
    assert equilibrium(same, replace(market, demand=4.0), 1.0).output == 0.0


@pytest.mark.parametrize("fixed, stays", [(0, True), (1, False)])
def test_who_just_breaks_even_stays(fixed: int, stays: bool) -> None:
    """R × price is (2 − 1) × 8 per unit, and so is what is kept: not more, unless costs come on top."""
    found = equilibrium(makers_of([(10, 2, 8, fixed)]), Market(demand=5.0, carbon_price=8.0), 1.0)
    assert found.staying.tolist() == [stays]


def test_a_small_maker_comes_back_where_a_large_one_cannot() -> None:
    """Needs: 1/4, 1/2, 5/9 of full load. With the large one 12 meet 40; with the small one 12."""
    rows = [(10, 1, 8, 2), (30, 1, 8, 4), (2, 1, 9, 5)]
    market = Market(demand=12.0, carbon_price=0.0)
    assert equilibrium(makers_of(rows), market, 1.0).staying.tolist() == [True, False, False]
    back = equilibrium(makers_of(rows), market, 1.0, entry=True)
    assert back.staying.tolist() == [True, False, True]
    assert back.output == 12.0


def naive(makers: Makers, market: Market, benchmark: Fraction, demand: Fraction) -> list[int]:
    """Play the rounds of the module's text in exact numbers: the weakest of the losers leaves."""
    rows = [[Fraction(x) for x in row] for row in zip(
        makers.capacity, makers.intensity, makers.contribution, makers.fixed, strict=True)]  # fmt: skip
    price = Fraction(market.carbon_price)
    inside = list(range(len(rows)))
    while inside:
        load = min(Fraction(1), demand / sum(rows[i][0] for i in inside))

        def loses(i: int, load: Fraction = load) -> bool:
            capacity, intensity, contribution, fixed = rows[i]
            answers = load * capacity * (intensity - benchmark)
            return answers * price > capacity * (load * contribution - fixed)

        def needs(i: int) -> tuple[Fraction, int]:
            _, intensity, contribution, fixed = rows[i]
            kept = contribution - price * (intensity - benchmark)
            if kept < 0 or (kept == 0 and fixed > 0):
                return Fraction(10**9), i
            return (fixed / kept if fixed else Fraction(0)), i

        losers = [i for i in inside if loses(i)]
        if not losers:
            break
        inside.remove(max(losers, key=needs))
    return inside


# Small dyadic numbers: everything up to the load is exact in both.
ROW = st.tuples(*(st.integers(low, high) for low, high in ((1, 8), (0, 8), (1, 40), (0, 16))))


@settings(max_examples=120, deadline=None)
@given(
    rows=st.lists(ROW, min_size=1, max_size=6).filter(lambda rows: any(row[1] for row in rows)),
    demand=st.integers(1, 40),
    price=st.integers(0, 12),
    benchmark=st.integers(0, 16),
    entry=st.booleans(),
)
def test_it_is_what_the_rounds_come_to(
    rows: list[tuple[int, ...]], demand: int, price: int, benchmark: int, entry: bool
) -> None:
    makers = makers_of(rows)
    market = Market(demand=float(demand), carbon_price=float(price), elasticity=0.0)
    found = equilibrium(makers, market, float(benchmark), entry=entry)
    rounds = naive(makers, market, Fraction(benchmark), Fraction(demand))
    staying = np.flatnonzero(found.staying).tolist()
    if not entry:
        assert staying == sorted(rounds)
        return
    assert set(rounds) <= set(staying)
    for maker in range(len(rows)):
        # Nobody inside loses, and nobody outside could come in without losing.
        with_it = found.staying.copy()
        with_it[maker] = True
        load = min(1.0, demand / makers.capacity[with_it].sum())
        kept = makers.contribution[maker] - price * (makers.intensity[maker] - benchmark)
        gain = load * kept - makers.fixed[maker]
        assert gain >= -1e-9 if found.staying[maker] else gain < 1e-9


def test_no_set_of_makers_in_which_nobody_loses_makes_more() -> None:
    """Where all cost alike, of all sets that can live none makes more than the one the rounds leave."""
    makers = makers_of([(c, 1, 8, 4) for c in (3, 5, 7, 11)])
    market = Market(demand=9.0, carbon_price=0.0)
    living = [
        sum(group) for size in range(1, 5) for group in combinations((3, 5, 7, 11), size)
        if min(1.0, 9.0 / sum(group)) * 8 >= 4
    ]  # fmt: skip
    found = equilibrium(makers, market, 1.0)
    assert found.output == max(min(9.0, total) for total in living)


@pytest.mark.parametrize("seed", SEEDS)
def test_too_high_and_too_low_both_shrink_the_industry(seed: int) -> None:
    found = swept(seed, carbon_price=200.0)
    band, top = found.band, found.output.max()
    assert not band.low_open
    assert not band.high_open
    assert 0 < band.low <= band.peak <= band.high < 3
    assert found.output[0] < 0.7 * top
    assert found.output[-1] < 0.9 * top
    assert found.makers[0] < found.makers[-1]
    # At the low end capacity is what lacks, at the high end demand.
    assert found.output[0] == found.capacity[0] < found.demand[0]
    assert found.output[-1] == found.demand[-1] < found.capacity[-1]


@pytest.mark.parametrize("seed", SEEDS)
def test_the_band_is_where_output_keeps_its_share(seed: int) -> None:
    drawn = draw_makers(40, seed)
    market = Market(demand=float(LOAD * drawn.capacity.sum()), carbon_price=200.0)
    found = simulate_balance(drawn, market, ratios=COARSE, share=0.9)

    def output(ratio: float) -> float:
        return equilibrium(drawn, market, ratio * drawn.mean).output / found.reference

    least = 0.9 * found.output.max()
    band = found.band
    assert all(output(x) >= least for x in np.linspace(band.low, band.high, 50))
    assert output(band.low - 1e-9) < least
    assert output(band.high + 1e-9) < least
    assert [band.holds(x) for x in (band.low, band.high, band.high + 1e-9)] == [True, True, False]
    wide = simulate_balance(drawn, market, ratios=COARSE, share=0.8).band
    assert wide.low < band.low
    assert wide.high > band.high


@pytest.mark.parametrize("seed", SEEDS)
def test_without_a_carbon_price_the_set_value_moves_nothing(seed: int) -> None:
    found = swept(seed, carbon_price=0.0)
    assert np.ptp(found.output) == 0
    assert found.output[0] == 1.0
    assert np.ptp(found.money) == 0
    assert found.makers.tolist() == [40] * COARSE.size
    assert (found.band.low_open, found.band.high_open) == (True, True)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_moves_the_ends(seed: int) -> None:
    ends = [swept(seed, elasticity=e, carbon_price=200.0).band.high for e in (0.5, 1.0, 2.0, 4.0)]
    assert ends == sorted(ends, reverse=True)
    assert len(set(ends)) == 4
    stiff = swept(seed, elasticity=0.0, carbon_price=200.0)
    assert stiff.band.high_open
    assert (np.diff(stiff.output) >= 0).all()
    prices = (100.0, 200.0, 400.0)
    widths = [band.high - band.low for band in (swept(seed, carbon_price=p).band for p in prices)]
    assert widths == sorted(widths, reverse=True)
    # Where demand falls with the price fewer makers are needed, and the low end may fall as well.
    lows = [swept(seed, elasticity=0.0, carbon_price=price).band.low for price in prices]
    assert lows == sorted(lows)
    assert lows[0] < lows[-1]


@pytest.mark.parametrize("seed", SEEDS)
def test_rich_makers_leave_only_the_consumers_to_shrink_it(seed: int) -> None:
    drawn = draw_makers(40, seed)
    rich = replace(drawn, contribution=drawn.contribution + 1e5)
    found = simulate_balance(rich, Market(demand=float(rich.capacity.sum() / 2)), ratios=COARSE)
    assert (np.diff(found.output) < 0).all()
    assert found.band.low_open


@pytest.mark.parametrize("ratio", [0.0, 0.4, 1.0, 1.7, 3.0])
def test_pass_through_draws_the_set_value_to_the_mean(ratio: float) -> None:
    drawn = draw_makers(40, 1)
    market = Market(demand=float(LOAD * drawn.capacity.sum()), carbon_price=200.0, elasticity=1.0)

    def at(part: float, x: float) -> State:
        return equilibrium(drawn, replace(market, pass_through=part), x * drawn.mean)

    for part in (0.25, 0.5, 1.0):
        one, other = at(part, ratio), at(0.0, 1 + (1 - part) * (ratio - 1))
        assert one.output == pytest.approx(other.output, rel=1e-12)
        assert one.money_cny == pytest.approx(other.money_cny, rel=1e-9)
    flat = at(1.0, ratio)
    assert flat.output == pytest.approx(at(1.0, 1.0).output, rel=1e-12)


@pytest.mark.parametrize("benchmark", [0.0, 0.6, 1.0, 2.5])
def test_no_tonne_is_lost_between_makers_and_consumers(benchmark: float) -> None:
    drawn = draw_makers(40, 4)
    market = Market(demand=float(LOAD * drawn.capacity.sum()), carbon_price=150.0)
    found = equilibrium(drawn, market, benchmark)
    both = found.responsibility_tco2e + benchmark * found.output
    assert both == pytest.approx(found.emission_tco2e, rel=1e-12)
    sold = found.load * drawn.capacity[found.staying]
    assert sold.sum() == pytest.approx(found.output)
    assert sold @ drawn.intensity[found.staying] == pytest.approx(found.emission_tco2e)


def test_makers_follow_from_the_seed_alone() -> None:
    one, again, other = draw_makers(30, 7), draw_makers(30, 7), draw_makers(30, 8)
    assert np.array_equal(one.intensity, again.intensity)
    assert not np.array_equal(one.intensity, other.intensity)
    assert one.mean == pytest.approx(1.0)
    everybody = equilibrium(one, Market(demand=LOAD * one.capacity.sum(), carbon_price=0.0), 1.0)
    assert everybody.staying.all()


@pytest.mark.parametrize(
    "rows",
    [[(0, 1, 8, 0)], [(1, -1, 8, 0)], [(1, 1, 8, -1)], [(1, 0, 8, 0)], [(1, 1, np.nan, 0)]],
)
def test_makers_out_of_range_are_refused(rows: list[tuple[float, ...]]) -> None:
    with pytest.raises(ValueError):
        makers_of(rows)


def test_other_faults_are_refused() -> None:
    with pytest.raises(ValueError, match="one length"):
        Makers(np.ones(2), np.ones(1), np.ones(2), np.ones(2))
    for wrong in (
        {"demand": 0.0}, {"carbon_price": -1.0}, {"elasticity": -1.0}, {"product_price": 0.0},
        {"pass_through": 1.1}, {"demand": np.inf},
    ):  # fmt: skip
        with pytest.raises(ValueError):
            Market(**{"demand": 1.0, **wrong})
    for count, seed in ((0, 1), (10_001, 1), (5, -1)):
        with pytest.raises(ValueError):
            draw_makers(count, seed)
    for ratios in (np.array([1.0]), np.array([1.0, 1.0]), np.array([-0.1, 1.0])):
        with pytest.raises(ValueError, match="rising"):
            simulate_balance(THREE, HAND, ratios=ratios)
    for share in (0.0, 1.1):
        with pytest.raises(ValueError, match="share"):
            simulate_balance(THREE, HAND, share=share)
    with pytest.raises(ValueError, match="no maker stays"):
        simulate_balance(makers_of([(1, 1, 1, 5)]), HAND)


def run(*words: str) -> str:
    done = CliRunner().invoke(app, ["balance", *words])
    assert done.exit_code == 0, done.output
    return done.stdout


def test_the_command_says_the_same_in_every_form(tmp_path: Path) -> None:
    out = tmp_path / "balance.html"
    options = ("--seed", "3", "--makers", "30", "--price", "150")
    data = json.loads(run(*options, "--json", "--out", str(out)))
    drawn = draw_makers(30, 3)
    market = Market(demand=float(LOAD * drawn.capacity.sum()), carbon_price=150.0)
    assert data["output"] == simulate_balance(drawn, market).output.tolist()
    band = data["band"]
    for language, word in (("en", "Sustainable band"), ("zh", "可持续区间")):
        text = run(*options, "--lang", language)
        assert word in text
        assert f"{band['low']:.3f}" in text
        assert f"{band['high']:.3f}" in text
    page = out.read_text(encoding="utf-8")
    # Plotly's own script names addresses that it never fetches unless asked to; ours names none.
    ours = re.sub(r"<script>.*?</script>", "", page, flags=re.DOTALL)
    assert not re.search(r"https?:|src=|<link[^>]+href=\"(?!data:)", ours)
    assert f"{band['low']:.2f} – {band['high']:.2f}" in ours
    for text in ("自然平衡", "Natural balance", "可持续区间", "Sustainable band"):
        assert text in ours
    charts = json.loads(re.search(r'id="charts">(.*?)</script>', page, re.DOTALL)[1])  # type: ignore[index]
    assert charts["output"]["zh"]["data"][-1]["name"] == "产量"
    shown = charts["output"]["en"]["data"][-1]["y"]
    assert shown == pytest.approx([100 * x for x in data["output"]], rel=1e-4)
    # The page's script cuts these labels on narrow screens and stumbles where there are none.
    assert charts["money"]["en"]["layout"]["yaxis"]["ticktext"]


@pytest.mark.parametrize("words", [("--share", "0"), ("--share", "1.5"), ("--makers", "0"),
                                   ("--out", "nowhere/a.html"), ("--pass-through", "2")])  # fmt: skip
def test_the_command_refuses_what_makes_no_sense(words: tuple[str, str]) -> None:
    assert CliRunner().invoke(app, ["balance", *words]).exit_code == 2


def test_an_end_that_is_not_there_is_not_drawn() -> None:
    def picture(low_open: bool, high_open: bool) -> BalancePicture:
        two = [0.0, 3.0]
        return BalancePicture(
            two, [1.0, 1.0], [1.0, 1.0], [1.1, 1.1], [0.1, 0.2], [5, 5], 0.0, 3.0, low_open,
            high_open, 0.0, 3.0, 0.95, 1, 5, 50.0, 0.0, 0.0,
        )  # fmt: skip

    counts = [
        len(output_figure(picture(*ends), "en")["layout"]["shapes"])
        for ends in ((True, True), (False, True), (False, False))
    ]
    assert counts == [2, 3, 4]
    page = render_balance(picture(True, True))
    assert "no ends" in page
    assert "nothing here holds back a high set value" in page


def test_the_figures_of_the_document_are_those_of_the_program() -> None:
    text = (Path(__file__).parents[2] / "docs" / "natural-balance.md").read_text(encoding="utf-8")
    shown = re.search(r"--out balance.html\n(.*?)```", text, re.DOTALL)
    assert shown
    assert shown[1] == run("--lang", "en")
    drawn = draw_makers(60, 1)

    def said(price: float, elasticity: float, part: float = 0.0) -> str:
        demand = float(LOAD * drawn.capacity.sum())
        band = simulate_balance(drawn, Market(demand, price, elasticity, pass_through=part)).band
        if band.low_open and band.high_open:
            return "no ends"
        return f"{'–' if band.low_open else f'{band.low:.2f}'} to {band.high:.2f}"

    rows = re.findall(r"^\| (\d+) \| (.+) \| (.+) \| (.+) \|$", text, re.MULTILINE)
    assert len(rows) == 5
    for price, *cells in rows:
        assert cells == [said(float(price), elasticity) for elasticity in (0.5, 1.0, 2.0)]
    parts = dict(re.findall(r"^\| ([\d.]+)(?: and 1)? \| ([^|]+) \|$", text, re.MULTILINE))
    assert parts == {part: said(100.0, 0.5, float(part)) for part in ("0", "0.25", "0.5", "0.75")}
    assert said(100.0, 0.5, 1.0) == "no ends"
