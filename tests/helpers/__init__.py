"""What several tests need.

rows        rows of the tables, and one small clean set to spoil
faults      one bad row each, with the finding it must give
cases       looking for findings: code, place, value, remedy
writing     a set as CSV, Parquet, workbook or DuckDB file
plain       a record store in plain Python, without an engine
comparing   our account against the exact oracle
accounts    an account of a folder, or its findings
"""
