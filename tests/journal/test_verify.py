"""The independent checker: it passes what is good, and finds and places whatever is not."""

from __future__ import annotations

import ast
import io
import json
import random
import re
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.exporting import Writer, canonical, register, split
from tanheng import verify as module
from tanheng.verify import Report, main, verify

GOOD = register()
FILE = GOOD.export()
EDITIONS = ("public", "parties", "confidential")


def check(data: bytes | list[bytes], **options) -> Report:
    raw = b"".join(line + b"\n" for line in data) if isinstance(data, list) else data
    return verify(io.BytesIO(raw), **options)


def codes(report: Report) -> set[str]:
    return {problem.code for problem in report.problems}


def spoilt(made: Writer, *, checkpoint: bool = True) -> Report:
    if checkpoint:
        made.checkpoint()
    return check(made.export(), key=made.key)


# Good journals -----------------------------------------------------------------------------------


def test_the_whole_journal_is_proven_with_the_key() -> None:
    report = check(FILE, key=GOOD.key, checkpoint=GOOD.checkpoints[0].decode())
    assert (report.verdict, report.problems, report.unproven) == ("proven", [], [])
    assert (report.programme, report.audience, report.size) == ("test-register", "confidential", 60)
    assert report.totals == {
        "CEA-2026": {"issued": 100000, "circulating": 98600, "surrendered": 900, "cancelled": 500},
        "money": {"issued": 10**9, "circulating": 10**9, "surrendered": 0, "cancelled": 0},
    }
    assert report.checkpoints == len(GOOD.checkpoints)
    last = json.loads(GOOD.checkpoints[-1].split(b"\t")[2])
    assert (report.root, report.state) == (last["root"], last["state"])
    assert len(report.notes) == 1
    assert "state" in report.notes[0]


def test_without_a_trusted_key_nothing_is_proven() -> None:
    report = check(FILE)
    assert report.verdict == "unproven"
    assert "key" in report.unproven[0]
    assert "no kept checkpoint" in report.notes[1]


@pytest.mark.parametrize("audience, said, totals", [("public", 2, 0), ("parties", 1, 2)])
def test_an_edition_says_what_it_withholds(audience, said, totals) -> None:
    report = check(GOOD.export(audience), key=GOOD.key)
    assert (report.verdict, report.count, report.audience) == ("unproven", 0, audience)
    assert len(report.unproven) == said
    assert "47 entries the confidential part" in report.unproven[-1]
    assert len(report.totals) == totals


def test_a_public_edition_without_other_parts_is_proven() -> None:
    made = Writer()
    made.add("issue", [["issue", "CEA", "", "a", 1, 100]], confidential=False)
    made.checkpoint()
    report = check(made.export("public"), key=made.key)
    assert report.verdict == "proven"
    assert report.totals["CEA"]["circulating"] == 100


def test_a_journal_without_entries() -> None:
    made = Writer()
    made.checkpoint()
    assert check(made.export(), key=made.key).verdict == "proven"


def test_texts_in_any_script_and_with_escapes_are_canonical() -> None:
    made = Writer()
    made.raw({"public": canonical({"act": '备注 é "\n\u0301\\ \x7f\u2028\x01', "events": []})})
    assert spoilt(made).verdict == "proven"


def test_a_public_event_may_come_after_one_of_the_parties() -> None:
    made = Writer()
    first, second = ["issue", "K", "", "a", 1, 9], ["move", "K", "a", "b", 2, 3]
    made.raw(
        {
            "public": canonical({"act": "x", "events": split([second], 1)}),
            "parties": canonical({"events": split([first])}),
        }
    )
    made.checkpoint()
    assert check(made.export(), key=made.key).verdict == "proven"
    assert check(made.export("public"), key=made.key).count == 0


# Units -------------------------------------------------------------------------------------------

ISSUE = ["issue", "K", "", "a", 1, 100]
CASH = ["issue", "M", "", "a", 50]
SUNK = ["surrender", "K", "a", "sink", 1, 25]


def test_a_block_is_split_and_joined() -> None:
    made = Writer()
    made.add("issue", [ISSUE])
    made.add("surrender", [SUNK])
    assert spoilt(made).totals["K"] == {
        "issued": 100, "circulating": 75, "surrendered": 25, "cancelled": 0,
    }  # fmt: skip
    blocks = module._Blocks()
    assert blocks.give(1, 100, "", "a")
    assert blocks.give(1, 25, "a", "b")
    assert list(blocks.items()) == [("b", 25), ("a", 75)]
    assert not blocks.give(20, 30, "b", "c")
    assert blocks.give(1, 19, "b", "c")
    assert blocks.give(31, 100, "a", "c")
    assert list(blocks.items()) == [("c", 100)]
    assert not blocks.give(100, 101, "c", "a")


def test_blocks_agree_with_a_list_of_units() -> None:
    draw = random.Random(5)
    blocks, units = module._Blocks(), []
    for _ in range(6000):
        if len(units) < 3000 and draw.random() < 0.3:
            count, owner = draw.randint(1, 9), draw.choice("abc")
            assert blocks.give(len(units) + 1, len(units) + count, "", owner)
            units += owner * count
        elif units:
            first = draw.randint(1, len(units))
            last = min(len(units), first + draw.randint(0, 5))
            source, target = draw.choice("abcd"), draw.choice("abcd")
            held = units[first - 1 : last] == [source] * (last + 1 - first)
            assert blocks.give(first, last, source, target) == held
            units[first - 1 : last] = [target] * (last + 1 - first)
    assert len(blocks.pages) > 1
    assert [who for who, count in blocks.items() for _ in range(count)] == units


@pytest.mark.parametrize(
    "postings, code, entry",
    [
        ([ISSUE, ["issue", "K", "", "a", 102, 110]], "serial", 1),
        ([ISSUE, ["issue", "K", "", "a", 100, 110]], "serial", 1),
        ([["issue", "K", "", "a", 2, 5]], "serial", 0),
        ([ISSUE, ["move", "K", "b", "c", 1, 5]], "units", 1),
        ([ISSUE, ["move", "K", "a", "c", 100, 101]], "units", 1),
        ([ISSUE, ["move", "K", "a", "b", 5, 9], ["move", "K", "a", "b", 9, 10]], "units", 2),
        ([CASH, ["move", "M", "a", "b", 51]], "units", 1),
        ([CASH, ["move", "M", "a", "b", 50], ["move", "M", "a", "b", 1]], "units", 2),
        ([ISSUE, ["issue", "K", "", "a", 5]], "kind", 1),
        ([CASH, ["issue", "M", "", "a", 1, 5]], "kind", 1),
        ([ISSUE, SUNK, ["move", "K", "sink", "a", 1, 1]], "sink", 2),
        ([ISSUE, SUNK, ["surrender", "K", "sink", "other", 1, 1]], "sink", 2),
        ([ISSUE, SUNK, ["move", "K", "a", "sink", 50, 50]], "sink", 2),
        ([ISSUE, SUNK, ["issue", "K", "", "sink", 101, 101]], "sink", 2),
        ([ISSUE, SUNK, ["cancel", "K", "a", "sink", 50, 50]], "sink", 2),
        ([ISSUE, ["surrender", "K", "a", "a", 1, 1]], "sink", 1),
        ([ISSUE, ["reverse", "K", "a", "b", 1, 1]], "sink", 1),
        ([ISSUE, SUNK, ["reverse", "K", "sink", "a", 26, 26]], "units", 2),
        ([["mint", "K", "", "a", 1, 5]], "posting", 0),
        ([["issue", "K", "", "a", 0, 5]], "posting", 0),
        ([["issue", "K", "", "a", 5, 4]], "posting", 0),
        ([["issue", "K", "b", "a", 1, 5]], "posting", 0),
        ([["issue", "K", "", "", 1, 5]], "posting", 0),
        ([["issue", "", "", "a", 1, 5]], "posting", 0),
        ([["move", "K", "", "a", 1, 5]], "posting", 0),
        ([["issue", "M", "", "a", True]], "posting", 0),
        ([["issue", "M", "", "a", "5"]], "posting", 0),
        ([["issue", "M", "", "a", 0]], "posting", 0),
        ([["issue", "M", "", "a", -5]], "posting", 0),
        ([["issue", "M", "", "a", 2**63]], "posting", 0),
        ([["issue", "M", "", "a"]], "posting", 0),
        ([["issue", "M", "", "a", 1, 2, 3]], "posting", 0),
        ([["issue", "M", "", 7, 1]], "posting", 0),
        ([[["issue"], "M", "", "a", 1]], "posting", 0),
        (["issue", 7, None, {}, {"a": 1}], "posting", 0),
    ],
    ids=lambda value: str(value)[:40],
)  # fmt: skip
def test_wrong_postings_are_found_and_placed(postings, code, entry) -> None:
    made = Writer()
    for posting in postings:
        made.add("x", [posting])
    report = spoilt(made)
    first = report.problems[0]
    assert report.verdict == "wrong"
    assert (first.code, first.entry, first.line) == (code, entry, 3 + 3 * entry)
    assert report.lines()[1].startswith(f"wrong: line {first.line}, entry {entry}: ")


def test_a_holder_may_move_to_itself() -> None:
    made = Writer()
    for posting in (ISSUE, CASH, ["move", "K", "a", "a", 3, 7], ["move", "M", "a", "a", 20]):
        made.add("x", [posting])
    report = spoilt(made)
    assert report.count == 0
    assert (report.totals["K"]["circulating"], report.totals["M"]["circulating"]) == (100, 50)


def test_a_sink_gives_back_by_reversal() -> None:
    made = Writer()
    for posting in (
        ISSUE,
        SUNK,
        ["reverse", "K", "sink", "a", 5, 6],
        ["move", "K", "a", "b", 1, 1],
    ):
        made.add("x", [posting])
    assert [problem.entry for problem in spoilt(made).problems] == [3]


def test_behind_a_withheld_part_form_and_roles_are_still_checked() -> None:
    made = Writer()
    made.add("x", [ISSUE], parties=[["move", "K", "a", "b", 1, 5]])
    made.add("x", [["move", "K", "b", "c", 1, 5], ["move", "K", "c", "d", 400, 500]])
    made.add("x", [["surrender", "K", "q", "sink", 1, 5], ["reverse", "K", "elsewhere", "a", 6, 7]])
    made.checkpoint()
    report = check(made.export("public"), key=made.key)
    assert (report.verdict, report.totals, report.count) == ("unproven", {}, 0)
    made.add("x", [["move", "K", "sink", "c", 1, 5]])
    made.add("x", [["move", "K", "c", "d", 5]])
    made.add("x", [["reverse", "K", "d", "e", 1, 5]])
    made.checkpoint()
    assert [(p.code, p.entry) for p in check(made.export("public")).problems] == [
        ("sink", 3), ("kind", 4), ("sink", 5),
    ]  # fmt: skip


# The chain, the tree, the checkpoints ------------------------------------------------------------


@pytest.mark.parametrize(
    "header, code",
    [
        ({"seq": 3}, "seq"),
        ({"prev": "1" * 64}, "prev"),
        ({"at": "2025-01-01T00:00:00.000000Z"}, "at"),
        ({"programme": "another"}, "programme"),
        ({"parts": "2" * 64}, "parts"),
        ({"at": "2026-01-01T00:00:61.000000Z"}, "entry"),
        ({"at": "2026-13-01T00:00:01.000000Z"}, "entry"),
        ({"format": 2}, "entry"),
        ({"rules": "A" * 64}, "entry"),
        ({"more": 1}, "entry"),
        ({"seq": True}, "entry"),
    ],
    ids=str,
)
def test_wrong_headers(header, code) -> None:
    made = Writer()
    made.add("x")
    made.add("x")
    made.add("x", **header)
    made.add("x")
    found = spoilt(made).problems[0]
    assert (found.code, found.line) == (code, 8)
    assert found.entry == (3 if code == "seq" else 2)


def test_a_swapped_and_a_missing_entry() -> None:
    lines = GOOD.lines()
    starts = [number for number, line in enumerate(lines) if line[:1] == b"E"]
    cut = check(lines[: starts[9]] + lines[starts[10] :])
    assert {"seq", "prev", "size", "root"} <= codes(cut)
    assert (cut.problems[0].entry, cut.problems[0].line) == (10, starts[9] + 1)
    a, b, c = starts[9:12]
    assert {"seq", "prev"} <= codes(check(lines[:a] + lines[b:c] + lines[a:b] + lines[c:]))


def test_an_entry_hash_that_is_not_the_header_s() -> None:
    lines = GOOD.lines()
    at = next(number for number, line in enumerate(lines) if b'"seq":20}' in line)
    lines[at] = lines[at].replace(b'"rules":"', b'"rules":"' + b"0" * 64 + b'"', 1)[
        : len(lines[at])
    ]
    assert codes(check(lines)) == {"entry", "root"}
    lines = GOOD.lines()
    lines[at] = re.sub(rb'"rules":"\w+"', b'"rules":"' + b"0" * 64 + b'"', lines[at])
    report = check(lines)
    assert [(p.code, p.entry, p.line) for p in report.problems] == [("hash", 20, at + 1)]


def line_of(start: bytes, lines: list[bytes], count: int = 0) -> int:
    return [number for number, line in enumerate(lines) if line.startswith(start)][count]


@pytest.mark.parametrize(
    "start, change, code",
    [
        (b"tanheng", lambda line: line.replace(b"\t1\t", b"\t2\t"), "header"),
        (b"tanheng", lambda line: line.replace(b"\t60\t", b"\t61\t"), "size"),
        (b"tanheng", lambda line: line.replace(b"\t60\t", b"\t060\t"), "header"),
        (b"tanheng", lambda line: line.replace(b"test-register", b"best-register"), "programme"),
        (b"tanheng", lambda line: line.replace(b"confidential", b"parties"), "edition"),
        (b"tanheng", lambda line: line[:-64] + b"0" * 64, "signature"),
        (b"tanheng", lambda line: line.upper(), "header"),
        (b"tanheng", lambda line: line + b"\r", "header"),
        (b"E", lambda line: line + b" ", "entry"),
        (b"E", lambda line: line.replace(b'"seq":0', b'"seq":00'), "entry"),
        (b"E", lambda line: b"F" + line[1:], "line"),
        (b"E", lambda line: line + b"\n", "line"),
        (b"E", lambda line: line + b"\n" + line, "parts"),
        (b"P", lambda line: line + b"\n" + line, "part"),
        (b"P", lambda line: line + b"\r", "line"),
        (b"P", lambda line: line + b"\t", "line"),
        (b"P", lambda line: line + b" ", "line"),
        (b"P", lambda line: line.replace(b'"act":"enrol"', b'"act":"enrOl"'), "parts"),
        (b"P", lambda line: line[:9] + line[9:73].upper() + line[73:], "line"),
        (b"P", lambda line: line.replace(b"{", b"{ ", 1), "body"),
        (b"P", lambda line: b"W\tpublic\t" + b"0" * 64, "edition"),
        (b"C", lambda line: line[:2] + b"0" * 128 + line[130:], "signature"),
        (b"C", lambda line: line.replace(b'"size":', b'"size":0'), "checkpoint"),
        (b"C", lambda line: line.upper(), "checkpoint"),
        (b"C", lambda line: line + b"\n" + line, "order"),
    ],
    ids=lambda value: value.decode() if isinstance(value, bytes) else getattr(value, "x", None),
)  # fmt: skip
def test_altered_lines(start: bytes, change: Callable[[bytes], bytes], code: str) -> None:
    lines = GOOD.lines()
    at = line_of(start, lines)
    lines[at] = change(lines[at])
    report = check(lines)
    assert report.verdict == "wrong"
    assert code in codes(report)
    if code not in {"programme", "edition", "signature", "header"}:
        assert at <= report.problems[0].line - 1 <= at + 1 or code == "parts"


def test_parts_out_of_order_strange_or_missing() -> None:
    lines = GOOD.lines()
    first = line_of(b"P\tpublic", lines, 20)
    assert lines[first + 1].startswith(b"P\t")
    swapped = [*lines[:first], lines[first + 1], lines[first], *lines[first + 2 :]]
    assert {"part", "parts"} <= codes(check(swapped))
    assert "parts" in codes(check(lines[:first] + lines[first + 1 :]))
    assert {"part"} <= codes(check([lines[0], lines[first], *lines[1:]]))
    assert {"part"} <= codes(check([*lines, lines[first]]))
    made = Writer()
    made.raw({})
    assert codes(spoilt(made)) == {"parts"}


@pytest.mark.parametrize(
    "audience, body",
    [
        ("public", b'{"act":"x","events":[],"more":1}'),
        ("public", b'{"act":"x"}'),
        ("public", b'{"act":1,"events":[]}'),
        ("public", b'{"act":"x","events":{}}'),
        ("public", b'{"act":"x","events":[7]}'),
        ("public", b'{"act":"x","events":[[0,7]]}'),
        ("public", b'{"act":"x","events":[["0",{}]]}'),
        ("public", b'{"act":"x","events":[[true,{}]]}'),
        ("public", b'{"act":"x","events":[[0,{"postings":{}}]]}'),
        ("public", b'{"act":"x","act":"x","events":[]}'),
        ("public", b'{"events":[],"act":"x"}'),
        ("public", b'{"act":"x" ,"events":[]}'),
        ("public", b'{"act":"x","events":[]}{}'),
        ("public", b'{"act":"\\u0041","events":[]}'),
        ("public", b'{"act":"\\/","events":[]}'),
        ("public", b'{"act":"\\ud800","events":[]}'),
        ("public", b'{"act":"\xff","events":[]}'),
        ("public", '{"act":"e\u0301","events":[]}'.encode()),
        ("public", '{"act":"\\ne\u0301","events":[]}'.encode()),
        ("public", b'{"act":"x","events":[[0,{"n":1.0}]]}'),
        ("public", b'{"act":"x","events":[[0,{"n":1e5}]]}'),
        ("public", b'{"act":"x","events":[[0,{"n":NaN}]]}'),
        ("public", b'{"act":"x","events":[[0,{"n":-Infinity}]]}'),
        ("public", b'{"act":"x","events":[[0,{"n":-0}]]}'),
        ("public", b'{"act":"x","events":[[0,{"n":01}]]}'),
        ("public", b'{"act":"x","events":[[0,{"n":' + b"9" * 5000 + b"}]]}"),
        ("public", b'{"act":"x","events":' + b"[" * 5000 + b"]" * 5000 + b"}"),
        ("parties", b'{"act":"x","events":[]}'),
        ("confidential", b'{"b":1,"a":2}'),
        ("confidential", b'{"events":[[0,{"postings":[["issue","K","","a",1]]}]]}'),
        ("confidential", b'{"a":1},{"b":1}'),
    ],
    ids=lambda value: str(value)[:50],
)
def test_bodies_of_another_form(audience: str, body: bytes) -> None:
    made = Writer()
    for _ in range(3):
        made.add("x")
    made.raw({audience: body})
    made.add("x")
    report = spoilt(made)
    assert [(p.code, p.entry, p.line) for p in report.problems] == [("body", 3, 12)]


@pytest.mark.parametrize("depth", [*range(150, 340, 10), 900, 1000])
def test_deep_postings_are_answered(depth: int) -> None:
    made = Writer()
    deep = b"[" * depth + b"]" * depth
    made.raw({"public": b'{"act":"x","events":[[0,{"postings":[' + deep + b"]}]]}"})
    assert codes(spoilt(made)) <= {"body", "posting"}


@pytest.mark.parametrize("places", [(1,), (0, 2), (0, 0), (-1, 0)], ids=str)
def test_places_of_events(places) -> None:
    made = Writer()
    made.raw({"public": canonical({"act": "x", "events": [[place, {}] for place in places]})})
    assert codes(spoilt(made)) == {"place"}


def test_checkpoints_of_other_things() -> None:
    made = register(10, every=0)
    assert codes(check(made.lines()[:-1])) == {"cover"}
    for fields, code in (
        ({"root": "0" * 64}, "root"),
        ({"size": 9}, "root"),
        ({"size": 99}, "root"),
        ({"programme": "another"}, "programme"),
        ({"at": "2025-01-01T00:00:00.000000Z"}, "at"),
        ({"format": 2}, "checkpoint"),
    ):
        made.checkpoints = []
        made.checkpoint(**fields)
        assert code in codes(check(made.export()))
    made.checkpoints = []
    made.checkpoint(at="2027-01-01T00:00:00.000000Z")
    made.add("x")
    made.checkpoint()
    assert codes(check(made.export())) == {"order"}


# What was kept -----------------------------------------------------------------------------------


def test_a_journal_cut_at_an_entry_does_not_continue_the_kept_checkpoint() -> None:
    kept = GOOD.checkpoints[-1].decode()
    for size in (0, 1, 20, 59):
        less = register()
        del less.entries[size:]
        less.checkpoints = []
        less.checkpoint()
        assert check(less.export(), key=GOOD.key).verdict == "proven", "it is good by itself"
        report = check(less.export(), key=GOOD.key, checkpoint=kept)
        assert [(p.code, p.line) for p in report.problems] == [("kept", 0)]
        less.checkpoints = GOOD.checkpoints
        assert "root" in codes(check(less.export()))


def test_a_file_cut_at_any_line_is_wrong() -> None:
    lines = GOOD.lines()
    for size in range(0, len(lines), 3):
        assert check(lines[:size]).verdict == "wrong"
        # The last checkpoint alone is enough: those before it prove nothing more.
        if lines[size][:1] != b"C":
            assert check([*lines[:size], lines[-1]]).verdict == "wrong"


def test_a_journal_written_anew_does_not_continue_the_kept_checkpoint() -> None:
    other = register()
    other.entries, other.checkpoints = [], []
    for number in range(61):
        other.add(f"other {number}")
    other.checkpoint()
    assert check(other.export(), key=GOOD.key).verdict == "proven"
    assert codes(check(other.export(), checkpoint=GOOD.checkpoints[1].decode())) == {"kept"}


def test_kept_checkpoints_of_others_and_nonsense() -> None:
    stranger = register()
    stranger.private = Writer(secret=b"x" * 32).private
    kept = stranger.checkpoint()
    for text in (kept, "", "nonsense", "\ud800", GOOD.checkpoints[0].decode().upper()):
        assert codes(check(FILE, checkpoint=text)) == {"kept"}
    for end in ("", "\n", "\r\n"):
        assert check(FILE, checkpoint=GOOD.checkpoints[0].decode() + end).count == 0


def test_another_key() -> None:
    assert check(FILE, key=GOOD.key.upper() + "\n").verdict == "proven"
    for key in (Writer(secret=b"x" * 32).key, "", "zz", "\ud800", "0" * 64):
        assert {"key", "signature"} == codes(check(FILE, key=key))


# Anything at all ---------------------------------------------------------------------------------


def flipped(data: bytes, bit: int) -> bytes:
    out = bytearray(data)
    out[bit >> 3] ^= 1 << (bit & 7)
    return bytes(out)


def test_a_flipped_bit_is_always_found() -> None:
    draw = random.Random(60)
    bits = set(draw.sample(range(8 * len(FILE)), 300))
    place = 0
    for line in GOOD.lines()[:9] + GOOD.lines()[-1:]:
        place = FILE.index(line)
        for field in line.split(b"\t"):
            bits.add(8 * place + draw.randrange(8 * len(field)))
            place += len(field)
            bits.add(8 * place + draw.randrange(8))
            place += 1
    missed = [bit for bit in bits if check(flipped(FILE, bit)).verdict != "wrong"]
    assert not missed


def test_an_altered_body_of_a_public_edition_is_found() -> None:
    data = GOOD.export("public")
    at = data.index(b'"state","h')
    changed = data[:at] + data[at:].replace(b'"h', b'"g', 1)
    report = check(changed)
    assert codes(report) == {"parts"}
    assert report.problems[0].line + 1 == data[:at].count(b"\n") + 1


def test_problems_are_counted_beyond_the_limit() -> None:
    report = check(b"x\n" * 50, limit=3)
    assert len(report.problems) == 3
    assert report.count > 50
    assert f"{report.count} problems in all" in "\n".join(report.lines())
    assert json.loads(json.dumps(report.as_dict()))["problems"][-1]["code"] == "line"


LINES = GOOD.lines()
PIECES = st.one_of(
    st.sampled_from(LINES),
    st.binary(max_size=40),
    st.sampled_from(
        [b"P\tpublic\t", b"E\t", b"W\t", b"C\t", b"\n", b"\r", b"\xff", b"0" * 64, b"\t", b"{}"]
    ),
)


@settings(max_examples=300)
@given(st.lists(st.tuples(PIECES, st.sampled_from([b"\n", b"", b"\t"])), max_size=12))
def test_any_bytes_are_answered(pieces) -> None:
    assert check(b"".join(piece + end for piece, end in pieces), checkpoint="x").lines()


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=3)
    | st.sampled_from([ISSUE, CASH]),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=300)
@given(JSON, JSON, st.sampled_from([*ISSUE, *CASH, 5, 2**70, "sink"]), st.integers(0, 6))
def test_any_events_are_answered(events, posting, value, place) -> None:
    made = Writer()
    made.add("x", [ISSUE, SUNK, CASH])
    odd = [*ISSUE]
    odd[place : place + 1] = [value]
    bodies = [{"act": "x", "events": events}, {"act": "x", "events": split([odd, posting])}]
    for body in bodies:
        made.raw({"public": json.dumps(body).encode()})
    made.checkpoint()
    report = check(made.export(), key=made.key)
    assert report.lines()
    assert report.verdict == "wrong" or report.totals


# The module itself -------------------------------------------------------------------------------


def test_it_is_independent_and_short() -> None:
    path = Path(module.__file__)
    text = path.read_text(encoding="utf-8")
    names = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0
            names.add((node.module or "").split(".")[0])
    assert names - set(sys.stdlib_module_names) == {"cryptography"}
    assert text.count("\n") < 300


def test_it_runs_by_itself(tmp_path: Path, capsys) -> None:
    file, kept = tmp_path / "journal.txt", tmp_path / "kept.txt"
    file.write_bytes(FILE)
    kept.write_bytes(GOOD.checkpoints[0] + b"\n")
    assert main([str(file), GOOD.key, str(kept)]) == 0
    assert capsys.readouterr().out.startswith("proven: test-register")
    assert main([str(file)]) == 0
    assert capsys.readouterr().out.startswith("unproven: test-register")
    assert main([str(file), "0" * 64]) == main([str(file), ""]) == 1
    kept.write_bytes(b"\xff")
    assert main([str(file), GOOD.key, str(kept)]) == 1
    capsys.readouterr()
    nowhere = str(tmp_path / "nowhere")
    for asked in ([], [nowhere], [str(file), GOOD.key, nowhere], [str(file), GOOD.key, "", ""]):
        assert main(asked) == 2
        said = capsys.readouterr()
        assert not said.out
        assert said.err
    alone = tmp_path / "alone.py"
    alone.write_bytes(Path(module.__file__).read_bytes())
    run = subprocess.run([sys.executable, "-I", alone, file, GOOD.key], check=False)
    assert run.returncode == 0


def lean(entries: int) -> tuple[bytes, list[bytes]]:
    """A parties' edition with small bodies: a few entries of every sort, many of one part."""
    made = register(30, every=10)
    while len(made.entries) < entries:
        made.add("x", confidential=len(made.entries) % 10 == 0)
    made.checkpoint()
    return made.export("parties"), made.lines("parties")


def missed(data: bytes, bits: list[int]) -> list[int]:
    return [bit for bit in bits if check(flipped(data, bit), limit=1).verdict != "wrong"]


@pytest.mark.long
def test_twenty_thousand_flipped_bits_are_found() -> None:
    data, lines = lean(1000)
    draw, bits = random.Random(1000), set[int]()
    for start in (b"tanheng", b"E\t", b"P\tparties", b"W\t", b"C\t"):
        line = lines[line_of(start, lines, 5 if start[:1] in b"EPW" else 0)]
        place = 8 * data.index(line)
        bits |= set(range(place, place + 8 * len(line) + 8))
    others = [bit for bit in range(8 * len(data)) if bit not in bits]
    chosen = [*bits, *draw.sample(others, 20_000 - len(bits))]
    assert len(chosen) == 20_000
    with ProcessPoolExecutor(2, mp_context=get_context("fork")) as pool:
        found = pool.map(missed, [data] * 40, [chosen[part::40] for part in range(40)])
        assert not [bit for bits in found for bit in bits]
