"""The DuckDB engine: runs a record store's expressions on one machine, out of core if need be."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType

import duckdb
import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa

from tanheng.accounting.schema import TABLES
from tanheng.accounting.store import Scan
from tanheng.engines import expressions
from tanheng.engines.csvfile import read_rows
from tanheng.engines.files import Source, discover
from tanheng.errors import Finding, Unreadable

_BATCH_ROWS = 1 << 19
# Cells of text formats: full-width digits and signs are narrowed, blanks around are removed.
_WIDE, _NARROW = "０１２３４５６７８９．－＋，　ｅＥ", "0123456789.-+, eE"

_TYPES = {
    "VARCHAR": "string",
    "BIGINT": "int64",
    "INTEGER": "int32",
    "SMALLINT": "int16",
    "TINYINT": "int8",
    "UBIGINT": "uint64",
    "UINTEGER": "uint32",
    "USMALLINT": "uint16",
    "UTINYINT": "uint8",
    "DOUBLE": "float64",
    "FLOAT": "float32",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "HUGEINT": "decimal(38, 0)",
}


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


class DuckStore:
    """A record store over DuckDB (see :class:`tanheng.accounting.store.RecordStore`).

    Use as a context manager, or call :meth:`close`: scratch files go with it.

    Args:
        path: folder, workbook, CSV, Parquet or DuckDB file.
        threads: of the engine; None lets it choose.
        memory: limit such as ``"2GB"``; beyond it the engine works on disk.
        only: read the file as this table, whatever it is called.
    """

    def __init__(
        self,
        path: Path,
        *,
        threads: int | None = None,
        memory: str | None = None,
        only: str | None = None,
    ) -> None:
        self._label = str(path)
        self._sources, self._findings = discover(path, only)
        self._scratch = tempfile.TemporaryDirectory(prefix="tanheng-")
        self._connection = duckdb.connect(config={"temp_directory": self._scratch.name})
        # The program draws its own progress; the engine's would land in the midst of output.
        self._connection.execute("SET enable_progress_bar = false")
        if threads is not None:
            self._connection.execute(f"SET threads = {int(threads)}")
        if memory is not None:
            self._connection.execute(f"SET memory_limit = {_literal(memory)}")
        self._tables: dict[str, ir.Table] = {}
        self._aliases: dict[Path, str] = {}
        self._index: dict[str, dict[str, ir.Table]] = {}
        for source in list(self._sources.values()):
            try:
                self._attach(source)
            except Unreadable as error:
                self._sources.pop(source.table)
                name = source.path.name
                reason = str(error).removeprefix(f"{source.path}: ")
                self._findings.append(
                    Finding("file_unreadable", name, None, None, name, {"reason": reason})
                )

    def __enter__(self) -> DuckStore:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Free memory and scratch files."""
        self._connection.close()
        self._scratch.cleanup()

    @property
    def label(self) -> str:
        """What the user called it."""
        return self._label

    def findings(self) -> list[Finding]:
        """What was wrong on opening."""
        return list(self._findings)

    def columns(self, table: str) -> frozenset[str] | None:
        """Canonical names of the columns present; None when the table is absent."""
        source = self._sources.get(table)
        return None if source is None else source.columns

    def count(self, table: str) -> int:
        """Number of rows."""
        if table not in self._tables:
            return 0
        (rows,) = self._connection.execute(f"SELECT count(*) FROM t_{table}").fetchall()
        return int(rows[0])

    def distinct(self, table: str, columns: Sequence[str]) -> pa.Table:
        """Distinct spellings of some columns, with ``n``."""
        return self._run(expressions.distinct(self._tables[table], columns))

    def totals(
        self, table: str, by: Sequence[str], number: str, without: Sequence[int]
    ) -> pa.Table:
        """Sum of a number column per distinct spelling of ``by``."""
        rows = self._rows_without(without)
        return self._run(expressions.totals(self._tables[table], by, number, rows))

    def read(self, table: str) -> pa.Table:
        """A small table whole, as text."""
        names = [c.name for c in TABLES[table].columns]
        if table not in self._tables:
            schema = pa.schema([("_row", pa.int64()), *((name, pa.string()) for name in names)])
            return schema.empty_table()
        present = [name for name in names if name in self._tables[table].columns]
        return self._run(expressions.read(self._tables[table], present))

    def rows_of(self, table: str, column: str, values: Sequence[str], limit: int) -> pa.Table:
        """Rows whose column is one of some values, as text."""
        if table not in self._tables or column not in self._tables[table].columns:
            return pa.table({"_row": pa.array([], pa.int64())})
        present = [c for c in self._tables[table].columns if c != "_row"]
        self._store("wanted", pa.table({"key": pa.array(values, pa.string())}))
        wanted = ibis.table({"key": "string"}, name="wanted")
        expression = expressions.rows_of(self._tables[table], present, column, wanted, limit)
        return self._run(expression)

    def index(self, name: str, keys: pa.Array) -> None:
        """Remember identifiers; their code is their position."""
        codes = pa.array(np.arange(len(keys), dtype=np.int32))
        text = pa.table({"key": keys.cast(pa.string()), "code": codes})
        self._store(f"i_{name}", text)
        self._index[name] = {
            "text": ibis.table({"key": "string", "code": "int32"}, name=f"i_{name}")
        }
        # Identifiers that are plain integers join faster as such, when the records hold integers.
        self._connection.execute(
            f"CREATE OR REPLACE TABLE n_{name} AS "
            f"SELECT TRY_CAST(key AS BIGINT) AS key, code FROM i_{name} "
            "WHERE CAST(TRY_CAST(key AS BIGINT) AS VARCHAR) = key"
        )
        (rows,) = self._connection.execute(f"SELECT count(*) FROM n_{name}").fetchall()
        if int(rows[0]) == len(keys):
            self._index[name]["integer"] = ibis.table(
                {"key": "int64", "code": "int32"}, name=f"n_{name}"
            )

    def scan(self, request: Scan) -> Iterator[pa.RecordBatch]:
        """Coded rows in the order of the records."""
        self._remember(request)
        expression = expressions.coded(self._tables[request.table], request, self._index)
        if request.grouped:
            expression = expressions.grouped(expression, request)
        result = self._connection.sql(self._sql(expression))
        yield from result.to_arrow_reader(_BATCH_ROWS)

    def exact(self, request: Scan, number: str, digits: int) -> pa.Table:
        """Sums of a number column as decimals of ``digits`` places, per code."""
        self._remember(request)
        table = self._tables[request.table]
        return self._run(expressions.exact(table, request, self._index, number, digits))

    def _rows_without(self, rows: Sequence[int]) -> ir.Table | None:
        """Row numbers to leave out, as a table."""
        if not rows:
            return None
        self._store("left_out", pa.table({"row": pa.array(rows, pa.int64())}))
        return ibis.table({"row": "int64"}, name="left_out")

    def _remember(self, request: Scan) -> None:
        """Keep what a request brings along: rows to leave out, and choices with many spellings."""
        rows = self._rows_without(request.without)
        if rows is not None:
            self._index[expressions.WITHOUT] = {"rows": rows}
        for column, codes in request.choices.items():
            if len(codes) > expressions.MAX_CASES:
                name = expressions.lookup_name(request.table, column)
                meanings = {"key": list(codes), "code": pa.array(list(codes.values()), pa.int32())}
                self._store(name, pa.table(meanings))
                table = ibis.table({"key": "string", "code": "int32"}, name=name)
                self._index[name] = {"text": table}

    def _sql(self, expression: ir.Table) -> str:
        return str(ibis.to_sql(expression, dialect="duckdb"))

    def _run(self, expression: ir.Table) -> pa.Table:
        return self._connection.sql(self._sql(expression)).to_arrow_table()

    def _store(self, name: str, table: pa.Table) -> None:
        self._connection.register("incoming", table)
        self._connection.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT * FROM incoming")
        self._connection.unregister("incoming")

    def _attach(self, source: Source) -> None:
        """Give a source the name ``t_<table>`` with canonical columns and ``_row``."""
        view = f"t_{source.table}"
        try:
            if source.kind == "parquet":
                self._attach_parquet(view, source)
            elif source.kind == "duckdb":
                self._attach_database(view, source)
            elif source.kind == "csv":
                self._load_csv(view, source)
            else:
                self._load_sheet(view, source)
        except duckdb.Error as error:
            raise Unreadable(f"{source.path}: {error}") from error
        types = self._connection.execute(f"DESCRIBE {view}").fetchall()
        schema = {name: _TYPES.get(kind, "string") for name, kind, *_ in types}
        self._tables[source.table] = ibis.table(schema, name=view)

    def _attach_parquet(self, view: str, source: Source) -> None:
        path = _literal(str(source.path))
        relation = f"read_parquet({path}, file_row_number = true)"
        kinds = {
            name: kind
            for name, kind, *_ in self._connection.execute(
                f"DESCRIBE SELECT * FROM {relation}"
            ).fetchall()
        }
        cells = [
            _native(header, name, kinds[header], source) for header, name in source.headers if name
        ]
        cells.append("CAST(file_row_number + 1 AS BIGINT) AS _row")
        self._connection.execute(f"CREATE VIEW {view} AS SELECT {', '.join(cells)} FROM {relation}")

    def _attach_database(self, view: str, source: Source) -> None:
        alias = self._aliases.get(source.path)
        if alias is None:
            alias = self._aliases[source.path] = f"records{len(self._aliases)}"
            path = _literal(str(source.path))
            self._connection.execute(f"ATTACH {path} AS {alias} (READ_ONLY)")
        relation = f"{alias}.{_quoted(source.inside)}"
        kinds = {
            name: kind
            for name, kind, *_ in self._connection.execute(
                f"DESCRIBE SELECT * FROM {relation}"
            ).fetchall()
        }
        cells = [
            _native(header, name, kinds[header], source) for header, name in source.headers if name
        ]
        # A view has no rowid; one that the user made of other tables is numbered as it comes.
        is_table = self._connection.execute(
            "SELECT count(*) FROM duckdb_tables() WHERE database_name = ? AND table_name = ?",
            [alias, source.inside],
        ).fetchall()[0][0]
        cells.append(
            f"CAST({'rowid + 1' if is_table else 'row_number() OVER ()'} AS BIGINT) AS _row"
        )
        self._connection.execute(f"CREATE VIEW {view} AS SELECT {', '.join(cells)} FROM {relation}")

    def _load_csv(self, view: str, source: Source) -> None:
        """Read a CSV file into a table, batch by batch."""
        if not source.headers:
            self._connection.execute(f"CREATE TABLE {view} (_row BIGINT)")
            return
        names = [f"c{i}" for i in range(len(source.headers))]
        batches = read_rows(
            source.path, source.encoding, source.delimiter, names, source.table, self._findings
        )
        for number, batch in enumerate(batches):
            self._connection.register("incoming", batch)
            verb = f"INSERT INTO {view}" if number else f"CREATE TABLE {view} AS"
            self._connection.execute(f"{verb} {self._text_cells(source, names)}")
            self._connection.unregister("incoming")

    def _text_cells(self, source: Source, names: Sequence[str]) -> str:
        """Cells of ``incoming`` under canonical names, without rows that hold nothing."""
        pairs = [(own, name) for own, (_, name) in zip(names, source.headers, strict=True) if name]
        cells = [f"{_cleaned(own)} AS {_quoted(name)}" for own, name in pairs]
        return f"SELECT {', '.join([*cells, '_row'])} FROM incoming"

    def _load_sheet(self, view: str, source: Source) -> None:
        assert source.sheet is not None
        rows = source.sheet.rows
        names = [f"c{i}" for i in range(len(source.headers))]
        columns = {
            name: pa.array([row[i] if i < len(row) else None for _, row in rows], pa.string())
            for i, name in enumerate(names)
        }
        columns["_row"] = pa.array([number for number, _ in rows], pa.int64())
        self._connection.register("incoming", pa.table(columns))
        self._connection.execute(f"CREATE TABLE {view} AS {self._text_cells(source, names)}")
        self._connection.unregister("incoming")


def _cleaned(column: str) -> str:
    return f"nullif(trim(translate({column}, {_literal(_WIDE)}, {_literal(_NARROW)})), '')"


def _native(header: str, name: str, kind: str, source: Source) -> str:
    """A column of a typed file under its canonical name."""
    column = next(c for c in TABLES[source.table].columns if c.name == name)
    cell = _quoted(header)
    if kind.startswith("DECIMAL"):
        kind, cell = "DOUBLE", f"CAST({cell} AS DOUBLE)"
    if kind == "VARCHAR" and column.kind == "number":
        cell = _cleaned(cell)
    elif kind == "VARCHAR":
        cell = f"nullif({cell}, '')"
    elif kind not in _TYPES:
        cell = f"CAST({cell} AS VARCHAR)"
    return f"{cell} AS {_quoted(name)}"


def open_records(
    path: str | Path,
    *,
    threads: int | None = None,
    memory: str | None = None,
    only: str | None = None,
) -> DuckStore:
    """Open a record set wherever it is (see :class:`DuckStore`).

    Raises:
        Unreadable: when the path holds nothing that can be read.
    """
    return DuckStore(Path(path), threads=threads, memory=memory, only=only)


__all__ = ["DuckStore", "open_records"]
