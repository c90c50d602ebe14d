"""The registry: accounts, unit blocks, holds, transfers and their controls.

commands.py         what people may ask
model.py            what happens (events) and what is kept (records)
state.py            applying events
decide.py           the door: command + state + rules + instant → events or a refusal
view.py             what a decision sees; access.py who may; controls.py limits and delays
decide_accounts.py  decide_holds.py  decide_units.py
blocks.py           serial numbers: split, merge, choose
tables.py           derived tables; questions.py asks them; export.py hands them out
"""
