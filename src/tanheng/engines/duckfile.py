"""Looking into Parquet and DuckDB files without loading them."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from tanheng.errors import Unreadable


def parquet_columns(path: Path) -> list[str]:
    """Column names of a Parquet file.

    Raises:
        Unreadable: when it is none.
    """
    try:
        return list(pq.read_schema(path).names)
    except (pa.ArrowInvalid, OSError) as error:
        raise Unreadable(f"{path}: {error}") from error


def tables(path: Path) -> list[tuple[str, list[str]]]:
    """Names and columns of the tables in a DuckDB file.

    Raises:
        Unreadable: when it is none.
    """
    try:
        with duckdb.connect(str(path), read_only=True) as connection:
            rows = connection.execute(
                "SELECT table_name, column_name FROM information_schema.columns "
                "ORDER BY table_name, ordinal_position"
            ).fetchall()
    except duckdb.Error as error:
        raise Unreadable(f"{path}: {error}") from error
    found: dict[str, list[str]] = {}
    for table, column in rows:
        found.setdefault(table, []).append(column)
    return list(found.items())
