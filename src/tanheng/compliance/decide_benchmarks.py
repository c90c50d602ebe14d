"""Decisions about benchmarks: the association's year, its published table, and the units from it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from tanheng.compliance import commands as c
from tanheng.compliance import model as m
from tanheng.compliance.decide_entries import evidence, is_day, is_number
from tanheng.compliance.desk import Desk
from tanheng.compliance.figures import in_scope
from tanheng.compliance.scope import local_day
from tanheng.errors import Refusal
from tanheng.registry.model import Event, Posted, Posting
from tanheng.registry.view import LARGEST, Refused


def _class(desk: Desk, year: int, name: str) -> m.Class:
    found = desk.state.content.classes.get(year, {}).get(name)
    if found is None:
        raise Refused(Refusal("class_unknown", {"product_class": name, "year": year}))
    return found


def open_class(command: c.OpenClass, desk: Desk) -> list[Event]:
    """A class with its data call."""
    desk.known_year(command.year)
    desk.view.identifier(command.product_class)
    desk.view.identifier(command.association)
    if command.product_class in desk.state.content.classes.get(command.year, {}):
        details = {"product_class": command.product_class, "year": command.year}
        raise Refused(Refusal("class_there", details))
    if not is_day(command.until) or command.until < desk.today.isoformat():
        raise Refused(Refusal("day_bad", {"name": "until", "value": command.until}))
    desk.view.reason(command.measure, command.act)
    return [
        m.ClassOpened(
            command.product_class, command.year, command.measure, command.association,
            command.until,
        )
    ]  # fmt: skip


def enter_means(command: c.EnterMeans, desk: Desk) -> list[Event]:
    """Means of classes whose data call is over, before their values are set."""
    evidence(command.evidence)
    if not command.rows:
        raise Refused(Refusal("rows_missing", {"act": command.act}))
    seen: set[str] = set()
    for name, mean, error, makers, spread, row in command.rows:
        with desk.row():
            found = _class(desk, command.year, name)
            if found.until >= desk.today.isoformat():
                desk.fault("data_call_open", product_class=name, until=found.until)
            if found.value:
                desk.fault("benchmark_set", product_class=name, year=command.year)
        if name in seen:
            desk.fault("row_twice", row=row, column="class", value=name, first="—")
        seen.add(name)
        texts = [mean, *([error] if error else []), *spread]
        if not all(map(is_number, texts)) or makers < 1 or len(spread) not in (0, 5):
            desk.fault("row_number", row=row, value=" ".join(texts))
    desk.done()
    return [m.MeansEntered(command.year, command.rows, command.evidence)]


def set_benchmark(command: c.SetBenchmark, desk: Desk) -> list[Event]:
    """A value with its reason; setting it again starts the time for comments anew."""
    found = _class(desk, command.year, command.product_class)
    if not found.mean:
        details = {"product_class": command.product_class, "year": command.year}
        raise Refused(Refusal("mean_missing", details))
    if not is_number(command.value) or Decimal(command.value) < 0:
        raise Refused(Refusal("row_number", {"row": "—", "value": command.value}))
    desk.view.reason(command.reason, command.act)
    small = found.makers < desk.pack.find("small_class", desk.today, command.year).number
    return [
        m.BenchmarkSet(
            command.product_class, command.year, command.value, command.reason, small
        )
    ]  # fmt: skip


def comment_benchmark(command: c.CommentBenchmark, desk: Desk) -> list[Event]:
    """A comment on a value that is set and not yet published."""
    found = _class(desk, command.year, command.product_class)
    if not found.value:
        details = {"product_class": command.product_class, "year": command.year}
        raise Refused(Refusal("benchmark_not_set", details))
    if found.published:
        details = {"product_class": command.product_class, "year": command.year}
        raise Refused(Refusal("benchmark_published", details))
    evidence(command.evidence)
    desk.view.identifier(command.party)
    if command.position not in ("for", "against", "other"):
        details = {"value": command.position, "known": "for, against, other"}
        raise Refused(Refusal("position_bad", details))
    return [
        m.BenchmarkCommented(
            command.product_class, command.year, command.party, command.evidence, command.position
        )
    ]  # fmt: skip


def publish_table(command: c.PublishTable, desk: Desk) -> list[Event]:
    """The next version of the year's table; small classes only for those who account with it."""
    desk.known_year(command.year)
    desk.view.reason(command.reason, command.act)
    classes = desk.state.content.classes.get(command.year, {})
    if not classes:
        raise Refused(Refusal("class_none", {"year": command.year}))
    days = desk.pack.find("comment_days", desk.today, command.year)
    small = desk.pack.find("small_class", desk.today, command.year).number
    # Quantiles of a handful of makers give their own values away.
    shown = desk.pack.find("distribution_makers", desk.today, command.year).number
    public = []
    reserved = []
    for name, found in sorted(classes.items()):
        if not found.value:
            desk.fault("benchmark_not_set", product_class=name, year=command.year)
            continue
        free = local_day(desk.pack, found.set_at) + timedelta(days=int(days.number))
        if desk.today < free:
            desk.fault(
                "comments_open", product_class=name, until=(free - timedelta(days=1)).isoformat(),
                clause=days.value.clause,
            )  # fmt: skip
        if found.makers < small:
            reserved.append((name, found.value, found.measure, found.mean, found.makers))
        else:
            apart = f"{Decimal(found.value) - Decimal(found.mean):f}"
            public.append(
                (name, found.value, found.measure, found.mean, apart, found.error, found.makers,
                 found.spread if found.makers >= shown else ())
            )  # fmt: skip
    desk.done()
    version = len(desk.state.content.tables.get(command.year, [])) + 1
    events: list[Event] = [
        m.TablePublished(command.year, version, tuple(public), command.reason)
    ]  # fmt: skip
    if reserved:
        events.append(m.TableReserved(command.year, version, tuple(reserved)))
    return events


def settle_benchmarks(command: c.SettleBenchmarks, desk: Desk) -> list[Event]:
    """R < 0 becomes units, R > 0 an obligation; per process, or per entity net, as the pack says."""
    scope = desk.known_year(command.year)
    desk.open_year(command.year)
    evidence(command.evidence)
    tables = desk.state.content.tables.get(command.year, [])
    if not 1 <= command.version == len(tables):
        details = {"year": command.year, "version": command.version, "newest": len(tables)}
        raise Refused(Refusal("table_version", details))
    by: dict[str, list[int]] = {}
    seen: set[tuple[str, str]] = set()
    for name, process, amount, row in command.rows:
        entity = desk.state.content.entities.get(name)
        if entity is None:
            desk.fault("row_entity", row=row, value=name)
        elif not in_scope(scope, entity):
            desk.fault("row_entity_year", row=row, value=name, year=command.year)
        elif scope.record(name).responsibility is not None:
            desk.fault("settled_there", entity=name, year=command.year)
        elif scope.record(name).allocations:
            desk.fault("benchmark_twice", entity=name, year=command.year)
        if abs(amount) > LARGEST:
            desk.fault("row_number", row=row, value=amount)
        if (name, process) in seen:
            desk.fault("row_twice", row=row, column="process", value=process, first="—")
        seen.add((name, process))
        by.setdefault(name, []).append(amount)
    desk.done()
    if not by:
        raise Refused(Refusal("rows_missing", {"act": command.act}))
    kind = desk.kind(scope.kind)
    issued = desk.view.content.totals.get(kind.id)
    first = (issued.issued if issued else 0) + 1
    postings: list[Posting] = []
    rows: list[tuple[str, int, int, int]] = []
    for name, amounts in by.items():
        parts = amounts if desk.plan.net.value == "process" else [sum(amounts)]
        earned, owed = -sum(p for p in parts if p < 0), sum(p for p in parts if p > 0)
        account = desk.view.account(desk.state.content.entities[name].account)
        desk.view.may_hold(account, kind)
        if earned:
            tail = (first, first + earned - 1) if kind.serialised else (earned,)
            postings.append(("issue", kind.id, "", account.id, *tail))
            first += earned
        # The obligation of a process cannot be hidden behind another one's reduction.
        net = owed if desk.plan.net.value == "process" else sum(amounts)
        rows.append((name, net, earned, owed))
    settled = m.BenchmarksSettled(command.year, command.version, tuple(rows), command.evidence)
    return [Posted(tuple(postings)), settled] if postings else [settled]
