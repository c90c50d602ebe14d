"""A programme: one pack of rules, one journal, and the state that follows from it.

programme.py  executing commands: lock, clock, what is due, decision, entry, rows, commit
people.py     who may act; the pack in force
body.py       events into parts by audience, and back
signing.py    signed requests
state.py      the whole state and its snapshots
packs.py      packs as evidence
names.py      names of persons, outside the journal
folder.py     a programme in a folder: settings, keys, backup
"""
