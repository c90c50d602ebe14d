"""Every allocation, obligation and fine a second time: ten thousand entities for each method.

The programme takes 10,000 random entities through a year with its bulk commands; the oracle
(:mod:`compliance.oracle`) computes each alone, in fractions. Everything is equal to the unit.
"""

from __future__ import annotations

import random
from datetime import date
from fractions import Fraction as F

import pytest

from compliance import oracle
from helpers.compliance import EVIDENCE, Scheme, pack_with
from tanheng.compliance import commands as c
from tanheng.programme.programme import Outcome
from tanheng.programme.signing import Request
from tanheng.registry import commands as r

COUNT = 10_000
CLASSES = ("steel", "coke", "power")
METHODS = (
    "benchmark", "historical_intensity", "grandfathering", "benchmark_responsibility", "auction",
)  # fmt: skip


def dec(chance: random.Random, most: int, places: int) -> str:
    """A decimal text; now and then one that ends in a half or is whole."""
    value = chance.randint(0, most)
    kind = chance.random()
    if kind < 0.2:
        return f"{value}.5"
    if kind < 0.3:
        return str(value)
    return f"{value}.{chance.randint(0, 10**places - 1):0{places}}"


def share(chance: random.Random, low: int = 0, high: int = 100) -> F:
    return F(chance.randint(low * 10, high * 10), 1000)


def draw_law(chance: random.Random, method: str) -> oracle.Law:
    """Numbers of a law; each optional one is there two times out of three."""

    def perhaps(value: F) -> F | None:
        return value if chance.random() < 0.67 else None

    return oracle.Law(
        rounding=chance.choice(("half_up", "half_even", "down", "up")),
        reduction=F(chance.randint(5000, 11000), 10000), free=perhaps(share(chance, 50, 100)),
        pre=perhaps(share(chance, 30, 100)), cap=perhaps(share(chance, 1, 40)),
        relief=perhaps(share(chance, 0, 40)), uplift=F(chance.randint(1000, 1500), 1000),
        multiple=F(chance.randint(1, 5)), ceiling=perhaps(F(chance.randint(10**6, 10**10))),
        next_multiple=F(chance.choice((1, 2, F(3, 2)))),
        benchmarks={name: F(chance.randint(1, 30000), 10000) for name in CLASSES},
        unverified=chance.choice(("none", "reported")), price=F(chance.randint(100, 9999)),
    )  # fmt: skip


def draw_data(chance: random.Random, method: str) -> dict[str, str]:
    """Activity data that the method needs; never so that its result is negative."""
    names = chance.sample(CLASSES, chance.randint(1, 3))
    if method == "grandfathering":
        return {"baseline": dec(chance, 90_000, 4)}
    data = {f"output:{name}": dec(chance, 9_000, 3) for name in names}
    if method == "historical_intensity":
        data |= {f"intensity:{name}": dec(chance, 9, 4) for name in names}
    if method == "benchmark" and chance.random() < 0.6:
        data["factor:cooling"] = f"0.{chance.randint(900, 999)}"
        data["factor:load"] = f"1.{chance.randint(0, 99):02}"
    if method == "benchmark_responsibility":
        # Less of the same class than is made.
        name = names[0]
        data[f"intake:{name}"] = f"{F(data[f'output:{name}']) // 2}"
    return data


def draw_year(chance: random.Random, method: str) -> oracle.Year:
    first = draw_data(chance, method)
    later = {k: v for k, v in draw_data(chance, method).items() if k in first}
    later = {**first, **later}
    if method == "benchmark_responsibility":
        later = first
    emissions: list[tuple[str, str, str]] = []
    # The benchmark method charges inputs already: only direct emissions may count besides.
    items = (
        ("direct",) if method == "benchmark_responsibility" else ("direct", "electricity", "heat")
    )
    for item in chance.sample(items, chance.randint(0, len(items))):
        how = "verified" if chance.random() < 0.8 else "reported"
        emissions.append((item, dec(chance, 40_000, 3), how))
    days = chance.randint(1, 366) if chance.random() < 0.1 else None
    return oracle.Year(first, later, emissions, 366, days)


def draft(method: str, law: oracle.Law) -> str:
    """The law as an overlay."""

    def number(name: str, unit: str, value: F | None, of: str = "") -> str:
        if value is None:
            return ""
        text = f"{float(value):.6f}".rstrip("0").rstrip(".")
        assert F(text) == value
        more = f"of: {of}, " if of else ""
        return (
            f'      - {{from: 2010-01-01, {more}value: "{text}", clause: Draft, status: assumed}}\n'
        )

    def parameter(name: str, unit: str, values: str) -> str:
        head = f"  {name}:\n    title: {{en: Draft, zh: 草案}}\n    unit: {unit}\n    values:\n"
        return head + values if values else ""

    rule = "{{value: {}, clause: Draft, status: assumed}}"
    choices = {
        "rounding": law.rounding, "closure": "days", "unverified": law.unverified,
        "excess": "at_deadline", "steps": "[make_up, next_year, fine]", "price_span": "stated",
    }  # fmt: skip
    if method == "benchmark_responsibility":
        choices["items"] = "[direct]"
    text = "plan:\n" + "".join(f"  {k}: {rule.format(v)}\n" for k, v in choices.items())
    text += f"  sectors:\n    tried:\n      title: {{en: Tried, zh: 试}}\n      method: {rule.format(method)}\n"
    marks = "".join(number("benchmark", "", v, name) for name, v in law.benchmarks.items())
    return text + "parameters:\n" + "".join((
        parameter("benchmark", "tCO2e per measure", marks),
        *(
            parameter(name, unit, number(name, unit, value))
            for name, unit, value in (
                ("reduction_factor", "ratio", law.reduction), ("free_share", "share", law.free),
                ("preallocation_share", "share", law.pre), ("true_up_cap_share", "share", law.cap),
                ("relief_shortfall_share", "share", law.relief),
                ("conservative_uplift", "ratio", law.uplift), ("fine_multiple", "ratio", law.multiple),
                ("fine_cap", "fen", law.ceiling), ("next_year_multiple", "ratio", law.next_multiple),
            )
        ),
    ))  # fmt: skip


def open_accounts(s: Scheme) -> None:
    asked = [
        Request(r.OpenAccount(f"acc{n}", "operator", f"h{n}"), "gov1", f"open{n}")
        for n in range(COUNT)
    ]
    for start in range(0, COUNT, 2500):
        for answer in s.programme.execute_many(asked[start : start + 2500]):
            assert isinstance(answer, Outcome), answer.message()


@pytest.mark.parametrize("method", METHODS)
def test_a_year_of_ten_thousand_entities(method: str) -> None:
    chance = random.Random(f"year of {method}")
    law = draw_law(chance, method)
    years = [draw_year(chance, method) for _ in range(COUNT)]
    s = Scheme(
        pack_with("cn-shenzhen-ets", draft(method, law), kyc=_nobody()), entities=0,
        issue={"SZA-2016": 2 * 10**9},
    )  # fmt: skip
    open_accounts(s)
    s.do(c.EnterEntities(
        tuple(
            (f"E{n}", f"acc{n}", "tried", "R", 2013,
             date(2016, 1, 1).fromordinal(date(2015, 12, 31).toordinal() + y.days).isoformat()
             if y.days else "", n)
            for n, y in enumerate(years)
        ), EVIDENCE,
    ))  # fmt: skip
    _enter(s, [y.first for y in years])
    s.do(c.PreAllocate(2016))
    _enter(s, [y.later for y in years])
    s.do(c.TrueUp(2016))
    rows = [(f"E{n}", *e, n) for n, y in enumerate(years) for e in y.emissions]
    s.do(c.EnterEmissions(2016, tuple(rows), EVIDENCE))
    if method != "auction":
        s.at("2017-05-02 11:00").do(c.SurrenderYear(2016))
    s.at("2017-07-04 11:00").do(c.CloseYear(2016), c.Enforce(2016, "make_up"))
    price = f"{float(law.price):.0f}"
    s.at("2017-07-11 11:00").do(
        c.EnterPrices("S", (("2017-03-01", price, 0, 2),), EVIDENCE, "drawn"),
        c.Enforce(2016, "next_year"), c.Enforce(2016, "fine", (), "S"),
    )  # fmt: skip
    seen = {"A": 0, "B": 0, "C": 0}
    for n, year in enumerate(years):
        seen[_compare(s, f"E{n}", method, law, year)] += 1
    assert sum(seen.values()) == COUNT
    assert seen["B"] > COUNT // 20
    assert seen["C"] > COUNT // 20


def _nobody() -> object:
    from tanheng.rules import KnowYourCustomer

    return KnowYourCustomer(required_for=(), valid_days=None)


def _enter(s: Scheme, data: list[dict[str, str]]) -> None:
    rows = [(f"E{n}", item, value, n) for n, one in enumerate(data) for item, value in one.items()]
    if rows:
        s.do(c.EnterData(2016, tuple(rows), EVIDENCE))


def _compare(s: Scheme, name: str, method: str, law: oracle.Law, year: oracle.Year) -> str:
    """Hold the engine's record against the oracle; returns the status."""
    record = s.record(name, 2016)
    pre, final = oracle.allocations(method, law, year)
    assert [(a.stage, a.amount) for a in record.allocations] == [("pre", pre), ("final", final)]
    owes = oracle.obligation(law, year, final)
    last = record.outcomes[-1]
    if owes is None:
        assert (last.status, last.obligation, last.shortfall) == ("C", -1, 0)
        return last.status
    had = final if method != "auction" else 0
    short = max(owes - had, 0)
    assert (last.obligation, last.shortfall) == (owes, short)
    assert last.surrendered == min(owes, had)
    assert last.status == ("B" if short else "A")
    steps = {step.step: step.amount for step in record.steps}
    if short:
        assert steps["next_year"] == oracle.whole(short * law.next_multiple, "up")
        assert steps["fine"] == oracle.fine(law, short)
    else:
        assert steps == {}
    return last.status


CASES = 10_000


@pytest.mark.parametrize("rule", ["half_up", "half_even", "down", "up"])
def test_rounding(rule: str) -> None:
    from decimal import Decimal

    from tanheng.traced import rounded

    chance = random.Random(f"rounding {rule}")
    for _ in range(CASES):
        text = dec(chance, 10**9, 6)
        sign = chance.choice(("", "-")) if rule != "half_up" else ""
        value = Decimal(sign + text)
        assert rounded(value, rule) == oracle.whole(F(sign + text), rule), value  # type: ignore[arg-type]


def test_limits_and_claims() -> None:
    """Limits within, least parts at least, the larger of both ends of a carry-over."""
    from decimal import Decimal as D

    from tanheng.compliance import formulas as f

    chance = random.Random("limits")
    for _ in range(CASES):
        base, part = D(dec(chance, 10**7, 3)), D(chance.randint(0, 1000)) / 1000
        exact = F(str(base)) * F(str(part))
        assert f.offset_limit(base, part) == oracle.whole(exact, "down")
        assert f.borrow_limit(base, part) == oracle.whole(exact, "down")
        assert f.carry_over_share(base, part) == oracle.whole(exact, "down")
        assert f.origin_minimum(base, part) == oracle.whole(exact, "up")
        assert f.next_year(base, part) == oracle.whole(exact, "up")
        least, sales = D(chance.randint(0, 20_000)), D(chance.randint(-10_000, 10_000))
        most = F(str(least)) + max(F(str(sales)), F(0)) * F(3, 2)
        got = f.carry_over_sales(base, least, sales, D("1.5"), D(0))
        assert got == oracle.whole(min(F(str(base)), most), "down")


def test_fines() -> None:
    from decimal import Decimal as D

    from tanheng.compliance import formulas as f

    chance = random.Random("fines")
    for _ in range(CASES):
        turnover, volume = chance.randint(1, 10**9), chance.randint(1, 10**5)
        short, multiple = chance.randint(0, 10**6), chance.randint(1, 5)
        price = f.average_price(D(turnover), D(volume))
        exact = F(turnover, volume) * short * multiple
        if oracle.whole(exact, "down") == exact - F(1, 2):
            continue  # halves of an endless price are tried in the engine, which has more digits
        assert f.fine(D(short), price, D(multiple), None) == oracle.whole(exact, "half_up")
