"""Engines: where records are and how they are scanned.

`tanheng.accounting.store.RecordStore` says what an engine must do. `files` finds out what a path
holds and turns it into tables, `expressions` builds the relational expressions (Ibis, no backend
named), `duckdb` runs them on one machine, in memory or out of core.
"""

from tanheng.engines.duckdb import DuckStore, open_records

__all__ = ["DuckStore", "open_records"]
