"""Lists of a compliance year: both languages, workbooks and CSV, every fault at once with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from tanheng.engines.lists import LISTS, read_list
from tanheng.errors import Unreadable
from tanheng.excel.outcomes import write_empty

GOOD = (
    ("E1", "acc1", "power", "", 2013, "", 2),
    ("E2", "acc2", "steel", "R", 2016, "2017-03-31", 3),
)


def file(folder: Path, text: str, encoding: str = "utf-8", name: str = "list.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def faults(folder: Path, name: str, text: str) -> list[tuple[str, int | None, str | None]]:
    found = read_list(file(folder, text), name)
    assert found.rows == ()
    assert all(f.message("en") and f.message("zh") for f in found.findings)
    return [(f.code, f.row, f.column) for f in found.findings]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_chinese_headers_in_any_encoding_and_order(tmp_path: Path, encoding: str) -> None:
    text = (
        "起始年度,单位,账户,行业,地区,关停日期\n"
        "2013,E1,acc1,power,,\n\n2016,E2,acc2,steel,R,2017年3月31日\n"
    )
    found = read_list(file(tmp_path, text, encoding), "entities")
    assert found.findings == ()
    assert found.rows == (GOOD[0], (*GOOD[1][:-1], 4))  # as a spreadsheet counts


def test_columns_that_may_be_missing_and_full_width_digits(tmp_path: Path) -> None:
    text = "entity,account,sector,since\nE1,acc1,power,２０１３\n"
    assert read_list(file(tmp_path, text), "entities").rows == (GOOD[0],)


def test_numbers_keep_their_digits(tmp_path: Path) -> None:
    text = "entity,item,quantity\nE,output:x,0.100\nE,output:y,1e3\nE,output:z,123456789012345.123456789012\n"
    rows = read_list(file(tmp_path, text), "data").rows
    assert [row[2] for row in rows] == ["0.1", "1000", "123456789012345.123456789012"]


def test_every_fault_at_once(tmp_path: Path) -> None:
    text = (
        'entity,item,tco2e,state\nE1,direct,"1,000",verified\nE1,,5,reported\n'
        "E1,heat,-5,checked\nE1,heat,5,已核查\n"
    )
    assert faults(tmp_path, "emissions", text) == [
        ("not_a_number", 2, "tco2e"), ("missing_value", 3, "item"),
        ("list_negative", 4, "tco2e"), ("list_how", 4, "state"),
    ]  # fmt: skip


def test_days_and_whole_numbers(tmp_path: Path) -> None:
    text = "day,price,volume\n20170627,34.52,33200\n2017/6/28,35,0\n2017-02-30,1,1.5\n"
    assert faults(tmp_path, "prices", text) == [("list_day", 4, "day"), ("list_whole", 4, "volume")]
    rows = read_list(file(tmp_path, text.rpartition("2017-02")[0]), "prices").rows
    assert rows == (("2017-06-27", "34.52", 33200, 2), ("2017-06-28", "35", 0, 3))


def test_headers_that_do_not_fit(tmp_path: Path) -> None:
    text = "entity,单位,item,note\nE1,E1,direct,x\n"
    assert faults(tmp_path, "data", text) == [
        ("column_twice", None, "entity"), ("column_unknown", None, "note"),
        ("column_missing", None, "quantity"), ("missing_value", 2, "quantity"),
    ]  # fmt: skip


def test_an_unknown_column_alone_is_only_noticed(tmp_path: Path) -> None:
    text = "entity,item,quantity,note\nE1,output:x,5,hello\n"
    found = read_list(file(tmp_path, text), "data")
    assert found.rows == (("E1", "output:x", "5", 2),)
    assert [f.code for f in found.findings] == ["column_unknown"]


@pytest.mark.parametrize("text", ["", "\n\n", "entity,item,quantity\n"])
def test_nothing_in_it(tmp_path: Path, text: str) -> None:
    found = read_list(file(tmp_path, text), "data")
    assert found.rows == ()
    assert found.findings


def test_no_workbook(tmp_path: Path) -> None:
    with pytest.raises(Unreadable):
        read_list(file(tmp_path, "not a workbook", name="list.xlsx"), "data")


def test_the_template_is_read_as_it_is_filled(tmp_path: Path) -> None:
    import openpyxl

    path = tmp_path / "lists.xlsx"
    write_empty(path, [(name, [(f.name, f.zh) for f in LISTS[name]]) for name in LISTS])
    book = openpyxl.load_workbook(path)
    sheet = book["entities"]
    sheet.append(["E1", "acc1", "power", None, 2013, None])
    sheet.append(["E2", "acc2", "steel", "R", 2016, "2017-03-31"])
    book.save(path)
    found = read_list(path, "entities")
    assert found.findings == ()
    assert [row[:-1] for row in found.rows] == [row[:-1] for row in GOOD]
    assert [row[-1] for row in found.rows] == [3, 4]
