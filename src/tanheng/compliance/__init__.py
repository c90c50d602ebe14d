"""The compliance year: allocation, obligation, surrender, status, enforcement, publication.

commands.py   what people may ask; model.py what happens and what is kept; state.py applying
formulas.py   statute arithmetic: pure functions on plain or traced numbers
figures.py    the figures of an entity's year, assembled from rules and state (scope.py: which)
decide.py     the door; desk.py what a decision sees
decide_entries.py  decide_allocation.py  decide_surrender.py  decide_close.py
decide_benchmarks.py  decide_records.py
explain.py    why: the same figures, traced
cases.py      worked examples of packs, run
tables.py     derived tables; prices.py prices of lists; history.py published status codes, recomputed
"""
