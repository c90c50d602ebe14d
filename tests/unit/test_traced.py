"""Traced numbers: the same values as plain ones, and a formula that says how they came about."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tanheng.compliance import formulas
from tanheng.traced import (
    Rounding,
    Traced,
    greatest,
    least,
    named,
    rounded,
    total,
    whole,
    within,
)
from tanheng.why import Bilingual, Row, Why

RULES: tuple[Rounding, ...] = ("half_up", "half_even", "down", "up")


def of(text: str, name: str = "", **more: Any) -> Traced:
    return Traced(Decimal(text), name=Bilingual(name, name.upper()), **more)


A, B, C, MINUS = of("6", "a"), of("4", "b"), of("2", "c"), of("-3", "m")


def said(number: Traced) -> str:
    """The formula, as anybody reads it: by names, then by numbers."""
    return number.why().formula.en


# Values


@pytest.mark.parametrize(
    "text, wanted",
    [
        ("0.5", "1 0 0 1"), ("1.5", "2 2 1 2"), ("2.5", "3 2 2 3"), ("2.4999", "2 2 2 3"),
        ("2.5001", "3 3 2 3"), ("-0.5", "-1 0 -1 0"), ("-1.5", "-2 -2 -2 -1"),
        ("-2.5", "-3 -2 -3 -2"), ("3", "3 3 3 3"), ("0", "0 0 0 0"),
    ],
)  # fmt: skip
def test_every_rule_of_rounding_on_both_sides_of_zero(text: str, wanted: str) -> None:
    """Halves go away from zero, or to even; down and up are towards −∞ and +∞."""
    for rule, number in zip(RULES, map(int, wanted.split()), strict=True):
        assert whole(rounded(Decimal(text), rule)) == number
        assert whole(rounded(of(text), rule)) == number


@pytest.mark.parametrize(
    "rule, places, wanted",
    [("half_up", 2, "1.35"), ("half_even", 2, "1.34"), ("down", 1, "1.3"), ("up", 1, "1.4"),
     ("half_up", 3, "1.345"), ("half_up", 5, "1.34500")],
)  # fmt: skip
def test_rounding_to_places(rule: Rounding, places: int, wanted: str) -> None:
    assert str(rounded(Decimal("1.345"), rule, places)) == wanted
    assert str(rounded(of("1.345"), rule, places).value) == wanted


def test_rounding_a_number_of_more_digits_than_usual() -> None:
    """Products of entered quantities have up to 54 digits."""
    text = "999999999999999999999999999999.5"
    assert rounded(Decimal(text), "half_up") == Decimal("1000000000000000000000000000000")


def test_only_whole_numbers_are_whole() -> None:
    assert whole(Decimal("3.000")) == whole(of("3.0")) == 3
    assert whole(Decimal("-0")) == 0
    for number in (Decimal("3.0001"), of("2.5")):
        with pytest.raises(ValueError, match="was not rounded to whole units"):
            whole(number)


def test_the_choices() -> None:
    assert least(Decimal(2), Decimal(1)) == Decimal(1)
    assert greatest(Decimal(2), Decimal(1)) == Decimal(2)
    assert (least(A, B, C).value, greatest(B, A, C).value) == (2, 6)
    for number, wanted in (("1", 2), ("2", 2), ("3", 3), ("4", 4), ("5", 4)):
        assert within(Decimal(number), Decimal(2), Decimal(4)) == wanted
        assert within(of(number, "x"), C, B).value == wanted
    assert total([], Decimal(0)) == 0
    assert total([Decimal(1), Decimal(2)], Decimal(100)) == 3  # zero only where there are none
    assert total([], C) is C
    assert total([A], C) is A


NUMBERS = st.decimals("-1000", "1000", places=3)


@given(NUMBERS, NUMBERS, NUMBERS, st.sampled_from(RULES))
def test_traced_numbers_are_the_plain_ones(
    a: Decimal, b: Decimal, c: Decimal, rule: Rounding
) -> None:
    def figure(x: Any, y: Any, z: Any) -> Any:
        some = named(x * y - z, "some", "若干")
        return rounded(within(some + z / total([x, y], z) if a + b else some, x, y), rule, 1)

    traced = figure(Traced(a), Traced(b), Traced(c))
    assert traced.value == figure(a, b, c)
    assert traced.why().value == traced.value


# Formulas


@pytest.mark.parametrize(
    "number, wanted",
    [
        (A + B - C, "a + b − c = 6 + 4 − 2"),
        (A - (B - C), "a − (b − c) = 6 − (4 − 2)"),
        (A - (B + C), "a − (b + c) = 6 − (4 + 2)"),
        ((A - B) + C, "a − b + c = 6 − 4 + 2"),
        (A + (B - C), "a + b − c = 6 + 4 − 2"),
        ((A + B) * C, "(a + b) × c = (6 + 4) × 2"),
        (A * (B + C), "a × (b + c) = 6 × (4 + 2)"),
        (A + B * C, "a + b × c = 6 + 4 × 2"),
        (A * B / C, "a × b ÷ c = 6 × 4 ÷ 2"),
        (A / (B * C), "a ÷ (b × c) = 6 ÷ (4 × 2)"),
        (A / (B / C), "a ÷ (b ÷ c) = 6 ÷ (4 ÷ 2)"),
        (A * (B / C), "a × b ÷ c = 6 × 4 ÷ 2"),
        (least(A, B + C) * C, "the least of (a, b + c) × c = the least of (6, 4 + 2) × 2"),
        (greatest(A - B, C), "the largest of (a − b, c) = the largest of (6 − 4, 2)"),
        (rounded(A * B, "down"), "a × b, rounded down = 6 × 4"),
        (A + of("-3"), "a + (-3) = 6 + (-3)"),
    ],
)
def test_a_formula_in_names_and_numbers(number: Traced, wanted: str) -> None:
    assert said(number) == wanted


@pytest.mark.parametrize("number", [A - MINUS, A * MINUS])
def test_a_negative_number_after_a_sign_stands_in_brackets(number: Traced) -> None:
    """``6 − -3`` is not how anybody writes it, whether the number has a name or not."""
    assert "(-3)" in said(number).partition(" = ")[2]


@pytest.mark.parametrize(
    "number",
    [
        rounded(A + B, "down") * C,
        C * rounded(A + B, "down"),
        A - rounded(B - C, "up"),
        rounded(A - B, "up") / rounded(B - C, "up"),
    ],
)
def test_the_numbers_of_a_formula_give_its_value(number: Traced) -> None:
    """A rounded sum is one thing: what stands there comes to what is said."""
    text = said(number).partition(" = ")[2]
    python = text.replace("×", "*").replace("÷", "/").replace("−", "-")
    assert eval(python) == number.value, text


def test_a_name_makes_a_number_one_thing() -> None:
    part = named(A + B, "sum", "和", "t", "sum:x")
    found = (part * C).why()
    assert found.formula == Bilingual("sum × c = 10 × 2", "和 × C = 10 × 2")
    assert [p.name.en for p in found.parts] == ["sum", "c"]
    first = found.parts[0]
    assert (first.formula.en, first.measure, first.ask) == ("a + b = 6 + 4", "t", "sum:x")
    assert [p.name.en for p in first.parts] == ["a", "b"]
    assert named(Decimal(5), "five", "五") == Decimal(5)


def test_each_part_is_shown_once_and_in_its_order() -> None:
    found = (A * B + A * C - least(B, A)).why()
    assert [part.name.en for part in found.parts] == ["a", "b", "c"]


def test_leaves_keep_their_evidence() -> None:
    rows = (Row("entry 7, evidence ab", 3, "6, verified"),)
    leaf = of("6", "a", measure="tCO2e", note=Bilingual("art. 1", "第1条"), rows=rows, ask="x:y")
    found = (leaf + B).why().parts[0]
    assert isinstance(found, Why)
    assert (found.value, found.measure, found.note.zh, found.rows, found.ask) == (
        Decimal(6), "tCO2e", "第1条", rows, "x:y",
    )  # fmt: skip
    assert (found.formula.en, found.parts) == ("", [])


def test_decimals_are_shown_whole_and_texts_in_both_languages() -> None:
    number = rounded(of("1234567.8900", "a") * of("0.10", "b"), "half_up")
    found = number.why().formula
    assert found.en == "a × b, rounded, halves away from zero = 1,234,567.89 × 0.1"
    assert found.zh == "A × B, 四舍五入 = 1,234,567.89 × 0.1"
    assert least(A, B).why().formula.zh == "取小 (A, B) = 取小 (6, 4)"
    for rule in RULES:
        assert rounded(A, rule).why().formula.zh


# The statute functions, plain and traced

CASES: list[tuple[Any, tuple[Any, ...], str]] = [
    (formulas.scaled, ("100", "0.999"), "99"),
    (formulas.scale_factor, ("150", "200", "1"), "0.75"),
    (formulas.scale_factor, ("200", "150", "1"), "1"),
    (formulas.shortfall, ("100", "101", "0"), "0"),
    (formulas.shortfall, ("100", "99", "0"), "1"),
    (formulas.closed, ("366", "91", "366"), "91"),
    (formulas.offset_limit, ("1009", "0.1"), "100"),
    (formulas.origin_minimum, ("11", "0.7"), "8"),
    (formulas.origin_minimum, ("10", "0.7"), "7"),
    (formulas.borrow_limit, ("219", "0.05"), "10"),
    (formulas.next_year, ("33", "1.01"), "34"),
    (formulas.carry_over_share, ("33", "0.5"), "16"),
    (formulas.carry_over_sales, ("33", "10", "-5", "1.5", "0"), "10"),
    (formulas.average_price, ("10500", "3"), "3500"),
    (formulas.conservative, ("100", "1.1"), "110.0"),
    (formulas.free_part, ("100", "0.95"), "95.00"),
]


@pytest.mark.parametrize("function, given, wanted", CASES)
def test_statute_functions_on_both_kinds_of_numbers(
    function: Any, given: tuple[str, ...], wanted: str
) -> None:
    plain = function(*(Decimal(text) for text in given))
    traced = function(*(of(text, f"n{n}") for n, text in enumerate(given)))
    assert plain == traced.value == Decimal(wanted)
    assert traced.why().formula.en


@pytest.mark.parametrize(
    "amount, pre, share, wanted",
    [("121", "100", "0.2", 120), ("120", "100", "0.2", 120), ("79.9", "100", "0.2", 80),
     ("100.5", "100", None, 101), ("500", "0", "0.2", 0)],
)  # fmt: skip
def test_a_true_up_on_both_kinds_of_numbers(
    amount: str, pre: str, share: str | None, wanted: int
) -> None:
    def run(make: Any) -> Any:
        cap = None if share is None else make(share)
        return formulas.true_up(make(amount), make(pre), cap, "half_up")

    assert whole(run(Decimal)) == whole(run(of)) == wanted


@pytest.mark.parametrize(
    "emissions, allocation, share, wanted",
    [("100", "70", "0.2", 90), ("100", "80", "0.2", 100), ("100", "81", "0.2", 100),
     ("100", "70", "0", 70), ("50", "70", "0.2", 50), ("99.5", "0", None, 100)],
)  # fmt: skip
def test_an_obligation_with_relief_on_both_kinds_of_numbers(
    emissions: str, allocation: str, share: str | None, wanted: int
) -> None:
    def run(make: Any) -> Any:
        relief = None if share is None else make(share)
        return formulas.obligation(make(emissions), make(allocation), relief, "half_up")

    assert whole(run(Decimal)) == whole(run(of)) == wanted


@pytest.mark.parametrize(
    "cap, wanted", [(None, 1036), ("1035", 1035), ("1035.5", 1036), ("2000", 1036)]
)
def test_a_fine_is_rounded_after_its_cap(cap: str | None, wanted: int) -> None:
    """3 × 345.2 × 1 = 1,035.6."""

    def run(make: Any) -> Any:
        return formulas.fine(
            make("1"), make("345.2"), make("3"), None if cap is None else make(cap)
        )

    assert whole(run(Decimal)) == whole(run(of)) == wanted
