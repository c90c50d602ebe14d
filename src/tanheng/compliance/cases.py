"""Running the worked examples of a pack: the statute functions on the pack's own parameters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, localcontext

from tanheng.compliance import formulas
from tanheng.rules import Case, Gap, Pack, Plan
from tanheng.traced import WIDE

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class CaseRun:
    """What a case came to.

    Attributes:
        case: the case.
        place: ``file:line`` of it.
        got: the result; None: it could not be computed.
        why_not: the reason then, in English and Chinese.
    """

    case: Case
    place: str
    got: Decimal | None
    why_not: tuple[str, str] = ("", "")

    @property
    def good(self) -> bool:
        """Whether exactly what was expected came out."""
        return self.got == self.case.expect


class _Inputs:
    """Numbers of a case: what it gives, else the pack's parameter of that name."""

    def __init__(self, pack: Pack, plan: Plan, case: Case) -> None:
        self.pack, self.plan, self.case = pack, plan, case

    def given(self, name: str) -> Decimal:
        """A number that the case must give.

        Raises:
            KeyError: it does not.
        """
        return self.case.given[name]

    def law(self, name: str) -> Decimal:
        """A parameter on the case's day."""
        case = self.case
        return self.pack.find(name, case.day, case.year, case.of).number

    def says(self, name: str) -> Decimal | None:
        """A parameter that a rule can do without."""
        case = self.case
        found = self.pack.says(name, case.day, case.year, case.of)
        return None if found is None else found.number


def _benchmark(x: _Inputs) -> Decimal:
    product = (x.given("output"), x.law("benchmark"))
    factor = x.case.given.get("factor")
    return formulas.benchmark([product], [] if factor is None else [factor], _ZERO)


def _intensity(x: _Inputs) -> Decimal:
    product = (x.given("output"), x.given("intensity"))
    return formulas.historical_intensity([product], x.law("reduction_factor"), _ZERO)


def _obligation(x: _Inputs) -> Decimal:
    return formulas.obligation(
        x.given("emissions_tco2e"), x.given("allocation_tco2e"),
        x.says("relief_shortfall_share"), x.plan.rounding.value,
    )  # fmt: skip


def _true_up(x: _Inputs) -> Decimal:
    return formulas.true_up(
        x.given("amount_tco2e"), x.given("pre_tco2e"), x.says("true_up_cap_share"),
        x.plan.rounding.value,
    )  # fmt: skip


def _fine(x: _Inputs) -> Decimal:
    return formulas.fine(
        x.given("shortfall_tco2e"), x.given("average_price_fen"), x.law("fine_multiple"),
        x.says("fine_cap"),
    )  # fmt: skip


def _sales(x: _Inputs) -> Decimal:
    return formulas.carry_over_sales(
        x.given("holding_tco2e"), x.law("carry_over_base"), x.given("net_sales_tco2e"),
        x.law("carry_over_sales_multiple"), _ZERO,
    )  # fmt: skip


RULES: dict[str, Callable[[_Inputs], Decimal]] = {
    "benchmark": _benchmark,
    "historical_intensity": _intensity,
    "grandfathering": lambda x: formulas.grandfathering(
        x.given("baseline_tco2e"), x.law("reduction_factor")
    ),
    "free_part": lambda x: formulas.free_part(x.given("amount_tco2e"), x.law("free_share")),
    "closed": lambda x: formulas.closed(
        x.given("amount_tco2e"), x.given("days"), x.given("year_days")
    ),
    "preallocation": lambda x: formulas.preallocation(
        x.given("amount_tco2e"), x.law("preallocation_share"), x.plan.rounding.value
    ),
    "true_up": _true_up,
    "conservative": lambda x: formulas.conservative(
        x.given("emissions_tco2e"), x.law("conservative_uplift")
    ),
    "obligation": _obligation,
    "offset_limit": lambda x: formulas.offset_limit(
        x.given("base_tco2e"), x.law("offset_limit_share")
    ),
    "origin_minimum": lambda x: formulas.origin_minimum(
        x.given("credits_tco2e"), x.law("origin_share")
    ),
    "borrow_limit": lambda x: formulas.borrow_limit(
        x.given("obligation_tco2e"), x.law("borrow_limit_share")
    ),
    "next_year": lambda x: formulas.next_year(
        x.given("shortfall_tco2e"), x.law("next_year_multiple")
    ),
    "fine": _fine,
    "carry_over_share": lambda x: formulas.carry_over_share(
        x.given("holding_tco2e"), x.law("carry_over_share")
    ),
    "carry_over_sales": _sales,
}
"""The statute functions that a case can name, and how their inputs are found."""


def run_cases(pack: Pack) -> list[CaseRun]:
    """Run all cases of a pack."""
    return [_run(pack, case, pack.place("cases", str(n))) for n, case in enumerate(pack.cases)]


def _run(pack: Pack, case: Case, place: str) -> CaseRun:
    if pack.plan is None:
        return CaseRun(case, place, None, ("the pack has no plan", "规则包没有 plan 部分"))
    rule = RULES.get(case.rule)
    if rule is None:
        known = ", ".join(RULES)
        reason = (f"there is no rule “{case.rule}”; the rules are {known}",
                  f"没有规则“{case.rule}”；现有 {known}")  # fmt: skip
        return CaseRun(case, place, None, reason)
    try:
        with localcontext(WIDE):
            return CaseRun(case, place, rule(_Inputs(pack, pack.plan, case)))
    except KeyError as error:
        name = error.args[0]
        reason = (f"the case does not give {name}", f"算例未给出 {name}")
        return CaseRun(case, place, None, reason)
    except Gap as gap:
        return CaseRun(
            case, place, None, (gap.refusal.message("en"), gap.refusal.message("zh"))
        )  # fmt: skip
