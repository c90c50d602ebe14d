"""A second, exact implementation of the accounting method, written from its text alone.

    tables  = {"units": [{...}, ...], "flows": [...], ...}      columns of method.md section 6
    options = Options(period="2016", weights=("best", Fraction(20)))
    c       = benchmarks(tables, options)
    account = responsibility(tables, c, options).units["M1"]["producers"]

Everything is a `fractions.Fraction`; the identities of the method are asserted with `==` inside.
"""

from .books import LINES, MEASURES, Options
from .exact import (
    Accounts,
    Region,
    benchmarks,
    producer,
    regions,
    responsibility,
)
from .principles import Income, Shared, consumer, income, residual_mix, shared

__all__ = [
    "LINES",
    "MEASURES",
    "Accounts",
    "Income",
    "Options",
    "Region",
    "Shared",
    "benchmarks",
    "consumer",
    "income",
    "producer",
    "regions",
    "residual_mix",
    "responsibility",
    "shared",
]
