"""The two written years: figures of the bulletin come out, and every figure opens down to its sources."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tanheng.errors import Fault
from tanheng.programme.asking import explain
from tanheng.programme.folder import Folder
from tanheng.programme.programme import Programme
from tanheng.rules import Pack, load_pack
from tanheng.rules.words import between_packs
from tanheng.simulate.play import Player, read_play
from tanheng.verify import verify
from tanheng.why import Why

EXAMPLES = Path(__file__).parents[2] / "examples"
SHORT = {  # the notice of 2017-07-04
    "SZ-01": 16280, "SZ-02": 20445, "SZ-03": 2505, "SZ-04": 13279, "SZ-05": 35601, "SZ-06": 5260,
    "SZ-07": 7573, "SZ-08": 11200,
}  # fmt: skip
Outcome = dict[str, tuple[object, ...]]


def played(name: str, place: Path, variant: str = "") -> Programme:
    player = Player(read_play(EXAMPLES / name, variant), place, os.urandom, "en", lambda text: None)
    player.run()
    return player.programme


def outcomes(programme: Programme) -> Outcome:
    """Status, shortfall, deducted, from next year and fine in fen, by entity."""
    rows = programme.store.query(
        "SELECT entity, status, shortfall, deducted, from_next_year, fine_fen FROM outcomes "
        "WHERE year = 2016"
    )
    return {str(row[0]): row[1:] for row in rows}


@pytest.fixture(scope="module")
def shenzhen(tmp_path_factory: pytest.TempPathFactory) -> Programme:
    return played("shenzhen-2016", tmp_path_factory.mktemp("play") / "shenzhen")


def leaves(answer: Why) -> Iterator[Why]:
    for node in answer.walk():
        if not node.parts:
            yield node


def test_the_eight_units_of_the_notice(shenzhen: Programme) -> None:
    found = outcomes(shenzhen)
    assert {n: row[1] for n, row in found.items() if row[1]} == SHORT
    assert sum(SHORT.values()) == 112_143
    assert {row[0] for n, row in found.items() if n in SHORT} == {"B"}
    assert {row[0] for n, row in found.items() if n not in SHORT} == {"A"}


def test_who_made_up_is_not_fined_and_the_others_three_times_the_price(shenzhen: Programme) -> None:
    for name, (_, short, deducted, following, fine) in outcomes(shenzhen).items():
        if name in ("SZ-03", "SZ-06"):
            assert (deducted, following, fine) == (0, 0, None)
        elif name in SHORT:
            kept = {"SZ-02": 5000, "SZ-08": 1200}.get(name, 0)
            assert (deducted, following) == (kept, SHORT[name] - kept)
            # 3 × 34.52 CNY × shortfall, in fen
            assert fine == 3 * 3452 * SHORT[name] == 3 * 3452 * int(str(short))


def test_the_rest_is_taken_from_2017(shenzhen: Programme) -> None:
    compliance = shenzhen.state.compliance
    for name in SHORT:
        last = compliance.of(2017, name).allocations[-1]
        following = sum(
            step.amount for step in compliance.of(2016, name).steps if step.step == "next_year"
        )
        assert last.taken == following
        assert last.moved == last.amount - following
    assert compliance.content.owed == {}


def test_steps_come_on_their_days(shenzhen: Programme) -> None:
    acts = [
        (e.act, e.at[:10]) for e in shenzhen.journal.entries() if e.act in ("enforce", "close_year")
    ]
    assert acts[0] == ("close_year", "2017-07-03")
    assert acts[1] == ("enforce", "2017-07-04")
    assert {at for _, at in acts[2:]} == {"2017-07-12"}
    assert len(acts) == 6


FIGURES = (
    "allocation:{}/2016", "allocation:{}/2017", "obligation:{}/2016", "surrendered:{}/2016",
    "shortfall:{}/2016", "status:{}/2016", "offsets:{}/2016", "fine:{}/2016", "next_year:{}/2016",
    "owed:{}/2017",
)  # fmt: skip


@pytest.mark.parametrize("figure", FIGURES)
def test_every_figure_of_a_defaulter_opens(shenzhen: Programme, figure: str) -> None:
    answer = explain(shenzhen, figure.format("SZ-05"))
    assert isinstance(answer, Why), answer
    assert "RECORDED AS" not in answer.note.en
    for leaf in leaves(answer):
        source = leaf.rows or leaf.note.en or leaf.ask
        known = leaf.name.en.startswith(("volume", "made up", "still to be", "surrendered"))
        assert source or known, leaf
    for node in answer.walk():
        assert bool(node.name.en) == bool(node.name.zh)
        if node.ask and node.ask != figure.format("SZ-05"):
            assert isinstance(explain(shenzhen, node.ask), Why), node.ask


def test_a_fine_names_clause_status_line_and_assumed_price(shenzhen: Programme) -> None:
    answer = explain(shenzhen, "fine:SZ-05/2016")
    assert isinstance(answer, Why)
    assert answer.value == 368_683_956
    notes = " ".join(node.note.en for node in answer.walk())
    assert "Interim Measures 2014, art. 75" in notes
    assert "cn-shenzhen-ets parameters/enforcement.yaml:" in notes
    assert "ASSUMED for January to June 2017" in notes
    assert "3 × 3,452 × 35,601" in answer.formula.en


def test_the_public_journal_is_sound_and_names_the_defaulters(
    shenzhen: Programme, tmp_path: Path
) -> None:
    from tanheng.journal.export import write

    shenzhen.checkpoint()
    file = tmp_path / "public.journal"
    with file.open("wb") as stream:
        write(shenzhen.journal, stream, "public", shenzhen.state.people.key)
    report = verify(file, key=shenzhen.state.people.key)
    assert report.count == 0
    assert report.verdict == "unproven"
    text = file.read_text(encoding="utf-8")
    assert '"list":"defaulters"' in text
    assert '"35601"' in text
    assert "emissions_entered" not in text


def test_tables_and_state_follow_from_the_journal(shenzhen: Programme, tmp_path: Path) -> None:
    assert shenzhen.check_tables() == []


def test_the_same_year_under_the_national_rules(shenzhen: Programme, tmp_path: Path) -> None:
    other = played("shenzhen-2016", tmp_path / "national", "national")
    mine, theirs = outcomes(shenzhen), outcomes(other)
    assert {n: row[1] for n, row in theirs.items()} == {n: row[1] for n, row in mine.items()}
    for name, short in SHORT.items():
        # No deduction by force; the same amount from next year; CNY 30,000 whoever made up.
        made_up = name in ("SZ-03", "SZ-06")
        assert theirs[name][2:] == (None, 0 if made_up else short, 3_000_000)
    lines = between_packs(shenzhen.pack, other.pack, "en")
    assert any(line.startswith("plan.steps: ") for line in lines)
    assert "Offset limit (offset_limit_share): 0.1 share → 0.05 share" in lines
    # The programme keeps the pack with the draft over it, and opens with it again.
    folder = Folder.read(tmp_path / "national")
    again = folder.open(lambda: other.journal.last_at, os.urandom)
    assert again.pack.digest == other.pack.digest
    assert again.state.hash() == other.state.hash()


def test_guangdong_in_total(tmp_path: Path) -> None:
    programme = played("guangdong-2016", tmp_path / "guangdong")
    found = outcomes(programme)
    assert len(found) == 244
    assert {row[0] for row in found.values()} == {"A"}
    used = dict(
        programme.store.query(
            "SELECT kind, SUM(amount) FROM moves WHERE op = 'surrender' GROUP BY kind"
        )
    )
    assert used["CCER-GD"] + used["CCER-OUT"] == 303_641  # type: ignore[operator]
    assert used["PHCER"] == 239_197
    for figure in ("status", "allocation", "obligation", "surrendered", "offsets"):
        answer = explain(programme, f"{figure}:GD-001/2016")
        assert isinstance(answer, Why), answer
        assert any(node.note.en or node.rows for node in answer.walk())
    with (EXAMPLES / "guangdong-2016" / "emissions.csv").open(encoding="utf-8") as text:
        rows = list(csv.DictReader(text))
    answer = explain(programme, "obligation:GD-001/2016")
    assert isinstance(answer, Why)
    cells = [row for node in answer.walk() for row in node.rows]
    assert [(row.number, row.cells) for row in cells] == [
        (n + 2, f"{rows[n]['tco2e']}, verified") for n in (0, 1)
    ]


def test_a_play_that_goes_wrong_says_where(tmp_path: Path) -> None:
    play = read_play(EXAMPLES / "shenzhen-2016")
    play.acts = [*play.acts[:5], {"command": {"command": "pre_allocate", "year": 2031}}]
    player = Player(play, tmp_path / "wrong", os.urandom, "en", lambda text: None)
    with pytest.raises(Fault, match=r"act 6 .*2031"):
        player.run()


def test_a_folder_without_a_play(tmp_path: Path) -> None:
    with pytest.raises(Fault, match=r"play\.yaml cannot be read"):
        read_play(tmp_path)


def test_the_supposed_rules_are_a_draft_over_the_national_pack() -> None:
    found = load_pack("cn-national-ets", EXAMPLES / "shenzhen-2016" / "national")
    assert isinstance(found, Pack)
    assert found.place("parameters", "fine_range", "values", "0").startswith(
        "overlay/parameters/supposed.yaml:"
    )
