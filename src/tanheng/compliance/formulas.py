"""Statute arithmetic of a compliance year: pure functions on plain or traced numbers.

Each is one rule of the field's; which one a scheme uses, and with which numbers, is its pack's
business. Amounts are tCO2e (one unit each) unless the name says otherwise; shares are 0 to 1. Limits
are rounded down: what exceeds a limit by a fraction of a unit exceeds it.
"""

from __future__ import annotations

from collections.abc import Sequence

from tanheng.traced import N, Rounding, greatest, least, named, rounded, total, within


def benchmark(products: Sequence[tuple[N, N]], factors: Sequence[N], zero: N) -> N:
    """Σ output × benchmark of its class, times the entity's factors.

    Args:
        products: output (class measure) and benchmark (tCO2e per class measure) of each product.
        factors: corrections such as cooling or load, usually near 1.
    """
    amount = total([output * value for output, value in products], zero)
    for factor in factors:
        amount = amount * factor
    return named(amount, "by benchmark", "按基准法", "tCO2e")


def historical_intensity(products: Sequence[tuple[N, N]], reduction_factor: N, zero: N) -> N:
    """Σ output × the entity's own historical intensity, times the reduction factor."""
    own = total([output * intensity for output, intensity in products], zero)
    return named(own * reduction_factor, "by historical intensity", "按历史强度法", "tCO2e")


def grandfathering(baseline_tco2e: N, reduction_factor: N) -> N:
    """Emissions of the base period, times the reduction factor."""
    return named(baseline_tco2e * reduction_factor, "by base period", "按历史排放法", "tCO2e")


def benchmark_responsibility(
    outputs: Sequence[tuple[N, N]], inputs: Sequence[tuple[N, N]], zero: N
) -> N:
    """Σ benchmark × output − Σ benchmark × intake: the free amount of the benchmark method.

    Direct emissions are the obligation, so that the net position is R of ``docs/method.md``.
    """
    made = total([quantity * value for quantity, value in outputs], zero)
    taken = total([quantity * value for quantity, value in inputs], zero)
    amount = named(made, "made, at benchmark", "产出（按基准值）", "tCO2e") - named(
        taken, "taken in, at benchmark", "投入（按基准值）", "tCO2e"
    )
    return named(amount, "by benchmark responsibility", "按基准值责任法", "tCO2e")


def free_part(amount: N, free_share: N) -> N:
    """The part that is free of charge; the rest is auctioned."""
    return named(amount * free_share, "free part", "免费部分", "tCO2e")


def closed(amount: N, days: N, year_days: N) -> N:
    """An allocation for the days of operation of an entity that closed in the year."""
    return named(amount * days / year_days, "for the days of operation", "按运行天数", "tCO2e")


def scaled(amount: N, factor: N) -> N:
    """An allocation under a cap: every entity's share is scaled down evenly, and rounded down."""
    return rounded(amount * factor, "down")


def scale_factor(cap: N, asked: N, one: N) -> N:
    """Cap ÷ what all entities together would get, at most 1."""
    return named(least(one, cap / asked), "cap factor", "总量调整系数")


def preallocation(amount: N, preallocation_share: N, rounding: Rounding) -> N:
    """The part that is given before the year is known."""
    return rounded(amount * preallocation_share, rounding)


def true_up(amount: N, pre: N, cap_share: N | None, rounding: Rounding) -> N:
    """The final allocation: as computed, but no further from the pre-allocation than the cap."""
    if cap_share is None:
        return rounded(amount, rounding)
    slack = named(pre * cap_share, "largest change", "调整上限", "tCO2e")
    return rounded(within(amount, pre - slack, pre + slack), rounding)


def conservative(emissions_tco2e: N, uplift: N) -> N:
    """What stands in for emissions that nobody verified."""
    return named(emissions_tco2e * uplift, "conservative value", "保守值", "tCO2e")


def obligation(
    emissions_tco2e: N, allocation_tco2e: N, relief_share: N | None, rounding: Rounding
) -> N:
    """Units to surrender: the emissions; with relief, at most the allocation plus a share of the
    emissions. Emissions below the allocation are never raised to it."""
    if relief_share is None:
        return rounded(emissions_tco2e, rounding)
    most = named(
        allocation_tco2e + emissions_tco2e * relief_share,
        "most with relief",
        "履约豁免上限",
        "tCO2e",
    )
    return rounded(least(emissions_tco2e, most), rounding)


def offset_limit(base_tco2e: N, share: N) -> N:
    """Credits that may be surrendered: a share of the base, in whole units within it."""
    return rounded(base_tco2e * share, "down")


def origin_minimum(credits: N, share: N) -> N:
    """How many of the credits must come from inside: rounded up."""
    return rounded(credits * share, "up")


def borrow_limit(obligation_tco2e: N, share: N) -> N:
    """Next year's allowances that may be used for this year."""
    return rounded(obligation_tco2e * share, "down")


def shortfall(obligation_tco2e: N, surrendered: N, zero: N) -> N:
    """What is missing, never negative."""
    return greatest(obligation_tco2e - surrendered, zero)


def fine(shortfall_tco2e: N, average_price_fen: N, multiple: N, cap_fen: N | None) -> N:
    """Multiple × average price × shortfall, in whole fen; not above the cap, where there is one."""
    amount = multiple * average_price_fen * shortfall_tco2e
    if cap_fen is not None:
        amount = least(amount, cap_fen)
    return rounded(amount, "half_up")


def next_year(shortfall_tco2e: N, multiple: N) -> N:
    """What is taken from the next year's allocation: rounded up to whole units."""
    return rounded(shortfall_tco2e * multiple, "up")


def carry_over_share(holding: N, share: N) -> N:
    """The part of a holding that may be carried over."""
    return rounded(holding * share, "down")


def carry_over_sales(holding: N, base: N, net_sales: N, multiple: N, zero: N) -> N:
    """A base amount and a multiple of the net sales, at most the holding.

    Net purchases count as no sales.
    """
    most = base + greatest(net_sales, zero) * multiple
    return rounded(least(holding, most), "down")


def average_price(turnover_fen: N, volume_tco2e: N) -> N:
    """Σ price × volume ÷ Σ volume, in fen per unit; not rounded. Where volumes are not known, the
    sum of prices ÷ the number of days."""
    return named(turnover_fen / volume_tco2e, "average price", "平均价格", "fen")
