"""``tanheng rules …``: packs as a lawyer reads them: showing, comparing, checking."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tanheng.cli.options import JsonOption, LangOption, language, wrong
from tanheng.errors import Language

if TYPE_CHECKING:
    from tanheng.rules import Pack

app = typer.Typer(no_args_is_help=True, help="Packs of rules. 规则包。")

PackArgument = Annotated[
    str, typer.Argument(metavar="PACK", help="Built-in name, or folder of a pack. 规则包。")
]
OverlayOption = Annotated[
    Path | None, typer.Option("--overlay", help="Folder of a draft laid over it. 草案目录。")
]
DayOption = Annotated[
    str | None, typer.Option("--on", help="Only what is in force on this day. 某日有效。")
]


def loaded(name: str, spoken: Language, overlay: Path | None = None, option: str = "PACK") -> Pack:
    """A pack by name or folder; its faults, each with file and line, end with exit code 1."""
    from tanheng.rules import Pack, load_pack, pack_names

    if name not in pack_names() and not Path(name).is_dir():
        wrong(option, f"{name!r} is no folder, and built in are {', '.join(pack_names())}")
    if overlay is not None and not overlay.is_dir():
        wrong("--overlay", f"{overlay} is no folder")
    found = load_pack(name, overlay)
    if isinstance(found, Pack):
        return found
    for finding in found:
        print(f"{finding.place()}: {finding.message(spoken)}", file=sys.stderr)
    raise typer.Exit(1)


def day_of(option: str, text: str) -> date:
    """A day as an option gives it."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        wrong(option, f"{text!r}: write a day such as 2016-06-30")


@app.command("list")
def list_(as_json: JsonOption = False, lang: LangOption = None) -> None:
    """The packs that are built in. 内置规则包。"""
    from tanheng.cli import ledger
    from tanheng.rules import load_pack, pack_names
    from tanheng.rules.coverage import coverage

    spoken = language(lang)
    rows = []
    for name in pack_names():
        pack = load_pack(name)
        assert not isinstance(pack, list)
        of = coverage(pack)
        title = pack.title.zh if spoken == "zh" else pack.title.en
        rows.append((name, title, of.verified, of.unverified, of.assumed, len(pack.cases)))
    heads = ("pack", "title", "verified", "unverified", "assumed", "cases")
    ledger.records(heads, rows) if as_json else ledger.table(heads, rows, spoken)


@app.command("show")
def show(
    pack: PackArgument, on: DayOption = None, overlay: OverlayOption = None,
    as_json: JsonOption = False, lang: LangOption = None,
) -> None:  # fmt: skip
    """Choices and parameters with clause, status and place. 内容。"""
    from tanheng.cli import ledger
    from tanheng.rules.words import choices, parameters

    spoken = language(lang)
    found = loaded(pack, spoken, overlay)
    day = day_of("--on", on) if on else None
    heads = ("parameter", "for", "value", "unit", "from", "clause", "status", "place")
    rows = [*choices(found), *parameters(found, day, spoken)]
    if as_json:
        ledger.records(heads, rows)
        return
    title = found.title.zh if spoken == "zh" else found.title.en
    ledger.table(heads[:3] + heads[4:], [row[:3] + row[4:] for row in rows], spoken, title)


@app.command("diff")
def diff(
    pack: PackArgument,
    first: Annotated[str, typer.Argument(metavar="DAY-OR-PACK", help="First day, or the other pack. 起始日或另一规则包。")],
    second: Annotated[str | None, typer.Argument(metavar="[DAY]", help="Second day. 终止日。")] = None,
    overlay: OverlayOption = None, as_json: JsonOption = False, lang: LangOption = None,
) -> None:  # fmt: skip
    """What changed between two days, or between two packs, in words. 变化。"""
    from tanheng.cli.emit import print_json
    from tanheng.rules.words import between_days, between_packs

    spoken = language(lang)
    if second is None:
        # A draft lies over the pack that is compared with.
        lines = between_packs(loaded(pack, spoken), loaded(first, spoken, overlay), spoken)
    else:
        one = loaded(pack, spoken, overlay)
        lines = between_days(one, day_of("DAY", first), day_of("DAY", second), spoken)
    if as_json:
        print_json(lines)
        return
    nothing = "没有变化。" if spoken == "zh" else "Nothing changed."
    print("\n".join(lines) if lines else nothing)


@app.command("check")
def check(
    pack: PackArgument, overlay: OverlayOption = None, as_json: JsonOption = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Refuse what is not verified. 不接受未核对的内容。")
    ] = False,
    lang: LangOption = None,
) -> None:  # fmt: skip
    """Load a pack and run its worked examples; exit 1 when one is wrong. 检查。"""
    from tanheng.cli.emit import print_json
    from tanheng.compliance.cases import run_cases
    from tanheng.rules.coverage import coverage
    from tanheng.why import number

    spoken = language(lang)
    found = loaded(pack, spoken, overlay)
    runs, of = run_cases(found), coverage(found)
    bad = [run for run in runs if not run.good]
    if as_json:
        print_json({
            "pack": found.id, "digest": found.digest, "cases": len(runs), "wrong": [
                {"place": run.place, "rule": run.case.rule, "expected": str(run.case.expect),
                 "got": None if run.got is None else str(run.got), "why": run.why_not[0]}
                for run in bad
            ],
            "verified": of.verified, "unverified": of.unverified, "assumed": of.assumed,
        })  # fmt: skip
    else:
        zh = spoken == "zh"
        for run in runs:
            title = run.case.title.zh if zh else run.case.title.en
            got = run.why_not[zh] if run.got is None else number(run.got)
            mark = "✓" if run.good else "×"
            expected = (
                ""
                if run.good
                else (
                    f"，应为 {number(run.case.expect)}"
                    if zh
                    else f", expected {number(run.case.expect)}"
                )
            )
            print(f"{mark} {run.place}  {title}: {got}{expected}")
        said = (
            f"{found.id}：算例 {len(runs)} 个，错误 {len(bad)} 个；"
            f"已核对 {of.verified}、未核对 {of.unverified}、假定 {of.assumed}"
            if zh
            else f"{found.id}: {len(runs)} cases, {len(bad)} wrong; "
            f"{of.verified} values verified, {of.unverified} unverified, {of.assumed} assumed"
        )
        print(said)
    loose = of.unverified + of.assumed
    if strict and loose:
        said = (
            f"--strict：有 {loose} 项未经核对，不予接受。"
            if spoken == "zh"
            else f"--strict: {loose} values are not verified, so the pack is not accepted."
        )
        print(said, file=sys.stderr)
    raise typer.Exit(int(bool(bad) or (strict and bool(loose))))
