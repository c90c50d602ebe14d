"""The report: an account as one HTML file that needs no network, in Chinese and English.

Nothing here computes responsibilities or benchmarks; it chooses, words and draws what an
:class:`~tanheng.accounting.account.Account` holds::

    Account ─▶ disclosure (who may see what) ─▶ entries, flows ─▶ layers ─▶ figures ─┐
                                           └──▶ tables ──────────────────────────────┴▶ page

    numbers, texts   how figures and sentences read; ``texts.toml`` has them all
    page.html.j2     the template; ``page.css`` and ``page.js`` are put into it
"""

from tanheng.report.page import render, write_report

__all__ = ["render", "write_report"]
