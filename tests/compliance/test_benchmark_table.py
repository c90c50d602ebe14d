"""From an association's data call to units: means, values, comments, tables, settlement."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest

from helpers.compliance import EVIDENCE, KEY, Scheme, pack_with
from helpers.drafts import refused, replayed
from tanheng.compliance import commands as c
from tanheng.compliance import model as m
from tanheng.errors import Refusal
from tanheng.journal.export import write
from tanheng.registry import commands as r
from tanheng.why import Why

KIND = "BMR-2016"
Make = Callable[..., Scheme]
pack = cache(pack_with)
BY_PROCESS = "plan:\n  net: {value: process, clause: Draft, status: assumed}\n"
SPREAD = ("1", "1.5", "2", "2.5", "3")
STEEL = ("steel", "2.0", "0.1", 3, SPREAD, 2)
RARE = ("rare", "77.125", "", 2, (), 3)
"""Two makers: one fewer than are shown to the public."""


@pytest.fixture
def make() -> Iterator[Make]:
    """Makes schemes, and replays them all in the end."""
    made: list[Scheme] = []

    def one(
        *drafts: str, entities: int = 3, eyes: tuple[str, ...] = (), **more: Any
    ) -> Scheme:  # fmt: skip
        law = pack("benchmark-credit", *drafts, four_eyes=eyes)
        made.append(Scheme(law, entities, "all", "2017-01-10 11:00", **more))
        return made[-1]

    yield one
    for scheme in made:
        replayed(scheme)


def codes(refusal: Refusal) -> list[str]:
    assert refusal.code == "many_faults", refusal
    return [fault.code for fault in refusal.details["faults"]]


def opened(name: str, until: str = "2017-01-20", year: int = 2016) -> c.OpenClass:
    return c.OpenClass(name, year, "t", "iron-and-steel", until)


def means(*rows: c.ClassRow) -> c.EnterMeans:
    return c.EnterMeans(2016, rows, EVIDENCE)


def valued(name: str, value: str) -> c.SetBenchmark:
    return c.SetBenchmark(name, 2016, value, "nine tenths of the mean")


PUBLISH = c.PublishTable(2016, "as the association agreed")


def table(make: Make, *drafts: str, **more: Any) -> Scheme:
    """A programme whose first table holds steel at 1.9 and, not for the public, rare at 69.625."""
    s = make(*drafts, **more)
    s.do(opened("steel"), opened("rare"))
    s.at("2017-01-21 00:00:00").do(
        means(STEEL, RARE), valued("steel", "1.9"), valued("rare", "69.625")
    )
    s.at("2017-02-05 00:00:00").do(PUBLISH)
    return s


def kept(scheme: Scheme) -> m.Class:
    return scheme.programme.state.compliance.content.classes[2016]["steel"]


# The data call


def test_a_class_is_taken_up_once(make: Make) -> None:
    s = make()
    refused(s, opened("steel", "2017-01-09"), "day_bad", value="2017-01-09")
    refused(s, opened("steel", "2017-02-30"), "day_bad")
    refused(s, opened("st eel"), "identifier_bad", value="st eel")
    refused(s, opened("steel", year=2015), "year_unknown", year=2015)
    refused(s, c.OpenClass("steel", 2016, " ", "assoc", "2017-01-20"), "reason_missing")
    s.do(opened("steel", "2017-01-10"))  # the call may end today
    refused(s, opened("steel"), "class_there", product_class="steel")
    s.do(opened("steel", year=2017))
    assert s.no(opened("glass"), actor="ann").code == "authority_only"


def test_means_come_after_the_data_call(make: Make) -> None:
    s = make()
    refused(s, means(), "rows_missing")
    refused(s, means(STEEL), "class_unknown", product_class="steel")
    s.do(opened("steel"))
    refused(s, valued("steel", "1.9"), "mean_missing")
    refused(s.at("2017-01-20 23:59:59"), means(STEEL), "data_call_open", until="2017-01-20")
    s.at("2017-01-21 00:00:00").do(means(STEEL))
    assert (kept(s).mean, kept(s).makers, kept(s).spread) == ("2.0", 3, SPREAD)
    s.do(means(("steel", "2.1", "", 4, (), 2)))  # again, as long as no value is set
    assert (kept(s).mean, kept(s).error, kept(s).makers) == ("2.1", "", 4)
    s.do(valued("steel", "1.9"))
    refused(s, means(STEEL), "benchmark_set", product_class="steel")


def test_all_faults_of_a_table_of_means_at_once(make: Make) -> None:
    s = make()
    s.do(opened("steel"), opened("late", "2017-03-01"), opened("lime"))
    s.at("2017-01-21 11:00")
    bad = means(
        ("glass", "1", "", 3, (), 2), ("late", "1", "", 3, (), 3), ("lime", "1e3", "", 3, (), 4),
        ("lime", "1", "", 0, (), 5), ("steel", "1", "x", 3, (), 6),
        ("steel", "1", "", 3, ("1", "2"), 7),
    )  # fmt: skip
    found = s.no(bad)
    assert codes(found) == [
        "class_unknown", "data_call_open", "row_number", "row_twice", "row_number", "row_number",
        "row_twice", "row_number",
    ]  # fmt: skip
    rows = [f.details.get("row") for f in found.details["faults"]]
    assert rows == [None, None, 4, 5, 5, 6, 7, 7]
    assert s.no(c.EnterMeans(2016, (STEEL,), "somewhere")).code == "evidence_bad"
    assert not kept(s).mean


# Values, comments, publication


def test_values_and_comments(make: Make) -> None:
    s = make()
    s.do(opened("steel"))
    s.at("2017-01-21 11:00").do(means(STEEL))

    def comment(**more: str) -> c.CommentBenchmark:
        given = {"party": "mill", "evidence": EVIDENCE, "position": "against", **more}
        return c.CommentBenchmark("steel", 2016, **given)

    refused(s, comment(), "benchmark_not_set")
    for value in ("-1", "", "1,9", "１.９", "1e3"):
        refused(s, valued("steel", value), "row_number", value=value)
    refused(s, valued("glass", "1"), "class_unknown")
    refused(s, c.SetBenchmark("steel", 2016, "1.9", " "), "reason_missing")
    s.do(valued("steel", "0"), valued("steel", "1.9"))
    refused(s, comment(position="maybe"), "position_bad")
    refused(s, comment(party="the mill"), "identifier_bad")
    refused(s, comment(evidence="a letter"), "evidence_bad")
    s.do(comment(), comment(position="for", party="ngo"))
    assert kept(s).comments == [("mill", "against", EVIDENCE), ("ngo", "for", EVIDENCE)]


def test_a_table_waits_for_the_comments(make: Make) -> None:
    s = make()
    refused(s, PUBLISH, "class_none")
    s.do(opened("steel"), opened("rare"))
    s.at("2017-01-21 11:00").do(means(STEEL), valued("steel", "1.8"))
    assert codes(s.no(PUBLISH)) == ["benchmark_not_set", "comments_open"]
    s.do(means(RARE), valued("rare", "69.625"))
    s.at("2017-01-31 11:00").do(valued("steel", "1.9"))  # anew: 15 days from here
    refused(s.at("2017-02-14 23:59:59"), PUBLISH, "comments_open", product_class="steel")
    assert s.no(c.PublishTable(2016, "")).code == "reason_missing"
    s.at("2017-02-15 00:00:00").do(PUBLISH)


def test_no_comment_on_what_is_published(make: Make) -> None:
    s = table(make)
    comment = c.CommentBenchmark("steel", 2016, "mill", EVIDENCE, "against")
    refused(s, comment, "benchmark_published", product_class="steel")
    s.at("2017-02-06 11:00").do(valued("steel", "1.9"), comment)  # set anew, if to the same


def test_versions_supersede_each_other(make: Make) -> None:
    s = table(make)
    s.at("2017-02-06 11:00").do(valued("steel", "1.7"))
    s.at("2017-02-21 11:00").do(PUBLISH)
    tables = s.programme.state.compliance.content.tables[2016]
    assert tables == [
        {"steel": "1.9", "rare": "69.625"}, {"steel": "1.7", "rare": "69.625"},
    ]  # fmt: skip
    found = s.why("benchmark:steel/2016")
    assert isinstance(found, Why)
    assert str(found.value) == "1.7"


def edition(scheme: Scheme, audience: str) -> bytes:
    scheme.programme.checkpoint()
    out = io.BytesIO()
    write(scheme.programme.journal, out, audience, KEY.public)
    return out.getvalue()


def test_what_the_public_and_the_parties_read_of_a_table(make: Make) -> None:
    s = table(make)
    shown = {n: (f"c{n}", "2", "", n, SPREAD, n) for n in (9, 10)}
    s.do(*(opened(f"c{n}", "2017-02-05") for n in shown))
    s.at("2017-02-06 11:00").do(means(*shown.values()), *(valued(f"c{n}", "2") for n in shown))
    public, reserved = s.at("2017-02-21 11:00").do(PUBLISH).events
    assert isinstance(public, m.TablePublished)
    assert isinstance(reserved, m.TableReserved)
    # The distribution of ten makers is shown and not that of nine; three are shown at all, two not.
    assert public.rows == (
        ("c10", "2", "t", "2", "0", "", 10, SPREAD), ("c9", "2", "t", "2", "0", "", 9, ()),
        ("steel", "1.9", "t", "2.0", "-0.1", "0.1", 3, ()),
    )  # fmt: skip
    assert reserved.rows == (("rare", "69.625", "t", "77.125", 2),)
    everybody, parties = edition(s, "public"), edition(s, "parties")
    assert b'"1.9"' in everybody
    assert b'"rare"' in everybody  # that it was taken up is no secret
    assert b"69.625" not in everybody
    assert b"77.125" not in everybody
    assert b"7.5" not in everybody  # nor how far the two are apart
    assert b"69.625" in parties


def test_a_small_class_stays_with_the_parties_when_it_is_set_anew(make: Make) -> None:
    s = table(make)
    s.at("2017-02-06 11:00").do(valued("rare", "61.375"))
    s.at("2017-02-21 11:00").do(PUBLISH)
    everybody = edition(s, "public")
    assert b"61.375" not in everybody
    assert b"69.625" not in everybody


def test_allocations_by_the_published_table(make: Make) -> None:
    s = make(entities=1, issue={KIND: 1000})
    s.data(2016, {"E0": {"output:steel": "100", "intake:rare": "1.5"}})
    refused(s, c.PreAllocate(2016), "rule_missing", name="benchmark", of="steel")
    s = table(make, entities=1, issue={KIND: 1000})
    s.data(2016, {"E0": {"output:steel": "100", "intake:rare": "1.5"}})
    s.do(c.PreAllocate(2016))
    # 100 × 1.9 − 1.5 × 69.625 = 85.5625
    assert s.free("acc0", KIND) == 86
    s.data(2016, {"E0": {"intake:rare": "3"}})
    refused(s, c.TrueUp(2016), "allocation_negative", amount=-19)  # 190 − 208.875


# Settlement


def settled(*rows: c.ResponsibilityRow, version: int = 1) -> c.SettleBenchmarks:
    return c.SettleBenchmarks(2016, version, rows, EVIDENCE)


def responsibility(scheme: Scheme, entity: str) -> tuple[int, ...]:
    """R, issued and owed."""
    found = scheme.record(entity, 2016).responsibility
    assert found is not None
    return found[:3]


def test_responsibilities_become_units_and_obligations(make: Make) -> None:
    s = table(make)
    s.do(settled(("E0", "a", -100, 2), ("E0", "b", 30, 3), ("E1", "a", 50, 4), ("E2", "a", 0, 5)))
    assert [responsibility(s, e) for e in ("E0", "E1", "E2")] == [
        (-70, 70, 0), (50, 0, 50), (0, 0, 0),
    ]  # fmt: skip
    assert [s.free(f"acc{n}", KIND) for n in range(3)] == [70, 0, 0]
    s.emissions(2016, {"E0": "9999"})  # nothing is added to R
    s.at("2017-07-01 00:00:00").do(c.CloseYear(2016))
    found = [s.record(e, 2016).outcomes[-1] for e in ("E0", "E1", "E2")]
    assert [(o.obligation, o.status, o.shortfall) for o in found] == [
        (0, "A", 0), (50, "B", 50), (0, "A", 0),
    ]  # fmt: skip


def test_each_process_for_itself(make: Make) -> None:
    s = table(make, BY_PROCESS)
    s.do(settled(("E0", "a", -100, 2), ("E0", "b", 30, 3), ("E0", "c", -1, 4), ("E1", "a", 50, 5)))
    assert responsibility(s, "E0") == (30, 101, 30)
    assert responsibility(s, "E1") == (50, 0, 50)
    assert s.free("acc0", KIND) == 101
    s.do(r.Surrender("acc0", 30, 2016), actor="ann")
    s.at("2017-07-01 00:00:00").do(c.CloseYear(2016))
    assert s.record("E0", 2016).outcomes[-1].status == "A"
    assert s.record("E1", 2016).outcomes[-1].shortfall == 50


def test_serials_go_on_from_entity_to_entity(make: Make) -> None:
    s = table(make)
    s.do(r.Issue(KIND, 5, "issuance"))
    s.do(settled(("E1", "a", -3, 2), ("E0", "a", -4, 3)))
    held = {n: s.programme.state.registry.balance(f"acc{n}", KIND) for n in (0, 1)}
    assert {n: b.blocks for n, b in held.items() if b} == {1: [(6, 8, 0, 0)], 0: [(9, 12, 0, 0)]}


@pytest.mark.parametrize("version", [-1, 0, 2])
def test_only_the_newest_table_settles(make: Make, version: int) -> None:
    s = make()
    refused(s, settled(("E0", "a", 1, 2)), "table_version", newest=0)
    s = table(make)
    refused(s, settled(("E0", "a", 1, 2), version=version), "table_version", newest=1)
    s.at("2017-02-06 11:00").do(PUBLISH)
    refused(s, settled(("E0", "a", 1, 2)), "table_version", newest=2)
    s.do(settled(("E0", "a", 1, 2), version=2))


def test_nobody_is_settled_twice(make: Make) -> None:
    s = table(make)
    s.do(settled(("E0", "a", 1, 2)))
    refused(s, settled(("E0", "b", 1, 2)), "settled_there", entity="E0")
    s.do(settled(("E1", "a", 1, 2)))
    s.at("2017-07-01 00:00:00").do(c.CloseYear(2016))
    refused(s, settled(("E2", "a", 1, 2)), "year_closed")


def test_all_faults_of_a_settlement_at_once(make: Make) -> None:
    s = table(make)
    refused(s, settled(), "rows_missing")
    s.do(settled(("E2", "a", 1, 2)))
    found = s.no(settled(
        ("E9", "a", 1, 2), ("E0", "a", 2**53, 3), ("E0", "a", 1, 4), ("E2", "a", 1, 5),
        ("E1", "a", -(2**53), 6),
    ))  # fmt: skip
    assert codes(found) == ["row_entity", "row_number", "row_twice", "settled_there", "row_number"]
    rows = [f.details.get("row") for f in found.details["faults"]]
    assert rows == [2, 3, 4, None, 6]


def test_who_is_not_obligated_in_the_year_is_not_settled(make: Make) -> None:
    s = table(make)
    later = ("E0", "acc0", "all", "R1", 2017, "", 2)
    gone = ("E1", "acc1", "all", "R1", 2013, "2015-12-31", 3)
    s.do(c.EnterEntities((later, gone), EVIDENCE))
    for name in ("E0", "E1"):
        assert isinstance(s.no(settled((name, "a", -10, 2))), Refusal)


# Second persons


def test_the_table_that_is_approved_is_the_one_that_was_proposed(make: Make) -> None:
    s = make(eyes=("publish_table",))
    s.do(opened("steel"))
    s.at("2017-01-21 11:00").do(means(STEEL), valued("steel", "1.9"))
    first, second = (s.at("2017-02-05 11:00").do(PUBLISH) for _ in range(2))
    assert s.no(r.Approve(f"P{first.seq}")).code == "approver_is_initiator"
    s.do(r.Approve(f"P{first.seq}"), actor="gov2")
    assert (
        s.no(r.Approve(f"P{second.seq}"), actor="gov2").code == "pending_moved"
    )  # a second version
    third = s.do(PUBLISH)
    s.do(valued("steel", "1.8"))
    assert s.no(r.Approve(f"P{third.seq}"), actor="gov2").code == "comments_open"
    assert len(s.programme.state.compliance.content.tables[2016]) == 1


def test_the_settlement_that_is_approved_is_the_one_that_was_proposed(make: Make) -> None:
    s = table(make, eyes=("settle_benchmarks",))
    first = s.do(settled(("E0", "a", -10, 2), ("E1", "a", 5, 3)))
    s.do(r.Issue(KIND, 1, "issuance"))  # takes the first serial
    assert s.no(r.Approve(f"P{first.seq}"), actor="gov2").code == "pending_moved"
    second = s.do(settled(("E0", "a", -10, 2), ("E1", "a", 5, 3)))
    assert s.no(r.Approve(f"P{second.seq}")).code == "approver_is_initiator"
    s.do(r.Approve(f"P{second.seq}"), actor="gov2")
    assert (responsibility(s, "E0"), responsibility(s, "E1")) == ((-10, 10, 0), (5, 0, 5))
