"""Evidence: what people hand in, stored once under the digest of its bytes, and never changed.

`store` takes items in and gives them out, `shelf` finds and checks them, `records` says what an
item, its digest and the small files beside it are, `tables` turns a table into bytes that depend on
its content alone, `disk` is the only module that writes.
"""

from tanheng.evidence.records import Item, Tampered, Tombstone
from tanheng.evidence.store import EvidenceStore

__all__ = ["EvidenceStore", "Item", "Tampered", "Tombstone"]
