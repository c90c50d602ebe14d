"""Workbooks: reading sheets as text with their row numbers, templates, and accounts with formulas.

Reading goes through python-calamine (fast, read-only), writing through XlsxWriter. Nothing here
computes: a workbook is a way in and a way out. `template` writes an empty record set, `account`
the workbook of an account; both write through `sheets`, for which text is always text.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from tanheng.excel.read import Sheet, read_sheets

if TYPE_CHECKING:
    from tanheng.excel.account import write_account
    from tanheng.excel.template import write_template

_WRITERS = {"write_account": "account", "write_template": "template"}


def __getattr__(name: str) -> object:
    """Writers are loaded when asked for: who only reads workbooks needs no XlsxWriter."""
    if name in _WRITERS:
        return getattr(import_module(f"{__name__}.{_WRITERS[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "Sheet",
    "read_sheets",
    "write_account",
    "write_template",
]
