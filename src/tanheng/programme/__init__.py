"""A programme: one pack of rules, one journal, and the state that follows from it.

How it is put together, one module a line::

    programme   executing commands: lock, clock, what is due, decision, entry, rows, commit
    answers     what it answers
    people      who may act; the pack in force
    deciding    decisions about them, with a second person
    body        events into parts by audience, and back
    signing     signed requests
    instants    the clock, held against the journal
    state       the whole state and its snapshots
    derived     the derived tables, made anew and compared
    packs       packs as evidence
    names       names of persons, outside the journal
    folder      a programme in a folder: settings, keys, backup
"""
