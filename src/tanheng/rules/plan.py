"""How a compliance year goes under a pack: which named rule applies at each step.

The *choice* of a rule stands here with its clause; the *numbers* of the rule are parameters. The
words are closed lists: each is a function of :mod:`tanheng.compliance.formulas`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from tanheng.rules.controls import Name, Part, Rule, Title, Year

Method = Literal[
    "benchmark", "historical_intensity", "grandfathering", "auction", "benchmark_responsibility"
]
"""Allocation methods; ``auction``: nothing is free."""
Rounding = Literal["half_up", "half_even", "down", "up"]
Item = Literal["direct", "electricity", "heat", "other_gases"]
Step = Literal["make_up", "deduct", "next_year", "fine", "publish", "record"]
YearKey = Annotated[str, Field(pattern=r"^[0-9]{4}$")]


class Sector(Part):
    """A sector and how its entities are allocated to.

    Attributes:
        items: the emissions that its obligation counts; None: those of the plan.
    """

    title: Title
    method: Rule[Method]
    items: Rule[tuple[Item, ...]] | None = None


class Plan(Part):
    """Every choice of a compliance year, each with its clause. Nothing has a default.

    Attributes:
        allowance: compliance year → unit kind that is allocated for it.
        sectors: sectors by id.
        source: type of the account that allocations come from.
        entrants: type of the account that new entrants' come from.
        rounding: of allocations and obligations, to whole units.
        cap: what happens when allocations exceed the cap: nothing is looked at (``none``), they are
            refused, or scaled down evenly (each rounded down).
        closure: an entity that closes in the year keeps its allocation, or days / days of the year.
        items: emissions that count, if the sector does not say otherwise.
        unverified: what stands in for emissions that nobody verified: nothing (status C), the
            reported figure, or the larger of it and the last verified one; times
            ``conservative_uplift``.
        credits: unit kinds that may be surrendered as offsets.
        offset_base: what the offset limit is a share of.
        vintages: allowances of which years may be surrendered.
        order: what is taken first when the kind is not named.
        net: credits and obligations of the benchmark method per process or per entity.
        status: yearly, or cumulative over the years of the period so far.
        periods: first years of the periods; needed where the status is cumulative.
        steps: of enforcement, in order.
        fine: how a fine is reckoned; ``dated``: by whichever parameters of a fine are in force.
        price_span: the span of the average price: months before the deadline's month, or stated.
        excess: what the fine is for: the whole shortfall at the deadline, or what is left of it
            when the make-up time is over.
        deadline_on_holiday: a deadline that is no working day stays, or moves to the next one.
        carry_over: how much of a kind may be carried over.
        lists: what is published.
    """

    allowance: Annotated[Mapping[YearKey, Name], Field(min_length=1)]
    sectors: Annotated[Mapping[Name, Sector], Field(min_length=1)]
    source: Name
    entrants: Name | None
    rounding: Rule[Rounding]
    cap: Rule[Literal["none", "refuse", "scale"]]
    closure: Rule[Literal["keep", "days"]]
    items: Rule[tuple[Item, ...]]
    unverified: Rule[Literal["none", "reported", "highest"]]
    credits: Rule[tuple[Name, ...]]
    offset_base: Rule[Literal["emissions", "allocation"]]
    vintages: Rule[Literal["same_year", "up_to_year", "any"]]
    order: Rule[tuple[Literal["allowance", "credit", "next_vintage"], ...]]
    net: Rule[Literal["process", "entity"]]
    status: Rule[Literal["yearly", "cumulative"]]
    periods: tuple[Year, ...] = ()
    steps: Rule[tuple[Step, ...]]
    fine: Rule[Literal["none", "average_price", "range", "dated"]]
    price_span: Rule[Literal["months_before", "stated"]]
    excess: Rule[Literal["at_deadline", "after_make_up"]]
    deadline_on_holiday: Rule[Literal["stays", "next_working_day"]]
    carry_over: Rule[Literal["none", "all", "share", "base_and_sales"]]
    lists: Rule[tuple[Literal["status", "defaulters", "fines", "enforcement"], ...]]

    def kind_of(self, year: int) -> str | None:
        """The allowance kind of a compliance year."""
        return self.allowance.get(str(year))
