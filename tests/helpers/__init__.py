"""What several tests need: record sets in code, ways to write them, a store in plain Python.

rows        rows of the tables, and one small clean set to spoil
writing     a set as CSV, Parquet, workbook or DuckDB file
plain       a record store without an engine
comparing   our account against the exact oracle
"""
