"""Workbooks: reading sheets as text with their row numbers, templates, and accounts with formulas.

Reading goes through python-calamine (fast, read-only), writing through XlsxWriter. Nothing here
computes: a workbook is a way in and a way out.
"""

from tanheng.excel.read import Sheet, read_sheets

__all__ = ["Sheet", "read_sheets"]
