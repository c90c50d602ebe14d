"""The journal: an append-only, hash-chained record of official acts, with proofs.

canonical.py   bytes of a value, tagged hashes
entry.py       header, parts by audience, hash
merkle.py      the tree of RFC 9162 and its proofs
checkpoint.py  Ed25519 signatures under the whole
store.py       what is asked of a database; tables; versions
sqlite.py      the default store: one file
postgres.py    the store for many machines
journal.py     tail, appending, reading, histories
export.py      the file for ``tanheng verify``
"""

from tanheng.journal.canonical import NotCanonical, encode, plain, tagged
from tanheng.journal.checkpoint import Checkpoint, Key, signed_by
from tanheng.journal.entry import AUDIENCES, INSTANT, PROGRAMME, Broken, Entry, Part
from tanheng.journal.journal import Bodies, CommandKey, Journal, first_at
from tanheng.journal.store import NewerLayout, Row, Store, StoreFault, Table, migrate

__all__ = [
    "AUDIENCES",
    "INSTANT",
    "PROGRAMME",
    "Bodies",
    "Broken",
    "Checkpoint",
    "CommandKey",
    "Entry",
    "Journal",
    "Key",
    "NewerLayout",
    "NotCanonical",
    "Part",
    "Row",
    "Store",
    "StoreFault",
    "Table",
    "encode",
    "first_at",
    "migrate",
    "plain",
    "signed_by",
    "tagged",
]  # fmt: skip
