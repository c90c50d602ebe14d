"""The commands of daily series, as typed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tanheng.cli.quotes import app

RUN = CliRunner()
TEXT = (
    "place,date,open,high,low,close,vol,amount\n"
    "A,20201231,10,10,10,10,10,100\nB,20201231,5,5,5,5,60,300\n"
    "A,20210104,10,12,10,11,10,110\nB,20210105,5,6,5,6,10,60\nA,20210106,11,12,10,9,10,105\n"
)


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "x.csv"
    path.write_text(TEXT, encoding="utf-8")
    return path


def run(*words: object) -> tuple[int, str]:
    result = RUN.invoke(app, [str(word) for word in words], catch_exceptions=False)
    return result.exit_code, result.output


def test_import_says_what_it_found(table: Path) -> None:
    code, out = run("import", table, "--lang", "en", "--band", "0.10")
    assert code == 0
    assert "quote_close_outside (1)" in out
    assert "x.csv:6:close" in out
    assert "quote_band (3)" in out
    assert "A  2020-12-31 – 2021-01-06  CNY, t" in out
    assert "Largest move: +20.00 % on 2021-01-05" in out
    code, out = run("import", table, "--lang", "zh", "--series", "B")
    assert "成交均价" in out
    assert "A  2020" not in out


def test_import_as_json_and_workbook(table: Path) -> None:
    code, out = run("import", table, "--json", "--out", "t.xlsx", "--lang", "en")
    assert code == 0
    found = json.loads(next(line for line in out.splitlines() if line.startswith("{")))
    assert found["rows"] == 5
    one = found["series"][0]
    assert (one["name"], one["days"], one["first"]) == ("A", 3, "2020-12-31")
    assert one["years"][1]["vwap"] == "10.750000"
    assert [band["total"] for band in one["bands"]] == [2, 1, 0, 0]
    assert [f["code"] for f in found["findings"]] == ["quote_close_outside"]
    assert Path("t.xlsx").stat().st_size > 5000


def test_errors_take_nothing(table: Path) -> None:
    table.write_text(TEXT.replace("60,300", "x,300"), encoding="utf-8")
    code, out = run("import", table, "--lang", "en", "--out", "t.xlsx")
    assert code == 1
    assert "x.csv:3:volume" in out
    assert "Nothing was taken" in out
    assert not Path("t.xlsx").exists()
    code, out = run("import", table, "--json")
    assert code == 1
    assert json.loads(out)["findings"][0]["code"] == "quote_number"
    assert run("kline", table, "--out", "k.png", "--series", "A")[0] == 1
    assert run("index", table, "--base", "2021-01-04")[0] == 1


@pytest.mark.parametrize(
    "words, text",
    [
        (("import", "none.csv"), "not there"), (("import", "x.csv", "--band", "ten"), "0.10"),
        (("import", "x.csv", "--band", "-1"), "0.10"), (("import", "x.csv", "--out", "t.csv"), ".xlsx"),
        (("import", "x.csv", "--series", "C"), "none of A, B"),
        (("import", "x.csv", "--column", "close"), "HEADER=FIELD"),
        (("import", "x.csv", "--column", "clse=open"), "no column"),
        (("kline", "x.csv", "--out", "k.svg"), ".html"), (("kline", "x.csv", "--out", "k.png"), "say which"),
        (("kline", "x.csv", "--series", "A", "--out", "k.png", "--every", "hour"), "none of day"),
        (("kline", "x.csv", "--series", "A", "--out", "k.png", "--from", "2022-01-01"), "no day"),
        (("kline", "x.csv", "--series", "A", "--out", "k.png", "--to", "May"), "write a day"),
        (("kline", "x.csv", "--series", "A", "--out", "k.png", "--mean", "0"), "at least one"),
        (("index", "x.csv", "--base", "2020-12-31"), "later base"),
        (("index", "x.csv", "--base", "2021-01-04", "--joined"), ""),
    ],
)  # fmt: skip
def test_wrong_use(table: Path, words: tuple[str, ...], text: str) -> None:
    code, out = run(*words)
    assert code == (1 if "--joined" in words else 2)  # two rows of a day cannot be one series
    assert text in " ".join(out.replace("│", " ").split())


def test_kline_draws_pages_and_pictures(table: Path) -> None:
    code, out = run("kline", table, "--series", "A", "--out", "a.html", "--title", "Market <A>")
    assert (code, out.strip()) == (0, "a.html")
    page = Path("a.html").read_text(encoding="utf-8")
    assert "Market &lt;A&gt;" in page
    assert "a candle per day" in page
    code, _ = run("kline", table, "--series", "B", "--out", "b.png", "--every", "month", "--mean", "2",
                  "--colours", "west", "--lang", "en")  # fmt: skip
    assert code == 0
    assert Path("b.png").read_bytes().startswith(b"\x89PNG")


def test_index_by_hand(table: Path) -> None:
    """A had 100 of 400, B 300: 100 × (1/4 × 9/11 + 3/4 × 6/5) on the last day, A from its close of
    the base day, 11."""
    code, out = run("index", table, "--base", "2021-01-04", "--lang", "en")
    assert code == 0
    assert "B 75.0 %  A 25.0 %" in out
    assert out.splitlines()[-1].split() == ["2021-01-06", "110.45"]
    found = json.loads(run("index", table, "--base", "2021-01-04", "--json")[1])
    assert found["points"][-1] == {"day": "2021-01-06", "value": "110.4545"}
    assert found["links"][0]["weights"] == {"A": "0.250000", "B": "0.750000"}
    code, out = run("index", table, "--base", "2021-01-04", "--column", "x.csv:close=open",
                    "--column", "x.csv:open=close", "--column", "other.csv:z=close")  # fmt: skip
    assert out.splitlines()[-1].split() == ["2021-01-06", "102.50"]
