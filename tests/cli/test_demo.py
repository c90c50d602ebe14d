"""The demonstration runs and writes its reports."""

from __future__ import annotations

from pathlib import Path

from tanheng.cli import main


def test_demo_runs_all_examples(tmp_path: Path, capsys) -> None:
    try:
        main(["demo", "--out", str(tmp_path), "--lang", "en"])
    except SystemExit as end:
        assert not end.code
    text = capsys.readouterr().out
    for name in ("three-car-makers", "us-power-2017", "useeio"):
        assert name in text
        assert (tmp_path / name / "report.html").stat().st_size > 1_000_000
        assert (tmp_path / name / "account.xlsx").exists()
    assert "0.7235" in text
