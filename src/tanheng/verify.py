"""The independent checker of an exported journal: shares no code with the program that wrote it.

It knows ADR 0005 and runs by itself: ``python verify.py FILE [KEY [KEPT]]``, KEPT being a file with
a ``C`` line that somebody kept. It exits with 0: nothing wrong, 1: something is, 2: cannot read.
"""

from __future__ import annotations

import json
import re
import sys
from binascii import unhexlify
from bisect import bisect_left, bisect_right
from collections import Counter, namedtuple
from hashlib import sha256
from itertools import chain, pairwise
from pathlib import Path
from typing import Any, BinaryIO
from unicodedata import is_normalized

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

_HASH, _SIZE, _NAME = "([0-9a-f]{64})", "(0|[1-9][0-9]{0,17})", "([a-z0-9][a-z0-9-]{2,62})"
_DAY, _WHO = r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])", "(public|parties|confidential)"
_AT = rf'"at":"({_DAY}T(?:[01]\d|2[0-3])(?::[0-5]\d){{2}}\.\d{{6}}Z)","format":1'
_FIRST, _PART, _ENTRY, _CHECKPOINT = (re.compile(form.encode()).fullmatch for form in (
    f"tanheng-journal\t1\t{_NAME}\t{_WHO}\t{_SIZE}\t{_HASH}\n",
    f"[PW]\t{_WHO}\t{_HASH}(?:\t({{.*}}))?\n",
    f'E\t{_HASH}\t({{{_AT},"parts":"{_HASH}","prev":"{_HASH}","programme":"{_NAME}",'
    f'"rules":"{_HASH}","seq":{_SIZE}}})\n',
    f'C\t([0-9a-f]{{128}})\t({{{_AT},"programme":"{_NAME}","root":"{_HASH}","size":{_SIZE},'
    f'"state":"{_HASH}"}})\n',
))  # fmt: skip
_RANK, _KEYS = {b"public": 0, b"parties": 1, b"confidential": 2}, (["act", "events"], ["events"])
_UNSEEN = {b"public": "anything", b"parties": "the units: that none appears or is lost",
           b"confidential": "who acted, and on what command"}  # fmt: skip
_OUT, _SHAPES = "circulating", ([str] * 4 + [int], [str] * 4 + [int] * 2)
# By operation: what its source and its target may be; None: not yet known.
_ROLES = {"issue": ((None,), _OUT), "reverse": ((None, "surrendered", "cancelled"), _OUT),
          "move": ((None, _OUT), _OUT), "surrender": ((None, _OUT), "surrendered"),
          "cancel": ((None, _OUT), "cancelled")}  # fmt: skip
# A float becomes a text, so that it does not encode to what it was.
_decode = json.JSONDecoder(parse_float=str, parse_constant=str).raw_decode
_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode
# Something wrong: the line (from 1; 0: what was kept), the entry's number, what and why.
Problem = namedtuple("Problem", "line entry code text")


class _Blocks:
    """Who owns each unit of a serialised kind: runs of serials; nobody owns those not issued."""

    def __init__(self) -> None:
        self.owners = {1: ""}  # of runs, by their first serials
        self.pages = [[1]]  # the first serials in order, on pages that stay short

    def give(self, first: int, last: int, source: str, target: str) -> bool:
        """Change the owner; whether all were the source's. What was not issued cannot be given."""
        owners, pages, after = self.owners, self.pages, last + 1
        if source and last >= pages[-1][-1]:
            return False
        one, other = bisect_left(pages, [first + 1]) - 1, bisect_left(pages, [after + 1])
        starts = pages[one] if other - one == 1 else list(chain(*pages[one:other]))
        low, high = bisect_left(starts, first), bisect_right(starts, after)
        before = owners[starts[low - 1]] if low else ""
        ends = (first, target, before), (after, owners[starts[high - 1]], target)
        held = owners[starts[bisect_right(starts, first) - 1]] == source
        for serial in starts[low:high]:
            held = (owners.pop(serial) == source or serial == after) and held
        fresh = {serial: owner for serial, owner, prior in ends if owner != prior}
        owners.update(fresh)
        starts[low:high] = fresh
        pages[one:other] = [starts] if len(starts) < 200 else [starts[:100], starts[100:]]
        return held

    def items(self) -> list[tuple[str, int]]:
        """Owners with the lengths of their runs."""
        return [(self.owners[one], other - one) for one, other in pairwise(sorted(self.owners))]


def _events(body: bytes, rank: int, line: int) -> list[tuple[int, int, list[Any]]]:
    """Places and postings in a body that is canonical and of its audience's form, or some error."""
    value, _ = _decode(text := body.decode())
    events, act, found = value.get("events", []), value.get("act", ""), []
    fits = type(events) is list and type(act) is str and (rank == 2 or [*value] == _KEYS[rank])
    plain = text.isascii() or is_normalized("NFC", re.sub(r"\\(?:u....|.)", '"', text))
    if not (fits and plain and _encode(value) == text):
        raise ValueError
    for place, event in events:
        found.append((place, line, postings := event.get("postings", [])))
        if type(place) is not int or type(postings) is not list or (postings and rank == 2):
            raise ValueError
    return found


class Report:
    """What was found: ``verdict`` is "proven", "unproven" or "wrong"; ``problems`` are the first
    of ``count``; ``totals`` say what became of the units, if the edition shows all postings."""

    def __init__(self, limit: int) -> None:
        self.verdict, self.problems, self.count = "proven", list[Problem](), 0
        self.unproven, self.notes = list[str](), ["not tested: that a replay reaches the state"]
        self.programme, self.audience, self.size, self.root, self.state = "", "", 0, "", ""
        self.checkpoints, self.totals = 0, dict[str, Counter[str]]()
        self._limit, self._next, self._whole = limit, 0, True  # whole: all postings were seen
        self._seq: int | None = None
        self._prev, self._instants, self._leaves = b"0" * 64, [b""], list[bytes]()
        self._hidden, self._signed = Counter[bytes](), list[tuple[int, "re.Match[bytes] | None"]]()
        self._kinds, self._roles = dict[str, "_Blocks | Counter[str]"](), dict[str, str]()

    def lines(self) -> list[str]:
        """The report for people."""
        what = f"{self.programme}, {self.audience} edition, {self.size} entries"
        said = [f"{self.verdict}: {what}, {self.count} problems in all"]
        for line, entry, code, text in self.problems:
            place = f"line {line}" if entry is None else f"line {line}, entry {entry}"
            said.append(f"wrong: {place}: {text} [{code}]")
        said += [f"{kind!a}: {dict(sums)}" for kind, sums in self.totals.items()]
        return said + [f"unproven: {t}" for t in self.unproven] + [f"note: {t}" for t in self.notes]

    def as_dict(self) -> dict[str, Any]:
        """The report for programs, ready for JSON."""
        public = {name: value for name, value in vars(self).items() if name[0] != "_"}
        return {**public, "problems": [problem._asdict() for problem in self.problems]}

    def _need(self, fine: object, line: int, text: str, what: object = None) -> None:
        if not fine:
            self.count += 1
            code, _, why = text.partition(": ")
            if self.count <= self._limit:
                why += f": {what!a:.80}" if what else ""
                self.problems.append(Problem(line, self._seq, code if line else "kept", why))

    def _entry(self, start: int, lines: list[bytes]) -> None:
        """An entry and its parts' lines; or the first line or a checkpoint, which have no parts."""
        need, parts, root, order = self._need, b"", b"tanheng/parts/1\0", 3
        edition = _RANK.get(self.audience.encode(), 2)
        events, unseen, self._seq = [], set(), None
        if lines[0][:2] == b"C\t":
            self._signed.append((start, _CHECKPOINT(lines[0])))
        elif lines[0][:2] == b"E\t":
            order, stated, at, self._seq = -1, b"", self._instants[-1], self._next
            need(not self._signed, start, "line: an entry after a checkpoint")
            need(found := _ENTRY(lines[0]), start, "entry: the header is not in its one form")
            if found:
                stated, header, at, parts, prev, programme, _, seq = found.groups()
                self._seq = int(seq)
                need(self._seq == self._next, start, "seq: the number is not the next one")
                named = sha256(b"tanheng/entry/1\0" + header).hexdigest().encode()
                need(stated == named, start, "hash: not the hash of the header")
                need(self._prev in (prev, b""), start, "prev: not the hash of the entry before")
                need(at >= self._instants[-1], start, "at: an instant before the last entry's")
                need(programme.decode() == self.programme, start, "programme: another programme's")
            self._prev, self._next = stated, self._seq + 1
            self._instants.append(at)
            self._leaves.append(sha256(b"\0" + unhexlify(stated)).digest())
        for number, line in enumerate(lines[1:], start + 1):
            if not (found := _PART(line)) or (found[3] is None) != (line[:1] == b"W"):
                need(False, number, "line: no line of a journal")
                unseen.add(0)
                continue
            name, hexed, body = found.groups()
            rank, digest = _RANK[name], unhexlify(hexed)
            need(rank > order, number, "part: there twice, out of order or of no entry")
            need((body is None) == (rank > edition), number, "edition: wrongly shown or not")
            order = rank
            if body is None:
                self._hidden[name] += 1
                unseen.add(rank)
            else:
                digest = sha256(b"tanheng/part/1\0%b\0%b%b" % (name, digest, body)).digest()
                try:
                    events.extend(_events(body, rank, number))
                except (ValueError, TypeError, AttributeError, RecursionError):
                    need(False, number, "body: not canonical, or not of its audience's form")
                    unseen.add(rank)
            root += name + b"\0" + digest
        fits = order >= 0 and sha256(root).hexdigest().encode() == parts
        need(fits or not parts, start, "parts: they do not have the root that the header names")
        self._whole, due = self._whole and unseen <= {2}, 0
        for place, number, postings in sorted(events, key=lambda event: event[0]):
            need(place == due or (unseen and place > due), number, "place: not the next place")
            due = place + 1
            for posting in postings:
                self._post(number, posting)

    def _post(self, line: int, posting: list[Any]) -> None:
        """Carry out a posting."""
        need, fits = self._need, type(posting) is list and [*map(type, posting)] in _SHAPES
        given: list[Any] = [*posting, posting[4]] if fits else [""] * 6
        op, kind, source, target, first, last = given[:6]
        fits = kind and target and op in _ROLES and (source == "") == (op == "issue")
        if not (fits and 0 < first <= last < 2**63):
            need(False, line, "posting: of the form of none of the five operations", posting)
            return
        serial, (gives, takes) = len(posting) == 6, _ROLES[op]
        if (units := self._kinds.get(kind)) is None:
            units = self._kinds[kind] = _Blocks() if serial else Counter()
        need(isinstance(units, _Blocks) == serial, line, "kind: has serials, or has none", posting)
        fits = self._roles.setdefault(target, takes) == takes and self._roles.get(source) in gives
        need(fits, line, "sink: an account is not what the operation takes or gives", posting)
        if self._whole and serial and isinstance(units, _Blocks):
            need(source or first == units.pages[-1][-1], line, "serial: not the next", posting)
            need(units.give(first, last, source, target), line, "units: not its source's", posting)
        elif self._whole and not serial and isinstance(units, Counter):
            need(not source or units[source] >= first, line, "units: not its source's", posting)
            units[source] -= first
            units[target] += first

    def _finish(self, stated: str, own: str, kept: str | None, key: str | None) -> None:
        """The tree, the checkpoints, and what is to be said."""
        need, last, before, total, self._seq = self._need, -1, b"", len(self._leaves), None
        trusted = own if key is None else key.strip().lower()
        need(trusted == own, 1, "key: the key in the file is not the trusted key")
        need(stated == str(total), 1, "size: not so many entries are there")
        self.checkpoints, self.size, level, step = len(self._signed), total, self._leaves, 1
        self.unproven += ["no trusted key: that the file's own is the programme's"] * (key is None)
        self.notes += ["no kept checkpoint: a journal cut or made anew would pass"] * (kept is None)
        if kept is not None:
            known = _CHECKPOINT(f"{kept.strip()}\n".encode(errors="replace"))
            self._signed.insert(0, (0, known))
        sizes = {total} | {int(found[6]) for _, found in self._signed if found}
        roots = {size: b"" if size else sha256().digest() for size in sizes if size <= total}
        while level:  # of the tree, from below; each size takes the last whole subtree at its bits
            for size, node in roots.items():
                if size & step:
                    left = level[size // step - 1]
                    roots[size] = sha256(b"\1" + left + node).digest() if node else left
            pairs = zip(level[::2], level[1::2], strict=False)
            level, step = [sha256(b"\1" + left + right).digest() for left, right in pairs], step * 2
        for line, found in self._signed:
            if not found:
                need(False, line, "checkpoint: not of a checkpoint's form")
                continue
            signature, body, at, programme, root, number, state = found.groups()
            count = int(number)
            need(programme.decode() == self.programme, line, "programme: another programme's")
            try:
                public = Ed25519PublicKey.from_public_bytes(unhexlify(trusted))
                public.verify(unhexlify(signature), b"tanheng/checkpoint/1\0" + body)
            except (InvalidSignature, ValueError):
                need(False, line, "signature: the key did not sign this checkpoint")
            need(roots.get(count) == unhexlify(root), line, "root: the entries are cut or altered")
            need(self._instants[count : count + 1] <= [at], line, "at: before its last entry")
            need(count > last and at >= before, line, "order: not after the one before")
            last, before, self.state = (count, at, state.decode()) if line else (-1, b"", "")
        need(last == total, 1, "cover: no checkpoint covers all entries")
        self.root = roots[total].hex()
        for name, what in _UNSEEN.items():
            if hidden := self._hidden[name]:
                text = f"in {hidden} entries the {name.decode()} part is withheld"
                self.unproven.append(f"{text}: nothing is proven of {what}")
        self.verdict = "wrong" if self.count else "unproven" if self.unproven else "proven"
        for kind, units in self._kinds.items() if self._whole else ():
            sums = self.totals[kind] = Counter(issued=0, circulating=0, surrendered=0, cancelled=0)
            for who, count in units.items():
                sums.update({"issued": count, self._roles.get(who, _OUT): count} if who else {})


def verify(source: str | Path | BinaryIO, *, checkpoint: str | None = None,
           key: str | None = None, limit: int = 20) -> Report:  # fmt: skip
    """Check a journal, a path or a stream of bytes; the first ``limit`` problems are kept.

    Known from elsewhere: a checkpoint (a ``C`` line), the programme's key (64 hexadecimal digits).
    """
    if isinstance(source, str | Path):
        with Path(source).open("rb") as stream:
            return verify(stream, checkpoint=checkpoint, key=key, limit=limit)
    report, start, lines = Report(limit), 1, [source.readline()]
    first = _FIRST(lines[0])
    report._need(first, 1, "header: not the first line of a journal")
    fields = [field.decode() for field in first.groups()] if first else [""] * 4
    report.programme, report.audience, stated, own = fields
    for number, line in enumerate(source, 2):
        if line[:2] in (b"E\t", b"C\t"):
            report._entry(start, lines)
            start, lines = number, []
        lines.append(line)
    report._entry(start, lines)
    report._finish(stated, own, checkpoint, key)
    return report


def main(arguments: list[str]) -> int:
    """Check FILE [KEY [KEPT]] and say what was found; the exit code is explained above."""
    try:
        if len(arguments) not in (1, 2, 3):
            raise OSError("wanted: FILE [KEY [KEPT]]")
        kept = Path(arguments[2]).read_text("utf-8", "replace") if arguments[2:] else None
        report = verify(arguments[0], key=arguments[1] if arguments[1:] else None, checkpoint=kept)
    except OSError as error:
        print(error, file=sys.stderr)
        return 2
    print("\n".join(report.lines()))
    return int(report.verdict == "wrong")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
