"""The parameters that rules know, by name. A name that is not here is a fault of the pack.

New numbers are data; a new *name* comes with the rule that reads it.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from tanheng.rules.parameters import Form
from tanheng.rules.watched import PARAMETERS


class Known(NamedTuple):
    """What a parameter is for: form, unit (``""``: as the pack says), which rule reads it, and what
    ``of`` names in its values, and between which numbers they are (``""``: any; ``whole``: no
    parts)."""

    form: Form
    unit: str
    reads: str
    of: Literal["sector", "class", "project_type", "segment", "holder_class"] = "sector"
    least: str = ""
    most: str = ""
    whole: bool = False


KNOWN: dict[str, Known] = {
    # Cap and allocation
    "cap": Known("number", "tCO2e", "total of a year's allocation"),
    "benchmark": Known("number", "", "allocation by benchmark, by product class", "class"),
    "reduction_factor": Known("number", "ratio", "historical intensity and grandfathering"),
    "free_share": Known("number", "share", "the part that is allocated free of charge"),
    "preallocation_share": Known("number", "share", "pre-allocation of a year"),
    "true_up_cap_share": Known(
        "number", "share", "largest change at true-up, of the pre-allocation"
    ),
    "reserve_share": Known(
        "number", "share", "for reading only: the government's reserve, of the cap"
    ),
    # Obligation
    "relief_shortfall_share": Known("number", "share", "largest shortfall, of verified emissions"),
    "conservative_uplift": Known("number", "ratio", "factor on emissions that were not verified"),
    # Surrender
    "offset_limit_share": Known(
        "number", "share", "credits, of emissions or of allocation", "project_type"
    ),
    "offset_limit_total": Known("number", "tCO2e", "credits of all entities together"),
    "origin_share": Known("number", "share", "least part of the credits from inside"),
    "excluded_project_types": Known("words", "project types", "credits that do not count"),
    "borrow_limit_share": Known("number", "share", "next year's allowances, of the obligation"),
    "sale_limit_share": Known(
        "number", "share", "largest part of a free allocation that may be sold"
    ),
    # Deadlines
    "report_deadline": Known("day", "day", "for reading only: last day to report emissions"),
    "verification_deadline": Known("day", "day", "for reading only: last day to verify emissions"),
    "surrender_deadline": Known("day", "day", "last day to surrender"),
    "make_up_deadline": Known("day", "day", "last day to make up a shortfall without a fine"),
    "deduction_deadline": Known("day", "day", "last day of forced deduction"),
    "payment_deadline": Known("day", "day", "last day to pay a fine"),
    # Enforcement
    "fine_multiple": Known("number", "ratio", "fine as a multiple of the average price"),
    "fine_multiple_range": Known("range", "ratio", "the same, within a range"),
    "fine_cap": Known("number", "fen", "largest fine"),
    "fine_range": Known("range", "fen", "fine in money within a range"),
    "price_months": Known(
        "number", "months", "span of the average price, before the deadline's month"
    ),
    "price_from": Known("day", "day", "first day of the stated span of the average price"),
    "price_to": Known("day", "day", "last day of the stated span of the average price"),
    "next_year_multiple": Known(
        "number", "ratio", "what is taken from next year, of the shortfall"
    ),
    "exclusion_years": Known(
        "number", "years", "for reading only: years without preference after a default"
    ),
    # Carry-over
    "carry_over_share": Known("number", "share", "part of the holding that may be carried over"),
    "carry_over_base": Known("number", "tCO2e", "amount that may always be carried over"),
    "carry_over_sales_multiple": Known("number", "ratio", "more of it, per unit of net sales"),
    # Permits and credit record
    "permit_fine_range": Known("range", "fen", "fine for conditions of a permit that were not met"),
    "record_months": Known("number", "months", "how long an entry of the credit record stays"),
    # Publication of benchmarks
    "small_class": Known(
        "number", "makers", "classes with fewer makers are not shown to the public"
    ),
    "distribution_makers": Known("number", "makers", "distributions of fewer makers are not shown"),
    "comment_days": Known("number", "days", "least time for comments on a benchmark"),
    # Market
    "price_band": Known(
        "number", "share", "prices, around the previous close", "segment", "0", "1"
    ),
    "tick": Known("number", "fen", "step of prices", "segment", "1", whole=True),
    "lot": Known("number", "", "step of amounts", "segment", "1", whole=True),
    "amount_minimum": Known("number", "", "least amount of an order", "segment", "1", whole=True),
    "amount_maximum": Known("number", "", "largest amount of an order", "segment", "1", whole=True),
    "trade_fee_share": Known(
        "number", "ratio", "fee of each side, of the turnover", "segment", "0", "1"
    ),
    "position_limit": Known("number", "", "largest holding of a kind", "holder_class", "0"),
    "bid_limit_share": Known(
        "number", "share", "bids of one account, of an auction", "holder_class", "0", "1"
    ),
    "auction_floor_share": Known(
        "number", "ratio", "reserve price, of an average price", least="0"
    ),
    "auction_ceiling": Known(
        "number", "fen", "largest reserve price of an auction", least="1", whole=True
    ),
}
KNOWN |= {
    row.name: Known("number", row.unit, f"surveillance: {row.en}", least="0") for row in PARAMETERS
}
