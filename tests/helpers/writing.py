"""Writing a record set in every format that engines read."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import xlsxwriter

from tanheng.accounting.schema import TABLES

from .rows import Row, Tables


def columns_of(rows: Sequence[Row]) -> list[str]:
    """Columns that some row has, in order of appearance."""
    return list(dict.fromkeys(name for row in rows for name in row))


def header(table: str, column: str, language: str) -> str:
    """How a column is headed: ``en``, ``zh`` or ``both``; unknown columns keep their name."""
    known = {c.name: c.zh for c in TABLES[table].columns} if table in TABLES else {}
    chinese = known.get(column, column)
    return {"en": column, "zh": chinese, "both": f"{column} {chinese}"}[language]


def write_csv(
    tables: Tables,
    folder: Path,
    *,
    encoding: str = "utf-8",
    delimiter: str = ",",
    language: str = "en",
    mark: bytes = b"",
) -> Path:
    """One CSV file a table that has rows; absent cells are empty. Returns the folder."""
    folder.mkdir(exist_ok=True)
    for name, rows in tables.items():
        if not rows:
            continue
        stem = TABLES[name].zh if language == "zh" else name
        path = folder / f"{stem}.csv"
        with path.open("w", encoding=encoding, newline="") as file:
            writer = csv.writer(file, delimiter=delimiter)
            columns = columns_of(rows)
            writer.writerow([header(name, column, language) for column in columns])
            writer.writerows([[row.get(column, "") for column in columns] for row in rows])
        if mark:
            path.write_bytes(mark + path.read_bytes())
    return folder


def write_text(folder: Path, table: str, text: str) -> Path:
    """One CSV file as it stands."""
    (folder / f"{table}.csv").write_bytes(text.encode())
    return folder


def as_arrow(rows: Sequence[Row], types: Mapping[str, pa.DataType] | None = None) -> pa.Table:
    """Rows as an Arrow table: text, unless ``types`` names another type for a column."""
    arrays = {}
    for name in columns_of(rows):
        wanted = (types or {}).get(name, pa.string())
        cells = pa.array([None if (c := row.get(name)) is None else str(c) for row in rows])
        plain = wanted.value_type if pa.types.is_dictionary(wanted) else wanted
        cells = cells.cast(pa.string()).cast(plain)
        arrays[name] = cells.dictionary_encode() if pa.types.is_dictionary(wanted) else cells
    return pa.table(arrays)


def write_parquet(
    tables: Tables, folder: Path, types: Mapping[str, pa.DataType] | None = None
) -> Path:
    """One Parquet file a table. Returns the folder."""
    folder.mkdir(exist_ok=True)
    for name, rows in tables.items():
        if rows:
            pq.write_table(as_arrow(rows, types), folder / f"{name}.parquet")
    return folder


def write_workbook(
    tables: Tables, path: Path, *, language: str = "en", numbers: Sequence[str] = ()
) -> Path:
    """One sheet a table; columns of ``numbers`` become number cells. Returns the path."""
    with xlsxwriter.Workbook(str(path)) as book:
        for name, rows in tables.items():
            sheet = book.add_worksheet(TABLES[name].zh if language == "zh" else name)
            for j, column in enumerate(columns_of(rows)):
                sheet.write_string(0, j, header(name, column, language))
                for i, row in enumerate(rows, start=1):
                    cell = row.get(column)
                    if cell is None:
                        continue
                    if column in numbers:
                        sheet.write_number(i, j, float(str(cell)))
                    else:
                        sheet.write_string(i, j, str(cell))
    return path


def write_duckdb(
    tables: Tables,
    path: Path,
    types: Mapping[str, pa.DataType] | None = None,
    *,
    views: Sequence[str] = (),
) -> Path:
    """A DuckDB file of tables; those in ``views`` become views of a table of another name."""
    with duckdb.connect(str(path)) as connection:
        for name, rows in tables.items():
            connection.register("incoming", as_arrow(rows, types))
            held = f"raw_of_{name}" if name in views else name
            connection.execute(f"CREATE TABLE {held} AS SELECT * FROM incoming")
            connection.unregister("incoming")
            if name in views:
                connection.execute(f"CREATE VIEW {name} AS SELECT * FROM {held}")
    return path
