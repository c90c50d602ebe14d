"""A journal as a file that anybody can check with ``tanheng verify`` (ADR 0005)."""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO

from tanheng.journal.entry import AUDIENCES
from tanheng.journal.journal import Journal


def write(
    journal: Journal, out: BinaryIO, audience: str, public_key: str,
    progress: Callable[[int, int], None] | None = None,
) -> int:  # fmt: skip
    """Write the entries up to the last checkpoint, and all checkpoints; returns their number.

    Args:
        audience: ``public``, ``parties`` or ``confidential``; the parts of wider audiences are
            shown, the others withheld.
        public_key: of the programme, 64 hexadecimal digits.
        progress: called with entries done and entries in all.

    Raises:
        ValueError: the journal has no checkpoint yet, or the audience is not one.
    """
    shown = AUDIENCES[: AUDIENCES.index(audience) + 1]
    signed = journal.checkpoints()
    if not signed:
        raise ValueError("the journal has no checkpoint; sign one first")
    size = signed[-1].size
    head = ("tanheng-journal", "1", journal.programme, audience, str(size), public_key)
    out.write("\t".join(head).encode() + b"\n")
    for entry in journal.entries(0, size):
        lines = [b"E\t%s\t%s\n" % (entry.hash.hex().encode(), entry.header)]
        for part in entry.parts:
            name = part.audience.encode()
            if part.audience in shown:
                lines.append(b"P\t%s\t%s\t%s\n" % (name, part.salt.hex().encode(), part.body))
            else:
                lines.append(b"W\t%s\t%s\n" % (name, part.hash.hex().encode()))
        out.write(b"".join(lines))
        if progress is not None and entry.seq % 5000 == 0:
            progress(entry.seq, size)
    for checkpoint in signed:
        out.write(checkpoint.line().encode() + b"\n")
    return size
