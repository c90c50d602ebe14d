"""What is handed in and kept: faulty rows, second persons, permits, the credit record."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest

from helpers.compliance import EVIDENCE, Scheme, pack_with
from helpers.drafts import law, refused, replayed
from helpers.registry import later
from tanheng.compliance import commands as c
from tanheng.compliance import model as m
from tanheng.errors import Refusal
from tanheng.programme.answers import Preview
from tanheng.programme.people import AdoptPack
from tanheng.programme.programme import Outcome
from tanheng.programme.signing import Request
from tanheng.registry import commands as r

KIND, NEXT = "SZA-2016", "SZA-2017"
Make = Callable[..., Scheme]
pack = cache(pack_with)


@pytest.fixture
def make() -> Iterator[Make]:
    """Makes schemes, and replays them all in the end."""
    made: list[Scheme] = []

    def one(*drafts: str, name: str = "cn-shenzhen-ets", eyes: tuple[str, ...] = (), **more: Any):
        made.append(Scheme(pack(name, *drafts, four_eyes=eyes), **more))
        return made[-1]

    yield one
    for scheme in made:
        replayed(scheme)


# Faulty rows: all of them at once, and nothing is taken up


def faults(scheme: Scheme, command: Any) -> list[tuple[str, object]]:
    found = refused(scheme, command, "many_faults")
    return [(f.code, f.details.get("row")) for f in found.details["faults"]]


def test_faults_of_entities(make: Make) -> None:
    s = make(entities=2)
    s.account("spare", "h-spare")
    good = ("E2", "spare", "power", "R1", 2013, "", 2)
    rows = (
        good, ("E 3", "nowhere", "mining", "R1", 1, "2016-13-01", 3),
        ("E2", "spare", "power", "R" * 65, 2013, "2012-12-31", 4),
        ("E4", "acc1", "power", "R1", 3000, "", 5), ("E5", "issuance", "power", "", 1900, "", 6),
    )  # fmt: skip
    assert faults(s, c.EnterEntities(rows, EVIDENCE)) == [
        ("row_identifier", 3), ("row_sector", 3), ("row_account", 3), ("row_year", 3),
        ("row_day", 3), ("row_twice", 4), ("row_twice", 4), ("row_day", 4), ("row_identifier", 4),
        ("row_account_taken", 5), ("row_year", 5), ("row_account", 6),
    ]  # fmt: skip
    refused(s, c.EnterEntities((rows[3],), EVIDENCE), "many_faults", count=2)
    taken = (("E4", "acc1", "power", "R1", 2013, "", 5),)
    refused(s, c.EnterEntities(taken, EVIDENCE), "row_account_taken", entity="E1")
    refused(s, c.EnterEntities((), EVIDENCE), "rows_missing")
    refused(s, c.EnterEntities((good,), "list.xlsx"), "evidence_bad")
    assert s.no(c.EnterEntities((good,), EVIDENCE), actor="ann").code == "authority_only"
    s.do(c.EnterEntities((good,), EVIDENCE))
    again = (("E2", "spare", "manufacturing", "R2", 2014, "2014-12-31", 7),)
    s.do(c.EnterEntities(again, EVIDENCE))  # the same entity, known otherwise
    assert s.programme.state.compliance.content.entities["E2"].region == "R2"


def test_an_entity_needs_an_account_that_is_open(make: Make) -> None:
    s = make(entities=0)
    s.account("spare", "h-spare")
    s.do(r.CloseAccount("spare", "no longer needed"))
    row = ("E0", "spare", "power", "R1", 2013, "", 2)
    refused(s, c.EnterEntities((row,), EVIDENCE), "row_account", row=2, value="spare")


def test_faults_of_activity_data(make: Make) -> None:
    s = make(entities=1)
    s.do(c.EnterEntities((("E0", "acc0", "power", "R1", 2015, "2016-12-31", 2),), EVIDENCE))
    texts = ("-1", "1,000", "1e3", "١", "1" * 16, "0." + "1" * 13, "", "+1", ".5", "1.", " 1")
    rows = tuple(("E0", f"output:c{n}", text, n + 10) for n, text in enumerate(texts))
    more = (
        ("E9", "output:x", "1", 2), ("E0", "outputs:x", "1", 3), ("E0", "output:", "1", 4),
        ("E0", "output:a b", "1", 5), ("E0", "baseline:x", "1", 6), ("E0", "baseline", "1", 7),
        ("E0", "baseline", "2", 8),
    )  # fmt: skip
    assert faults(s, c.EnterData(2016, rows + more, EVIDENCE)) == [
        *(("row_number", n + 10) for n in range(len(texts))), ("row_entity", 2), ("row_item", 3),
        ("row_item", 4), ("row_item", 5), ("row_item", 6), ("row_twice", 8),
    ]  # fmt: skip
    one = (("E0", "output:x", "1", 2),)
    refused(s, c.EnterData(2017, one, EVIDENCE), "row_entity_year", row=2, year=2017)
    refused(s, c.EnterData(2018, one, EVIDENCE), "year_unknown", year=2018)
    refused(s, c.EnterData(2016, (), EVIDENCE), "rows_missing")
    big = (("E0", "output:x", "9" * 15 + "." + "9" * 12, 2), ("E0", "output:y", "0", 3))
    s.do(c.EnterData(2016, big, EVIDENCE))


def test_faults_of_emissions_and_prices(make: Make) -> None:
    s = make(entities=1)
    rows = (
        ("E0", "direct", "1", "guessed", 2), ("E0", "steam", "-1", "verified", 3),
        ("E9", "direct", "1", "verified", 4), ("E0", "direct", "2", "verified", 5),
    )  # fmt: skip
    assert faults(s, c.EnterEmissions(2016, rows, EVIDENCE)) == [
        ("row_how", 2), ("row_item", 3), ("row_number", 3), ("row_entity", 4), ("row_twice", 5),
    ]  # fmt: skip

    def prices(*rows: c.PriceRow, series: str = "sza", note: str = "invented") -> c.EnterPrices:
        return c.EnterPrices(series, rows, EVIDENCE, note)

    s.do(prices(("2016-02-29", "3452", 0, 2), ("2016-03-01", "3452.5", 5, 3)))
    bad = (
        ("2016-03-01", "1", 0, 2), ("2016-03-02", "1", 0, 3), ("2016-2-1", "1", 0, 4),
        ("2016-02-01", "0", 0, 5), ("2016-02-02", "-1", 0, 6), ("2016-02-03", "x", -1, 7),
        ("2016-02-04", "1", 2**53, 8), ("2016-02-03", "1", 0, 9),
    )  # fmt: skip
    assert faults(s, prices(*bad)) == [
        ("price_there", 2), ("row_future", 3), ("row_day", 4), ("row_number", 5), ("row_number", 6),
        ("row_number", 7), ("row_number", 7), ("row_number", 8), ("row_twice", 9),
    ]  # fmt: skip
    refused(s, prices(), "rows_missing")
    refused(s, prices(bad[2], series="s z a"), "identifier_bad")
    refused(s, prices(bad[2], note=" "), "reason_missing")


def test_what_is_missing_of_many_entities_is_said_at_once(make: Make) -> None:
    s = make(entities=3, issue={KIND: 100})
    s.data(2016, {"E1": {"output:x": "1"}, "E2": {"output:x": "1", "intensity:x": "1"}})
    found = refused(s, c.TrueUp(2016), "many_faults", count=2)
    assert [(f.details["entity"], f.details["item"]) for f in found.details["faults"]] == [
        ("E0", "output:CLASS"), ("E1", "intensity:x"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "word, last, wanted",
    [
        ("none", "130", (-1, "C", 0)),
        ("reported", "130", (110, "B", 110)),  # 100 × 1.1
        ("highest", "130", (143, "B", 143)),  # 130 × 1.1
        ("highest", "90", (110, "B", 110)),
    ],
)
def test_emissions_that_nobody_verified(
    make: Make, word: str, last: str, wanted: tuple[int, str, int]
) -> None:
    choice = f"plan:\n  unverified: {{value: {word}, clause: Draft, status: assumed}}\n"
    s = make(choice, law("conservative_uplift", 'value: "1.1"'), entities=1)
    s.emissions(2015, {"E0": last})
    s.emissions(2016, {"E0": "100"}, how="reported")
    s.at("2017-07-01 00:00:00").do(c.CloseYear(2016))
    found = s.record("E0", 2016).outcomes[-1]
    assert (found.obligation, found.status, found.shortfall) == wanted


def test_amounts_that_nobody_can_have(make: Make) -> None:
    """10¹⁵ of output at an intensity of 10¹⁵: digits that no unit kind has."""
    s = make(entities=1, issue={KIND: 100})
    s.data(2016, {"E0": {"output:x": "9" * 15, "intensity:x": "9" * 15}})
    s.no(c.PreAllocate(2016))
    s.no(c.TrueUp(2016))


def test_a_fine_that_nobody_can_pay(make: Make) -> None:
    """10¹⁵ t at 10,000 a tonne: more fen than any table or reader of the journal holds."""
    words = {"steps": "[fine]", "excess": "at_deadline"}
    rows = (f"  {k}: {{value: {w}, clause: Draft, status: assumed}}\n" for k, w in words.items())
    s = make("plan:\n" + "".join(rows), entities=1)
    s.emissions(2016, {"E0": "9" * 15})
    s.at("2017-07-04 11:00").do(c.CloseYear(2016))
    s.do(c.EnterPrices("sza", (("2017-01-03", "1000000", 0, 2),), EVIDENCE, "invented"))
    s.no(c.Enforce(2016, "fine", (), "sza"))


def test_a_snapshot_has_the_hash_of_the_journal_whatever_years_were_closed() -> None:
    """Eight years apart: numbers of a set that Python lists in the order they came."""
    years = '{"2015": SZA-2015, "2016": SZA-2016, "2023": SZA-2017}'
    days = law("surrender_deadline", "year: 2015, day: 2016-01-01", "year: 2023, day: 2016-01-02")
    s = Scheme(pack("cn-shenzhen-ets", f"plan:\n  allowance: {years}\n", days), entities=1)
    s.do(c.CloseYear(2015), c.CloseYear(2023))
    s.programme.snapshot()
    replayed(s)


# Second persons and previews: what is approved is what was proposed

EYES = (
    "pre_allocate", "true_up", "surrender_year", "close_year", "enforce", "carry_over_year",
    "surrender", "permit", "record_entry",
)  # fmt: skip
Stage = Callable[[Scheme], Any]
"""Brings a scheme to where the command can be proposed, and returns it."""


def output(s: Scheme, amount: str) -> None:
    s.data(2016, {"E0": {"output:x": amount, "intensity:x": "1"}})


def _pre(s: Scheme) -> Any:
    output(s, "50")
    return c.PreAllocate(2016)


def _true_up(s: Scheme) -> Any:
    output(s, "50")
    return c.TrueUp(2016)


def _surrender(s: Scheme) -> Any:
    s.do(r.Allocate("issuance", "acc0", KIND, 60))
    s.emissions(2016, {"E0": "50"})
    return c.SurrenderYear(2016)


def _close(s: Scheme) -> Any:
    _surrender(s)
    s.at("2017-07-04 11:00")
    return c.CloseYear(2016)


def _closed(s: Scheme) -> None:
    found = s.do(_close(s))
    assert found.act == "propose"
    s.do(r.Approve(f"P{found.seq}"), actor="gov2")


def _enforce(s: Scheme) -> Any:
    _closed(s)
    return c.Enforce(2016, "make_up")


def _carry(s: Scheme) -> Any:
    _closed(s)
    s.emissions(2016, {"E0": "0"})
    again = s.do(c.CloseYear(2016))
    s.do(r.Approve(f"P{again.seq}"), actor="gov2")
    return c.CarryOverYear(2016)


def _pays(s: Scheme) -> None:
    found = s.do(r.Surrender("acc0", 1, 2016), actor="ann")
    s.do(r.Approve(f"P{found.seq}"), actor="bob")


def _emits(s: Scheme) -> None:
    s.emissions(2016, {"E0": "51"})


CASES: list[tuple[Stage, Callable[[Scheme], object]]] = [
    (_pre, lambda s: output(s, "51")), (_true_up, lambda s: output(s, "51")), (_surrender, _emits),
    (_close, _emits), (_enforce, _pays),
    (_carry, lambda s: s.do(r.Allocate("issuance", "acc0", KIND, 1))),
]  # fmt: skip
NAMES = [stage.__name__.strip("_") for stage, _ in CASES]


@pytest.mark.parametrize("stage, move", CASES, ids=NAMES)
def test_an_approval_is_of_what_was_proposed(make: Make, stage: Stage, move: Any) -> None:
    s = make(entities=1, eyes=EYES, issue={KIND: 200})
    command = stage(s)
    first = s.do(command)
    assert first.act == "propose"
    approve = r.Approve(f"P{first.seq}")
    assert s.no(approve).code == "approver_is_initiator"
    assert s.no(approve, actor="ann").code == "authority_only"
    move(s)
    moved = s.no(approve, actor="gov2")
    assert (moved.code, moved.details["act"]) == ("pending_moved", command.act)
    s.do(r.Reject(f"P{first.seq}", "it moved"), actor="gov2")
    assert s.programme.state.compliance.content.pins == {}
    second = s.do(command)
    assert s.no(approve, actor="gov2").code == "pending_unknown"
    s.account("other", "somebody")  # which does not concern it, nor that a day goes by
    s.now = later(s.now, hours=24)
    done = s.do(r.Approve(f"P{second.seq}"), actor="gov2")
    assert done.act == command.act
    assert any(isinstance(event, m.ComplianceEvent) for event in done.events)


@pytest.mark.parametrize("stage, move", CASES, ids=NAMES)
def test_a_preview_is_of_what_is_done(make: Make, stage: Stage, move: Any) -> None:
    s = make(entities=1, eyes=("surrender", "close_year"), issue={KIND: 200})
    command = stage(s)
    before = s.programme.preview(Request(command, "gov1", "preview"))
    assert isinstance(before, Preview)
    move(s)
    size = s.programme.journal.size
    refusal = s.ask(command, preview=before.digest)
    assert isinstance(refusal, Refusal)
    assert (refusal.code, s.programme.journal.size) == ("preview_moved", size)
    after = s.programme.preview(Request(command, "gov1", "preview"))
    assert isinstance(after, Preview)
    done = s.ask(command, preview=after.digest)
    assert isinstance(done, Outcome)
    assert (done.seq, done.at) == (after.seq, s.now)
    assert done.postings == (after.effect if done.act == command.act else ())


def test_another_law_is_another_effect(make: Make) -> None:
    s = make(entities=1, eyes=("true_up",), issue={KIND: 200})
    first = s.do(_true_up(s))
    other = pack("cn-shenzhen-ets", law("reduction_factor", 'value: "0.9"'), four_eyes=("true_up",))
    s.do(AdoptPack(other.digest, s.shelf.keep(other), other.id))
    assert s.no(r.Approve(f"P{first.seq}"), actor="gov2").code == "pending_moved"


@pytest.mark.parametrize("when", ["2016-03-01 15:00", "2016-03-03 11:00"])
def test_an_entry_of_the_credit_record_is_approved_on_a_later_day(make: Make, when: str) -> None:
    s = make(law("record_months", 'value: "24"'), entities=1, eyes=EYES)
    first = s.do(c.RecordEntry("E0", "default", "did not report", EVIDENCE))
    done = s.at(when).do(r.Approve(f"P{first.seq}"), actor="gov2")
    assert list(s.programme.state.compliance.content.records) == [f"R{done.seq}"]


# Discharge permits

FINE = law("permit_fine_range", 'range: ["5000000", "10000000"]')
TERMS = (("COD", "12.5", "t"), ("plan", "1", "document"))


def step(name: str, permit: str = "P-1", entity: str = "E0", **more: Any) -> c.PermitAct:
    if name == "grant":
        more = {"terms": TERMS, **more}
    if name in ("refuse", "revoke", "fine"):
        more = {"reason": "conditions not met", **more}
    if name == "fine":
        more = {"amount_fen": 5000000, **more}
    return c.PermitAct(permit, name, entity, EVIDENCE, **more)


TO = {
    "—": (), "applied": ("apply",), "granted": ("apply", "grant"), "refused": ("apply", "refuse"),
    "revoked": ("apply", "grant", "revoke"),
}  # fmt: skip
AFTER = {
    "—": {"apply": "applied"}, "applied": {"grant": "granted", "refuse": "refused"},
    "granted": {
        "report": "granted", "inspect": "granted", "fine": "granted", "revoke": "revoked",
    },
    "refused": {"apply": "applied"}, "revoked": {"apply": "applied"},
}  # fmt: skip


@pytest.mark.parametrize("state", list(AFTER))
def test_every_step_of_a_permit_from_every_state(make: Make, state: str) -> None:
    for name in ("apply", "grant", "refuse", "report", "inspect", "fine", "revoke", "sell"):
        s = make(FINE, entities=1)
        for before in TO[state]:
            s.do(step(before))
        wanted = AFTER[state].get(name)
        if wanted is None:
            refused(s, step(name), "permit_step", state=state, known=", ".join(AFTER[state]))
            continue
        s.do(step(name))
        permit = s.programme.state.compliance.content.permits["P-1"]
        assert (permit.entity, permit.state) == ("E0", wanted)
        assert [done[0] for done in permit.steps] == [*TO[state], name]


def test_what_a_step_of_a_permit_needs(make: Make) -> None:
    s = make(FINE, entities=2)
    refused(s, step("apply", entity="E9"), "entity_unknown")
    refused(s, step("apply", permit="P 1"), "identifier_bad")
    s.do(step("apply"))
    refused(s, step("grant", entity="E1"), "permit_of_other", entity="E0")
    refused(s, step("grant", terms=()), "permit_terms")
    bad = step("grant", terms=(("COD", "-1", "t"), ("NOx", "much", "t"), ("SO2", "0", "t")))
    assert faults(s, bad) == [("row_number", "COD"), ("row_number", "NOx")]
    refused(s, step("refuse", reason=""), "reason_missing")
    refused(s, step("grant", amount_fen=1), "permit_amount")
    s.do(step("grant"))
    for amount in (4999999, 10000001, 0, -1):
        refused(s, step("fine", amount_fen=amount), "permit_fine", amount=amount)
    refused(s, step("fine", reason=" "), "reason_missing")
    s.do(step("fine", amount_fen=5000000), step("fine", amount_fen=10000000))
    s = make(entities=1)
    s.do(step("apply"), step("grant"))
    refused(s, step("fine"), "rule_missing", name="permit_fine_range")


def test_the_conditions_of_a_permit_change_by_a_grant_alone(make: Make) -> None:
    s = make(FINE, entities=1)
    s.do(step("apply"), step("grant"))
    s.ask(step("report", terms=(("COD", "9999", "t"),)))
    assert s.programme.state.compliance.content.permits["P-1"].terms == TERMS


# The credit record


def entry(reason: str = "false data", **more: str) -> c.RecordEntry:
    given = {"subject": "verifier-3", "list": "verifiers", "evidence": EVIDENCE, **more}
    return c.RecordEntry(given["subject"], given["list"], reason, given["evidence"])


def test_an_entry_is_objected_to_decided_and_removed(make: Make) -> None:
    s = make(entities=1)
    for bad, code in (({"subject": "a b"}, "identifier_bad"), ({"list": ""}, "identifier_bad"),
                      ({"evidence": "x"}, "evidence_bad"), ({"reason": ""}, "reason_missing")):  # fmt: skip
        refused(s, entry(**bad), code)
    name = f"R{s.do(entry()).seq}"
    found = s.programme.state.compliance.content.records
    assert (found[name].state, found[name].until) == ("in_force", "")
    objects = c.ObjectEntry(name, EVIDENCE)
    refused(s, c.EndEntry(name, True, "nobody objected"), "record_state", state="in_force")
    refused(s, c.ObjectEntry("R0", EVIDENCE), "record_unknown")
    refused(s, c.ObjectEntry(name, "a letter"), "evidence_bad")
    s.do(objects)
    refused(s, objects, "record_state", state="objected")
    refused(s, c.EndEntry(name, True, ""), "reason_missing")
    s.do(c.EndEntry(name, True, "well founded"))
    assert found is s.programme.state.compliance.content.records
    assert found[name].state == "in_force"
    s.do(objects, c.EndEntry(name, False, "the data were right"))
    assert found[name].state == "removed"
    for command in (objects, c.EndEntry(name, False, "again")):
        refused(s, command, "record_unknown")
    other = f"R{s.do(entry()).seq}"
    s.do(c.EndEntry(other, False, "entered by mistake"))  # without an objection
    assert found[other].state == "removed"


@pytest.mark.parametrize(
    "months, on, until",
    [
        ("24", "2016-03-01 11:00", "2018-03-01"),
        ("6", "2016-08-31 11:00", "2017-02-28"),  # there is no 31st of February
        ("42", "2016-08-30 11:00", "2020-02-29"),
        ("1", "2016-12-31 23:59:59", "2017-01-31"),
        ("0", "2016-12-31 23:59:59", "2016-12-31"),
    ],
)
def test_how_long_an_entry_stays(make: Make, months: str, on: str, until: str) -> None:
    s = make(law("record_months", f'value: "{months}"'), entities=1)
    seq = s.at(on).do(entry()).seq
    assert s.programme.state.compliance.content.records[f"R{seq}"].until == until


def test_defaulters_enter_the_credit_record(make: Make) -> None:
    steps = "plan:\n  steps: {value: [record], clause: Draft, status: assumed}\n"
    s = make(steps, law("record_months", 'value: "24"'), entities=3)
    s.emissions(2016, {"E0": "10", "E1": "0", "E2": "10"})
    s.at("2017-07-04 11:00").do(c.CloseYear(2016))
    seq = s.do(c.Enforce(2016, "record")).seq
    found = s.programme.state.compliance.content.records
    assert {name: (e.subject, e.list, e.until, e.state) for name, e in found.items()} == {
        f"R{seq}.0": ("E0", "default", "2019-07-04", "in_force"),
        f"R{seq}.1": ("E2", "default", "2019-07-04", "in_force"),
    }
