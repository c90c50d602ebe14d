"""What a path holds: tables of a record set in CSV, Parquet, workbooks or a DuckDB file.

A folder may mix formats, one file a table. Names and headers may be English or Chinese. CSV may be
UTF-8 or GBK, with or without a byte-order mark, separated by commas, semicolons or tabs.
"""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tanheng.accounting.schema import TABLES, Table, column_named, table_named
from tanheng.engines.csvfile import first_row
from tanheng.errors import Finding, Unreadable
from tanheng.excel import Sheet, read_sheets

_READ_BYTES = 1 << 22
FORMATS = (".csv", ".tsv", ".txt", ".parquet", ".xlsx", ".xlsm", ".xls", ".ods", ".duckdb", ".db")
WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".ods")


@dataclass(frozen=True, slots=True)
class Source:
    """Where one table is.

    Attributes:
        table: canonical name.
        kind: how to read it.
        path: the file.
        headers: (header as written, canonical column or None), in order.
        inside: sheet or database table.
        encoding, delimiter: of a CSV file.
        sheet: content, for a workbook.
    """

    table: str
    kind: Literal["csv", "parquet", "sheet", "duckdb"]
    path: Path
    headers: Sequence[tuple[str, str | None]]
    inside: str = ""
    encoding: str = "utf-8"
    delimiter: str = ","
    sheet: Sheet | None = None

    @property
    def columns(self) -> frozenset[str]:
        """Canonical names of the columns present."""
        return frozenset(name for _, name in self.headers if name)


def matched(
    table: Table, headers: Sequence[str], findings: list[Finding]
) -> list[tuple[str, str | None]]:
    """Headers with the columns they stand for; unknown and repeated ones become findings."""
    result: list[tuple[str, str | None]] = []
    taken: dict[str, str] = {}
    for header in headers:
        column = column_named(table, header)
        name = column.name if column else None
        if name is None and header.strip():
            known = ", ".join(c.name for c in table.columns)
            findings.append(
                Finding("column_unknown", table.name, None, header, header, {"known": known})
            )
        elif name in taken:
            both = f"{taken[name]}, {header}"
            findings.append(Finding("column_twice", table.name, None, name, both))
            name = None
        elif name:
            taken[name] = header
        result.append((header, name))
    return result


def encoding_of(path: Path) -> str:
    """``utf-8``, ``utf-16`` or ``gb18030``, by looking at every byte."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        start = file.read(4)
        if start[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            return "utf-16"
        file.seek(0)
        try:
            while block := file.read(_READ_BYTES):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "gb18030"
    return "utf-8"


def _csv_source(path: Path, table: Table, findings: list[Finding]) -> Source:
    encoding = encoding_of(path)
    headers, delimiter = first_row(path, encoding)
    if not any(header.strip() for header in headers):
        findings.append(Finding("table_empty", table.name, None, None, path.name))
        return Source(table.name, "csv", path, [])
    found = matched(table, headers, findings)
    return Source(table.name, "csv", path, found, encoding=encoding, delimiter=delimiter)


def _sheet_sources(path: Path, only: str | None, findings: list[Finding]) -> list[Source]:
    sources = []
    sheets = read_sheets(path)
    for sheet in sheets:
        table = table_named(sheet.name)
        if only and len(sheets) == 1:
            table = TABLES[only]
        if table is None and len(sheet.header) > 1:
            known = ", ".join(TABLES)
            findings.append(
                Finding("table_unknown", sheet.name, None, None, sheet.name, {"known": known})
            )
        elif table is not None:
            found = matched(table, sheet.header, findings)
            sources.append(Source(table.name, "sheet", path, found, sheet.name, sheet=sheet))
    return sources


def _file_sources(path: Path, only: str | None, findings: list[Finding]) -> list[Source]:
    from tanheng.engines import duckfile

    suffix = path.suffix.lower()
    if suffix in WORKBOOKS:
        return _sheet_sources(path, only, findings)
    if suffix in (".duckdb", ".db"):
        return [
            Source(table.name, "duckdb", path, matched(table, headers, findings), name)
            for name, headers in duckfile.tables(path)
            if (table := table_named(name)) is not None
        ]
    table = TABLES[only] if only else table_named(path.stem)
    if table is None:
        known = ", ".join(TABLES)
        findings.append(
            Finding("table_unknown", path.name, None, None, path.name, {"known": known})
        )
        return []
    if suffix == ".parquet":
        headers = duckfile.parquet_columns(path)
        return [Source(table.name, "parquet", path, matched(table, headers, findings))]
    return [_csv_source(path, table, findings)]


def discover(path: Path, only: str | None = None) -> tuple[dict[str, Source], list[Finding]]:
    """The tables a folder, workbook, file or DuckDB database holds, and what is wrong with them.

    Args:
        only: read the file as this table, whatever it or its only sheet is called.

    Raises:
        Unreadable: when the path does not exist or is of no known format.
    """
    findings: list[Finding] = []
    if path.is_dir():
        files = sorted(
            file
            for file in path.iterdir()
            if file.suffix.lower() in FORMATS and not file.name.startswith((".", "~"))
        )
    elif path.is_file() and path.suffix.lower() in FORMATS:
        files = [path]
    elif path.exists():
        raise Unreadable(f"{path}: not a folder, workbook, CSV, Parquet or DuckDB file")
    else:
        raise Unreadable(f"{path}: there is no such file or folder")
    sources: dict[str, Source] = {}
    for file in files:
        try:
            found = _file_sources(file, only, findings)
        except Unreadable as error:
            reason = str(error).removeprefix(f"{file}: ")
            findings.append(
                Finding("file_unreadable", file.name, None, None, file.name, {"reason": reason})
            )
            continue
        for source in found:
            if source.table in sources:
                both = f"{sources[source.table].path.name}, {file.name}"
                findings.append(Finding("table_twice", source.table, None, None, both))
            else:
                sources[source.table] = source
    return sources, findings
