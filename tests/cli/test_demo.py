"""The demonstration runs and writes its reports."""

from __future__ import annotations

from pathlib import Path

import pytest

from tanheng.cli import main


def test_demo_runs_all_examples(tmp_path: Path, capsys) -> None:
    with pytest.raises(SystemExit) as end:
        main(["demo", "--out", str(tmp_path), "--lang", "en"])
    assert not end.value.code
    text = capsys.readouterr().out
    for name in ("three-car-makers", "us-power-2017", "useeio"):
        assert name in text
        assert (tmp_path / name / "report.html").stat().st_size > 1_000_000
        assert (tmp_path / name / "account.xlsx").exists()
    assert "0.7235" in text
