"""What a market is asked on the terminal, on the trading week of the example: the published day, files
for the bank, and questions that make no sense."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers.terminal import be_quick, call

EXAMPLE = Path(__file__).parents[2] / "examples" / "shenzhen-week-2017"


@pytest.fixture(autouse=True, scope="module")
def _quiet() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        be_quick(patch)
        patch.setenv("LANG", "C.UTF-8")
        for name in ("LC_ALL", "LC_MESSAGES", "TANHENG_AS", "TANHENG_NOW"):
            patch.delenv(name, raising=False)
        yield


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programme of the trading week."""
    out = tmp_path_factory.mktemp("week") / "out"
    code, _, err = call("simulate", "play", EXAMPLE, "--out", out)
    assert (code, err) == (0, "")
    return out / "programme"


def done(*words: object) -> str:
    """What a command prints that succeeds."""
    code, out, err = call("market", *words)
    assert (code, err) == (0, ""), (words, code, err)
    return out


def wrong(option: str, *words: object) -> None:
    """A command that is used wrongly: exit code 2, and the option is named."""
    code, out, err = call("market", *words)
    assert (code, out) == (2, ""), (words, code, out, err)
    assert option in re.sub(r"[\s│]+", "", err)


def rows(path: Path) -> list[dict[str, str]]:
    """A CSV file that was written."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_the_day_of_the_bulletin(week: Path, tmp_path: Path) -> None:
    """27 June 2017: 33,200 t for CNY 1,146,032; the close is their quotient."""
    found = json.loads(done("quotes", week, "--from", "2017-06-27", "--to", "2017-06-27", "--json"))
    (day,) = found
    assert (day["volume"], day["turnover"], day["close"]) == (33_200, 114_603_200, 3452)
    mean = json.loads(done("average", week, "SZA-2016", "--from", "2017-06-27",
                           "--to", "2017-06-27", "--json"))  # fmt: skip
    assert mean["average"] == "34.5190"  # 1,146,032 / 33,200 = 34.51903…
    out = done("chart", week, "SZA-2016", "--to", "2017-06-27", "--out", tmp_path / "k.png")
    assert "closed at 34.52 yuan/t, up 1.2 %" in out
    assert (tmp_path / "k.png").read_bytes().startswith(b"\x89PNG")


def test_quotes_as_a_file_are_read_as_a_series(week: Path, tmp_path: Path) -> None:
    file = tmp_path / "q.csv"
    done("quotes", week, "--instrument", "SZA-2016", "--to", "2017-06-28", "--out", file)
    (series,) = json.loads(done("import", file, "--json"))["series"]
    (year,) = series["years"]
    assert (series["name"], year["volume"], year["turnover"], year["close"]) == (
        "SZA-2016", 40_000, "1379872.00", "34.80",
    )  # fmt: skip
    assert [row["amount"] for row in rows(file)] == ["136400.00", "1146032.00", "97440.00"]


def test_the_money_of_a_day_goes_to_the_bank(week: Path, tmp_path: Path) -> None:
    file = tmp_path / "m.csv"
    done("settlement", week, "--day", "2017-06-27", "--out", file)
    assert [(row["account"], row["net"]) for row in rows(file)] == [
        ("acc-INV-5", "-1146032.00"), ("acc-INV-6", "1146032.00"),
    ]  # fmt: skip
    assert "they agree" in done("settlement", week, "--day", "2017-06-27")


@pytest.mark.parametrize(
    ("lines", "codes"),
    [
        (("BANK-0626-1,acc-INV-5,2000000.00", "BANK-0626-2,acc-T,500000"), []),
        (("BANK-0626-1,acc-INV-5,2000000.00",), ["bank_missing"]),
        (("BANK-0626-1,acc-INV-5,2000000.01", "BANK-0626-2,acc-T,500000"), ["bank_amount"]),
        (("BANK-0626-1,acc-T,2000000.00", "BANK-0626-2,acc-T,500000"), ["bank_account"]),
        (("BANK-0626-1,acc-INV-5,2000000", "BANK-0626-1,acc-INV-5,2000000",
          "BANK-0626-2,acc-T,500000", "X,acc-T,-1"), ["bank_twice", "bank_not_booked"]),
        # A tenth of a fen is not rounded away: then nothing is compared.
        (("BANK-0626-1,acc-INV-5,2000000.001", "BANK-0626-2,acc-T,500000"), ["list_cents"]),
        ((), ["table_empty"]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("header", ["reference,account,amount", "流水号,账户,金额"])
def test_the_bank_and_the_book(
    week: Path, tmp_path: Path, header: str, lines: tuple[str, ...], codes: list[str]
) -> None:
    file = tmp_path / "bank.csv"
    file.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    code, out, _ = call("market", "reconcile", week, file, "--json")
    assert [one["code"] for one in json.loads(out)["findings"]] == codes
    assert code == bool(codes)


def test_a_linked_payoff_is_that_of_the_mean(week: Path) -> None:
    """Mean 34.4968 against 34: half of 1.461 % above 2 %, for 180 of 365 days on a million."""
    out = done("payoff", week, "SZA-2016", "--from", "2017-06-26", "--to", "2017-06-30",
               "--principal", "1000000", "--strike", "34", "--days", "180", "--base", "0.02",
               "--participation", "0.5", "--json")  # fmt: skip
    found = json.loads(out)
    # 1,379,872 / 40,000 = 34.4968; (34.4968 / 34 − 1) / 2 + 0.02 = 0.0273058…; × 180 / 365.
    assert found == {"average_fen": "3449.680000", "rate": "0.02730588", "interest_fen": 1_346_591}


def test_questions_that_make_no_sense(week: Path, tmp_path: Path) -> None:
    nowhere = tmp_path / "k.gif"
    payoff = ("payoff", week, "SZA-2016", "--principal", "1", "--strike", "34", "--days", "1")
    for option, words in (
        ("AUCTION", ("bids", week, "A99")),
        ("--group", ("surveil", week, "--group", "nonsense")),
        ("--from", ("surveil", week, "--from", "yesterday")),
        ("--to", ("average", week, "SZA-2016", "--from", "2017-06-30", "--to", "2017-06-01")),
        ("INSTRUMENT", ("average", week, "SZA", "--from", "2017-06-01", "--to", "2017-06-30")),
        ("--day", ("settlement", week, "--day", "2017-06-31")),
        ("--out", ("chart", week, "SZA-2016", "--out", nowhere)),
        ("INSTRUMENT", ("chart", week, "SZA-2015", "--out", tmp_path / "k.png")),
        ("--from/--to", (*payoff, "--from", "2018-06-26", "--to", "2018-06-30")),
        ("--base", (*payoff, "--from", "2017-06-26", "--to", "2017-06-30", "--base", "x")),
        ("--floor", (*payoff, "--from", "2017-06-26", "--to", "2017-06-30", "--floor", "2")),
    ):  # fmt: skip
        wrong(option, *words)
    assert not list(tmp_path.iterdir())
