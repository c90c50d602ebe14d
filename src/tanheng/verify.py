"""The independent checker of an exported journal: shares no code with the program that wrote it.

It knows ADR 0005 and nothing else, and runs by itself: ``python verify.py FILE [KEY [KEPT]]``, KEPT
being a file with a ``C`` line that somebody kept; it exits with 0 when nothing is wrong, 1 when
something is, 2 when it was asked otherwise or cannot read. A problem does not stop it.
"""

from __future__ import annotations

import json
import re
import sys
from binascii import unhexlify
from bisect import bisect_left, bisect_right
from collections import Counter
from hashlib import sha256
from itertools import chain, pairwise
from operator import itemgetter
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple
from unicodedata import is_normalized

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

_HASH, _SIZE, _NAME = "([0-9a-f]{64})", "(0|[1-9][0-9]{0,17})", "([a-z0-9][a-z0-9-]{2,62})"
_DAY, _WHO = r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])", "(public|parties|confidential)"
_AT = rf'"at":"({_DAY}T(?:[01]\d|2[0-3])(?::[0-5]\d){{2}}\.\d{{6}}Z)","format":1'
_FIRST, _ENTRY, _PART, _CHECKPOINT = (
    re.compile(form.encode()).fullmatch
    for form in (
        f"tanheng-journal\t1\t{_NAME}\t{_WHO}\t{_SIZE}\t{_HASH}\n",
        f'E\t{_HASH}\t({{{_AT},"parts":"{_HASH}","prev":"{_HASH}","programme":"{_NAME}",'
        f'"rules":"{_HASH}","seq":{_SIZE}}})\n',
        f"P\t{_WHO}\t{_HASH}\t({{.*}})\n|W\t{_WHO}\t{_HASH}\n",
        f'C\t([0-9a-f]{{128}})\t({{{_AT},"programme":"{_NAME}","root":"{_HASH}","size":{_SIZE},'
        f'"state":"{_HASH}"}})\n',
    )
)
_RANK, _KEYS = {b"public": 0, b"parties": 1, b"confidential": 2}, (["act", "events"], ["events"])
_UNSEEN = ("anything", "the units: that none appears or is lost", "who acted, and on what command")
_ROLES = {"issue": ("", "holder"), "move": ("holder", "holder"), "reverse": ("sink", "holder"),
          "surrender": ("holder", "surrendered"), "cancel": ("holder", "cancelled")}  # fmt: skip
_SHAPES, _START = ([str] * 4 + [int], [str] * 4 + [int] * 2), itemgetter(0)
# A float becomes a text, so that it does not encode to what it was.
_decode = json.JSONDecoder(parse_float=str, parse_constant=str).raw_decode
_encode = json.JSONEncoder(
    ensure_ascii=False, check_circular=False, sort_keys=True, separators=(",", ":")
).encode


class Problem(NamedTuple):
    """Something wrong: the line (from 1; 0: what was kept), the entry's number, what and why."""

    line: int
    entry: int | None
    code: str
    text: str


class Report:
    """What was found: problems are the first of so many; totals are empty if nothing is proven."""

    def __init__(self) -> None:
        self.verdict, self.problems, self.count = "proven", list[Problem](), 0
        self.unproven, self.notes = list[str](), ["not tested: the rules, and replay to the state"]
        self.programme, self.audience, self.size, self.root, self.state = "", "", 0, "", ""
        self.checkpoints, self.totals = 0, dict[str, dict[str, int]]()

    def lines(self) -> list[str]:
        """The report for people."""
        said = [f"{self.verdict}: {self.programme}, {self.audience} edition, {self.size} entries"]
        for line, entry, code, text in self.problems:
            place = f"line {line}" if entry is None else f"line {line}, entry {entry}"
            said.append(f"wrong: {place}: {text} [{code}]")
        said += [f"wrong: {self.count} problems in all"] * (self.count > len(self.problems))
        said += [f"{kind!a}: {sums}" for kind, sums in self.totals.items()]
        return said + [f"unproven: {t}" for t in self.unproven] + [f"note: {t}" for t in self.notes]

    def as_dict(self) -> dict[str, Any]:
        """The report for programs, ready for JSON."""
        return {**vars(self), "problems": [problem._asdict() for problem in self.problems]}


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
        one = bisect_right(pages, first, key=_START) - 1
        other = bisect_right(pages, after, key=_START)
        starts = list(chain(*pages[one:other]))
        low, high = bisect_left(starts, first), bisect_right(starts, after)
        fresh = {first: target, after: owners[starts[high - 1]]}
        held = owners[starts[bisect_right(starts, first) - 1]] == source
        for serial in starts[low:high]:
            held = (owners.pop(serial) == source or serial == after) and held
        if fresh[after] == target:
            del fresh[after]
        if low and owners[starts[low - 1]] == target:
            del fresh[first]
        owners.update(fresh)
        starts[low:high] = fresh
        pages[one:other] = [starts] if len(starts) < 200 else [starts[:100], starts[100:]]
        return held

    def items(self) -> list[tuple[str, int]]:
        """Owners with the lengths of their runs."""
        return [(self.owners[one], other - one) for one, other in pairwise(sorted(self.owners))]


def _events(body: bytes, rank: int) -> list[tuple[int, list[Any]]]:
    """Places and postings in a body; an error of some sort if it is not canonical, or another's."""
    value, _ = _decode(text := body.decode())
    events, found = value.get("events", []), []
    if (rank < 2 and [*value] != _KEYS[rank]) or type(value.get("act", "")) is not str:
        raise ValueError
    for place, event in events:
        postings = event.get("postings", [])
        if type(place) is not int or type(postings) is not list or (postings and rank == 2):
            raise ValueError
        found.append((place, postings))
    if type(events) is not list or _encode(value) != text:
        raise ValueError
    if not (text.isascii() or is_normalized("NFC", re.sub(r"\\(?:u....|.)", '"', text))):
        raise ValueError
    return found


class _Journal:
    """One reading of a journal."""

    def __init__(self, limit: int) -> None:
        self.report, self.limit = Report(), limit
        self.seq: int | None = None
        self.next, self.prev, self.at, self.edition = 0, b"0" * 64, b"", -1
        self.programme, self.hashes, self.instants = b"", list[bytes](), [b""]
        self.hidden, self.signed = [0, 0, 0], list[tuple[int, "re.Match[bytes] | None"]]()
        self.kinds, self.roles = dict[str, "_Blocks | Counter[str]"](), dict[str, str]()
        self.first: re.Match[bytes] | None = None
        self.whole = True  # every posting so far was seen

    def need(self, fine: bool, line: int, code: str, text: str) -> None:
        """Keep a problem, unless all is fine."""
        if not fine:
            self.report.count += 1
            if self.report.count <= self.limit:
                self.report.problems.append(Problem(line, self.seq, code, text))

    def read(self, stream: BinaryIO) -> None:
        """Read every line; an entry's with those of its parts."""
        held, start = list[bytes](), 0
        for number, line in enumerate(chain(stream, [b""]), 1):
            mark = line[:2]
            if held and mark in (b"P\t", b"W\t"):
                held.append(line)
                continue
            if held:
                self.entry(start, held)
                held = []
            if mark == b"E\t":
                self.need(not self.signed, number, "line", "an entry after a checkpoint")
                held, start = [line], number
            elif mark == b"C\t":
                self.signed.append((number, _CHECKPOINT(line)))
            elif number == 1 and (found := _FIRST(line)):
                self.first, self.programme, self.edition = found, found[1], _RANK[found[2]]
            else:
                self.need(not line, number, "line", "no line of a journal, or without its end")

    def entry(self, start: int, lines: list[bytes]) -> None:
        """An entry and its parts."""
        self.seq, self.next, named, stated = self.next, self.next + 1, bytes(32), b""
        if not (found := _ENTRY(lines[0])):
            self.need(False, start, "entry", "the header is not in its one form")
            self.prev = b""
        else:
            digest, header, at, stated, prev, programme, _, number = found.groups()
            if self.seq != (there := int(number)):
                text = f"number {there} stands where {self.seq} belongs"
                self.seq, self.next = there, there + 1
                self.need(False, start, "seq", text)
            named = unhexlify(digest)
            fits = sha256(b"tanheng/entry/1\0" + header).digest() == named
            self.need(fits, start, "hash", "not the hash of the header")
            fits = prev == self.prev or not self.prev
            self.need(fits, start, "prev", "the header does not name the hash of the entry before")
            self.need(at >= self.at, start, "at", "the instant is before that of the entry before")
            self.programme = self.programme or programme
            fits = programme == self.programme
            self.need(fits, start, "programme", "another programme's entry")
            self.prev, self.at = digest, at
        self.hashes.append(named)
        self.instants.append(self.at)
        self.parts(start, lines, unhexlify(stated))

    def parts(self, start: int, lines: list[bytes], stated: bytes) -> None:
        """The parts of an entry against the root in its header, and the postings in them."""
        root, before, clear, events = b"tanheng/parts/1\0", -1, True, []
        for number, line in enumerate(lines[1:], start + 1):
            if not (found := _PART(line)):
                self.need(False, number, "line", "no part of an entry, or without its end")
                clear = self.whole = False
                continue
            name, salt, body, held, hidden = found.groups()
            rank = _RANK[name or held]
            self.need(rank > before, number, "part", "the part is there twice or out of order")
            fits = (body is not None) == (rank <= self.edition) or self.edition < 0
            self.need(fits, number, "edition", "the edition must not show, or not hide, this part")
            before = rank
            if body is None:
                root += held + b"\0" + unhexlify(hidden)
                self.hidden[rank] += 1
                clear, self.whole = False, self.whole and rank == 2
                continue
            tag = b"tanheng/part/1\0" + name + b"\0"
            root += name + b"\0" + sha256(tag + unhexlify(salt) + body).digest()
            try:
                events += [(place, number, found) for place, found in _events(body, rank)]
            except (ValueError, TypeError, AttributeError, RecursionError):
                self.need(False, number, "body", "the body is not its audience's, or not canonical")
                clear = self.whole = False
        fits = not stated or (before >= 0 and sha256(root).digest() == stated)
        self.need(fits, start, "parts", "the parts do not have the root that the header names")
        events.sort(key=_START)
        for due, (place, number, postings) in enumerate(events):
            fits = (
                place == due if clear else place >= due and (not due or place > events[due - 1][0])
            )
            self.need(fits, number, "place", f"an event has place {place}, {due} were before it")
            for posting in postings:
                if wrong := self.post(posting):
                    self.need(False, number, wrong[0], f"{posting!a:.80} {wrong[1]}")

    def post(self, posting: Any) -> tuple[str, str] | None:
        """Carry out a posting; the code of what is wrong with it, and why."""
        if (
            type(posting) is not list or [type(cell) for cell in posting] not in _SHAPES
            or posting[0] not in _ROLES or not (posting[1] and posting[3])
            or (posting[2] == "") != (posting[0] == "issue") or not 0 < posting[4] <= posting[-1] < 2**63
        ):  # fmt: skip
            return "posting", "is not of the form of one of the five operations"
        op, kind, source, target, first, *_ = posting
        last, serial, (gives, takes) = posting[-1], len(posting) == 6, _ROLES[op]
        units = self.kinds.setdefault(kind, _Blocks() if serial else Counter())
        if isinstance(units, _Blocks) != serial:
            return "kind", "gives serials to a kind without them, or none to one with them"
        role, wrong = self.roles.setdefault(target, takes), None
        if role != takes:
            wrong = "sink", f"takes its target as {takes}, but it is {role}"
        role = self.roles.get(source, "holder" if self.whole else gives)
        if gives and (role == "holder") != (gives == "holder"):
            wrong = "sink", f"takes its source as {gives}, but it is {role}"
        if self.whole and isinstance(units, _Blocks):
            if op == "issue" and first != (due := units.pages[-1][-1]):
                wrong = wrong or ("serial", f"does not issue the next serial, which is {due}")
                first = max(first, due)
            if first <= last and not units.give(first, last, source, target):
                wrong = wrong or ("units", "takes units that its source does not have")
        elif self.whole and isinstance(units, Counter):
            if gives and units[source] < first:
                wrong = wrong or ("units", f"takes more than the {units[source]} its source has")
            units[source] -= min(first, units[source])
            units[target] += first
        return wrong

    def roots(self, sizes: set[int]) -> dict[int, str]:
        """Roots of the tree over the first entries, for the sizes that there are."""
        stack, roots = list[bytes](), {0: sha256().hexdigest()}
        for size, leaf in enumerate(self.hashes, 1):
            node, rest = sha256(b"\0" + leaf).digest(), size
            while not rest & 1:
                node, rest = sha256(b"\1" + stack.pop() + node).digest(), rest >> 1
            stack.append(node)
            if size in sizes:
                for left in stack[-2::-1]:
                    node = sha256(b"\1" + left + node).digest()
                roots[size] = node.hex()
        return roots

    def checkpoints(self, kept: str | None, trusted: bytes) -> None:
        """The checkpoints: each against the tree and the key, and one to another."""
        total, size, before = len(self.hashes), -1, b""
        signed = list(self.signed)
        if kept is not None:
            signed.append((0, _CHECKPOINT(kept.strip("\r\n").encode("utf-8", "replace") + b"\n")))
        roots = self.roots({total} | {int(found[6]) for _, found in signed if found})
        for line, found in signed:
            codes = (
                ("checkpoint", "programme", "signature", "root", "at") if line else ("kept",) * 5
            )
            if not found:
                self.need(False, line, codes[0], "no checkpoint's form")
                continue
            signature, body, at, programme, root, number, state = found.groups()
            count = int(number)
            self.need(programme == self.programme, line, codes[1], "another programme's checkpoint")
            try:
                public = Ed25519PublicKey.from_public_bytes(unhexlify(trusted))
                public.verify(unhexlify(signature), b"tanheng/checkpoint/1\0" + body)
            except (InvalidSignature, ValueError):
                self.need(False, line, codes[2], "the key did not sign this checkpoint")
            text = f"the first {count} of {total} entries have not its root: cut or altered"
            self.need(roots.get(count) == root.decode(), line, codes[3], text)
            since = self.instants[count] if count <= total else b""
            self.need(at >= since, line, codes[4], "the checkpoint is before its last entry")
            if line:
                fits = count > size and at >= before
                self.need(fits, line, "order", "the checkpoint does not follow the one before")
                size, before, self.report.state = count, at, state.decode()
        last = self.signed[-1][0] if self.signed else 0
        self.need(size == total, last, "cover", "no checkpoint covers all entries")
        self.report.root = roots[total]

    def finish(self, kept: str | None, key: str | None) -> Report:
        """What is to be said."""
        self.seq, report, total = None, self.report, len(self.hashes)
        _, audience, stated, own = self.first.groups() if self.first else (b"", b"", b"0", b"")
        self.need(self.first is not None, 1, "header", "the first line is not a journal's")
        fits = not self.first or int(stated) == total
        self.need(fits, 1, "size", f"{stated.decode()} entries are promised, {total} are there")
        trusted = own if key is None else key.strip().lower().encode("utf-8", "replace")
        self.need(trusted == own, 1, "key", "the key in the file is not the trusted key")
        self.checkpoints(kept, trusted)
        for hidden, name, what in zip(self.hidden, _RANK, _UNSEEN, strict=True):
            if hidden:
                text = f"in {hidden} entries the {name.decode()} part is withheld: nothing is proven of {what}"
                report.unproven.append(text)
        if key is None:
            report.unproven.append(
                "no trusted key was given: that the file's own is the programme's"
            )
        if kept is None:
            report.notes.append(
                "no kept checkpoint was given: a journal its key's holder cut would pass"
            )
        report.verdict = "wrong" if report.count else "unproven" if report.unproven else "proven"
        report.programme, report.audience = self.programme.decode(), audience.decode()
        report.size, report.checkpoints = total, len(self.signed)
        for kind, units in self.kinds.items() if self.whole else ():
            sums = Counter(circulating=0, surrendered=0, cancelled=0)
            for who, count in units.items():
                if who:
                    sums[self.roles.get(who, "holder").replace("holder", "circulating")] += count
            report.totals[kind] = {"issued": sums.total(), **sums}
        return report


def verify(
    source: Path | str | BinaryIO, *, checkpoint: str | None = None, key: str | None = None,
    limit: int = 20,
) -> Report:  # fmt: skip
    """Check an exported journal: a file's path, or a stream of its bytes.

    Args:
        checkpoint: a ``C`` line that somebody kept; the journal must continue what it stands for.
        key: the programme's public key (64 hexadecimal digits), known from elsewhere.
        limit: how many problems are kept; all are counted.

    Raises:
        OSError: when the file cannot be read. Nothing that stands in it raises anything.
    """
    if isinstance(source, str | Path):
        with Path(source).open("rb") as stream:
            return verify(stream, checkpoint=checkpoint, key=key, limit=limit)
    reading = _Journal(limit)
    reading.read(source)
    return reading.finish(checkpoint, key)


def main(arguments: list[str]) -> int:
    """Check FILE [KEY [KEPT]] and say what was found; the exit code is at the top."""
    try:
        file, key, path, *_ = [*arguments, None, None]
        kept = Path(path).read_text(encoding="utf-8", errors="replace") if path else None
        report = verify(str(file), checkpoint=kept, key=key)
    except (OSError, ValueError) as error:
        print(f"verify.py FILE [KEY [KEPT]]: {error}", file=sys.stderr)
        return 2
    print("\n".join(report.lines()))
    return int(report.verdict == "wrong")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
