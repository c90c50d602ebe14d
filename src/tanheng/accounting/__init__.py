"""Accounting: who answers for which tonne.

How data flows through these modules:

    schema      the record set as data: tables, columns, spellings
    store       protocol of an engine (accounting opens no file)
    cells, dimensions, rows, load     store → coded records, all faults in one run
    records     the coded records of one period
    method      the choices of an account
    books       sparse matrices: units × classes
    makers      who makes what; partition of joint products
    named       named and unnamed supply
    benchmarks, solve, uncertainty    c, its proved bound, its standard error
    account     everything together → Account | Stopped
    passing, income, regions          consumer and shared; income; balance of regions
    settle      exact integers at published decimals
    explain     why: any number with its formula, terms and rows
    tables      multipliers of a whole input–output table

Formulas and their sources stand in docs/method.md; what the source leaves open, in ADR 0002.
"""

from tanheng.accounting.account import (
    Account,
    Conservation,
    Result,
    Stopped,
    account,
    responsibility,
)
from tanheng.accounting.benchmarks import Benchmarks
from tanheng.accounting.explain import explain
from tanheng.accounting.method import PRINCIPLES, Method, Principle, Weights
from tanheng.accounting.records import LINES, Records
from tanheng.accounting.regions import Region
from tanheng.accounting.settle import Settlement, settle
from tanheng.accounting.solve import Product, Solution, solve
from tanheng.accounting.store import RecordStore, Scan
from tanheng.accounting.tables import multipliers

__all__ = [
    "LINES",
    "PRINCIPLES",
    "Account",
    "Benchmarks",
    "Conservation",
    "Method",
    "Principle",
    "Product",
    "RecordStore",
    "Records",
    "Region",
    "Result",
    "Scan",
    "Settlement",
    "Solution",
    "Stopped",
    "Weights",
    "account",
    "explain",
    "multipliers",
    "responsibility",
    "settle",
    "solve",
]
