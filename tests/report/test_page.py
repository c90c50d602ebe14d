"""The page: whole in itself, in both languages, safe, and silent where it must be."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from helpers.comparing import Choices, ours, settled
from helpers.plain import PlainStore
from helpers.rows import Tables, burn, clean, flow, kind, product, unit
from oracle.records import Shape, build
from tanheng.accounting import Account, Method
from tanheng.accounting.account import Conservation
from tanheng.excel import account as workbook
from tanheng.report import page, render, write_report
from tanheng.report.disclosure import FEW, left_out, view
from tanheng.report.entries import compared, groups, ranked
from tanheng.report.numbers import DASH, LANGUAGES
from tanheng.report.page import SECTIONS
from tanheng.report.texts import say

ALL = ("producer", "consumer", "shared", "income", "benchmark")


def made(seed: int, *principles: str, **more: object) -> Account:
    """An account of a random record set with every feature."""
    tables = settled(build(Shape(seed, 7, 9, 5, 3)))
    method = Choices().method(**more)
    return ours(PlainStore(tables), method, None, principles or ALL)


def account_of(tables: Tables, **more: object) -> Account:
    return ours(PlainStore(tables), Method(**more), None, ("producer", "consumer", "benchmark"))


@cache
def one() -> Account:
    return made(1)


class Page(HTMLParser):
    """What a browser would make of a page, without its scripts' effects."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str | None]] = []
        self.ids: set[str] = set()
        self.scripts: list[str] = []
        self.texts: list[str] = []
        self.spans = {"zh": 0, "en": 0}
        self._inside = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._inside = tag
        self.attributes += [(tag, name, value) for name, value in attrs]
        found = dict(attrs)
        if found.get("id"):
            self.ids.add(str(found["id"]))
        if tag == "span" and found.get("class") in self.spans:
            self.spans[str(found["class"])] += 1
        if tag == "script":
            self.scripts.append("")

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "script":
            self.scripts[-1] += data
        elif self._inside != "style":
            self.texts.append(data)

    def text(self) -> str:
        """All that is written."""
        return " ".join(self.texts)

    def charts(self) -> dict[str, dict[str, dict[str, object]]]:
        """The figures that are drawn."""
        return json.loads(self.scripts[1])

    def said(self) -> str:
        """Everything but Plotly's own script: texts, figures, our script."""
        return " ".join([self.text(), *self.scripts[1:]])


@pytest.fixture(scope="module")
def whole() -> Page:
    return Page(render(one()))


def test_the_page_loads_nothing(whole: Page) -> None:
    for tag, name, value in whole.attributes:
        if name in ("src", "href", "action", "srcset", "poster", "data", "xlink:href"):
            assert tag != "script"
            assert (value or "").startswith(("#", "data:,")), (tag, name, value)
    assert whole.tags.count("script") == 3
    assert "plotly.js v" in whole.scripts[0]
    for own in (page.files("tanheng.report") / name for name in ("page.css", "page.js")):
        assert not re.search(r"https?://|url\(|@import", own.read_text(encoding="utf-8"))


def test_all_sections_are_there_in_both_languages(whole: Page) -> None:
    assert set(SECTIONS) <= whole.ids
    text = whole.text()
    for section in SECTIONS:
        for language in LANGUAGES:
            assert say(section).of(language) in text
    for name in one().results:
        assert say(f"principle_{name}").zh in text
        assert say(f"answers_{name}").en in text
    assert whole.spans["zh"] == whole.spans["en"] > 100
    for tag, name, value in whole.attributes:
        if tag == "a" and name == "href":
            assert (value or "")[1:] in whole.ids


def test_each_chart_has_a_place_a_name_and_a_table(whole: Page) -> None:
    charts = whole.charts()
    assert set(charts) == {
        "flow",
        "ranking-top",
        "ranking-bottom",
        "principles",
        "benchmarks",
        "regions",
    }
    for name, drawings in charts.items():
        assert f"chart-{name}" in whole.ids
        assert f"caption-{name}" in whole.ids
        assert set(drawings) == set(LANGUAGES)
        zh, en = (drawings[language]["data"] for language in LANGUAGES)
        assert len(zh) == len(en)
    assert whole.tags.count("table") > len(charts)


def test_a_chart_shows_the_same_amounts_in_both_languages(whole: Page) -> None:
    r = one().lines.sum(axis=1)
    drawn = {}
    for language, divisors in (("zh", (1.0, 1e4, 1e8)), ("en", (1.0, 1e3, 1e6))):
        bars = whole.charts()["ranking-top"][language]["data"]
        values = sorted((v for trace in bars for v in trace["x"]), reverse=True)
        sizes = [np.array(values) * divisor for divisor in divisors]
        wanted = np.sort(r)[::-1][: len(values)]
        drawn[language] = any(np.allclose(size, wanted, rtol=1e-5) for size in sizes)
    assert drawn == {"zh": True, "en": True}


EVIL = ("</script><script>alert(1)</script>", "<img src=x onerror=alert(2)>", "<!-- & -->",
        "{{ 7 * 7 }}", "'\"><b>bold</b>", "<a href='javascript:alert(3)'>x</a>", "%{x} \u2028")  # fmt: skip


def evil() -> Tables:
    """Every name a person can write is an attack."""
    return {
        "units": [{**unit(f"{name}{i}", EVIL[0]), "name": name} for i, name in enumerate(EVIL)],
        "classes": [{**kind(name), "name": name} for name in EVIL[:3]],
        "products": [product(name, name) for name in EVIL[:3]],
        "direct": [burn(f"{name}{i}", 10 + i) for i, name in enumerate(EVIL)],
        "flows": [
            *(flow(f"{name}{i}", "out", EVIL[i % 3], 5) for i, name in enumerate(EVIL)),
            *(flow(f"{name}{i}", "in", EVIL[(i + 1) % 3], 1) for i, name in enumerate(EVIL)),
        ],
    }


@pytest.mark.parametrize("audience", ["authority", "public"])
def test_names_are_never_markup(audience: page.Audience) -> None:
    shown = Page(render(account_of(evil()), audience=audience))
    assert shown.tags.count("script") == 3
    assert not {"img", "b"} & set(shown.tags) - {"b"}
    assert shown.tags.count("b") == 1  # the brand
    assert not any(name.startswith("on") for _, name, _ in shown.attributes)
    assert "49" not in re.findall(r"\b\d+\b", shown.text())
    text = json.dumps(shown.charts(), ensure_ascii=False)
    # Plotly reads some markup in labels; only our own line breaks are left.
    assert set(re.findall(r"<[^<>]*>?", text)) <= {"<br>", "<extra>", "</extra>"}
    if audience == "authority":
        assert EVIL[0] in shown.text()


SCALES = {"text": (1.0, 1e3, 1e6), "zh": (1.0, 1e-4, 1e-8), "en": (1.0, 1e-3, 1e-6)}
"""What amounts are multiplied with before they are written: kg per measure, 万吨, Mt."""


def secrets(found: Account) -> list[float]:
    """What only the authority may see: figures of classes of few makers, and of their makers."""
    b, makers = found.benchmarks, found.makers
    few = (b.makers < FEW) & (b.makers > 0)
    assert few.any()
    values = [b.value[few], b.output[few], (b.value * b.output)[few], b.standard_error[few]]
    units = np.unique(makers.unit[few[makers.cls]])
    values += [found.lines.sum(axis=1)[units], found.books.direct.sum(axis=1)[units]]
    known = np.abs(np.concatenate(values))
    return [float(v) for v in known if np.isfinite(v) and len(f"{v:.6g}".strip("0.")) >= 4]


def amounts(data: object) -> list[str]:
    """All numbers of figures, and all texts in them."""
    if isinstance(data, dict):
        return [text for value in data.values() for text in amounts(value)]
    if isinstance(data, list):
        return [text for value in data for text in amounts(value)]
    return [str(data)]


def told(shown: Page, wanted: list[float]) -> list[float]:
    """Which of some figures a page gives away; numbers of fewer than five digits may be anything."""
    said = {
        "text": "\n".join([*shown.texts, shown.scripts[2]]),
        **{language: "\n".join(amounts([figure[language] for figure in shown.charts().values()]))
           for language in LANGUAGES},
    }  # fmt: skip
    found: set[float] = set()
    for place, scales in SCALES.items():
        numbers = re.findall(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+\.?\d*(?:e-?\d+)?", said[place])
        for text in numbers:
            digits = len(re.sub(r"e.*|[,.]", "", text).strip("0"))
            size = float(text.replace(",", ""))
            last = 10.0 ** -len(text.partition("e")[0].partition(".")[2])
            if digits >= 5 and "e" not in text:
                found |= {v for v in wanted for k in scales if abs(size - v * k) < 0.51 * last}
    return sorted(found)


@pytest.mark.parametrize("seed", [2, 5, 11, 12, 13])
def test_the_public_sees_no_unit_and_no_lone_maker(seed: int) -> None:
    found = made(seed)
    public, authority = (Page(render(found, audience=a)) for a in ("public", "authority"))
    wanted = secrets(found)
    assert len(told(authority, wanted)) >= len(wanted) / 3, "the search must find them"
    assert told(public, wanted) == []
    hidden = view(found, "public").hidden
    for row in page.tables.benchmarks(view(found, "public")).rows:
        if hidden[found.records.classes.ids.index(row[0])]:
            assert row[4:] == (DASH, DASH, DASH, say("fewer", few=str(FEW)), DASH, DASH)
    said = public.said()
    for name in {*found.records.units.ids, *found.records.units.names}:
        assert not re.search(rf"\b{re.escape(name)}\b", said), name
    assert say("edition_public", few=str(FEW)).zh in said
    assert say("edition_authority", few=str(FEW)).zh in authority.said()


def test_small_groups_go_with_the_next_smallest() -> None:
    assert left_out([5, 2, 9, 4]) == {1, 3}
    assert left_out([5, 9, 4]) == set()
    assert left_out([1]) == {0}
    assert left_out([1, 1]) == {0, 1}
    assert left_out([]) == set()


def test_groups_of_the_public_add_up() -> None:
    found = one()
    parts = groups(view(found, "public"))
    assert sum(entry.count for entry in parts) == len(found.records.units)
    assert all(entry.count >= FEW for entry in parts)
    total = sum(entry.figures["benchmark"] for entry in parts)
    assert total == pytest.approx(found.lines.sum())


def test_both_ends_of_the_ranking() -> None:
    found = one()
    r = found.lines.sum(axis=1)
    both = ranked(view(found, "authority"), 4)
    assert len(both.most) == len(both.least) == 4
    assert [e.figures["benchmark"] for e in both.most] == pytest.approx(
        np.sort(r)[::-1][:4].tolist()
    )
    assert [e.figures["benchmark"] for e in both.least] == pytest.approx(np.sort(r)[:4].tolist())
    assert not {e.key for e in both.most} & {e.key for e in both.least}
    beside = compared(view(found, "authority"), 5)
    wanted = np.sort(np.abs(r))[::-1][:5]
    assert [abs(e.figures["benchmark"]) for e in beside] == pytest.approx(wanted.tolist())


def test_a_lone_maker_stands_at_zero_and_is_not_ranked() -> None:
    tables: Tables = {
        "units": [unit("M"), unit("H", use="daily_person")], "classes": [kind("c")],
        "products": [product("p", "c")], "direct": [burn("M", 0.7)],
        "flows": [flow("M", "out", "p", 0.3), flow("H", "in", "p", 0.3)],
    }  # fmt: skip
    found = account_of(tables)
    both = ranked(view(found, "authority"))
    assert [entry.key for entry in both.most] == ["H"]
    assert (both.least, both.at_zero) == ([], 1)
    shown = Page(render(found))
    assert say("ranking_at_zero", count="1").en in shown.text()
    assert "ranking-bottom" not in shown.charts()


def test_a_gap_is_told_in_words() -> None:
    found = one()
    broken = replace(found.results["benchmark"], conservation=Conservation(100.0, 101.0))
    shown = Page(render(replace(found, results={**found.results, "benchmark": broken})))
    text = shown.text()
    for language in LANGUAGES:
        assert say("not_conserved").of(language) in text
    assert "✗" in text
    assert say("not_conserved").en not in Page(render(found)).text()


def test_findings_are_grouped_counted_and_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    tables = clean()
    tables["flows"] += [flow("M1", "in", f"nothing{i}", 3) for i in range(7)]
    found = account_of(tables, allow=frozenset({"unknown_id"}))
    monkeypatch.setattr(page, "MAX_FINDINGS", 3)
    (group,) = [g for g in page.finding_groups(view(found, "authority")) if g.code == "unknown_id"]
    assert group.count == "7"
    assert group.table
    assert (len(group.table.rows), group.table.total) == (3, 7)
    assert group.accepted == say(
        "accepted", what=page.Bilingual("该行不计入", "the row is left out")
    )
    text = Page(render(found)).text()
    assert "nothing2" in text
    assert "nothing3" not in text
    assert say("more_rows", total="7", shown="3").zh in text
    assert "nothing1" not in Page(render(found, audience="public")).text()


def test_a_page_of_one_principle_and_of_a_scope() -> None:
    found = made(4, "producer")
    text = Page(render(found)).text()
    assert say("principle_benchmark").en in text
    assert say("principle_income").en not in text
    region = found.records.regions[0]
    part = made(4, "producer", "benchmark", account_scope=frozenset({region}))
    shown = Page(render(part))
    assert region in shown.text()
    keys = {entry.key for entry in ranked(view(part, "authority"), 99).most}
    outside = {u for u, keep in zip(part.records.units.ids, part.listed, strict=True) if not keep}
    assert not keys & outside


def test_the_file_is_written(tmp_path: Path) -> None:
    write_report(one(), tmp_path / "report.html")
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert text.lstrip().startswith("<!DOCTYPE html>")
    assert text == render(one())


@pytest.mark.parametrize("seed", [2, 12])
def test_workbook_and_page_hide_the_same(seed: int) -> None:
    # The two packages must not import each other, so the rule stands in both.
    found, shown = made(seed), view(made(seed), "public")
    plan = workbook._plan(found, True)
    assert plan.protected.tolist() == shown.protected.tolist()
    assert [r.name for r in workbook._open_regions(found)] == [r.name for r in shown.regions]
    assert workbook.FEW == FEW
